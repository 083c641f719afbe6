//! Credentials: API keys, each of one space, kept as hashes, checked at every call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_model::{Clock, Error, ErrorCode, Id, IdGenerator, Kind, Result, SpaceId, Value};
use kontor_records::{Caller, Role};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, Select, Set, Store, Write};
use quick_cache::sync::Cache;

use crate::callers::{Callers, Holder};
use crate::{audit, token};

/// How long a checked key is believed without asking the database: a revoked one is dead after that.
const BELIEVED: Duration = Duration::from_secs(2);
const CACHED: usize = 10_000;

/// Makes, checks and revokes API keys.
pub struct Keys {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    callers: Arc<Callers>,
    checked: Cache<[u8; 32], (Instant, Arc<Caller>)>,
}

/// A key as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    pub id: Id,
    pub name: String,
    /// Its first characters.
    pub hint: String,
    pub role: String,
    pub scopes: Vec<String>,
    pub space: SpaceId,
    /// Unix milliseconds.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    pub scopes: Vec<String>,
    pub space: SpaceId,
    /// Whose records it makes.
    pub user_id: Option<Id>,
    /// Unix milliseconds.
    pub expires_at: Option<i64>,
}

fn column(name: &str, kind: Kind) -> Expr {
    Expr::column(name, kind)
}

fn invalid() -> Error {
    Error::new(ErrorCode::BadCredential, "the API key is unknown, malformed or revoked")
}

impl Keys {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<IdGenerator>, callers: Arc<Callers>) -> Self {
        Self { store, clock, ids, callers, checked: Cache::new(CACHED) }
    }

    /// Makes a key; the answer is the only time that it is seen.
    ///
    /// # Errors
    /// The database's.
    pub async fn create(&self, new: NewKey) -> Result<(KeyInfo, String)> {
        let key = token::generate().map_err(Error::internal)?;
        let info = KeyInfo {
            id: self.ids.next(),
            name: new.name,
            hint: key.chars().take(7).collect(),
            role: new.role.name().to_owned(),
            scopes: new.scopes,
            space: new.space,
            created_at: self.clock.now_ms(),
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let shown = serde_json::json!({"name": info.name, "role": info.role, "scopes": info.scopes, "hint": info.hint});
        audit::note(&*self.store, &*self.clock, &self.ids, info.space, info.id, "create", &shown).await?;
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(
            system::API_KEY,
            vec![
                ("id", Kind::Int, info.id.0.into()),
                ("name", Kind::Text, info.name.clone().into()),
                ("hash", Kind::Text, token::hex(&token::digest(&key)).into()),
                ("hint", Kind::Text, info.hint.clone().into()),
                ("role", Kind::Text, info.role.clone().into()),
                ("scopes", Kind::Json, Value::Json(serde_json::json!(info.scopes).to_string())),
                ("key_space", Kind::Int, info.space.0.into()),
                ("user_id", Kind::Int, new.user_id.map(|id| id.0).into()),
                ("created_at", Kind::Int, info.created_at.into()),
                ("expires_at", Kind::Int, info.expires_at.into()),
            ],
        );
        self.store.commit(batch).await.map_err(failed)?;
        Ok((info, key))
    }

    /// All keys, newest first, at most a thousand.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self) -> Result<Vec<KeyInfo>> {
        let names = [
            ("id", Kind::Int),
            ("name", Kind::Text),
            ("hint", Kind::Text),
            ("role", Kind::Text),
            ("scopes", Kind::Json),
            ("key_space", Kind::Int),
            ("created_at", Kind::Int),
            ("expires_at", Kind::Int),
            ("revoked_at", Kind::Int),
        ];
        let select = Select::new(INSTALLATION, system::API_KEY, names.map(|(n, k)| column(n, k)).to_vec())
            .order(column("id", Kind::Int), true)
            .limit(1_000);
        let rows = self.store.rows(select).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let [
                    Value::Int(id),
                    Value::Text(name),
                    Value::Text(hint),
                    Value::Text(role),
                    scopes,
                    Value::Int(space),
                    Value::Int(created),
                    expires,
                    revoked,
                ] = row.as_slice()
                else {
                    return None;
                };
                Some(KeyInfo {
                    id: Id(*id),
                    name: name.clone(),
                    hint: hint.clone(),
                    role: role.clone(),
                    scopes: scopes.as_str().and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default(),
                    space: SpaceId(*space),
                    created_at: *created,
                    expires_at: expires.as_i64(),
                    revoked_at: revoked.as_i64(),
                })
            })
            .collect())
    }

    /// Ends a key at once here, and within two seconds in every other process.
    ///
    /// # Errors
    /// 404001 when there is none; the database's.
    pub async fn revoke(&self, id: Id) -> Result<()> {
        let space = self.space_of(id).await?;
        audit::note(&*self.store, &*self.clock, &self.ids, space, id, "revoke", &serde_json::json!({})).await?;
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(Write::Update {
            table: system::API_KEY.into(),
            keys: vec![system::key("id", Kind::Int, id.0)],
            set: vec![(ColumnRef::new("revoked_at", Kind::Int), Set::To(self.clock.now_ms().into()))],
            must: true,
            search: None,
        });
        self.checked.clear();
        match self.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => Err(Error::not_found()),
            other => other.map_err(failed),
        }
    }

    async fn space_of(&self, id: Id) -> Result<SpaceId> {
        let select = Select::new(INSTALLATION, system::API_KEY, vec![column("key_space", Kind::Int)])
            .equals("id", Kind::Int, id.0)
            .limit(1);
        let rows = self.store.rows(select).await?;
        rows.first().and_then(|row| row.first()?.as_i64()).map(SpaceId).ok_or_else(Error::not_found)
    }

    /// Who holds this key.
    ///
    /// # Errors
    /// 401001 for a key that is malformed, unknown or revoked; 401002 when it has expired; the database's.
    pub async fn authenticate(&self, key: &str) -> Result<Arc<Caller>> {
        if !token::is_well_formed(key) {
            return Err(invalid());
        }
        let digest = token::digest(key);
        let fresh = |(at, _): &(Instant, Arc<Caller>)| at.elapsed() < BELIEVED;
        if let Some((_, caller)) = self.checked.get(&digest).filter(fresh) {
            return Ok(caller);
        }
        let caller = Arc::new(self.look_up(&digest).await?);
        self.checked.insert(digest, (Instant::now(), caller.clone()));
        Ok(caller)
    }

    async fn look_up(&self, digest: &[u8; 32]) -> Result<Caller> {
        let names = [
            ("id", Kind::Int),
            ("role", Kind::Text),
            ("scopes", Kind::Json),
            ("key_space", Kind::Int),
            ("user_id", Kind::Int),
            ("expires_at", Kind::Int),
            ("revoked_at", Kind::Int),
        ];
        let select = Select::new(INSTALLATION, system::API_KEY, names.map(|(n, k)| column(n, k)).to_vec())
            .equals("hash", Kind::Text, token::hex(digest))
            .limit(1);
        let rows = self.store.rows(select).await?;
        let Some([Value::Int(id), Value::Text(role), scopes, Value::Int(space), user, expires, revoked]) =
            rows.first().map(Vec::as_slice)
        else {
            return Err(invalid());
        };
        if !revoked.is_null() {
            return Err(invalid());
        }
        if expires.as_i64().is_some_and(|at| at <= self.clock.now_ms()) {
            return Err(Error::new(ErrorCode::ExpiredCredential, "the API key has expired"));
        }
        let scopes: Vec<String> = scopes.as_str().and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
        let holder = Holder {
            space: SpaceId(*space),
            credential: Id(*id),
            user: user.as_i64().map(Id),
            role: role.clone(),
            scopes,
        };
        self.callers.of(holder).await
    }
}

fn failed(error: CommitError) -> Error {
    match error {
        CommitError::Store(error) => error.into(),
        other => Error::internal(other),
    }
}
