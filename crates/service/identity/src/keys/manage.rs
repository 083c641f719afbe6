//! Keys made, listed, changed, rotated, revoked.

use kontor_model::time::datetime_text;
use kontor_model::{Error, ErrorCode, Id, Kind, Result, SpaceId};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, CommitError, Expr, Select, Write};
use serde_json::json;

use super::rules::Grant;
use super::{KeyInfo, Keys, NewKey};
use crate::accounts::rows::{self, Cell, Row, int, list, text, update};
use crate::audit::By;
use crate::token;

const HINT: usize = 7;

const COLUMNS: &rows::Columns = &[
    ("id", Kind::Int),
    ("name", Kind::Text),
    ("hint", Kind::Text),
    ("role", Kind::Text),
    ("scopes", Kind::Json),
    ("key_space", Kind::Int),
    ("user_id", Kind::Int),
    ("service_account_id", Kind::Int),
    ("ip_ranges", Kind::Json),
    ("created_at", Kind::Int),
    ("expires_at", Kind::Int),
    ("revoked_at", Kind::Int),
    ("last_used_at", Kind::Int),
    ("use_count", Kind::Int),
    ("rate_per_second", Kind::Int),
    ("rate_burst", Kind::Int),
    ("rate_per_day", Kind::Int),
    ("route_limits", Kind::Text),
];

fn info(row: Vec<kontor_model::Value>) -> KeyInfo {
    let mut row = Row::new(row);
    KeyInfo {
        id: Id(row.int()),
        name: row.text(),
        hint: row.text(),
        role: row.text(),
        scopes: row.texts(),
        space: SpaceId(row.int()),
        user_id: row.optional_int().map(Id),
        service_account_id: row.optional_int().map(Id),
        ip_ranges: row.texts(),
        created_at: row.int(),
        expires_at: row.optional_int(),
        revoked_at: row.optional_int(),
        last_used_at: row.optional_int(),
        use_count: row.int(),
        allowance: super::allowance(&mut row),
    }
}

impl Keys {
    /// Makes a key; the answer is the only time that it is seen.
    ///
    /// # Errors
    /// The database's.
    pub async fn create(&self, new: NewKey, by: By<'_>) -> Result<(KeyInfo, String)> {
        let mut batch = Batch::new(INSTALLATION);
        let made = self.make(new, &mut batch)?;
        let key = &made.0;
        let told = json!({"id": key.id.to_string(), "name": key.name, "role": key.role, "scopes": key.scopes, "hint": key.hint,
            "space_id": key.space.to_string()});
        batch.writes.push(self.entry(by, key.id, "create", &told)?);
        self.store.commit(batch).await?;
        Ok(made)
    }

    fn make(&self, new: NewKey, batch: &mut Batch) -> Result<(KeyInfo, String)> {
        let key = token::generate().map_err(Error::internal)?;
        let info = KeyInfo {
            id: self.ids.next(),
            name: new.name,
            hint: key.chars().take(HINT).collect(),
            role: new.role,
            scopes: new.scopes,
            space: new.space,
            user_id: new.user_id,
            service_account_id: new.service_account_id,
            ip_ranges: new.ip_ranges,
            created_at: self.clock.now_ms(),
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
            use_count: 0,
            allowance: new.allowance,
        };
        let per_day = info.allowance.per_day.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let routes = Some(info.allowance.routes).filter(|routes| !routes.is_empty()).map(|routes| routes.to_string());
        let row = vec![
            int("id", info.id.0),
            text("name", info.name.as_str()),
            text("hash", token::hex(&token::digest(&key))),
            text("hint", info.hint.as_str()),
            text("role", info.role.as_str()),
            ("scopes", Kind::Json, list(&info.scopes)),
            int("key_space", info.space.0),
            int("user_id", info.user_id.map(|id| id.0)),
            int("service_account_id", info.service_account_id.map(|id| id.0)),
            ("ip_ranges", Kind::Json, list(&info.ip_ranges)),
            int("created_at", info.created_at),
            int("expires_at", info.expires_at),
            int("use_count", 0),
            int("rate_per_second", info.allowance.per_second.map(i64::from)),
            int("rate_burst", info.allowance.burst.map(i64::from)),
            int("rate_per_day", per_day),
            text("route_limits", routes),
        ];
        batch.insert(system::API_KEY, row);
        Ok((info, key))
    }

    async fn read(&self, select: Select) -> Result<Vec<KeyInfo>> {
        let select = select.order(Expr::column("id", Kind::Int), true).limit(1_000);
        Ok(self.store.rows(select).await?.into_iter().map(info).collect())
    }

    /// All keys, newest first, at most a thousand.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self) -> Result<Vec<KeyInfo>> {
        self.read(rows::select(system::API_KEY, COLUMNS)).await
    }

    /// The keys of a space, or of one of its users, newest first, at most a thousand; how they were used is as new as the
    /// last few seconds.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_space(&self, space: SpaceId, user: Option<Id>) -> Result<Vec<KeyInfo>> {
        let mut select = rows::select(system::API_KEY, COLUMNS).equals("key_space", Kind::Int, space.0);
        if let Some(user) = user {
            select = select.equals("user_id", Kind::Int, user.0);
        }
        self.read(select).await
    }

    /// A key of a space.
    ///
    /// # Errors
    /// 404001 when there is none; the database's.
    pub async fn get(&self, space: SpaceId, id: Id) -> Result<KeyInfo> {
        let select = rows::select(system::API_KEY, COLUMNS).equals("key_space", Kind::Int, space.0).equals(
            "id",
            Kind::Int,
            id.0,
        );
        self.read(select).await?.into_iter().next().ok_or_else(Error::not_found)
    }

    /// Whether a program of the space may have keys.
    ///
    /// # Errors
    /// 404001 when there is none, 422000 when it is not active; the database's.
    pub async fn program(&self, space: SpaceId, id: Id) -> Result<()> {
        if self.is_active(space, id).await? {
            return Ok(());
        }
        Err(Error::new(ErrorCode::RuleRefused, "there is no active service account with this id"))
    }

    /// Gives a key another name and other rights.
    ///
    /// # Errors
    /// 404001 when there is none, 422000 for one that was revoked; the database's.
    pub async fn change(&self, before: &KeyInfo, name: String, grant: Grant, by: By<'_>) -> Result<KeyInfo> {
        let told = json!({"id": before.id.to_string(), "name": [before.name, name], "role": [before.role, grant.role],
            "scopes": [before.scopes, grant.scopes], "ip_ranges": [before.ip_ranges, grant.ip_ranges],
            "expires_at": [before.expires_at.map(datetime_text), grant.expires_at.map(datetime_text)]});
        let set = vec![
            text("name", name),
            text("role", grant.role),
            ("scopes", Kind::Json, list(&grant.scopes)),
            ("ip_ranges", Kind::Json, list(&grant.ip_ranges)),
            int("expires_at", grant.expires_at),
        ];
        alive(before)?;
        self.set(before.id, set, self.entry(by, before.id, "update", &told)?).await?;
        self.get(before.space, before.id).await
    }

    /// A new key with the same rights; the old one goes on for `overlap_ms`.
    ///
    /// # Errors
    /// 422000 for a key that was revoked or has expired; the database's.
    pub async fn rotate(&self, old: &KeyInfo, overlap_ms: i64, by: By<'_>) -> Result<(KeyInfo, String)> {
        alive(old)?;
        let now = self.clock.now_ms();
        if old.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::new(ErrorCode::RuleRefused, "the key has expired: create a new one"));
        }
        let mut batch = Batch::new(INSTALLATION);
        let set = match overlap_ms {
            0 => vec![int("revoked_at", now)],
            _ => vec![int("expires_at", old.expires_at.unwrap_or(i64::MAX).min(now + overlap_ms))],
        };
        batch.writes.push(update(system::API_KEY, vec![int("id", old.id.0)], set, true));
        let new = NewKey {
            name: old.name.clone(),
            role: old.role.clone(),
            scopes: old.scopes.clone(),
            space: old.space,
            user_id: old.user_id,
            service_account_id: old.service_account_id,
            ip_ranges: old.ip_ranges.clone(),
            expires_at: old.expires_at,
            allowance: old.allowance,
        };
        let made = self.make(new, &mut batch)?;
        let told =
            json!({"id": old.id.to_string(), "new_id": made.0.id.to_string(), "overlap_seconds": overlap_ms / 1_000});
        batch.writes.push(self.entry(by, old.id, "rotate", &told)?);
        let done = self.store.commit(batch).await;
        self.checked.clear();
        done?;
        Ok(made)
    }

    /// Ends a key at once here, and within two seconds in every other process.
    ///
    /// # Errors
    /// 404001 when there is none; the database's.
    pub async fn revoke(&self, key: &KeyInfo, by: By<'_>) -> Result<()> {
        let told = json!({"id": key.id.to_string(), "name": key.name});
        let entry = self.entry(by, key.id, "revoke", &told)?;
        self.set(key.id, vec![int("revoked_at", self.clock.now_ms())], entry).await
    }

    /// What is done to a key, for the commit that does it.
    fn entry(&self, by: By<'_>, key: Id, action: &str, told: &serde_json::Value) -> Result<Write> {
        by.entry(&*self.clock, &self.ids, "api_key", key, action, told)
    }

    async fn set(&self, id: Id, set: Vec<Cell>, entry: Write) -> Result<()> {
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(update(system::API_KEY, vec![int("id", id.0)], set, true));
        batch.writes.push(entry);
        let done = self.store.commit(batch).await;
        self.checked.clear();
        match done {
            Err(CommitError::Guard { .. }) => Err(Error::not_found()),
            other => other.map_err(Into::into),
        }
    }
}

fn alive(key: &KeyInfo) -> Result<()> {
    if key.revoked_at.is_some() {
        return Err(Error::new(ErrorCode::RuleRefused, "the key was revoked: create a new one"));
    }
    Ok(())
}
