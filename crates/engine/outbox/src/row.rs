//! Messages as rows.

use kontor_model::{Id, Kind, SpaceId, Value};
use kontor_store::{ColumnRef, Expr, OnConflict, Select, Set, Write, system};

use crate::files;
use crate::message::{Message, State};

const COLUMNS: [(&str, Kind); 24] = [
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
    ("lane", Kind::Text),
    ("bulk", Kind::Int),
    ("about_object", Kind::Text),
    ("about_id", Kind::Int),
    ("token", Kind::Text),
    ("attachments", Kind::Text),
    ("untold", Kind::Int),
    ("hard", Kind::Int),
    ("planned_at", Kind::Int),
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
        body: None,
        one_time: int("one_time") == Some(1),
        hidden: int("hidden") == Some(1),
        bulk: int("bulk") == Some(1),
        about: text("about_object").zip(int("about_id").map(Id)),
        attachments: text("attachments").map(|list| files::read(&list)).unwrap_or_default(),
        token: text("token").unwrap_or_default(),
        tries: int("tries")?,
        next_at: int("next_at"),
        created_at: int("created_at")?,
        sent_at: int("sent_at"),
        expires_at: int("expires_at"),
        reason: text("reason"),
        hard: int("hard") == Some(1),
    };
    Some((message, text("body")))
}

/// A new row.
pub fn insert(message: &Message, body: String) -> Write {
    let (object, about) = message.about.as_ref().map(|(object, id)| (object.as_str(), id.0)).unzip();
    let attachments = (!message.attachments.is_empty()).then(|| files::stored(&message.attachments));
    // One that will never leave is news as well.
    let untold = (message.state == State::Failed).then_some(1);
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
            message.lane().into(),
            i64::from(message.bulk).into(),
            object.into(),
            about.into(),
            message.token.as_str().into(),
            attachments.into(),
            untold.into(),
            Value::Null,
            message.created_at.into(),
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

/// Says that the news of this state of it was told; fails the batch when it was already.
pub fn told(message: &Message) -> Write {
    let mut write = change(message, vec![("untold", Kind::Int, Value::Null)]);
    if let Write::Update { keys, .. } = &mut write {
        keys.push(system::key("untold", Kind::Int, 1));
    }
    write
}
