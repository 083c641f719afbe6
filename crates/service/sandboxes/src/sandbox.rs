//! A sandbox as its row has it, and as callers see it.

use kontor_jobs::Job;
use kontor_model::time::datetime_text;
use kontor_model::{Id, Kind, SpaceId, Value};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{ColumnRef, Expr, Select, Set, Write};
use serde_json::{Value as J, json};

/// What a sandbox is filled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Roles, an owner and a pipeline, as a new workspace has.
    Empty,
    /// A sample company.
    Samples,
    /// A masked copy of the live space.
    Live,
}

impl From {
    pub const ALL: &'static [From] = &[From::Empty, From::Samples, From::Live];

    pub const fn name(self) -> &'static str {
        match self {
            From::Empty => "empty",
            From::Samples => "samples",
            From::Live => "live",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|from| from.name() == name)
    }
}

/// What is being done with it; a space without a state is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ready,
    Creating,
    Refreshing,
    Dropping,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Creating => "creating",
            State::Refreshing => "refreshing",
            State::Dropping => "dropping",
        }
    }

    fn stored(text: Option<&str>) -> Self {
        match text {
            None => State::Ready,
            Some("creating") => State::Creating,
            Some("refreshing") => State::Refreshing,
            Some(_) => State::Dropping,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Sandbox {
    pub id: SpaceId,
    pub workspace: i64,
    pub name: String,
    pub from: From,
    pub state: State,
    /// The live space.
    pub source: SpaceId,
    /// The last job that was given it.
    pub job: Id,
    pub made_by: Option<Id>,
    /// Unix milliseconds, as the following.
    pub created_at: i64,
    /// When it was last filled.
    pub refreshed_at: Option<i64>,
}

const COLUMNS: [(&str, Kind); 10] = [
    ("id", Kind::Int),
    ("workspace_id", Kind::Int),
    ("name", Kind::Text),
    ("origin", Kind::Text),
    ("state", Kind::Text),
    ("source_space", Kind::Int),
    ("job_id", Kind::Int),
    ("made_by", Kind::Int),
    ("created_at", Kind::Int),
    ("refreshed_at", Kind::Int),
];

/// Sandboxes of a live space; those that were not made by this service have no source.
pub(crate) fn select(source: SpaceId) -> Select {
    any().equals("source_space", Kind::Int, source.0)
}

pub(crate) fn any() -> Select {
    let columns: Vec<Expr> = COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    Select::new(INSTALLATION, system::SPACE, columns).equals("kind", Kind::Text, "sandbox")
}

impl Sandbox {
    pub(crate) fn read(row: &[Value]) -> Option<Self> {
        let at = |name: &str| COLUMNS.iter().position(|(n, _)| *n == name).and_then(|i| row.get(i));
        let int = |name: &str| at(name).and_then(Value::as_i64);
        let text = |name: &str| at(name).and_then(Value::as_str);
        Some(Self {
            id: SpaceId(int("id")?),
            workspace: int("workspace_id")?,
            name: text("name")?.to_owned(),
            from: From::from_name(text("origin")?)?,
            state: State::stored(text("state")),
            source: SpaceId(int("source_space")?),
            job: Id(int("job_id")?),
            made_by: int("made_by").map(Id),
            created_at: int("created_at")?,
            refreshed_at: int("refreshed_at"),
        })
    }

    /// A change while this job has it: another one in between fails the batch.
    pub(crate) fn change(&self, set: Vec<(&str, Kind, Value)>) -> Write {
        let state = (self.state != State::Ready).then(|| self.state.name().to_owned());
        Write::Update {
            table: system::SPACE.into(),
            keys: vec![
                system::key("id", Kind::Int, self.id.0),
                system::key("job_id", Kind::Int, self.job.0),
                (ColumnRef::new("state", Kind::Text), state.into()),
            ],
            set: set.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), Set::To(value))).collect(),
            must: true,
            search: None,
        }
    }

    /// As callers see it. A job that is over without having finished leaves it `incomplete`.
    pub fn json(&self, job: Option<&Job>) -> J {
        let broken = self.state != State::Ready && job.is_none_or(|job| job.state.is_over());
        json!({
            "id": self.id.to_string(), "name": self.name, "kind": "sandbox", "from": self.from.name(),
            "state": if broken { "incomplete" } else { self.state.name() },
            "created_at": datetime_text(self.created_at), "created_by": self.made_by.map(|id| id.to_string()),
            "refreshed_at": self.refreshed_at.map(datetime_text),
            "job_id": self.job.to_string(), "job_url": format!("/v1/jobs/{}", self.job),
        })
    }
}
