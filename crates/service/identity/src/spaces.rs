//! Workspaces and their spaces: the first start makes one of each, with an owner and a pipeline to begin with.

use std::sync::Arc;

use kontor_catalog::Catalogs;
use kontor_model::{Change, Changes, Clock, Error, Id, IdGenerator, Json, Kind, Op, Result, Settings, SpaceId, Value};
use kontor_records::{Answer, Caller, Ctx, Origin, Records, Role, Scopes, Trace};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, CommitError, Cond, Expr, Select, Store};

/// The owner's `external_id` in a space that was just made.
const OWNER: &str = "owner";

/// A space as the command line and start-up see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    pub id: SpaceId,
    pub name: String,
    /// `live` or `sandbox`.
    pub kind: String,
}

/// All spaces of the installation.
///
/// # Errors
/// The database's.
pub async fn spaces(store: &dyn Store) -> Result<Vec<Space>> {
    let columns =
        [("id", Kind::Int), ("name", Kind::Text), ("kind", Kind::Text)].map(|(n, k)| Expr::column(n, k)).to_vec();
    let rows = store
        .rows(Select::new(INSTALLATION, system::SPACE, columns).order(Expr::column("id", Kind::Int), false))
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [Value::Int(id), Value::Text(name), Value::Text(kind)] => {
                Some(Space { id: SpaceId(*id), name: name.clone(), kind: kind.clone() })
            }
            _ => None,
        })
        .collect())
}

/// A space's settings: its own over the installation's.
///
/// # Errors
/// The database's.
pub async fn settings(store: &dyn Store, space: SpaceId, defaults: &Settings) -> Result<Settings> {
    let select = Select::new(INSTALLATION, system::SPACE, vec![Expr::column("settings", Kind::Json)])
        .equals("id", Kind::Int, space.0)
        .limit(1);
    let rows = store.rows(select).await?;
    let own: serde_json::Value =
        rows.first().and_then(|r| r.first()?.as_str()).and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
    let text = |key: &str| own.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    Ok(Settings {
        mobile_region: text("mobile_region").unwrap_or_else(|| defaults.mobile_region.clone()),
        phone_region: text("phone_region").or_else(|| defaults.phone_region.clone()),
        currency: text("currency").unwrap_or_else(|| defaults.currency.clone()),
        time_zone: text("time_zone").unwrap_or_else(|| defaults.time_zone.clone()),
    })
}

/// The secret that signs cursors, made at the first start and shared by all processes.
///
/// # Errors
/// The database's.
pub async fn secret(store: &dyn Store) -> Result<Vec<u8>> {
    const NAME: &str = "cursor_secret";
    for _ in 0..2 {
        let select = Select::new(INSTALLATION, system::SETTING, vec![Expr::column("value", Kind::Text)])
            .equals("name", Kind::Text, NAME)
            .limit(1);
        if let Some(Value::Text(secret)) = store.rows(select).await?.first().and_then(|r| r.first()) {
            return Ok(secret.clone().into_bytes());
        }
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(
            system::SETTING,
            vec![("name", Kind::Text, NAME.into()), ("value", Kind::Text, crate::token::hex(&bytes).into())],
        );
        match store.commit(batch).await {
            // Another process was quicker: its secret is the one.
            Ok(()) | Err(CommitError::Unique { .. }) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(other) => return Err(Error::internal(other)),
        }
    }
    Err(Error::internal("the cursor secret cannot be kept"))
}

/// What start-up needs to make the first workspace.
pub struct Founding {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub catalogs: Arc<Catalogs>,
    pub records: Arc<Records>,
    pub defaults: Settings,
}

impl Founding {
    /// Makes a workspace with a live space, its owner and a sales pipeline, unless there is one; says whether it did.
    ///
    /// # Errors
    /// The database's.
    pub async fn ensure(&self) -> Result<bool> {
        let mut first = false;
        if spaces(&*self.store).await?.is_empty() {
            let mut batch = Batch::new(INSTALLATION);
            batch.insert(
                system::SETTING,
                vec![
                    ("name", Kind::Text, "founded_at".into()),
                    ("value", Kind::Text, self.clock.now_ms().to_string().into()),
                ],
            );
            batch.insert(
                system::SPACE,
                vec![
                    ("id", Kind::Int, self.ids.next().0.into()),
                    ("workspace_id", Kind::Int, self.ids.next().0.into()),
                    ("kind", Kind::Text, "live".into()),
                    ("name", Kind::Text, "live".into()),
                    ("settings", Kind::Json, Value::Json("{}".into())),
                    ("created_at", Kind::Int, self.clock.now_ms().into()),
                ],
            );
            match self.store.commit(batch).await {
                Ok(()) => first = true,
                Err(CommitError::Unique { .. }) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(other) => return Err(Error::internal(other)),
            }
        }
        for space in spaces(&*self.store).await? {
            if self.owner(space.id).await?.is_none() {
                self.furnish(space.id).await?;
            }
        }
        Ok(first)
    }

    /// The user that a space was given to.
    ///
    /// # Errors
    /// The database's.
    pub async fn owner(&self, space: SpaceId) -> Result<Option<Id>> {
        let catalog = self.catalogs.get(space).await?;
        let user = catalog.require("user")?;
        let mut select = Select::new(space, user.table_name().clone(), vec![Expr::column("id", Kind::Int)]).limit(1);
        select.from = user.source(kontor_store::Which::Live);
        let select = select.filter(Cond::Test {
            left: Expr::column("external_id", Kind::Text),
            op: Op::Eq,
            right: OWNER.into(),
        });
        Ok(self.store.rows(select).await?.first().and_then(|r| r.first()?.as_i64()).map(Id))
    }

    async fn furnish(&self, space: SpaceId) -> Result<()> {
        let caller = Caller {
            space,
            key_id: Id(0),
            user_id: None,
            role: Role::Admin,
            scopes: Scopes::new(["admin"]),
            settings: Arc::new(self.defaults.clone()),
        };
        let ctx = Ctx {
            caller: Arc::new(caller),
            catalog: self.catalogs.get(space).await?,
            request_id: "founding".into(),
            trace: Arc::new(Trace::default()),
            idempotency: None,
            origin: Origin::default(),
        };
        let create = |name: &str, object: &str, data: serde_json::Value| kontor_model::changes::Step {
            name: (!name.is_empty()).then(|| name.to_owned()),
            change: Change::Create { object: object.to_owned(), data: Json::from(&data) },
        };
        let mut steps = vec![
            create("owner", "user", serde_json::json!({"name": "Owner", "external_id": OWNER})),
            create("sales", "pipeline", serde_json::json!({"name": "Sales"})),
        ];
        for (position, (name, probability, kind)) in STAGES.iter().enumerate() {
            let data = serde_json::json!({"name": name, "pipeline_id": "$sales.id", "position": position + 1, "probability": probability, "kind": kind});
            steps.push(create("", "stage", data));
        }
        let changes = Changes { steps, ..Changes::default() };
        let render =
            |_: &[Result<kontor_records::Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
        match self.records.change(&ctx, changes, true, &render).await {
            Ok(_) => Ok(()),
            // Another process furnished it at the same time.
            Err(error) if error.code() == kontor_model::ErrorCode::NotUnique => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Name, probability in per cent and kind of the stages of a new pipeline.
const STAGES: &[(&str, u8, &str)] = &[
    ("Prospecting", 10, "open"),
    ("Engaging", 30, "open"),
    ("Proposal", 50, "open"),
    ("Negotiation", 75, "open"),
    ("Won", 100, "won"),
    ("Lost", 0, "lost"),
];
