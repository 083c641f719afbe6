//! Workspaces and their spaces: the first start makes one of each, with an owner and a pipeline to begin with.

use std::sync::Arc;

use kontor_catalog::Catalogs;
use kontor_model::changes::Step;
use kontor_model::{
    Change, Changes, Clock, Error, ErrorCode, Id, IdGenerator, Json, Kind, Limits, Mode, Result, Settings, SpaceId,
    Value,
};
use kontor_records::{Answer, Caller, Ctx, Policy, Records, Scopes};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, CommitError, Expr, Select, Store};
use sha2::{Digest, Sha256};

use crate::roles::BUILT_IN;
use crate::settings::OwnSettings;

/// The owner's `external_id` in a space that was just made.
const OWNER: &str = "owner";

/// A space as the command line and start-up see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    pub id: SpaceId,
    pub name: String,
    /// `live` or `sandbox`.
    pub kind: String,
    /// Whether no job is making, refreshing or dropping it.
    pub ready: bool,
}

/// All spaces of the installation.
///
/// # Errors
/// The database's.
pub async fn spaces(store: &dyn Store) -> Result<Vec<Space>> {
    let columns = [("id", Kind::Int), ("name", Kind::Text), ("kind", Kind::Text), ("state", Kind::Text)];
    let columns: Vec<Expr> = columns.map(|(n, k)| Expr::column(n, k)).to_vec();
    let rows = store
        .rows(Select::new(INSTALLATION, system::SPACE, columns).order(Expr::column("id", Kind::Int), false))
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [Value::Int(id), Value::Text(name), Value::Text(kind), state] => {
                Some(Space { id: SpaceId(*id), name: name.clone(), kind: kind.clone(), ready: state.is_null() })
            }
            _ => None,
        })
        .collect())
}

/// The workspace that a space is of.
///
/// # Errors
/// 404001 for no such space; the database's.
pub async fn workspace_of(store: &dyn Store, space: SpaceId) -> Result<Id> {
    let select = Select::new(INSTALLATION, system::SPACE, vec![Expr::column("workspace_id", Kind::Int)])
        .equals("id", Kind::Int, space.0)
        .limit(1);
    store.rows(select).await?.first().and_then(|row| row.first()?.as_i64()).map(Id).ok_or_else(Error::not_found)
}

/// A space's settings: its own over the installation's.
///
/// # Errors
/// The database's.
pub async fn settings(store: &dyn Store, space: SpaceId, defaults: &Settings) -> Result<Settings> {
    Ok(own_settings(store, space).await?.settings(defaults))
}

/// What a space has set for itself.
///
/// # Errors
/// The database's.
pub async fn own_settings(store: &dyn Store, space: SpaceId) -> Result<OwnSettings> {
    let select = Select::new(INSTALLATION, system::SPACE, vec![Expr::column("settings", Kind::Json)])
        .equals("id", Kind::Int, space.0)
        .limit(1);
    let rows = store.rows(select).await?;
    Ok(OwnSettings::parse(rows.first().and_then(|r| r.first()?.as_str()).unwrap_or_default()))
}

/// What a space has set for itself, if it may be used at all.
///
/// # Errors
/// 401001 for a space that is no more; 503000 for a sandbox that is being made, refreshed or dropped; the database's.
pub async fn admit(store: &dyn Store, space: SpaceId) -> Result<OwnSettings> {
    let columns = vec![Expr::column("settings", Kind::Json), Expr::column("state", Kind::Text)];
    let select = Select::new(INSTALLATION, system::SPACE, columns).equals("id", Kind::Int, space.0).limit(1);
    match store.rows(select).await?.first().map(Vec::as_slice) {
        None => Err(Error::new(ErrorCode::BadCredential, "the space of this credential is no more")),
        Some([settings, Value::Null]) => Ok(OwnSettings::parse(settings.as_str().unwrap_or_default())),
        Some(_) => Err(Error::new(
            ErrorCode::Unavailable,
            "the sandbox is being made, refreshed or dropped; GET /v1/sandboxes of its live space says how far it is",
        )),
    }
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

/// A name of the installation that says nothing: for keys in a Redis that several may share.
///
/// # Errors
/// The database's.
pub async fn installation(store: &dyn Store) -> Result<String> {
    let digest = Sha256::new().chain_update(b"installation").chain_update(secret(store).await?).finalize();
    Ok(crate::token::hex(digest.get(..8).unwrap_or_default()))
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
        // A space that a job is filling is furnished by the job.
        for space in spaces(&*self.store).await?.into_iter().filter(|space| space.ready) {
            self.furnish(space.id).await?;
        }
        Ok(first)
    }

    /// Gives a space its roles, its owner and a pipeline, unless it has them.
    ///
    /// # Errors
    /// The database's.
    pub async fn furnish(&self, space: SpaceId) -> Result<()> {
        if self.find(space, "role", "name", "owner").await?.is_none() {
            self.shipped_roles(space).await?;
        }
        if self.owner(space).await?.is_none() {
            self.first_records(space).await?;
        }
        Ok(())
    }

    /// The user that a space was given to.
    ///
    /// # Errors
    /// The database's.
    pub async fn owner(&self, space: SpaceId) -> Result<Option<Id>> {
        self.find(space, "user", "external_id", OWNER).await
    }

    async fn find(&self, space: SpaceId, object: &str, field: &str, value: &str) -> Result<Option<Id>> {
        let catalog = self.catalogs.get(space).await?;
        let def = catalog.require(object)?;
        let mut select = Select::new(space, def.table_name().clone(), vec![Expr::column("id", Kind::Int)]).limit(1);
        select.from = def.source(kontor_store::Which::Live);
        let select = select.equals(field, Kind::Text, value);
        Ok(self.store.rows(select).await?.first().and_then(|r| r.first()?.as_i64()).map(Id))
    }

    /// The roles that every space has, and the role of an owner who is there from before.
    async fn shipped_roles(&self, space: SpaceId) -> Result<()> {
        let mut steps: Vec<Step> = BUILT_IN
            .iter()
            .map(|(name, about)| {
                let data = serde_json::json!({"name": name, "description": about, "built_in": true});
                create(name, "role", &data)
            })
            .collect();
        if let Some(owner) = self.owner(space).await? {
            let data = Json::from(&serde_json::json!({"role_id": "$owner.id"}));
            let change =
                Change::Update { object: "user".to_owned(), id: owner, if_match: None, mode: Mode::Merge, data };
            steps.push(change.into());
        }
        self.carry_out(space, steps).await
    }

    async fn first_records(&self, space: SpaceId) -> Result<()> {
        let role = self.find(space, "role", "name", "owner").await?.map(|id| id.to_string());
        let mut steps = vec![
            create("owner", "user", &serde_json::json!({"name": "Owner", "external_id": OWNER, "role_id": role})),
            create("sales", "pipeline", &serde_json::json!({"name": "Sales"})),
        ];
        for (position, (name, probability, kind)) in STAGES.iter().enumerate() {
            let data = serde_json::json!({"name": name, "pipeline_id": "$sales.id", "position": position + 1, "probability": probability, "kind": kind});
            steps.push(create("", "stage", &data));
        }
        self.carry_out(space, steps).await
    }

    async fn carry_out(&self, space: SpaceId, steps: Vec<Step>) -> Result<()> {
        let caller = Caller {
            space,
            key_id: Id(0),
            via: Default::default(),
            user_id: None,
            policy: Arc::new(Policy::admin()),
            standing: Arc::default(),
            scopes: Scopes::new(["admin"]),
            settings: Arc::new(self.defaults.clone()),
            limits: Limits::default(),
        };
        let ctx = Ctx::new(Arc::new(caller), self.catalogs.get(space).await?, "founding");
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

fn create(name: &str, object: &str, data: &serde_json::Value) -> Step {
    let change = Change::Create { object: object.to_owned(), data: Json::from(data) };
    Step { name: (!name.is_empty()).then(|| name.to_owned()), ..change.into() }
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
