//! An entry as it is stored.

use kontor_model::time::datetime_text;
use kontor_model::{Kind, SpaceId, Value};
use kontor_store::Expr;
use serde_json::{Value as J, json};

use crate::digest::{Canon, Hash, commitment};

/// One stored entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: i64,
    /// Unix milliseconds.
    pub at: i64,
    pub object: String,
    pub record_id: i64,
    pub version: i64,
    pub action: String,
    pub user_id: Option<i64>,
    pub key_id: Option<i64>,
    pub request_id: Option<String>,
    pub credential: Option<String>,
    pub impersonator_id: Option<i64>,
    pub changes: Option<String>,
    pub ip: Option<String>,
    salt: Option<Vec<u8>>,
    commitment: Option<Vec<u8>>,
    /// When the personal part was erased.
    pub redacted_at: Option<i64>,
}

const COLUMNS: [(&str, Kind); 16] = [
    ("id", Kind::Int),
    ("at", Kind::Int),
    ("object", Kind::Text),
    ("record_id", Kind::Int),
    ("version", Kind::Int),
    ("action", Kind::Text),
    ("user_id", Kind::Int),
    ("key_id", Kind::Int),
    ("request_id", Kind::Text),
    ("credential", Kind::Text),
    ("impersonator_id", Kind::Int),
    ("changes", Kind::Text),
    ("ip", Kind::Text),
    ("salt", Kind::Bytes),
    ("commitment", Kind::Bytes),
    ("redacted_at", Kind::Int),
];

pub(crate) fn columns() -> Vec<Expr> {
    COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect()
}

impl Row {
    /// A row of [`columns`].
    pub(crate) fn read(values: Vec<Value>) -> Option<Self> {
        let [
            Value::Int(id),
            Value::Int(at),
            Value::Text(object),
            Value::Int(record_id),
            Value::Int(version),
            Value::Text(action),
            user,
            key,
            request,
            credential,
            impersonator,
            changes,
            ip,
            salt,
            commitment,
            redacted,
        ]: [Value; 16] = values.try_into().ok()?
        else {
            return None;
        };
        let text = |value: Value| if let Value::Text(text) = value { Some(text) } else { None };
        let bytes = |value: Value| if let Value::Bytes(bytes) = value { Some(bytes) } else { None };
        Some(Self {
            id,
            at,
            object,
            record_id,
            version,
            action,
            user_id: user.as_i64(),
            key_id: key.as_i64(),
            request_id: text(request),
            credential: text(credential),
            impersonator_id: impersonator.as_i64(),
            changes: text(changes),
            ip: text(ip),
            salt: bytes(salt),
            commitment: bytes(commitment),
            redacted_at: redacted.as_i64(),
        })
    }

    /// The hash that seals list: of the public part and the commitment to the personal one. None when the personal
    /// part and its commitment contradict each other.
    pub(crate) fn hash(&self, space: SpaceId) -> Option<Hash> {
        self.hash_as(space, self.id)
    }

    /// As [`Row::hash`], had the entry this id.
    pub(crate) fn hash_as(&self, space: SpaceId, id: i64) -> Option<Hash> {
        let stored = self.commitment.as_deref();
        let personal: Hash = if self.redacted_at.is_some() {
            let gone = self.salt.is_none() && self.changes.is_none() && self.ip.is_none();
            stored.filter(|_| gone)?.try_into().ok()?
        } else {
            let salt = self.salt.as_deref().unwrap_or_default();
            let actual = commitment(salt, self.changes.as_deref(), self.ip.as_deref());
            // An entry of an older version has none.
            if stored.is_some_and(|stored| stored != actual) {
                return None;
            }
            actual
        };
        let mut canon = Canon::new("kontor.audit.entry.1");
        canon.int(space.0);
        canon.int(id);
        canon.int(self.at);
        canon.bytes(self.object.as_bytes());
        canon.int(self.record_id);
        canon.int(self.version);
        canon.bytes(self.action.as_bytes());
        canon.optional_int(self.user_id);
        canon.optional_int(self.key_id);
        canon.optional_text(self.request_id.as_deref());
        canon.optional_text(self.credential.as_deref());
        canon.optional_int(self.impersonator_id);
        canon.bytes(&personal);
        Some(canon.finish())
    }

    /// As callers see it.
    pub fn json(&self) -> J {
        let id = |id: Option<i64>| id.filter(|id| *id != 0).map(|id| id.to_string());
        let changes: J = self.changes.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        json!({
            "id": self.id.to_string(),
            "at": datetime_text(self.at),
            "action": self.action,
            "object": self.object,
            "record_id": id(Some(self.record_id)),
            "version": Some(self.version).filter(|v| *v > 0),
            "user_id": id(self.user_id),
            "key_id": id(self.key_id),
            "credential": self.credential,
            "impersonator_id": id(self.impersonator_id),
            "ip": self.ip,
            "request_id": self.request_id,
            "changes": changes,
            "redacted_at": self.redacted_at.map(datetime_text),
        })
    }
}
