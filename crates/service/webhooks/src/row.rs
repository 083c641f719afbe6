//! Deliveries and attempts as they are stored and shown.

use kontor_model::time::datetime_text;
use kontor_model::{Id, Kind, SpaceId, Value};
use kontor_store::{ColumnRef, Expr, OnConflict, Set, Write, system};
use serde_json::{Value as J, json};

use crate::schedule::retry_after;

/// Where a delivery can be.
pub const STATES: [&str; 4] = ["pending", "delivered", "failed", "dropped"];

const COLUMNS: [(&str, Kind); 13] = [
    ("endpoint_id", Kind::Int),
    ("event_id", Kind::Int),
    ("sequence", Kind::Int),
    ("type", Kind::Text),
    ("subject", Kind::Text),
    ("state", Kind::Text),
    ("attempts", Kind::Int),
    ("next_at", Kind::Int),
    ("created_at", Kind::Int),
    ("finished_at", Kind::Int),
    ("status", Kind::Int),
    ("error", Kind::Text),
    ("duration_ms", Kind::Int),
];

/// The last attempt, but for what [`COLUMNS`] have of it.
const LAST: [(&str, Kind); 5] = [
    ("attempt_id", Kind::Int),
    ("attempt_at", Kind::Int),
    ("url", Kind::Text),
    ("headers", Kind::Json),
    ("body", Kind::Text),
];

/// One event on its way to one endpoint, or there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub endpoint: Id,
    pub event: Id,
    /// The event's number; 0 of a test.
    pub sequence: i64,
    pub kind: String,
    pub subject: String,
    /// One of [`STATES`].
    pub state: String,
    pub attempts: i64,
    pub next_at: Option<i64>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
    pub status: Option<i64>,
    pub error: Option<String>,
    pub duration_ms: Option<i64>,
    /// The last attempt, where it was asked for; those before it have rows of their own.
    pub(crate) last: Option<Attempt>,
    /// Whether there is a row of it.
    pub(crate) is_stored: bool,
}

fn exprs<'a>(columns: impl IntoIterator<Item = &'a (&'static str, Kind)>) -> Vec<Expr> {
    columns.into_iter().map(|(name, kind)| Expr::column(name, *kind)).collect()
}

/// What lists show.
pub(crate) fn columns() -> Vec<Expr> {
    exprs(&COLUMNS)
}

/// The last attempt with it.
pub(crate) fn whole() -> Vec<Expr> {
    exprs(COLUMNS.iter().chain(&LAST))
}

fn text(value: Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

/// The id of a message, the same for every attempt: `msg_{endpoint}_{event}`.
pub(crate) fn message_id(endpoint: Id, event: Id) -> String {
    format!("msg_{endpoint}_{event}")
}

/// Endpoint and event of a message's id.
pub(crate) fn parse_id(text: &str) -> Option<(Id, Id)> {
    let (endpoint, event) = text.strip_prefix("msg_")?.split_once('_')?;
    Some((endpoint.parse().ok()?, event.parse().ok()?))
}

impl Delivery {
    /// One that is due at once.
    pub(crate) fn new(endpoint: Id, event: Id, sequence: i64, kind: &str, subject: &str, now: i64) -> Self {
        Self {
            endpoint,
            event,
            sequence,
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            state: "pending".to_owned(),
            attempts: 0,
            next_at: Some(now),
            created_at: now,
            finished_at: None,
            status: None,
            error: None,
            duration_ms: None,
            last: None,
            is_stored: false,
        }
    }

    /// Of a row of [`columns`], or of [`whole`].
    pub(crate) fn of(mut values: Vec<Value>) -> Option<Self> {
        let last = values.split_off(COLUMNS.len().min(values.len()));
        let [
            Value::Int(endpoint),
            Value::Int(event),
            Value::Int(sequence),
            Value::Text(kind),
            Value::Text(subject),
            Value::Text(state),
            Value::Int(attempts),
            next_at,
            Value::Int(created_at),
            finished_at,
            status,
            error,
            duration,
        ]: [Value; COLUMNS.len()] = values.try_into().ok()?
        else {
            return None;
        };
        let (status, error, duration_ms) = (status.as_i64(), text(error), duration.as_i64());
        Some(Self {
            last: Attempt::last(last, (status, error.clone(), duration_ms)),
            is_stored: true,
            endpoint: Id(endpoint),
            event: Id(event),
            sequence,
            kind,
            subject,
            state,
            attempts,
            next_at: next_at.as_i64(),
            created_at,
            finished_at: finished_at.as_i64(),
            status,
            error,
            duration_ms,
        })
    }

    /// Its row, as it is now; of one that another process has put in meanwhile nothing is changed.
    pub(crate) fn save(&self) -> Write {
        if self.is_stored { self.update() } else { self.insert() }
    }

    /// An attempt was made: what is to be written of the one before.
    pub(crate) fn tried(&mut self, attempt: Attempt, space: SpaceId) -> Option<Write> {
        self.attempts += 1;
        (self.status, self.duration_ms) = (attempt.status, Some(attempt.duration_ms));
        self.error.clone_from(&attempt.error);
        self.last.replace(attempt).map(|before| before.insert(self, space))
    }

    /// Nothing will be sent, and why; what is to be written of the last attempt.
    pub(crate) fn drop(&mut self, why: &str, now: i64, space: SpaceId) -> Option<Write> {
        self.error = Some(why.to_owned());
        self.finish("dropped", now);
        self.last.take().map(|before| before.insert(self, space))
    }

    fn last_values(&self) -> [Value; LAST.len()] {
        match &self.last {
            Some(last) => [
                last.id.0.into(),
                last.at.into(),
                last.url.as_str().into(),
                last.headers.clone().map_or(Value::Null, Value::Json),
                last.body.clone().into(),
            ],
            None => std::array::from_fn(|_| Value::Null),
        }
    }

    fn insert(&self) -> Write {
        let mut values: Vec<Value> = vec![
            self.endpoint.0.into(),
            self.event.0.into(),
            self.sequence.into(),
            self.kind.as_str().into(),
            self.subject.as_str().into(),
            self.state.as_str().into(),
            self.attempts.into(),
            self.next_at.into(),
            self.created_at.into(),
            self.finished_at.into(),
            self.status.into(),
            self.error.clone().into(),
            self.duration_ms.into(),
        ];
        values.extend(self.last_values());
        Write::Insert {
            table: system::WEBHOOK_DELIVERY.into(),
            columns: COLUMNS.iter().chain(&LAST).map(|(name, kind)| ColumnRef::new(name, *kind)).collect(),
            values,
            on_conflict: OnConflict::Keep,
            search: None,
        }
    }

    /// What differs from attempt to attempt; where the row is no longer there nothing is done.
    fn update(&self) -> Write {
        let set = |name: &str, kind: Kind, value: Value| (ColumnRef::new(name, kind), Set::To(value));
        let last = LAST.iter().zip(self.last_values()).map(|((name, kind), value)| set(name, *kind, value));
        Write::Update {
            table: system::WEBHOOK_DELIVERY.into(),
            keys: self.keys(),
            set: [
                set("state", Kind::Text, self.state.as_str().into()),
                set("attempts", Kind::Int, self.attempts.into()),
                set("next_at", Kind::Int, self.next_at.into()),
                set("finished_at", Kind::Int, self.finished_at.into()),
                set("status", Kind::Int, self.status.into()),
                set("error", Kind::Text, self.error.clone().into()),
                set("duration_ms", Kind::Int, self.duration_ms.into()),
            ]
            .into_iter()
            .chain(last)
            .collect(),
            must: false,
            search: None,
        }
    }

    pub(crate) fn keys(&self) -> Vec<(ColumnRef, Value)> {
        vec![system::key("endpoint_id", Kind::Int, self.endpoint.0), system::key("event_id", Kind::Int, self.event.0)]
    }

    /// Until when the receiver asked to be left alone, by `Retry-After` of its last answer.
    pub(crate) fn asked_until(&self) -> Option<i64> {
        let last = self.last.as_ref()?;
        let headers: J = serde_json::from_str(last.headers.as_deref()?).ok()?;
        Some(last.at + retry_after(headers.get("retry-after")?.as_str()?, last.at)?)
    }

    /// Due again, as if it had never been tried.
    pub(crate) fn again(&mut self, now: i64) {
        "pending".clone_into(&mut self.state);
        (self.attempts, self.next_at, self.finished_at) = (0, Some(now), None);
    }

    pub(crate) fn finish(&mut self, state: &str, now: i64) {
        state.clone_into(&mut self.state);
        (self.next_at, self.finished_at) = (None, Some(now));
    }

    pub fn id(&self) -> String {
        message_id(self.endpoint, self.event)
    }

    /// As callers see it.
    pub fn json(&self) -> J {
        json!({
            "id": self.id(),
            "webhook_endpoint_id": self.endpoint.to_string(),
            "event_id": self.event.to_string(),
            "event_type": self.kind,
            "subject": self.subject,
            "sequence": (self.sequence > 0).then(|| self.sequence.to_string()),
            "state": self.state,
            "attempts": self.attempts,
            "next_attempt_at": self.next_at.map(datetime_text),
            "created_at": datetime_text(self.created_at),
            "finished_at": self.finished_at.map(datetime_text),
            "response_status": self.status,
            "error": self.error,
            "duration_ms": self.duration_ms,
        })
    }
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: Id,
    pub at: i64,
    pub duration_ms: i64,
    pub url: String,
    pub status: Option<i64>,
    pub error: Option<String>,
    /// Of the answer.
    pub headers: Option<String>,
    /// Of the answer, cut.
    pub body: Option<String>,
}

const ATTEMPT: [(&str, Kind); 8] = [
    ("id", Kind::Int),
    ("at", Kind::Int),
    ("duration_ms", Kind::Int),
    ("url", Kind::Text),
    ("status", Kind::Int),
    ("error", Kind::Text),
    ("headers", Kind::Json),
    ("body", Kind::Text),
];

pub(crate) fn attempt_columns() -> Vec<Expr> {
    exprs(&ATTEMPT)
}

impl Attempt {
    /// Of a delivery's own row; none where there was none, or it was not asked for.
    fn last(values: Vec<Value>, (status, error, took): (Option<i64>, Option<String>, Option<i64>)) -> Option<Self> {
        let [Value::Int(id), Value::Int(at), Value::Text(url), headers, body]: [Value; LAST.len()] =
            values.try_into().ok()?
        else {
            return None;
        };
        let headers = headers.as_str().map(str::to_owned);
        let duration_ms = took.unwrap_or_default();
        Some(Self { id: Id(id), at, duration_ms, url, status, error, headers, body: text(body) })
    }

    pub(crate) fn of(values: Vec<Value>) -> Option<Self> {
        let [Value::Int(id), Value::Int(at), Value::Int(duration_ms), Value::Text(url), status, error, headers, body]: [Value; 8] =
            values.try_into().ok()?
        else {
            return None;
        };
        let headers = headers.as_str().map(str::to_owned);
        Some(Self {
            id: Id(id),
            at,
            duration_ms,
            url,
            status: status.as_i64(),
            error: text(error),
            headers,
            body: text(body),
        })
    }

    fn insert(&self, of: &Delivery, space: SpaceId) -> Write {
        let mut batch = kontor_store::Batch::new(space);
        batch.insert(
            system::WEBHOOK_ATTEMPT,
            vec![
                ("id", Kind::Int, self.id.0.into()),
                ("endpoint_id", Kind::Int, of.endpoint.0.into()),
                ("event_id", Kind::Int, of.event.0.into()),
                ("at", Kind::Int, self.at.into()),
                ("duration_ms", Kind::Int, self.duration_ms.into()),
                ("url", Kind::Text, self.url.as_str().into()),
                ("status", Kind::Int, self.status.into()),
                ("error", Kind::Text, self.error.clone().into()),
                ("headers", Kind::Json, self.headers.clone().map_or(Value::Null, Value::Json)),
                ("body", Kind::Text, self.body.clone().into()),
            ],
        );
        batch.writes.remove(0)
    }

    /// As callers see it.
    pub fn json(&self) -> J {
        let headers: J = self.headers.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        json!({
            "id": self.id.to_string(),
            "at": datetime_text(self.at),
            "duration_ms": self.duration_ms,
            "url": self.url,
            "response": self.status.map(|status| json!({"status": status, "headers": headers, "body": self.body})),
            "error": self.error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_s_id_leads_back() {
        let id = message_id(Id(7), Id(8));
        assert_eq!((id.as_str(), parse_id(&id)), ("msg_7_8", Some((Id(7), Id(8)))));
        for wrong in ["", "msg_", "msg_7", "msg_7_x", "7_8", "msg_7_8_9"] {
            assert_eq!(parse_id(wrong), None, "{wrong}");
        }
    }
}
