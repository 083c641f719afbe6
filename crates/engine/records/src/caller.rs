//! Who asks, in which space, with which rights.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use kontor_audit::Credential;
use kontor_catalog::Catalog;
use kontor_model::{Id, Settings, SpaceId};

/// What a caller's user may do; finer roles stand behind the same type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything in the space, purge and metadata included.
    Admin,
    /// Reads and writes of records.
    Member,
    /// Reads of records.
    ReadOnly,
}

impl Role {
    pub const ALL: &'static [Role] = &[Role::Admin, Role::Member, Role::ReadOnly];

    pub const fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Member => "member",
            Role::ReadOnly => "read-only",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }
}

/// What a credential was made for (api.md 2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(HashSet<String>);

impl Scopes {
    pub fn new(scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(scopes.into_iter().map(Into::into).collect())
    }

    /// All of them, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Whether exactly this one is there.
    pub fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether one of them is there; `admin` stands for all.
    pub fn any(&self, wanted: &[&str]) -> bool {
        self.0.contains("admin") || wanted.iter().any(|scope| self.0.contains(*scope))
    }
}

/// A checked credential.
#[derive(Debug, Clone)]
pub struct Caller {
    pub space: SpaceId,
    /// The key or client; idempotency keys are its own.
    pub key_id: Id,
    /// Whose records it makes.
    pub user_id: Option<Id>,
    pub role: Role,
    pub scopes: Scopes,
    /// Of the workspace.
    pub settings: Arc<Settings>,
}

/// What a request cost behind the door.
#[derive(Debug, Default)]
pub struct Trace {
    db_us: AtomicU64,
    retries: AtomicU32,
}

impl Trace {
    pub fn add_db(&self, time: Duration) {
        self.db_us.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn add_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Milliseconds waited for the database.
    pub fn db_ms(&self) -> f64 {
        Duration::from_micros(self.db_us.load(Ordering::Relaxed)).as_secs_f64() * 1_000.0
    }

    pub fn retries(&self) -> u32 {
        self.retries.load(Ordering::Relaxed)
    }
}

/// An `Idempotency-Key` with what it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// 1 to 255 characters.
    pub key: String,
    /// A digest of method, path and body.
    pub fingerprint: String,
}

/// Where a request comes from, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// The caller's address.
    pub ip: Option<IpAddr>,
    pub credential: Credential,
    /// Who acts in the user's name.
    pub impersonator: Option<Id>,
}

/// A request on its way through the engine.
#[derive(Debug, Clone)]
pub struct Ctx {
    pub caller: Arc<Caller>,
    pub catalog: Arc<Catalog>,
    pub request_id: Arc<str>,
    pub trace: Arc<Trace>,
    pub idempotency: Option<Idempotency>,
    pub origin: Origin,
}

impl Ctx {
    pub fn space(&self) -> SpaceId {
        self.caller.space
    }

    pub fn settings(&self) -> &Settings {
        &self.caller.settings
    }
}
