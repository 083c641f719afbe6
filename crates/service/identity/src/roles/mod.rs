//! Roles as rules: the shipped ones from a table in code, a space's own from its permissions.

mod built_in;
mod custom;
pub mod guard;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_catalog::{Catalog, Catalogs};
use kontor_model::{Error, ErrorCode, Id, Kind, Result, SpaceId, Value};
use kontor_records::{Policy, Reach, Rule};
use kontor_store::{Expr, Select, Store, Which};
use quick_cache::sync::Cache;

pub use built_in::{BUILT_IN, built_in};

/// How long a compiled role is believed without asking the database.
const BELIEVED: Duration = Duration::from_secs(2);
const CACHED: usize = 4_096;

/// What is private is its owner's, whatever the role may with other things.
fn secluded(mut policy: Policy, catalog: &Catalog) -> Policy {
    for def in catalog.objects().filter(|def| def.private) {
        let own = match (policy.manages, &def.opened_by) {
            (false, _) => Rule::new(true, Reach::Own, Reach::Own),
            // What others let it read, who manages the space changes, too.
            (true, Some(_)) => Rule { read: Reach::Own, ..Rule::new(true, Reach::All, Reach::All) },
            (true, None) => continue,
        };
        let Rule { hidden, locked, .. } = policy.rule(&def.name).clone();
        policy.objects.insert(def.name.clone(), Rule { hidden, locked, ..own });
        policy.private.insert(def.name.clone(), def.plural.clone());
    }
    policy
}

/// Compiles roles.
pub struct Roles {
    store: Arc<dyn Store>,
    catalogs: Arc<Catalogs>,
    compiled: Cache<(SpaceId, String), (Instant, Arc<Policy>)>,
}

impl Roles {
    pub fn new(store: Arc<dyn Store>, catalogs: Arc<Catalogs>) -> Self {
        Self { store, catalogs, compiled: Cache::new(CACHED) }
    }

    /// The rules of a role by its name.
    ///
    /// # Errors
    /// 400006 for a role that the space does not have; the database's.
    pub async fn get(&self, space: SpaceId, name: &str) -> Result<Arc<Policy>> {
        self.kept((space, name.to_owned()), async {
            let catalog = self.catalogs.get(space).await?;
            if let Some(policy) = built_in(name, &catalog) {
                return Ok(secluded(policy, &catalog));
            }
            let role = self.id_of(space, name).await?;
            let role = role.ok_or_else(|| {
                let shipped: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                let detail = format!("there is no role \"{name}\"; shipped are {}", shipped.join(", "));
                Error::new(ErrorCode::EnumNotAllowed, detail)
            })?;
            Ok(secluded(custom::compile(&*self.store, &catalog, role, name).await?, &catalog))
        })
        .await
    }

    /// The rules of two roles together: what both allow.
    ///
    /// # Errors
    /// As [`Roles::get`].
    pub async fn both(&self, space: SpaceId, one: &str, other: &str) -> Result<Arc<Policy>> {
        if one == other {
            return self.get(space, one).await;
        }
        self.kept((space, format!("{one} & {other}")), async {
            let (one, other) = (self.get(space, one).await?, self.get(space, other).await?);
            Ok(one.and(&other))
        })
        .await
    }

    /// The name of a role by its id.
    ///
    /// # Errors
    /// The database's.
    pub async fn name_of(&self, space: SpaceId, role: Id) -> Result<Option<String>> {
        let select = self.roles(space, "name", Kind::Text).await?.equals("id", Kind::Int, role.0);
        Ok(self.store.rows(select).await?.first().and_then(|row| row.first()?.as_str().map(str::to_owned)))
    }

    /// The id of a role by its name.
    ///
    /// # Errors
    /// The database's.
    pub async fn id_of(&self, space: SpaceId, name: &str) -> Result<Option<Id>> {
        let select = self.roles(space, "id", Kind::Int).await?.equals("name", Kind::Text, name);
        Ok(self.store.rows(select).await?.first().and_then(|row| row.first().and_then(Value::as_i64).map(Id)))
    }

    async fn roles(&self, space: SpaceId, column: &str, kind: Kind) -> Result<Select> {
        let catalog = self.catalogs.get(space).await?;
        let def = catalog.require("role")?;
        let mut select = Select::new(space, def.table_name().clone(), vec![Expr::column(column, kind)]).limit(1);
        select.from = def.source(Which::Live);
        Ok(select)
    }

    /// A role that compiles to the same rules stays the same value, with the views it has made.
    async fn kept(
        &self,
        key: (SpaceId, String),
        compile: impl Future<Output = Result<Policy>> + Send,
    ) -> Result<Arc<Policy>> {
        let known = self.compiled.get(&key);
        if let Some((_, policy)) = known.as_ref().filter(|(at, _)| at.elapsed() < BELIEVED) {
            return Ok(policy.clone());
        }
        let policy = compile.await?;
        let policy = match known {
            Some((_, known)) if *known == policy => known,
            _ => Arc::new(policy),
        };
        self.compiled.insert(key, (Instant::now(), policy.clone()));
        Ok(policy)
    }
}
