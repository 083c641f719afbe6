//! Applications: made by an administrator, registered by themselves (RFC 7591), or described by a document at their
//! own address (Client ID Metadata Documents).

pub mod auth;
pub mod document;
pub mod metadata;
pub mod own;

use std::sync::Arc;

use kontor_egress::Egress;
use kontor_model::{Clock, Error, Id, IdGenerator, Kind, Result, SpaceId};
use kontor_store::system::oauth::OAUTH_CLIENT;
use kontor_store::{Store, Write};
use quick_cache::sync::Cache;
use serde_json::Value as J;

use crate::attempts::Attempts;
use crate::db::{self, Committed, Row};
use crate::jose::Jwk;
use crate::random;
pub use metadata::{AuthMethod, Metadata};

/// Who vouches for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An administrator made it.
    Managed,
    /// It registered itself.
    Dynamic,
    /// Its metadata lie at its own address.
    Document,
    /// Part of this installation; see [`own`].
    BuiltIn,
}

impl Source {
    pub const fn name(self) -> &'static str {
        match self {
            Source::Managed => "managed",
            Source::Dynamic => "dynamic",
            Source::Document => "document",
            Source::BuiltIn => "built_in",
        }
    }

    /// Whether somebody who may do so has said that it can be trusted with more than records.
    pub const fn is_vouched_for(self) -> bool {
        matches!(self, Source::Managed | Source::BuiltIn)
    }

    fn from_name(name: &str) -> Option<Self> {
        [Source::Managed, Source::Dynamic, Source::Document].into_iter().find(|s| s.name() == name)
    }
}

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: Id,
    pub client_id: String,
    /// Whose users may use it; space 0 is everyone's.
    pub space: SpaceId,
    pub source: Source,
    pub name: String,
    pub auth_method: AuthMethod,
    pub secret_hash: Option<String>,
    pub metadata: Metadata,
    /// Whose records the client makes when it acts for itself.
    pub user: Option<Id>,
    /// Its rights when it acts for itself.
    pub role: Option<String>,
    pub created_at: i64,
    pub fetched_at: Option<i64>,
    pub revoked: bool,
}

impl Client {
    pub const fn is_public(&self) -> bool {
        matches!(self.auth_method, AuthMethod::None)
    }

    /// Whether users of this space may use it.
    pub fn serves(&self, space: SpaceId) -> bool {
        self.space == SpaceId(0) || self.space == space
    }
}

const COLUMNS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("client_id", Kind::Text),
    ("of_space", Kind::Int),
    ("source", Kind::Text),
    ("name", Kind::Text),
    ("auth_method", Kind::Text),
    ("secret_hash", Kind::Text),
    ("metadata", Kind::Json),
    ("user_id", Kind::Int),
    ("role", Kind::Text),
    ("created_at", Kind::Int),
    ("fetched_at", Kind::Int),
    ("revoked", Kind::Int),
];

fn read(row: &Row) -> Result<Client> {
    let damaged = || Error::internal("a stored client cannot be read");
    Ok(Client {
        id: Id(row.int("id")),
        client_id: row.text("client_id"),
        space: SpaceId(row.int("of_space")),
        source: Source::from_name(&row.text("source")).ok_or_else(damaged)?,
        name: row.text("name"),
        auth_method: AuthMethod::from_name(&row.text("auth_method")).ok_or_else(damaged)?,
        secret_hash: row.opt_text("secret_hash"),
        metadata: serde_json::from_value(row.json("metadata")).map_err(Error::internal)?,
        user: row.opt_int("user_id").map(Id),
        role: row.opt_text("role"),
        created_at: row.int("created_at"),
        fetched_at: row.opt_int("fetched_at"),
        revoked: row.int("revoked") != 0,
    })
}

/// What a new client is to be.
#[derive(Debug, Clone)]
pub struct NewClient {
    pub space: SpaceId,
    pub source: Source,
    pub name: String,
    pub auth_method: AuthMethod,
    pub metadata: Metadata,
    pub user: Option<Id>,
    pub role: Option<String>,
}

/// All clients of the installation.
pub struct Clients {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    egress: Arc<Egress>,
    own: Client,
    key_sets: Cache<String, (i64, J)>,
    /// Documents asked for, by host: strangers make this server call, but not often.
    fetches: Attempts,
}

/// How long a set of keys at a client's address is believed.
const KEY_SET_MS: i64 = 300_000;

impl Clients {
    /// `issuer` has no slash at its end.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<IdGenerator>,
        egress: Arc<Egress>,
        issuer: &str,
    ) -> Self {
        let own = own::client(issuer);
        Self { store, clock, ids, egress, own, key_sets: Cache::new(256), fetches: Attempts::new(30, 60_000) }
    }

    /// The client of this name, unless it was revoked. One that is an address is described by the document there.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, client_id: &str) -> Result<Option<Client>> {
        if client_id.is_empty() || client_id.len() > 2_048 {
            return Ok(None);
        }
        let known = self.known(client_id).await?;
        let found = if client_id.contains("://") { self.documented(client_id, known).await? } else { known };
        Ok(found.filter(|client| !client.revoked))
    }

    /// The client of this name as it is known here, revoked or not; no document is fetched.
    ///
    /// # Errors
    /// The database's.
    pub async fn known(&self, client_id: &str) -> Result<Option<Client>> {
        if client_id == own::CLIENT_ID {
            return Ok(Some(self.own.clone()));
        }
        let row = db::one(&*self.store, OAUTH_CLIENT, COLUMNS, vec![db::text("client_id", client_id)]).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// The client of this row, revoked or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, id: Id) -> Result<Option<Client>> {
        if id == own::ID {
            return Ok(Some(self.own.clone()));
        }
        db::one(&*self.store, OAUTH_CLIENT, COLUMNS, vec![db::int("id", id.0)]).await?.map(|row| read(&row)).transpose()
    }

    /// The clients of a space, at most a thousand.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_space(&self, space: SpaceId) -> Result<Vec<Client>> {
        let same = vec![db::int("of_space", space.0), db::int("revoked", 0)];
        db::rows(&*self.store, OAUTH_CLIENT, COLUMNS, same).await?.iter().map(read).collect()
    }

    /// Makes a client, with what the audit tells of it; its secret is seen this once.
    ///
    /// # Errors
    /// The database's.
    pub async fn create(&self, new: NewClient, entry: Option<Write>) -> Result<(Client, Option<String>)> {
        let client_id = format!("kc_{}", crate::jose::base64::encode(&random::bytes::<16>()?));
        let secret = if new.auth_method.has_secret() { Some(random::token("kcs_")?) } else { None };
        let client = Client {
            id: self.ids.next(),
            client_id,
            space: new.space,
            source: new.source,
            name: new.name,
            auth_method: new.auth_method,
            secret_hash: secret.as_deref().map(random::hash),
            metadata: new.metadata,
            user: new.user,
            role: new.role,
            created_at: self.clock.now_ms(),
            fetched_at: None,
            revoked: false,
        };
        let mut batch = db::batch();
        batch.writes.push(db::insert(OAUTH_CLIENT, row(&client)?));
        batch.writes.extend(entry);
        db::commit(&*self.store, batch).await?;
        Ok((client, secret))
    }

    /// A new secret; the old one is dead at once.
    ///
    /// # Errors
    /// 404001 when there is no such client with a secret in the space; the database's.
    pub async fn new_secret(&self, space: SpaceId, id: Id, entry: Write) -> Result<String> {
        let client = self.get(id).await?.filter(|c| c.space == space && !c.revoked && c.auth_method.has_secret());
        let client = client.ok_or_else(Error::not_found)?;
        let secret = random::token("kcs_")?;
        self.set(client.id, vec![db::text("secret_hash", &random::hash(&secret))], entry).await?;
        Ok(secret)
    }

    /// Ends a client with everything that it was given.
    ///
    /// # Errors
    /// 404001 when there is no such client in the space; the database's.
    pub async fn revoke(&self, space: SpaceId, id: Id, entry: Write) -> Result<()> {
        let client = self.get(id).await?.filter(|c| c.space == space && !c.revoked).ok_or_else(Error::not_found)?;
        self.set(client.id, vec![db::int("revoked", 1)], entry).await
    }

    async fn set(&self, id: Id, fields: Vec<db::Field>, entry: Write) -> Result<()> {
        let mut batch = db::batch();
        batch.writes.push(db::update(OAUTH_CLIENT, vec![db::int("id", id.0)], fields));
        batch.writes.push(entry);
        match db::commit(&*self.store, batch).await? {
            Committed::Done => Ok(()),
            _ => Err(Error::not_found()),
        }
    }

    /// The keys that a client signs with.
    pub async fn keys(&self, client: &Client) -> Vec<Jwk> {
        let set = match (&client.metadata.jwks, &client.metadata.jwks_uri) {
            (Some(set), _) => set.clone(),
            (None, Some(address)) => self.key_set(address).await.unwrap_or_default(),
            (None, None) => J::Null,
        };
        set.get("keys").and_then(J::as_array).into_iter().flatten().take(20).filter_map(Jwk::parse).collect()
    }

    async fn key_set(&self, address: &str) -> Option<J> {
        let now = self.clock.now_ms();
        if let Some((at, set)) = self.key_sets.get(address)
            && (0..KEY_SET_MS).contains(&(now - at))
        {
            return Some(set);
        }
        let url = url::Url::parse(address).ok()?;
        if !self.fetches.count(url.host_str()?, now) {
            return None;
        }
        let set = self.egress.json(&url).await.unwrap_or_default();
        self.key_sets.insert(address.to_owned(), (now, set.clone()));
        Some(set)
    }
}

fn row(client: &Client) -> Result<Vec<db::Field>> {
    Ok(vec![
        db::int("id", client.id.0),
        db::text("client_id", &client.client_id),
        db::int("of_space", client.space.0),
        db::text("source", client.source.name()),
        db::text("name", &client.name),
        db::text("auth_method", client.auth_method.name()),
        db::opt_text("secret_hash", client.secret_hash.as_deref()),
        db::json("metadata", &serde_json::to_value(&client.metadata).map_err(Error::internal)?),
        db::opt_int("user_id", client.user.map(|id| id.0)),
        db::opt_text("role", client.role.as_deref()),
        db::int("created_at", client.created_at),
        db::opt_int("fetched_at", client.fetched_at),
        db::int("revoked", i64::from(client.revoked)),
    ])
}
