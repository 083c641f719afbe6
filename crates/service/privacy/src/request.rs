//! A request as its row has it, and as callers see it.

use kontor_jobs::{Jobs, State};
use kontor_model::time::datetime_text;
use kontor_model::{Error, Id, Kind as Column, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, Cond, Expr, OnConflict, Select, Set, Store, Write, system};
use serde_json::{Value as J, json};

/// An answer is due within a month (GDPR, 12(3)).
pub const DUE_MS: i64 = 30 * 86_400_000;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything that is known, as one archive.
    Access,
    Erasure,
    DoNotSell,
}

impl Kind {
    pub const ALL: &'static [Kind] = &[Kind::Access, Kind::Erasure, Kind::DoNotSell];

    pub const fn name(self) -> &'static str {
        match self {
            Kind::Access => "access",
            Kind::Erasure => "erasure",
            Kind::DoNotSell => "do_not_sell",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Whose data it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub object: String,
    pub id: Id,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub id: Id,
    pub kind: Kind,
    pub subject: Subject,
    /// Unix milliseconds, as all times here.
    pub created_at: i64,
    pub due_at: i64,
    pub requested_by: Option<Id>,
    pub key_id: Option<Id>,
    pub job_id: Option<Id>,
    pub completed_at: Option<i64>,
    pub blob_id: Option<Id>,
    pub certificate: Option<J>,
}

const COLUMNS: [(&str, Column); 12] = [
    ("id", Column::Int),
    ("kind", Column::Text),
    ("object", Column::Text),
    ("record_id", Column::Int),
    ("created_at", Column::Int),
    ("due_at", Column::Int),
    ("requested_by", Column::Int),
    ("key_id", Column::Int),
    ("job_id", Column::Int),
    ("completed_at", Column::Int),
    ("blob_id", Column::Int),
    ("certificate", Column::Json),
];

fn select(space: SpaceId) -> Select {
    Select::new(
        space,
        system::PRIVACY_REQUEST,
        COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect::<Vec<_>>(),
    )
}

impl Request {
    fn read(row: &[Value]) -> Option<Self> {
        let at = |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).and_then(|i| row.get(i));
        let int = |name: &str| at(name).and_then(Value::as_i64);
        let text = |name: &str| at(name).and_then(Value::as_str);
        Some(Self {
            id: Id(int("id")?),
            kind: Kind::from_name(text("kind")?)?,
            subject: Subject { object: text("object")?.to_owned(), id: Id(int("record_id")?) },
            created_at: int("created_at")?,
            due_at: int("due_at")?,
            requested_by: int("requested_by").map(Id),
            key_id: int("key_id").map(Id),
            job_id: int("job_id").map(Id),
            completed_at: int("completed_at"),
            blob_id: int("blob_id").map(Id),
            certificate: text("certificate").and_then(|text| serde_json::from_str(text).ok()),
        })
    }

    pub(crate) fn insert(&self) -> Write {
        let id = |id: Option<Id>| id.map_or(Value::Null, |id| Value::Int(id.0));
        Write::Insert {
            table: system::PRIVACY_REQUEST.into(),
            columns: COLUMNS.map(|(name, kind)| ColumnRef::new(name, kind)).into(),
            values: vec![
                self.id.0.into(),
                self.kind.name().into(),
                self.subject.object.as_str().into(),
                self.subject.id.0.into(),
                self.created_at.into(),
                self.due_at.into(),
                id(self.requested_by),
                id(self.key_id),
                id(self.job_id),
                self.completed_at.into(),
                id(self.blob_id),
                self.certificate.as_ref().map_or(Value::Null, |c| Value::Json(c.to_string())),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        }
    }

    /// What came of it.
    pub(crate) fn complete(&self, now: i64, blob: Option<Id>, certificate: &J) -> Write {
        Write::Update {
            table: system::PRIVACY_REQUEST.into(),
            keys: vec![system::key("id", Column::Int, self.id.0)],
            set: vec![
                (ColumnRef::new("completed_at", Column::Int), Set::To(now.into())),
                (ColumnRef::new("blob_id", Column::Int), Set::To(blob.map(|id| id.0).into())),
                (ColumnRef::new("certificate", Column::Json), Set::To(Value::Json(certificate.to_string()))),
            ],
            must: true,
            search: None,
        }
    }

    /// As callers see it; `state` is the job's while it is not completed.
    pub fn json(&self, state: Option<State>) -> J {
        let state = match (self.completed_at, state) {
            (Some(_), _) => "completed",
            (None, Some(state)) => state.name(),
            (None, None) => "failed",
        };
        let archive = self.blob_id.map(|_| format!("/v1/privacy/requests/{}/archive", self.id));
        json!({
            "id": self.id.to_string(),
            "kind": self.kind.name(),
            "state": state,
            "subject": {"object": self.subject.object, "id": self.subject.id.to_string()},
            "requested_by": self.requested_by.map(|id| id.to_string()),
            "created_at": datetime_text(self.created_at),
            "due_at": datetime_text(self.due_at),
            "completed_at": self.completed_at.map(datetime_text),
            "archive_url": archive,
            "certificate": self.certificate,
        })
    }

    /// The state of its job; none when the job has been swept.
    pub(crate) async fn state(&self, jobs: &Jobs, space: SpaceId) -> Result<Option<State>> {
        let (None, Some(job)) = (self.completed_at, self.job_id) else { return Ok(None) };
        match jobs.get(space, job).await {
            Ok(job) => Ok(Some(job.state)),
            Err(error) if error.code() == kontor_model::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// One request.
///
/// # Errors
/// 404001; the database's.
pub(crate) async fn get(store: &dyn Store, space: SpaceId, id: Id) -> Result<Request> {
    let rows = store.rows(select(space).equals("id", Column::Int, id.0).limit(1)).await?;
    rows.first().and_then(|row| Request::read(row)).ok_or_else(Error::not_found)
}

/// Requests, newest first, older than `before`; one more than `limit` when there are more.
///
/// # Errors
/// The database's.
pub(crate) async fn list(store: &dyn Store, space: SpaceId, before: Option<Id>, limit: u32) -> Result<Vec<Request>> {
    let mut select = select(space).order(Expr::column("id", Column::Int), true).limit(u64::from(limit) + 1);
    if let Some(before) = before {
        let left = Expr::column("id", Column::Int);
        select = select.filter(Cond::Test { left, op: Op::Lt, right: before.0.into() });
    }
    Ok(store.rows(select).await?.iter().filter_map(|row| Request::read(row)).collect())
}

/// Archives that were made about a record.
///
/// # Errors
/// The database's.
pub(crate) async fn archives(store: &dyn Store, space: SpaceId, record: Id) -> Result<Vec<Request>> {
    let rows = store.rows(select(space).equals("record_id", Column::Int, record.0)).await?;
    Ok(rows.iter().filter_map(|row| Request::read(row)).filter(|request| request.blob_id.is_some()).collect())
}

/// Requests that were completed before a time (Unix milliseconds) and still have their archive, at most a hundred.
///
/// # Errors
/// The database's.
pub(crate) async fn archives_before(store: &dyn Store, space: SpaceId, before: i64) -> Result<Vec<Request>> {
    let has = Cond::Test { left: Expr::column("blob_id", Column::Int), op: Op::IsNull, right: Value::Bool(false) };
    let left = Expr::column("completed_at", Column::Int);
    let old = Cond::Test { left, op: Op::Lt, right: before.into() };
    let rows = store.rows(select(space).filter(has).filter(old).limit(100)).await?;
    Ok(rows.iter().filter_map(|row| Request::read(row)).collect())
}

/// Takes the archive off a request.
///
/// # Errors
/// The database's.
pub(crate) async fn forget_archive(store: &dyn Store, space: SpaceId, request: Id) -> Result<()> {
    let write = Write::Update {
        table: system::PRIVACY_REQUEST.into(),
        keys: vec![system::key("id", Column::Int, request.0)],
        set: vec![(ColumnRef::new("blob_id", Column::Int), Set::To(Value::Null))],
        must: false,
        search: None,
    };
    store.commit(Batch { space, writes: vec![write] }).await.map_err(Into::into)
}
