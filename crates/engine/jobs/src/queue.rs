//! The table as a queue: put in, look up, call off.

use std::sync::Arc;

use kontor_model::{Clock, Error, ErrorCode, Id, IdGenerator, Kind, Op, Result, SpaceId, Value};
use kontor_store::{
    Batch, Bell, ColumnRef, CommitError, Commits, Cond, Expr, OnConflict, Select, Set, Store, Write, system,
    system::INSTALLATION,
};
use serde_json::Value as J;
use tokio::sync::watch;

use crate::job::{Job, State, columns};

/// What the bell is called; no table is.
const NEWS: &str = "jobs.news";
/// The most jobs of a page.
const MOST: u64 = 500;

/// What a new job is to do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewJob {
    /// The name of its [`crate::Handler`].
    pub kind: String,
    /// `object` in it is the object that the job is about: whoever may read that whole may know of the job.
    pub input: J,
    pub created_by: Option<Id>,
    pub key_id: Option<Id>,
    /// Unix milliseconds; at once when not said.
    pub run_at: Option<i64>,
    /// Greater goes first within a workspace; 0 is usual.
    pub priority: i64,
}

/// Of which jobs somebody may know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Those that this credential put in.
    pub key_id: Option<Id>,
    /// Those about one of these objects.
    pub objects: Vec<String>,
}

/// Which jobs are wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub kind: Option<String>,
    pub state: Option<State>,
    /// Only jobs older than this one.
    pub before: Option<Id>,
    /// All of them when not said.
    pub sight: Option<Sight>,
    /// 1 to 500; 50 when not said.
    pub limit: Option<u64>,
}

/// The queue of an installation.
pub struct Jobs {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    pub(crate) commits: Arc<Commits>,
    /// Rings when there is something to be claimed, be it that another process says so.
    pub(crate) news: Arc<Bell>,
    /// Changes whenever this process has called a running job off.
    pub(crate) called_off: watch::Sender<()>,
}

pub(crate) fn failed(error: CommitError) -> Error {
    match error {
        CommitError::Store(error) => error.into(),
        CommitError::Guard { .. } => Error::new(ErrorCode::Conflict, "another process has taken this work over"),
        other @ CommitError::Unique { .. } => Error::internal(other),
    }
}

pub(crate) fn set(name: &str, kind: Kind, value: impl Into<Value>) -> (ColumnRef, Set) {
    (ColumnRef::new(name, kind), Set::To(value.into()))
}

impl Jobs {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<IdGenerator>, commits: &Arc<Commits>) -> Self {
        let news = commits.bell(NEWS);
        Self { store, clock, ids, commits: commits.clone(), news, called_off: watch::Sender::new(()) }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// A new job as a write of any batch of its space; call [`Jobs::wake`] after the commit.
    pub fn enqueue_write(&self, new: NewJob) -> (Id, Write) {
        let (job, write) = self.enqueue_job(SpaceId(0), new);
        (job.id, write)
    }

    /// As [`Jobs::enqueue_write`], with the job as it will be.
    pub fn enqueue_job(&self, space: SpaceId, new: NewJob) -> (Job, Write) {
        let now = self.clock.now_ms();
        let job = Job {
            space,
            id: self.ids.next(),
            kind: new.kind,
            state: State::Queued,
            version: 1,
            created_at: now,
            created_by: new.created_by,
            key_id: new.key_id,
            run_at: new.run_at.unwrap_or(now),
            planned_at: Some(now),
            priority: new.priority,
            object: new.input.get("object").and_then(J::as_str).map(str::to_owned),
            lease_until: None,
            holder: None,
            tries: 0,
            done: 0,
            total: None,
            failed: 0,
            cancel_at: None,
            finished_at: None,
            input: new.input,
            checkpoint: J::Null,
            output: J::Null,
            error: None,
        };
        let row: Vec<(&str, Kind, Value)> = vec![
            ("id", Kind::Int, job.id.0.into()),
            ("kind", Kind::Text, job.kind.clone().into()),
            ("state", Kind::Text, job.state.name().into()),
            ("version", Kind::Int, job.version.into()),
            ("created_at", Kind::Int, job.created_at.into()),
            ("created_by", Kind::Int, job.created_by.map(|id| id.0).into()),
            ("key_id", Kind::Int, job.key_id.map(|id| id.0).into()),
            ("run_at", Kind::Int, job.run_at.into()),
            ("tries", Kind::Int, job.tries.into()),
            ("done", Kind::Int, job.done.into()),
            ("failed", Kind::Int, job.failed.into()),
            ("input", Kind::Json, Value::Json(job.input.to_string())),
            ("priority", Kind::Int, job.priority.into()),
            ("object", Kind::Text, job.object.clone().into()),
            ("planned_at", Kind::Int, job.planned_at.into()),
        ];
        let (columns, values): (Vec<_>, Vec<_>) =
            row.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).unzip();
        let write = Write::Insert {
            table: system::JOB.into(),
            columns: columns.into(),
            values,
            on_conflict: OnConflict::Fail,
            search: None,
        };
        (job, write)
    }

    /// Lets runners look at once.
    pub fn wake(&self) {
        self.commits.ring(INSTALLATION, NEWS);
    }

    /// One job.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn get(&self, space: SpaceId, id: Id) -> Result<Job> {
        let select = Select::new(space, system::JOB, columns()).equals("id", Kind::Int, id.0).limit(1);
        let rows = self.store.rows(select).await?;
        rows.first().and_then(|row| Job::from_row(space, row)).ok_or_else(Error::not_found)
    }

    /// Jobs, newest first, and whether there are more.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, space: SpaceId, filter: &Filter) -> Result<(Vec<Job>, bool)> {
        let limit = filter.limit.unwrap_or(50).clamp(1, MOST);
        let mut select =
            Select::new(space, system::JOB, columns()).order(Expr::column("id", Kind::Int), true).limit(limit + 1);
        if let Some(kind) = &filter.kind {
            select = select.equals("kind", Kind::Text, kind.as_str());
        }
        if let Some(state) = filter.state {
            select = select.equals("state", Kind::Text, state.name());
        }
        if let Some(before) = filter.before {
            select =
                select.filter(Cond::Test { left: Expr::column("id", Kind::Int), op: Op::Lt, right: before.0.into() });
        }
        if let Some(sight) = &filter.sight {
            select = select.filter(sight.cond());
        }
        let mut jobs = self.read(space, select).await?;
        let more = jobs.len() as u64 > limit;
        jobs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok((jobs, more))
    }

    pub(crate) async fn read(&self, space: SpaceId, select: Select) -> Result<Vec<Job>> {
        Ok(self.store.rows(select).await?.iter().filter_map(|row| Job::from_row(space, row)).collect())
    }

    /// Calls a job off: one that waits is over at once, one that runs stops after the chunk under way, or after those
    /// of the next second when another process has it.
    ///
    /// # Errors
    /// 404001; 422000 when it is over; 409000 when it changes again and again; the database's.
    pub async fn cancel(&self, space: SpaceId, id: Id) -> Result<Job> {
        for _ in 0..8 {
            let job = self.get(space, id).await?;
            let now = self.clock.now_ms();
            let mut sets = vec![set("cancel_at", Kind::Int, now)];
            let mut keys = vec![system::key("id", Kind::Int, id.0), system::key("state", Kind::Text, job.state.name())];
            match job.state {
                State::Queued => {
                    keys.push(system::key("version", Kind::Int, job.version));
                    sets.push(set("state", Kind::Text, State::Cancelled.name()));
                    sets.push(set("finished_at", Kind::Int, now));
                    sets.push((ColumnRef::new("version", Kind::Int), Set::Add(1)));
                }
                State::Running if job.cancel_at.is_some() => return Ok(job),
                State::Running => {}
                over => return Err(Error::new(ErrorCode::RuleRefused, format!("the job has {} already", over.name()))),
            }
            let mut batch = Batch::new(space);
            batch.writes.push(Write::Update { table: system::JOB.into(), keys, set: sets, must: true, search: None });
            match self.store.commit(batch).await {
                Ok(()) => {
                    self.called_off.send_replace(());
                    return self.get(space, id).await;
                }
                Err(CommitError::Guard { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Error::new(ErrorCode::Conflict, "the job was changed by others at the same time, again and again"))
    }

    /// Replays a dead letter: it goes on from where it had got, as if it had never been tried. `also` is committed with
    /// it.
    ///
    /// # Errors
    /// 404001; 422000 when it has not failed; 409000 when it changes at the same time; the database's.
    pub async fn retry(&self, space: SpaceId, id: Id, also: impl FnOnce(&Job) -> Vec<Write>) -> Result<Job> {
        let mut job = self.get(space, id).await?;
        if job.state != State::Failed {
            let detail = format!("the job is {}, and only one that has failed is tried again", job.state.name());
            return Err(Error::new(ErrorCode::RuleRefused, detail));
        }
        let now = self.clock.now_ms();
        let keys = vec![system::key("id", Kind::Int, id.0), system::key("version", Kind::Int, job.version)];
        let set = vec![
            set("state", Kind::Text, State::Queued.name()),
            set("run_at", Kind::Int, now),
            set("planned_at", Kind::Int, now),
            set("tries", Kind::Int, 0),
            set("cancel_at", Kind::Int, None::<i64>),
            set("finished_at", Kind::Int, None::<i64>),
            set("error", Kind::Text, None::<String>),
            (ColumnRef::new("version", Kind::Int), Set::Add(1)),
        ];
        (job.state, job.run_at, job.planned_at, job.tries) = (State::Queued, now, Some(now), 0);
        (job.cancel_at, job.finished_at, job.error) = (None, None, None);
        job.version += 1;
        let mut batch = Batch::new(space);
        batch.writes.push(Write::Update { table: system::JOB.into(), keys, set, must: true, search: None });
        batch.writes.extend(also(&job));
        self.store.commit(batch).await.map_err(failed)?;
        self.wake();
        Ok(job)
    }

    /// Removes jobs of a space that were over before `before` (Unix milliseconds), but those of `kinds`, whose owners do
    /// that with what belongs to them; says how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(&self, space: SpaceId, before: i64, kinds: &[&str]) -> Result<usize> {
        let kinds = Value::Texts(kinds.iter().map(|kind| (*kind).to_owned()).collect());
        let select = Select::new(space, system::JOB, vec![Expr::column("id", Kind::Int)])
            .filter(Cond::Test { left: Expr::column("finished_at", Kind::Int), op: Op::Lt, right: before.into() })
            .filter(Cond::Test { left: Expr::column("kind", Kind::Text), op: Op::Nin, right: kinds })
            .limit(MOST);
        let rows = self.store.rows(select).await?;
        let gone = rows.iter().filter_map(|row| row.first()?.as_i64()).map(|id| Write::Delete {
            table: system::JOB.into(),
            keys: vec![system::key("id", Kind::Int, id)],
            must: false,
            search: false,
        });
        let batch = Batch { space, writes: gone.collect() };
        let count = batch.writes.len();
        if count > 0 {
            self.store.commit(batch).await.map_err(failed)?;
        }
        Ok(count)
    }
}

impl Sight {
    fn cond(&self) -> Cond {
        let test =
            |name: &str, kind: Kind, op: Op, right: Value| Cond::Test { left: Expr::column(name, kind), op, right };
        let mut any = Vec::new();
        if let Some(key) = self.key_id {
            any.push(test("key_id", Kind::Int, Op::Eq, key.0.into()));
        }
        if !self.objects.is_empty() {
            any.push(test("object", Kind::Text, Op::In, Value::Texts(self.objects.clone())));
        }
        if any.is_empty() { Cond::Never } else { Cond::Or(any) }
    }
}
