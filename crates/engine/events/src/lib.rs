//! Names of events (api.md 10): `kontor.deal.created`, about `deals/1045…`.

use kontor_model::{Id, Object};

/// The type of the event that `what` (`created`, `updated`, `deleted`, …) happened to a record.
pub fn event_type(object: &Object, what: &str) -> String {
    format!("kontor.{}.{what}", object.name)
}

/// The subject of events about a record; they are in order per subject.
pub fn subject(object: &Object, id: Id) -> String {
    format!("{}/{id}", object.plural)
}
