//! Messages as rows.

use kontor_model::{Id, Kind, SpaceId, Value};
use kontor_store::{ColumnRef, Expr, OnConflict, Select, Set, Write, system};

use crate::message::{Message, State};

const COLUMNS: [(&str, Kind); 15] = [
    ("id", Kind::Int),
    ("kind", Kind::Text),
    ("purpose", Kind::Text),
    ("state", Kind::Text),
    ("recipient", Kind::Text),
    ("subject", Kind::Text),
    ("body", Kind::Text),
    ("one_time", Kind::Int),
    ("hidden", Kind::Int),
    ("tries", Kind::Int),
    ("next_at", Kind::Int),
    ("created_at", Kind::Int),
    ("sent_at", Kind::Int),
    ("expires_at", Kind::Int),
    ("reason", Kind::Text),
];

pub fn select(space: SpaceId) -> Select {
    let columns: Vec<Expr> = COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    Select::new(space, system::OUTBOX, columns)
}

/// The message without its body, and the body as it is kept.
pub fn read(row: &[Value]) -> Option<(Message, Option<String>)> {
    let at = |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).and_then(|i| row.get(i));
    let int = |name: &str| at(name).and_then(Value::as_i64);
    let text = |name: &str| at(name).and_then(Value::as_str).map(str::to_owned);
    let message = Message {
        id: Id(int("id")?),
        kind: text("kind")?,
        purpose: text("purpose")?,
        state: State::from_name(&text("state")?)?,
        to: text("recipient")?,
        subject: text("subject")?,
        text: None,
        html: None,
        one_time: int("one_time") == Some(1),
        hidden: int("hidden") == Some(1),
        tries: int("tries")?,
        next_at: int("next_at"),
        created_at: int("created_at")?,
        sent_at: int("sent_at"),
        expires_at: int("expires_at"),
        reason: text("reason"),
    };
    Some((message, text("body")))
}

pub fn insert(message: &Message, body: String) -> Write {
    Write::Insert {
        table: system::OUTBOX.into(),
        columns: COLUMNS.map(|(name, kind)| ColumnRef::new(name, kind)).into(),
        values: vec![
            message.id.0.into(),
            message.kind.as_str().into(),
            message.purpose.as_str().into(),
            message.state.name().into(),
            message.to.as_str().into(),
            message.subject.as_str().into(),
            body.into(),
            i64::from(message.one_time).into(),
            i64::from(message.hidden).into(),
            message.tries.into(),
            message.next_at.into(),
            message.created_at.into(),
            message.sent_at.into(),
            message.expires_at.into(),
            message.reason.clone().into(),
        ],
        on_conflict: OnConflict::Fail,
        search: None,
    }
}

/// A change of this state of it: another one in between fails the batch.
pub fn change(before: &Message, set: Vec<(&str, Kind, Value)>) -> Write {
    Write::Update {
        table: system::OUTBOX.into(),
        keys: vec![
            system::key("id", Kind::Int, before.id.0),
            system::key("state", Kind::Text, before.state.name()),
            system::key("tries", Kind::Int, before.tries),
        ],
        set: set.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), Set::To(value))).collect(),
        must: true,
        search: None,
    }
}
