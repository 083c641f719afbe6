//! API keys, each of one space, kept as hashes, checked at every call.

mod manage;
mod rules;
mod usage;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_catalog::Catalogs;
use kontor_config::Cidr;
use kontor_model::{Allowance, Clock, Error, ErrorCode, Id, IdGenerator, Kind, Result, SpaceId, Value};
use kontor_records::{Caller, Credential, Via};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, Expr, Select, Store, Which};
use quick_cache::sync::Cache;

use crate::accounts::rows::{Row, int, update};
use crate::callers::{Callers, Holder};
use crate::token;

pub use rules::{Grant, Grantor};
use usage::{Usage, Uses};

/// How long a checked key is believed without asking the database: a revoked one is dead after that.
const BELIEVED: Duration = Duration::from_secs(2);
const CACHED: usize = 10_000;

/// Makes, checks and revokes API keys.
pub struct Keys {
    store: Arc<dyn Store>,
    catalogs: Arc<Catalogs>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    callers: Arc<Callers>,
    checked: Cache<[u8; 32], (Instant, Arc<Known>)>,
    uses: Uses,
}

/// A key that was checked a moment ago.
struct Known {
    caller: Arc<Caller>,
    ranges: Vec<Cidr>,
    expires_at: Option<i64>,
    usage: Arc<Usage>,
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
    /// Whose records it makes.
    pub user_id: Option<Id>,
    /// The program that it is of; it lives and dies with this one, not with the user.
    pub service_account_id: Option<Id>,
    /// Where it may be used from; anywhere when there are none.
    pub ip_ranges: Vec<String>,
    /// Unix milliseconds, as the following.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    /// Some seconds behind, as the count.
    pub last_used_at: Option<i64>,
    pub use_count: i64,
    /// Limits of its own.
    pub allowance: Allowance,
}

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    /// The name of a role of the space.
    pub role: String,
    pub scopes: Vec<String>,
    pub space: SpaceId,
    pub user_id: Option<Id>,
    pub service_account_id: Option<Id>,
    pub ip_ranges: Vec<String>,
    /// Unix milliseconds.
    pub expires_at: Option<i64>,
    /// Limits of its own.
    pub allowance: Allowance,
}

fn invalid() -> Error {
    Error::new(ErrorCode::BadCredential, "the API key is unknown, malformed or revoked")
}

/// Whether the key itself was refused, and not only the question.
fn is_final(error: &Error) -> bool {
    error.code().status() < 500
}

fn expired() -> Error {
    Error::new(ErrorCode::ExpiredCredential, "the API key has expired")
}

impl Keys {
    pub fn new(
        store: Arc<dyn Store>,
        catalogs: Arc<Catalogs>,
        clock: Arc<dyn Clock>,
        ids: Arc<IdGenerator>,
        callers: Arc<Callers>,
    ) -> Self {
        Self { store, catalogs, clock, ids, callers, checked: Cache::new(CACHED), uses: Uses::default() }
    }

    /// Who holds this key, which came from `peer`.
    ///
    /// # Errors
    /// 401001 for a key that is malformed, unknown or revoked, or whose holder is not active; 401002 when it has
    /// expired; 403000 from an address that it may not be used from; the database's.
    pub async fn authenticate(&self, key: &str, peer: Option<IpAddr>) -> Result<Arc<Caller>> {
        if !token::is_well_formed(key) {
            return Err(invalid());
        }
        let digest = token::digest(key);
        let fresh = |(at, _): &(Instant, Arc<Known>)| at.elapsed() < BELIEVED;
        let known = match self.checked.get(&digest).filter(fresh) {
            Some((_, known)) => known,
            None => {
                let asked = Instant::now();
                let known = match self.look_up(&digest).await {
                    Ok(known) => Arc::new(known),
                    Err(error) => {
                        if is_final(&error) {
                            self.checked.remove(&digest);
                        }
                        return Err(error);
                    }
                };
                self.checked.insert(digest, (asked, known.clone()));
                known
            }
        };
        self.admit(&known, peer)
    }

    /// Whether the key may be used now and from there.
    fn admit(&self, known: &Known, peer: Option<IpAddr>) -> Result<Arc<Caller>> {
        let now = self.clock.now_ms();
        if known.expires_at.is_some_and(|at| at <= now) {
            return Err(expired());
        }
        if !known.ranges.is_empty() && !peer.is_some_and(|ip| known.ranges.iter().any(|range| range.contains(ip))) {
            return Err(Error::new(ErrorCode::Forbidden, "this API key may not be used from this address"));
        }
        known.usage.count(now);
        Ok(known.caller.clone())
    }

    /// Who held this key when it was last checked, and how long ago that was, at most `within`; without asking the
    /// database. None for a key that was revoked here or refused since, has expired, or came from elsewhere than it may.
    pub fn remembered(&self, key: &str, peer: Option<IpAddr>, within: Duration) -> Option<(Arc<Caller>, Duration)> {
        let (asked, known) = self.checked.get(&token::digest(key))?;
        let ago = asked.elapsed();
        let caller = self.admit(&known, peer).ok()?;
        (ago < within).then_some((caller, ago))
    }

    /// Nothing that was believed of keys is believed any longer.
    pub fn forget(&self) {
        self.checked.clear();
    }

    async fn look_up(&self, digest: &[u8; 32]) -> Result<Known> {
        let names = [
            ("id", Kind::Int),
            ("role", Kind::Text),
            ("scopes", Kind::Json),
            ("key_space", Kind::Int),
            ("user_id", Kind::Int),
            ("service_account_id", Kind::Int),
            ("expires_at", Kind::Int),
            ("revoked_at", Kind::Int),
            ("ip_ranges", Kind::Json),
            ("use_count", Kind::Int),
            ("rate_per_second", Kind::Int),
            ("rate_burst", Kind::Int),
            ("rate_per_day", Kind::Int),
            ("route_limits", Kind::Text),
        ];
        let columns: Vec<Expr> = names.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
        let select =
            Select::new(INSTALLATION, system::API_KEY, columns).equals("hash", Kind::Text, token::hex(digest)).limit(1);
        let row = self.store.rows(select).await?.into_iter().next().ok_or_else(invalid)?;
        let mut row = Row::new(row);
        let (id, role, scopes, space) = (Id(row.int()), row.text(), row.texts(), SpaceId(row.int()));
        let (user, service_account) = (row.optional_int().map(Id), row.optional_int().map(Id));
        let (expires_at, revoked_at) = (row.optional_int(), row.optional_int());
        let (ranges, count) = (row.texts(), row.optional_int());
        let allowance = allowance(&mut row);
        if revoked_at.is_some() {
            return Err(invalid());
        }
        if expires_at.is_some_and(|at| at <= self.clock.now_ms()) {
            return Err(expired());
        }
        // Its users may not be there yet.
        crate::spaces::admit(&*self.store, space).await?;
        // Whether a user is active is asked for with their rights.
        if let Some(program) = service_account
            && !self.is_active(space, program).await?
        {
            return Err(invalid());
        }
        if count.is_none() {
            // A row from before keys were counted.
            let mut batch = Batch::new(INSTALLATION);
            batch.writes.push(update(system::API_KEY, vec![int("id", id.0)], vec![int("use_count", 0)], false));
            self.store.commit(batch).await?;
        }
        let credential = if service_account.is_some() { Credential::ServiceAccount } else { Credential::ApiKey };
        let via = Via { credential, ..Via::default() };
        let holder = Holder { space, credential: id, via, user, role, scopes: Some(scopes), allowance };
        Ok(Known {
            caller: Arc::new(self.callers.of(holder).await?),
            // A range that cannot be read lets nobody in.
            ranges: ranges.iter().map(|range| range.parse().unwrap_or(NOWHERE)).collect(),
            expires_at,
            usage: self.uses.of(id),
        })
    }

    /// Whether a service account is there and active.
    async fn is_active(&self, space: SpaceId, id: Id) -> Result<bool> {
        let catalog = self.catalogs.get(space).await?;
        let def = catalog.require("service_account")?;
        let columns = vec![Expr::column("active", Kind::Bool)];
        let mut select = Select::new(space, def.table_name().clone(), columns).equals("id", Kind::Int, id.0).limit(1);
        select.from = def.source(Which::Live);
        let rows = self.store.rows(select).await?;
        Ok(rows.first().is_some_and(|row| row.first().and_then(Value::as_bool).unwrap_or(true)))
    }
}

/// The limits of its own that a row says, which are its next four columns.
pub(super) fn allowance(row: &mut Row) -> Allowance {
    let number = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
    Allowance {
        per_second: number(row.optional_int()),
        burst: number(row.optional_int()),
        per_day: row.optional_int().and_then(|n| u64::try_from(n).ok()),
        // Only what was checked is written.
        routes: row.text().parse().unwrap_or_default(),
    }
}

/// An address that no request comes from (RFC 5737).
const NOWHERE: Cidr = Cidr::of(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 255)));
