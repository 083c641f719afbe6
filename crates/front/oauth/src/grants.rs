//! What a person has agreed to, and the family of refresh tokens that comes of it.

use kontor_model::{Error, Id, Kind, Result, SpaceId};
use kontor_store::Write;
use kontor_store::system::oauth::{OAUTH_GRANT, OAUTH_REFRESH};

use crate::db::{self, Row};
use crate::scope::Scope;
use crate::{OAuth, REFRESH_TOKEN_MS, random};

/// An agreement.
#[derive(Debug, Clone)]
pub struct Grant {
    pub id: Id,
    /// The client's row.
    pub client: Id,
    pub space: SpaceId,
    pub user: Id,
    /// Who acts in the user's name (RFC 8693, 4.1).
    pub actor: Option<Id>,
    /// Whether it is there to look and not to change anything.
    pub read_only: bool,
    pub scope: Scope,
    pub amr: Vec<String>,
    /// Unix milliseconds.
    pub auth_time: i64,
    pub expires_at: i64,
    pub revoked: bool,
}

const COLUMNS: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("client", Kind::Int),
    ("of_space", Kind::Int),
    ("user_id", Kind::Int),
    ("actor_id", Kind::Int),
    ("read_only", Kind::Int),
    ("scope", Kind::Text),
    ("amr", Kind::Text),
    ("auth_time", Kind::Int),
    ("expires_at", Kind::Int),
    ("revoked", Kind::Int),
];

fn read(row: &Row) -> Grant {
    Grant {
        id: Id(row.int("id")),
        client: Id(row.int("client")),
        space: SpaceId(row.int("of_space")),
        user: Id(row.int("user_id")),
        actor: row.opt_int("actor_id").map(Id),
        read_only: row.int("read_only") != 0,
        scope: Scope::stored(&row.text("scope")),
        amr: row.text("amr").split_whitespace().map(str::to_owned).collect(),
        auth_time: row.int("auth_time"),
        expires_at: row.int("expires_at"),
        revoked: row.int("revoked") != 0,
    }
}

/// The grant, unless it has ended.
///
/// # Errors
/// The database's.
pub async fn living(store: &dyn kontor_store::Store, id: Id, now: i64) -> Result<Option<Grant>> {
    let row = db::one(store, OAUTH_GRANT, COLUMNS, vec![db::int("id", id.0)]).await?;
    Ok(row.map(|row| read(&row)).filter(|grant| !grant.revoked && grant.expires_at > now))
}

/// The write that makes a grant.
pub fn made(grant: &Grant, now: i64) -> Write {
    db::insert(
        OAUTH_GRANT,
        vec![
            db::int("id", grant.id.0),
            db::int("client", grant.client.0),
            db::int("of_space", grant.space.0),
            db::int("user_id", grant.user.0),
            db::opt_int("actor_id", grant.actor.map(|id| id.0)),
            db::int("read_only", i64::from(grant.read_only)),
            db::text("scope", &grant.scope.to_string()),
            db::text("amr", &grant.amr.join(" ")),
            db::int("auth_time", grant.auth_time),
            db::int("created_at", now),
            db::int("expires_at", grant.expires_at),
            db::int("revoked", i64::from(grant.revoked)),
        ],
    )
}

/// The guard that a grant has not ended, with its life prolonged.
pub fn prolonged(id: Id, now: i64) -> Write {
    let alive = vec![db::int("id", id.0), db::int("revoked", 0)];
    db::update(OAUTH_GRANT, alive, vec![db::int("expires_at", now + REFRESH_TOKEN_MS)])
}

/// A new refresh token of a family with the write that keeps its hash.
///
/// # Errors
/// The machine gives no randomness.
pub fn refresh_token(grant: Id, client: Id, jkt: Option<&str>, now: i64) -> Result<(String, Write)> {
    let token = random::token("kr_")?;
    let write = db::insert(
        OAUTH_REFRESH,
        vec![
            db::text("hash", &random::hash(&token)),
            db::int("grant_id", grant.0),
            db::int("client", client.0),
            db::opt_text("jkt", jkt),
            db::int("state", 0),
            db::int("expires_at", now + REFRESH_TOKEN_MS),
        ],
    );
    Ok((token, write))
}

/// The writes that end what others see by this user, and what this user sees by others.
fn sights_end(space: SpaceId, user: Id) -> [Write; 2] {
    ["user_id", "actor_id"].map(|side| {
        let keys = vec![db::int(side, user.0), db::int("of_space", space.0), db::int("read_only", 1)];
        db::update_any(OAUTH_GRANT, keys, vec![db::int("revoked", 1)])
    })
}

impl OAuth {
    /// The grant, unless it has ended.
    ///
    /// # Errors
    /// The database's.
    pub async fn grant(&self, id: Id) -> Result<Option<Grant>> {
        living(&*self.store, id, self.clock.now_ms()).await
    }

    /// Ends a grant with all of its tokens: at once here, within two seconds in every other process.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_grant(&self, id: Id) -> Result<()> {
        let mut batch = db::batch();
        // Who signs out here sees as nobody else any more, and nobody as this user.
        if let Some(own) = self.grant(id).await?.filter(|grant| grant.actor.is_none()) {
            batch.writes.extend(sights_end(own.space, own.user));
        }
        batch.writes.push(db::update_any(OAUTH_GRANT, vec![db::int("id", id.0)], vec![db::int("revoked", 1)]));
        db::commit(&*self.store, batch).await?;
        self.tokens.forget();
        Ok(())
    }

    /// Whether the person has agreed to as much before.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_agreed(&self, client: Id, user: Id, scope: &Scope) -> Result<bool> {
        let same = vec![db::int("user_id", user.0), db::int("client", client.0), db::int("revoked", 0)];
        let now = self.clock.now_ms();
        let rows = db::rows(&*self.store, OAUTH_GRANT, COLUMNS, same).await?;
        Ok(rows
            .iter()
            .map(read)
            .any(|g| g.actor.is_none() && g.expires_at > now && scope.names().all(|name| g.scope.has(name))))
    }

    /// A grant to be, with an id of its own.
    pub fn new_grant(&self, client: Id, space: SpaceId, user: Id, scope: Scope) -> Grant {
        let now = self.clock.now_ms();
        Grant {
            id: self.ids.next(),
            client,
            space,
            user,
            actor: None,
            read_only: false,
            scope,
            amr: Vec::new(),
            auth_time: now,
            expires_at: now + REFRESH_TOKEN_MS,
            revoked: false,
        }
    }
}

/// What the token endpoint has to know of a stored refresh token.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub grant: Id,
    pub client: Id,
    pub jkt: Option<String>,
    pub used: bool,
    pub expires_at: i64,
}

const REFRESH_COLUMNS: &[(&str, Kind)] = &[
    ("grant_id", Kind::Int),
    ("client", Kind::Int),
    ("jkt", Kind::Text),
    ("state", Kind::Int),
    ("expires_at", Kind::Int),
];

impl OAuth {
    /// The refresh token, used or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn refresh(&self, token: &str) -> Result<Option<Refresh>, Error> {
        if !token.starts_with("kr_") {
            return Ok(None);
        }
        let hash = vec![db::text("hash", &random::hash(token))];
        let row = db::one(&*self.store, OAUTH_REFRESH, REFRESH_COLUMNS, hash).await?;
        Ok(row.map(|row| Refresh {
            grant: Id(row.int("grant_id")),
            client: Id(row.int("client")),
            jkt: row.opt_text("jkt"),
            used: row.int("state") != 0,
            expires_at: row.int("expires_at"),
        }))
    }
}
