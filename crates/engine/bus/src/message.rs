//! An event as brokers carry it.

use bytes::Bytes;
use kontor_events::Event;
use kontor_model::SpaceId;

/// A message: CloudEvents in structured mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event's id; brokers that know ids leave out what they have already.
    pub id: String,
    /// `{space}.{object}.{what}`, what listeners choose by.
    pub route: String,
    /// What it is about, `contacts/104…`: messages of one key stay in order where brokers keep order by key.
    pub key: String,
    pub body: Bytes,
}

pub(crate) const MEDIA: &str = "application/cloudevents+json";

impl Message {
    pub fn of(event: &Event, space: SpaceId) -> Self {
        let kind = event.kind.strip_prefix("kontor.").unwrap_or(&event.kind);
        Self {
            id: event.id.to_string(),
            route: format!("{space}.{kind}"),
            key: event.subject.clone(),
            body: event.json(space).to_string().into(),
        }
    }
}
