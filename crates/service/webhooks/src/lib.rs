//! Webhooks: events for systems that would rather be told than ask (api.md 10; Standard Webhooks 1.0.0).
//!
//! Every endpoint is a consumer of the event log with a worker of its own, so that a slow one delays nobody: it is sent
//! the events of its types that its last editor may read and that its filter lets through, and what came of them is
//! written down in the commit that raises its cursor. Nothing is written before it is sent; what is to be tried again
//! has a row that says when. What is sent is read from the log when it is sent, so that nothing is kept here that was
//! erased there. One process of an installation does it, the one with the lease ([ADR 27](../../../docs/adr/0027-webhooks.md)).

mod ahead;
mod breaker;
mod desk;
mod endpoint;
mod line;
mod pace;
mod row;
mod rule;
mod run;
mod schedule;
mod secret;
mod send;
mod ship;
mod sign;
mod state;
mod sweep;
mod target;
mod view;
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

/// Rings when something is due that was not in the log: a test, a message that is sent again, other secrets.
const DUE: &str = "webhook_due";

/// The name of an endpoint's cursor in the log.
pub fn cursor_name(endpoint: Id) -> String {
    format!("webhook:{endpoint}")
}

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
    pub(crate) pace: pace::Pace,
    pub(crate) commits: Arc<Commits>,
    pub(crate) news: Arc<kontor_store::Bell>,
    pub(crate) due: Arc<kontor_store::Bell>,
    pub(crate) edited: Arc<kontor_store::Bell>,
}

impl Webhooks {
    pub fn new(parts: Parts, commits: &Arc<Commits>) -> Arc<Self> {
        Arc::new(Self {
            parts,
            metrics: send::Metrics::new(),
            pace: pace::Pace::new(),
            commits: commits.clone(),
            news: commits.bell(kontor_store::system::EVENT_HEAD),
            due: commits.bell(DUE),
            edited: commits.bell(TABLE),
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
