//! What came in and what was made of it, one row for each mail.

use kontor_model::time::datetime_text;
use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, Cond, Expr, Select, Store, Write, system};
use serde_json::{Value as J, json};

use crate::mail::File;

/// What was made of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was added to what it answers.
    Reply,
    /// A ticket began.
    Ticket,
    /// An e-mail was filed.
    Email,
    /// A mail of ours came back.
    Bounce,
    /// Nothing; the reason says why.
    Ignored,
}

impl Outcome {
    pub const ALL: &'static [Outcome] =
        &[Outcome::Reply, Outcome::Ticket, Outcome::Email, Outcome::Bounce, Outcome::Ignored];

    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Reply => "reply",
            Outcome::Ticket => "ticket",
            Outcome::Email => "email",
            Outcome::Bounce => "bounce",
            Outcome::Ignored => "ignored",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.name() == name)
    }
}

/// One mail that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: Id,
    pub message_id: String,
    /// Its address; empty where the mail does not say.
    pub sender: String,
    pub subject: String,
    /// Unix milliseconds.
    pub received_at: i64,
    pub outcome: Outcome,
    pub reason: Option<String>,
    /// What it was filed as, or about: object and id.
    pub record: Option<(String, Id)>,
    pub bytes: i64,
    pub files: Vec<File>,
}

const COLUMNS: [(&str, Kind); 11] = [
    ("id", Kind::Int),
    ("message_id", Kind::Text),
    ("sender", Kind::Text),
    ("subject", Kind::Text),
    ("received_at", Kind::Int),
    ("outcome", Kind::Text),
    ("reason", Kind::Text),
    ("record_object", Kind::Text),
    ("record_id", Kind::Int),
    ("bytes", Kind::Int),
    ("files", Kind::Text),
];

impl Entry {
    /// As callers see it.
    pub fn json(&self) -> J {
        let (object, id) = self.record.as_ref().map(|(object, id)| (object, id.to_string())).unzip();
        json!({
            "id": self.id.to_string(), "message_id": self.message_id, "from": self.sender, "subject": self.subject,
            "received_at": datetime_text(self.received_at), "outcome": self.outcome.name(), "reason": self.reason,
            "record_object": object, "record_id": id, "bytes": self.bytes, "attachments": files_json(&self.files),
        })
    }

    pub(crate) fn write(&self) -> Write {
        let (object, record) = self.record.as_ref().map(|(object, id)| (object.as_str(), id.0)).unzip();
        let files = (!self.files.is_empty()).then(|| files_json(&self.files).to_string());
        let values: Vec<Value> = vec![
            self.id.0.into(),
            self.message_id.as_str().into(),
            self.sender.as_str().into(),
            self.subject.as_str().into(),
            self.received_at.into(),
            self.outcome.name().into(),
            self.reason.clone().into(),
            object.into(),
            record.into(),
            self.bytes.into(),
            files.into(),
        ];
        let mut batch = Batch::new(SpaceId(0));
        let row = COLUMNS.iter().zip(values).map(|((name, kind), value)| (*name, *kind, value)).collect();
        batch.insert(system::INBOUND_EMAIL, row);
        batch.writes.remove(0)
    }

    fn read(row: &[Value]) -> Option<Self> {
        let at = |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).and_then(|i| row.get(i));
        let int = |name: &str| at(name).and_then(Value::as_i64);
        let text = |name: &str| at(name).and_then(Value::as_str).map(str::to_owned);
        let list: Vec<J> = text("files").and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default();
        let part = |file: &J, name: &str| file.get(name).and_then(J::as_str).unwrap_or_default().to_owned();
        let file = |file: &J| File {
            name: part(file, "name"),
            media: part(file, "media_type"),
            bytes: file.get("bytes").and_then(J::as_u64).unwrap_or_default(),
            content: None,
        };
        Some(Self {
            id: Id(int("id")?),
            message_id: text("message_id")?,
            sender: text("sender")?,
            subject: text("subject")?,
            received_at: int("received_at")?,
            outcome: Outcome::from_name(&text("outcome")?)?,
            reason: text("reason"),
            record: text("record_object").zip(int("record_id").map(Id)),
            bytes: int("bytes")?,
            files: list.iter().map(file).collect(),
        })
    }
}

fn files_json(files: &[File]) -> J {
    files.iter().map(|f| json!({"name": f.name, "media_type": f.media, "bytes": f.bytes})).collect()
}

fn select(space: SpaceId) -> Select {
    let columns: Vec<Expr> = COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    Select::new(space, system::INBOUND_EMAIL, columns)
}

/// The entry of a `Message-ID`.
pub(crate) async fn by_message_id(store: &dyn Store, space: SpaceId, message_id: &str) -> Result<Option<Entry>> {
    let rows = store.rows(select(space).equals("message_id", Kind::Text, message_id).limit(1)).await?;
    Ok(rows.first().and_then(|row| Entry::read(row)))
}

/// The entry with an id.
pub(crate) async fn get(store: &dyn Store, space: SpaceId, id: Id) -> Result<Option<Entry>> {
    let rows = store.rows(select(space).equals("id", Kind::Int, id.0).limit(1)).await?;
    Ok(rows.first().and_then(|row| Entry::read(row)))
}

/// Entries, newest first, older than `before`, and whether there are more.
pub(crate) async fn list(
    store: &dyn Store,
    space: SpaceId,
    before: Option<Id>,
    limit: u32,
) -> Result<(Vec<Entry>, bool)> {
    let id = || Expr::column("id", Kind::Int);
    let mut select = select(space).order(id(), true).limit(u64::from(limit) + 1);
    if let Some(before) = before {
        select = select.filter(Cond::Test { left: id(), op: Op::Lt, right: before.0.into() });
    }
    let rows = store.rows(select).await?;
    let mut entries: Vec<Entry> = rows.iter().filter_map(|row| Entry::read(row)).collect();
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    Ok((entries, more))
}
