//! An event as it is sent: CloudEvents 1.0.2, JSON format.

use kontor_model::SpaceId;
use kontor_model::time::datetime_text;
use serde_json::{Value as J, json};

use crate::Row;

/// An event that somebody may see.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub sequence: i64,
    pub id: i64,
    pub at: i64,
    pub kind: String,
    pub subject: String,
    pub record_id: i64,
    /// `{"record", "changed", "actor", "request_id"}`
    pub data: J,
}

/// Who did it.
pub(crate) fn actor(row: &Row) -> J {
    let id = |id: Option<i64>| id.map(|id| id.to_string());
    json!({
        "type": row.credential.as_deref().unwrap_or("system"),
        "user_id": id(row.user_id),
        "credential_id": id(row.key_id),
        "impersonator_id": id(row.impersonator_id),
    })
}

impl Event {
    /// The whole event. Its time is RFC 3339 in every version of the API, as CloudEvents wants it; `sequence` is a
    /// string, since CloudEvents' integers have 32 bits.
    pub fn json(&self, space: SpaceId) -> J {
        json!({
            "specversion": "1.0",
            "id": self.id.to_string(),
            "source": source(space),
            "type": self.kind,
            "subject": self.subject,
            "time": datetime_text(self.at),
            "datacontenttype": "application/json",
            "sequence": self.sequence.to_string(),
            "data": self.data,
        })
    }
}

/// Where events of a space come from.
pub(crate) fn source(space: SpaceId) -> String {
    format!("urn:kontor:space:{space}")
}
