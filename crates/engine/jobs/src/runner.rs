//! Claims jobs and runs them until it is told to stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kontor_model::{Error, ErrorCode, Kind, Result};
use kontor_store::{Batch, ColumnRef, CommitError, Set, Write, system};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use crate::job::{Failure, Job, State};
use crate::queue::{Jobs, failed, set};
use crate::run::{Ended, Handler, LEASE_MS, Run};

const POLL: Duration = Duration::from_millis(500);
const LISTEN: Duration = Duration::from_secs(1);
/// Every tenth time that it listens, a run renews its lease.
const BEATS: u32 = 10;
/// Claims without progress after which a job is given up.
const MAX_TRIES: i64 = 8;
/// How long a stop waits for chunks under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a process runs jobs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names this process among those that share the store; different for each start.
    pub process: String,
    /// Jobs at the same time.
    pub slots: usize,
    /// No other process runs jobs of this store: what runs at the start is left from one that died, and is taken over
    /// without waiting for its lease.
    pub alone: bool,
}

/// Claims and runs jobs.
pub struct Runner {
    jobs: Arc<Jobs>,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    options: Options,
    claims: AtomicU64,
}

/// Whether the word to stop has come, or nobody is left to give it.
pub(crate) fn is_stopping(stopping: &watch::Receiver<bool>) -> bool {
    *stopping.borrow() || stopping.has_changed().is_err()
}

/// A runner at work; it stops when this is dropped.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets the chunks under way finish, gives the jobs back, and ends.
    pub async fn stop(self) {
        self.stop.send(true).ok();
        self.task.await.ok();
    }
}

impl Runner {
    pub fn new(jobs: Arc<Jobs>, handlers: impl IntoIterator<Item = Arc<dyn Handler>>, options: Options) -> Self {
        let handlers = handlers.into_iter().map(|h| (h.kind(), h)).collect();
        Self { jobs, handlers, options, claims: AtomicU64::new(0) }
    }

    /// Starts it on the current runtime.
    pub fn start(self) -> Running {
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(Arc::new(self).work(stopping));
        Running { stop, task }
    }

    async fn work(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        if self.options.alone
            && let Err(error) = self.adopt().await
        {
            tracing::warn!(%error, "jobs of an earlier process could not be taken over yet");
        }
        while !is_stopping(&stopping) {
            while running.try_join_next().is_some() {}
            let free = self.options.slots.max(1).saturating_sub(running.len());
            if free > 0 {
                match self.claim(free, &stopping).await {
                    Ok(runs) => {
                        for run in runs {
                            running.spawn(self.clone().carry_out(run));
                        }
                    }
                    Err(error) => tracing::warn!(%error, "jobs could not be looked up"),
                }
            }
            tokio::select! {
                () = self.jobs.news.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                _ = running.join_next(), if !running.is_empty() => {}
                _ = stopping.changed() => {}
            }
        }
        let rest = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, rest).await.is_err() {
            tracing::warn!("jobs were cut off in the middle of a chunk; it is done again");
        }
    }

    fn kinds(&self) -> Vec<&str> {
        self.handlers.keys().copied().collect()
    }

    /// Ends the leases of an earlier process.
    async fn adopt(&self) -> Result<()> {
        for space in self.jobs.spaces().await? {
            let filter = crate::Filter { state: Some(State::Running), limit: Some(500), ..crate::Filter::default() };
            for job in self.jobs.list(space, &filter).await?.0 {
                let mut batch = Batch::new(space);
                batch.writes.push(Write::Update {
                    table: system::JOB.into(),
                    keys: vec![system::key("id", Kind::Int, job.id.0), system::key("version", Kind::Int, job.version)],
                    set: vec![set("lease_until", Kind::Int, 0)],
                    must: false,
                    search: None,
                });
                self.jobs.store.commit(batch).await.map_err(failed)?;
            }
        }
        Ok(())
    }

    async fn claim(&self, free: usize, stopping: &watch::Receiver<bool>) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        for space in self.jobs.spaces().await? {
            if runs.len() >= free {
                break;
            }
            for job in self.jobs.due(space, &self.kinds(), (free - runs.len()) as u64).await? {
                if runs.len() >= free {
                    break;
                }
                runs.extend(self.take(job, stopping).await?);
            }
        }
        Ok(runs)
    }

    /// Claims one job, unless another process was quicker.
    async fn take(&self, job: Job, stopping: &watch::Receiver<bool>) -> Result<Option<Run>> {
        let claim = self.claims.fetch_add(1, Ordering::Relaxed);
        let holder = format!("{}:{claim}", self.options.process);
        let now = self.jobs.clock.now_ms();
        let raise = (ColumnRef::new("version", Kind::Int), Set::Add(1));
        let given_up = job.tries >= MAX_TRIES;
        let set = if given_up {
            let failure = job.error.clone().unwrap_or_else(|| Failure {
                code: ErrorCode::Unexpected.number(),
                detail: format!("given up after {MAX_TRIES} tries that got nowhere"),
            });
            vec![
                set("state", Kind::Text, State::Failed.name()),
                set("finished_at", Kind::Int, now),
                set("error", Kind::Text, failure.stored()),
                raise,
            ]
        } else {
            vec![
                set("state", Kind::Text, State::Running.name()),
                set("holder", Kind::Text, holder.as_str()),
                set("lease_until", Kind::Int, now + LEASE_MS),
                (ColumnRef::new("tries", Kind::Int), Set::Add(1)),
                raise,
            ]
        };
        let keys = vec![system::key("id", Kind::Int, job.id.0), system::key("version", Kind::Int, job.version)];
        let mut batch = Batch::new(job.space);
        batch.writes.push(Write::Update { table: system::JOB.into(), keys, set, must: true, search: None });
        match self.jobs.store.commit(batch).await {
            Ok(()) if given_up => Ok(None),
            Ok(()) => Ok(Some(Run {
                job: self.jobs.get(job.space, job.id).await?,
                jobs: self.jobs.clone(),
                holder,
                stopping: stopping.clone(),
                cancelled: AtomicBool::new(job.cancel_at.is_some()),
                lost: AtomicBool::new(false),
            })),
            Err(CommitError::Guard { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn carry_out(self: Arc<Self>, run: Run) {
        let run = Arc::new(run);
        let heart = tokio::spawn(keep(run.clone()));
        let outcome = match self.handlers.get(run.job.kind.as_str()) {
            None => Err(Error::internal(format!("no handler for jobs of kind {}", run.job.kind))),
            Some(handler) => {
                let (handler, run) = (handler.clone(), run.clone());
                // A task of its own, so that a panic ends the job and not the runner.
                tokio::spawn(async move { handler.run(&run).await })
                    .await
                    .unwrap_or_else(|panic| Err(Error::internal(panic)))
            }
        };
        heart.abort();
        if let Err(error) = settle(&run, outcome).await {
            // Its lease runs out, and it is taken up again from its checkpoint.
            tracing::warn!(job = %run.job.id, %error, "the end of a job could not be kept");
        }
        self.jobs.wake();
    }
}

async fn settle(run: &Run, outcome: Result<Ended>) -> Result<()> {
    if run.lost.load(Ordering::Relaxed) {
        return Ok(());
    }
    match outcome {
        Ok(Ended::Succeeded(output)) => run.end(State::Succeeded, Some(output), None).await,
        Ok(Ended::Failed(output, failure)) => run.end(State::Failed, Some(output), Some(&failure)).await,
        Ok(Ended::Stopped) if run.cancelled.load(Ordering::Relaxed) => run.end(State::Cancelled, None, None).await,
        Ok(Ended::Waiting(_)) if run.cancelled.load(Ordering::Relaxed) => run.end(State::Cancelled, None, None).await,
        Ok(Ended::Stopped) => run.put_back(0, None).await,
        Ok(Ended::Waiting(pause_ms)) => run.put_back(pause_ms, None).await,
        Err(error) => {
            run.listen().await?;
            if run.lost.load(Ordering::Relaxed) {
                return Ok(());
            }
            tracing::error!(job = %run.job.id, kind = run.job.kind, %error, internal = error.internal_text(), "a job failed");
            let tries = run.jobs.get(run.job.space, run.job.id).await?.tries;
            if error.code().retryable() && tries < MAX_TRIES {
                run.put_back(1_000 << tries.clamp(0, 8), Some(&error)).await
            } else {
                run.end(State::Failed, None, Some(&Failure::from(&error))).await
            }
        }
    }
}

/// Renews the lease and learns of cancellations until it is aborted.
async fn keep(run: Arc<Run>) {
    let mut turn = 0;
    let mut called_off = run.jobs.called_off.subscribe();
    let mut tick = tokio::time::interval_at(Instant::now() + LISTEN, LISTEN);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // What this process calls off is told at once; of others it learns by looking.
        let outcome = tokio::select! {
            _ = tick.tick() => {
                turn = (turn + 1) % BEATS;
                if turn == 0 { run.beat().await } else { run.listen().await }
            }
            _ = called_off.changed() => run.listen().await,
        };
        if let Err(error) = outcome {
            tracing::debug!(job = %run.job.id, %error, "a heartbeat was missed");
        }
    }
}
