//! Who asks, in which space, with which rights.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use kontor_audit::Credential;
use kontor_catalog::Catalog;
use kontor_model::{Id, Limits, Settings, SpaceId};

use crate::rights::{Policy, Standing};

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

/// What a caller has shown, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Via {
    pub credential: Credential,
    /// The OAuth client whose access token it is.
    pub client: Option<Id>,
    /// Who acts in the user's name.
    pub impersonator: Option<Id>,
    /// Whether it is there to look and not to change anything.
    pub read_only: bool,
}

/// A checked credential.
#[derive(Debug, Clone)]
pub struct Caller {
    pub space: SpaceId,
    /// The key or client; idempotency keys are its own.
    pub key_id: Id,
    /// What kind of credential it is.
    pub via: Via,
    /// Whose records it makes.
    pub user_id: Option<Id>,
    /// The rules of its role.
    pub policy: Arc<Policy>,
    /// Its user among others.
    pub standing: Arc<Standing>,
    pub scopes: Scopes,
    /// Of the workspace.
    pub settings: Arc<Settings>,
    /// What it may ask for, where that is not what everyone may.
    pub limits: Limits,
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
    /// The space's objects as the caller's role sees them.
    pub catalog: Arc<Catalog>,
    /// The same with every field: what is stored is checked and kept by it.
    pub whole: Arc<Catalog>,
    pub request_id: Arc<str>,
    pub trace: Arc<Trace>,
    pub idempotency: Option<Idempotency>,
    pub origin: Origin,
}

impl Ctx {
    /// The way of `caller` through `catalog`, the space's whole one.
    pub fn new(caller: Arc<Caller>, catalog: Arc<Catalog>, request_id: impl Into<Arc<str>>) -> Self {
        Self {
            catalog: caller.policy.view(&catalog),
            whole: catalog,
            caller,
            request_id: request_id.into(),
            trace: Arc::default(),
            idempotency: None,
            origin: Origin::default(),
        }
    }

    pub fn space(&self) -> SpaceId {
        self.caller.space
    }

    pub fn settings(&self) -> &Settings {
        &self.caller.settings
    }
}
