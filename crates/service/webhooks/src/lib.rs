//! Webhooks: events for systems that would rather be told than ask (api.md 10; Standard Webhooks 1.0.0).
//!
//! A consumer of the event log spreads events over endpoints: each gets those of its types that its last editor may
//! read and that its filter lets through, as rows of the commit that raises the cursor. Every endpoint has a worker of
//! its own, so that a slow one delays nobody; what is sent is read from the log when it is sent, so that nothing is
//! kept here that was erased there. One process of an installation does it, the one with the lease.

mod breaker;
mod desk;
mod endpoint;
mod recover;
mod row;
mod rule;
mod run;
mod schedule;
mod secret;
mod send;
mod sign;
mod spread;
mod state;
mod sweep;
mod target;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use kontor_catalog::Catalogs;
use kontor_egress::Egress;
use kontor_model::{Id, Object, Result, SpaceId};
use kontor_records::{Caller, Hook, Records, Sealing};
use kontor_store::Commits;

pub use desk::{Desk, Page, Wanted};
pub use row::{Attempt, Delivery, STATES};
pub use secret::Secret;
pub use sign::sign;

/// The service's name in declarations.
pub const SERVICE: &str = "webhooks";
/// The object's name.
pub const ENDPOINT: &str = "webhook_endpoint";

/// Where its records are.
const TABLE: &str = "r_webhook_endpoints";

/// What this service keeps.
pub fn objects() -> Vec<Object> {
    vec![endpoint::object()]
}

/// Its rules.
pub fn hooks() -> Vec<Arc<dyn Hook>> {
    vec![Arc::new(rule::Rule)]
}

/// In whose right an endpoint is told of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    pub user: Option<Id>,
    pub role: String,
    pub scopes: Vec<String>,
}

/// Makes callers of rights: those of an endpoint, or of the program itself.
pub type Enter = Box<dyn Fn(SpaceId, Option<Rights>, Id) -> BoxFuture<'static, Result<Arc<Caller>>> + Send + Sync>;

/// What [`Webhooks`] are made of.
pub struct Parts {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub egress: Arc<Egress>,
    pub sealing: Arc<dyn Sealing>,
    pub enter: Enter,
    /// Until the first retry; the other pauses keep their proportion to it.
    pub first_retry: Duration,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
    /// How long finished deliveries are kept, in days.
    pub days: u32,
}

/// Webhooks of an installation.
pub struct Webhooks {
    pub(crate) parts: Parts,
    pub(crate) metrics: send::Metrics,
    pub(crate) commits: Arc<Commits>,
    pub(crate) news: Arc<kontor_store::Bell>,
    pub(crate) changed: Arc<kontor_store::Bell>,
    /// Endpoints, and their secrets.
    pub(crate) edited: [Arc<kontor_store::Bell>; 2],
}

impl Webhooks {
    pub fn new(parts: Parts, commits: &Arc<Commits>) -> Arc<Self> {
        Arc::new(Self {
            parts,
            metrics: send::Metrics::new(),
            commits: commits.clone(),
            news: commits.bell(kontor_store::system::EVENT_HEAD),
            changed: commits.bell(kontor_store::system::WEBHOOK_DELIVERY),
            edited: [TABLE, kontor_store::system::WEBHOOK_STATE].map(|table| commits.bell(table)),
        })
    }

    pub(crate) fn store(&self) -> &dyn kontor_store::Store {
        &**self.parts.records.store()
    }

    pub(crate) fn now(&self) -> i64 {
        self.parts.records.clock().now_ms()
    }
}

#[cfg(test)]
mod tests {
    use kontor_model::{Object, name};

    #[test]
    fn the_declaration_is_sound() {
        let object = super::endpoint::object();
        assert!(name::is_valid(&object.name) && name::is_valid(&object.plural) && !object.doc.is_empty());
        let fields = || Object::common_fields(object.owned).into_iter().chain(object.fields.clone());
        assert!(fields().all(|field| name::is_valid(&field.name)));
        assert!(fields().any(|field| field.name == object.name_field));
        assert_eq!(object.table, super::TABLE);
    }
}
