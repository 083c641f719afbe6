//! A claimed job in the hands of its handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use kontor_model::{Error, Kind, Result, Value};
use kontor_store::{Batch, ColumnRef, Set, Write, system};
use serde_json::Value as J;
use tokio::sync::watch;

use crate::job::{Failure, Job, State};
use crate::queue::{Jobs, failed, set};
use crate::rules::Rules;

/// How long a claim holds without being renewed.
pub const LEASE_MS: i64 = 30_000;

/// What a kind of job does.
pub trait Handler: Send + Sync + 'static {
    /// The kind of its jobs.
    fn kind(&self) -> &'static str;

    /// How its jobs are tried, and how many of them run at the same time.
    fn rules(&self) -> Rules {
        Rules::default()
    }

    /// Works from the job's checkpoint on. Asks [`Run::should_stop`] between chunks and answers [`Ended::Stopped`] then.
    ///
    /// An error that is retryable queues the job again with a growing pause, as often as the rules say; any other, and
    /// the last of those, makes it a dead letter.
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>>;
}

/// How a handler's turn ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    Succeeded(J),
    /// For a reason that trying again would not change; the output is kept.
    Failed(J, Failure),
    /// In between, because it was asked to.
    Stopped,
    /// For something that takes its time: the job is claimed again in so many milliseconds, which counts as no try.
    Waiting(i64),
}

/// How far a job has got.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    pub done: i64,
    pub total: Option<i64>,
    pub failed: i64,
    pub checkpoint: J,
    pub output: J,
}

/// A claim.
pub struct Run {
    pub job: Job,
    /// Whose space the job is in.
    pub(crate) workspace: i64,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) holder: String,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) cancelled: AtomicBool,
    pub(crate) lost: AtomicBool,
}

impl Run {
    /// Whether to end after the chunk under way: the process stops, the job was called off, or another has it.
    pub fn should_stop(&self) -> bool {
        crate::runner::is_stopping(&self.stopping)
            || self.cancelled.load(Ordering::Relaxed)
            || self.lost.load(Ordering::Relaxed)
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn held(&self, set: Vec<(ColumnRef, Set)>) -> Write {
        let keys = vec![
            system::key("id", Kind::Int, self.job.id.0),
            system::key("state", Kind::Text, State::Running.name()),
            system::key("holder", Kind::Text, self.holder.as_str()),
        ];
        Write::Update { table: system::JOB.into(), keys, set, must: true, search: None }
    }

    /// Progress as a write of the batch that makes it: it holds only while the claim does, so that work is counted
    /// exactly when it is done, by one process.
    pub fn progress_write(&self, progress: &Progress) -> Write {
        self.held(vec![
            set("done", Kind::Int, progress.done),
            set("total", Kind::Int, progress.total),
            set("failed", Kind::Int, progress.failed),
            set("tries", Kind::Int, 1),
            set("lease_until", Kind::Int, self.jobs.clock.now_ms() + LEASE_MS),
            set("checkpoint", Kind::Json, Value::Json(progress.checkpoint.to_string())),
            set("output", Kind::Json, Value::Json(progress.output.to_string())),
        ])
    }

    /// Commits progress together with other writes.
    ///
    /// # Errors
    /// 409000 when another process has the job; the database's.
    pub async fn save(&self, progress: &Progress, mut also: Vec<Write>) -> Result<()> {
        also.push(self.progress_write(progress));
        self.commit(also).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<()> {
        self.jobs.store.commit(Batch { space: self.job.space, writes }).await.map_err(failed)
    }

    /// Prolongs the lease; learns whether the job was called off or is another's.
    pub(crate) async fn beat(&self) -> Result<()> {
        let now = self.jobs.clock.now_ms();
        match self.commit(vec![self.held(vec![set("lease_until", Kind::Int, now + LEASE_MS)])]).await {
            Err(error) if error.code() == kontor_model::ErrorCode::Conflict => {
                self.lost.store(true, Ordering::Relaxed);
                Ok(())
            }
            other => other,
        }
    }

    pub(crate) async fn listen(&self) -> Result<()> {
        let job = self.jobs.get(self.job.space, self.job.id).await?;
        if job.cancel_at.is_some() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
        if job.holder.as_deref() != Some(&self.holder) {
            self.lost.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Ends the claim.
    pub(crate) async fn end(&self, state: State, output: Option<J>, failure: Option<&Failure>) -> Result<()> {
        let mut sets = vec![
            set("state", Kind::Text, state.name()),
            set("finished_at", Kind::Int, self.jobs.clock.now_ms()),
            set("lease_until", Kind::Int, None::<i64>),
            set("holder", Kind::Text, None::<String>),
            set("error", Kind::Text, failure.map(Failure::stored)),
            (ColumnRef::new("version", Kind::Int), Set::Add(1)),
        ];
        if let Some(output) = output {
            sets.push(set("output", Kind::Json, Value::Json(output.to_string())));
        }
        self.commit(vec![self.held(sets)]).await
    }

    /// Puts the job back for later; only a try that failed counts.
    pub(crate) async fn put_back(&self, pause_ms: i64, error: Option<&Error>) -> Result<()> {
        let now = self.jobs.clock.now_ms();
        let mut sets = vec![
            set("state", Kind::Text, State::Queued.name()),
            set("run_at", Kind::Int, now + pause_ms),
            set("planned_at", Kind::Int, now),
            set("lease_until", Kind::Int, None::<i64>),
            set("holder", Kind::Text, None::<String>),
            set("error", Kind::Text, error.map(|e| Failure::from(e).stored())),
            (ColumnRef::new("version", Kind::Int), Set::Add(1)),
        ];
        if error.is_none() {
            sets.push((ColumnRef::new("tries", Kind::Int), Set::Add(-1)));
        }
        self.commit(vec![self.held(sets)]).await
    }
}
