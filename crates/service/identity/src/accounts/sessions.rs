//! Sessions (ASVS V7): begun, believed for at most two seconds, listed, ended.

use std::time::{Duration, Instant};

use std::sync::Arc;

use kontor_model::{Allowance, Error, ErrorCode, Id, Kind, Result, SpaceId, Value};
use kontor_records::{Caller, Credential, Via};
use kontor_store::system::oauth::OAUTH_GRANT;
use kontor_store::system::{ACCOUNT, INSTALLATION, SESSION};
use kontor_store::{Batch, CommitError, Expr, Write};
use quick_cache::sync::Cache;
use serde_json::json;

use super::account::Account;
use super::rows::{self, Row, int, list, text};
use super::{Accounts, Membership, NewSession, Origin, Session};
use crate::audit::By;
use crate::callers::Holder;
use crate::token::{self, Prefix};

/// How long a checked session is believed without asking the database.
const BELIEVED: Duration = Duration::from_secs(2);
const CACHED: usize = 10_000;
const IDLE_MS: i64 = 12 * 3_600_000;
const LONGEST_MS: i64 = 30 * 86_400_000;
/// How exact the time of the last use is kept.
const TOUCHED_MS: i64 = 60_000;
const AGENT: usize = 512;

const COLUMNS: &rows::Columns = &[
    ("id", Kind::Int),
    ("account_id", Kind::Int),
    ("session_space", Kind::Int),
    ("user_id", Kind::Int),
    ("created_at", Kind::Int),
    ("auth_time", Kind::Int),
    ("last_seen_at", Kind::Int),
    ("expires_at", Kind::Int),
    ("revoked_at", Kind::Int),
    ("amr", Kind::Json),
    ("ip", Kind::Text),
    ("user_agent", Kind::Text),
    ("provider_id", Kind::Int),
];

struct Known {
    session: Session,
    caller: Arc<Caller>,
}

/// Sessions that were checked a moment ago.
pub struct Believed(Cache<[u8; 32], (Instant, Arc<Known>)>);

impl Default for Believed {
    fn default() -> Self {
        Self(Cache::new(CACHED))
    }
}

impl Believed {
    /// Everything is checked anew.
    pub fn forget(&self) {
        self.0.clear();
    }
}

/// What a session row says; the role is found with the membership.
fn session(row: Vec<Value>) -> (Session, bool) {
    let mut row = Row::new(row);
    let (id, account, space, user) = (Id(row.int()), Id(row.int()), SpaceId(row.int()), Id(row.int()));
    let (created_at, auth_time, last_seen_at, expires_at) = (row.int(), row.int(), row.int(), row.int());
    let revoked = row.optional_int().is_some();
    let session = Session {
        id,
        space,
        user,
        account,
        role: String::new(),
        created_at,
        auth_time,
        last_seen_at,
        expires_at,
        amr: row.texts(),
        ip: row.optional_text(),
        user_agent: row.optional_text(),
        provider: row.optional_int().map(Id),
    };
    (session, revoked)
}

impl Session {
    /// Neither expired nor unused for too long.
    fn lasts(&self, now: i64) -> bool {
        now < self.expires_at && now < self.last_seen_at + IDLE_MS
    }
}

/// The writes that end what others see by this user, and what this user sees by others: a sign-out of either ends it.
fn sights_end(space: SpaceId, user: Id) -> [Write; 2] {
    ["user_id", "actor_id"].map(|side| {
        let keys = vec![int(side, user.0), int("of_space", space.0), int("read_only", 1)];
        rows::update(OAUTH_GRANT, keys, vec![int("revoked", 1)], false).of(INSTALLATION)
    })
}

/// How somebody came in.
pub struct Begun<'a> {
    pub amr: &'a [&'a str],
    /// Now unless said otherwise.
    pub auth_time: Option<i64>,
    pub provider: Option<Id>,
}

impl Accounts {
    /// A new session by password and the rows that keep it.
    pub(super) fn new_session(
        &self,
        account: &Account,
        home: &Membership,
        amr: &[&str],
        origin: Origin<'_>,
    ) -> Result<(NewSession, Batch)> {
        self.begun_session(account, home, &Begun { amr, auth_time: None, provider: None }, origin)
    }

    /// A new session and the rows that keep it.
    pub(super) fn begun_session(
        &self,
        account: &Account,
        home: &Membership,
        begun: &Begun<'_>,
        origin: Origin<'_>,
    ) -> Result<(NewSession, Batch)> {
        let token = token::generate_as(Prefix::Session).map_err(Error::internal)?;
        let now = self.now();
        let session = Session {
            id: self.parts.ids.next(),
            space: home.space,
            user: home.user,
            account: account.id,
            role: home.role.clone(),
            created_at: now,
            auth_time: begun.auth_time.unwrap_or(now),
            last_seen_at: now,
            expires_at: now + LONGEST_MS,
            amr: begun.amr.iter().map(|method| (*method).to_owned()).collect(),
            ip: origin.ip.map(|ip| ip.to_canonical().to_string()),
            user_agent: Some(origin.user_agent.chars().take(AGENT).collect::<String>())
                .filter(|agent| !agent.is_empty()),
            provider: begun.provider,
        };
        let mut batch = Batch::new(INSTALLATION);
        let row = vec![
            int("id", session.id.0),
            text("hash", token::hex(&token::digest(&token))),
            int("account_id", session.account.0),
            int("session_space", session.space.0),
            int("user_id", session.user.0),
            int("created_at", now),
            int("auth_time", session.auth_time),
            int("last_seen_at", now),
            int("expires_at", session.expires_at),
            ("amr", Kind::Json, list(&session.amr)),
            text("ip", session.ip.clone()),
            text("user_agent", session.user_agent.clone()),
            int("provider_id", session.provider.map(|id| id.0)),
        ];
        batch.insert(SESSION, row);
        batch.writes.push(rows::update(
            ACCOUNT,
            vec![int("id", account.id.0)],
            vec![int("last_space", home.space.0)],
            false,
        ));
        Ok((NewSession { token, session }, batch))
    }

    /// The session of a token; None for one that is unknown, ended, or whose holder may not sign in any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, token: &str) -> Result<Option<Session>> {
        Ok(self.known(token).await?.map(|known| known.session.clone()))
    }

    /// The caller behind a token.
    ///
    /// # Errors
    /// 401001 where [`Accounts::session`] finds none; the database's.
    pub async fn caller(&self, token: &str) -> Result<Arc<Caller>> {
        let ended = || Error::new(ErrorCode::BadCredential, "the session is unknown or has ended: sign in again");
        Ok(self.known(token).await?.ok_or_else(ended)?.caller.clone())
    }

    async fn known(&self, token: &str) -> Result<Option<Arc<Known>>> {
        if !token::is_well_formed_as(Prefix::Session, token) {
            return Ok(None);
        }
        let digest = token::digest(token);
        let fresh = |(at, _): &(Instant, Arc<Known>)| at.elapsed() < BELIEVED;
        if let Some((_, known)) = self.believed.0.get(&digest).filter(fresh) {
            return Ok(Some(known));
        }
        let asked = Instant::now();
        let known = match self.look_up(&digest).await {
            Err(error) if error.code().status() < 500 => {
                self.believed.0.remove(&digest);
                return Err(error);
            }
            other => other?.map(Arc::new),
        };
        match &known {
            Some(known) => self.believed.0.insert(digest, (asked, known.clone())),
            None => {
                self.believed.0.remove(&digest);
            }
        }
        Ok(known)
    }

    /// Who was behind a token when it was last checked, and how long ago that was, at most `within`; without asking the
    /// database. None for a session that was ended here or refused since, or has expired.
    pub fn remembered(&self, token: &str, within: Duration) -> Option<(Arc<Caller>, Duration)> {
        let (asked, known) = self.believed.0.get(&token::digest(token))?;
        let ago = asked.elapsed();
        (ago < within && known.session.lasts(self.now())).then(|| (known.caller.clone(), ago))
    }

    async fn look_up(&self, digest: &[u8; 32]) -> Result<Option<Known>> {
        let select = rows::select(SESSION, COLUMNS).equals("hash", Kind::Text, token::hex(digest)).limit(1);
        let Some(row) = self.parts.store.rows(select).await?.into_iter().next() else { return Ok(None) };
        let (mut session, revoked) = session(row);
        let now = self.now();
        if revoked || !session.lasts(now) {
            return Ok(None);
        }
        // Before its user is looked for, who is not there while a sandbox is being filled.
        crate::spaces::admit(&*self.parts.store, session.space).await?;
        let membership = self.membership_of(session.space, session.user).await?;
        let membership = membership.filter(|stored| stored.accepted && stored.account == session.account);
        let active = match &membership {
            Some(stored) => self.is_active(stored.membership.space, stored.membership.user).await?,
            None => false,
        };
        let Some(stored) = membership.filter(|_| active) else {
            // For good: whoever is let in again later signs in again.
            self.end(vec![int("id", session.id.0)], false, None).await?;
            tracing::info!(session = session.id.0, user = session.user.0, "a session ended with its user");
            return Ok(None);
        };
        session.role = stored.membership.role;
        if now - session.last_seen_at >= TOUCHED_MS {
            let mut batch = Batch::new(INSTALLATION);
            let keys = vec![int("id", session.id.0)];
            batch.writes.push(rows::update(SESSION, keys, vec![int("last_seen_at", now)], false));
            self.parts.store.commit(batch).await?;
            session.last_seen_at = now;
        }
        let holder = Holder {
            space: session.space,
            credential: session.id,
            via: Via { credential: Credential::Session, ..Via::default() },
            user: Some(session.user),
            scopes: None,
            allowance: Allowance::default(),
            role: session.role.clone(),
        };
        let caller = Arc::new(self.parts.callers.of(holder).await?);
        Ok(Some(Known { session, caller }))
    }

    /// Ends a session: at once here, within two seconds in every other process, and for good.
    ///
    /// # Errors
    /// 404001 when there is none; the database's.
    pub async fn revoke_session(&self, id: Id, user: Id, by: By<'_>) -> Result<()> {
        let told = json!({"user_id": user.to_string(), "session_id": id.to_string()});
        let entry = self.entry(by, user, "end_session", &told)?;
        let sights = sights_end(by.space, user);
        self.end(vec![int("id", id.0)], true, sights.into_iter().chain([entry])).await
    }

    /// Ends all sessions of a user in a space.
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_sessions_of(&self, space: SpaceId, user: Id, by: By<'_>) -> Result<()> {
        let entry = self.entry(by, user, "end_sessions", &json!({"user_id": user.to_string()}))?;
        let keys = vec![int("session_space", space.0), int("user_id", user.0)];
        self.end(keys, false, sights_end(space, user).into_iter().chain([entry])).await
    }

    /// What ends with a user's being active, for the commit that ends it: sessions and agreements with applications, for
    /// good. Keys rest: whoever is let in again has them again.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn leaving(&self, space: SpaceId, user: Id, by: By<'_>) -> Result<Vec<Write>> {
        let sessions = self.ending(vec![int("session_space", space.0), int("user_id", user.0)], false);
        let keys = vec![int("of_space", space.0), int("user_id", user.0)];
        let grants = rows::update(OAUTH_GRANT, keys, vec![int("revoked", 1)], false);
        let told = json!({"user_id": user.to_string()});
        let entry = self.entry(by, user, "end_sessions", &told)?;
        let sights = sights_end(space, user);
        Ok([sessions.of(INSTALLATION), grants.of(INSTALLATION)].into_iter().chain(sights).chain([entry]).collect())
    }

    /// Nothing that was believed of sessions is believed any longer.
    pub fn forget(&self) {
        self.believed.forget();
    }

    /// What is done to a user's login, for the commit that does it.
    pub(super) fn entry(&self, by: By<'_>, user: Id, action: &str, told: &serde_json::Value) -> Result<Write> {
        by.entry(&*self.parts.clock, &self.parts.ids, "user", user, action, told)
    }

    async fn end(&self, keys: Vec<rows::Cell>, must: bool, more: impl IntoIterator<Item = Write>) -> Result<()> {
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(self.ending(keys, must));
        batch.writes.extend(more);
        let done = self.parts.store.commit(batch).await;
        self.believed.forget();
        match done {
            Err(CommitError::Guard { .. }) => Err(Error::not_found()),
            other => other.map_err(Into::into),
        }
    }

    /// The write that ends the sessions with these keys.
    pub(super) fn ending(&self, keys: Vec<rows::Cell>, must: bool) -> Write {
        rows::update(SESSION, keys, vec![int("revoked_at", self.now())], must)
    }

    /// A user's sessions in a space that go on, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_of(&self, space: SpaceId, user: Id) -> Result<Vec<Session>> {
        let select = rows::select(SESSION, COLUMNS)
            .equals("session_space", Kind::Int, space.0)
            .equals("user_id", Kind::Int, user.0)
            .order(Expr::column("id", Kind::Int), true)
            .limit(1_000);
        let role = self.membership_of(space, user).await?.map(|stored| stored.membership.role).unwrap_or_default();
        let now = self.now();
        let sessions = self.parts.store.rows(select).await?.into_iter().map(session);
        Ok(sessions
            .filter(|(session, revoked)| !revoked && session.lasts(now))
            .map(|(session, _)| Session { role: role.clone(), ..session })
            .collect())
    }

    /// The session with this id, whether or not it goes on.
    ///
    /// # Errors
    /// The database's.
    pub async fn session_by_id(&self, id: Id) -> Result<Option<Session>> {
        let select = rows::select(SESSION, COLUMNS).equals("id", Kind::Int, id.0).limit(1);
        Ok(self.parts.store.rows(select).await?.into_iter().next().map(|row| session(row).0))
    }

    /// Whether someone signed in to this login from this address in the last 30 days: such a place has a count of failed
    /// attempts of its own, so that a stranger's attempts do not lock the holder out.
    pub(super) async fn is_familiar(&self, account: Id, origin: Origin<'_>) -> Result<bool> {
        let Some(ip) = origin.ip else { return Ok(false) };
        let select = rows::select(SESSION, &[("id", Kind::Int)])
            .equals("account_id", Kind::Int, account.0)
            .equals("ip", Kind::Text, ip.to_canonical().to_string())
            .limit(1);
        Ok(!self.parts.store.rows(select).await?.is_empty())
    }
}
