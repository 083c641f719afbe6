//! Claims jobs and runs them until it is told to stop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kontor_model::{Error, Kind, Result};
use kontor_store::{Batch, Write, pulse, system};
use kontor_telemetry::metrics::JobKind;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use crate::claim::Place;
use crate::job::{Failure, State};
use crate::queue::{Jobs, failed, set};
use crate::rules::{self, Rules};
use crate::run::{Ended, Handler, Run};

/// Between two looks for what has become due, and for what other processes have put in without saying so.
const POLL: Duration = Duration::from_millis(200);
/// The same where they say so.
const POLL_TOLD: Duration = Duration::from_millis(500);
/// Between two looks at schedules.
const STRIKE: Duration = Duration::from_secs(1);
/// Between two looks for times that a clock wrote which has been set back since.
const MEND: Duration = Duration::from_secs(10);
const LISTEN: Duration = Duration::from_secs(1);
/// Every tenth time that it listens, a run renews its lease.
const BEATS: u32 = 10;
/// How long a stop waits for chunks under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a process runs jobs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names this process among those that share the store; different for each start.
    pub process: String,
    /// Jobs at the same time.
    pub slots: usize,
    /// Jobs of one workspace at the same time, over all processes. Without it, and where there are several workspaces,
    /// one of them leaves one slot of each process to the others.
    pub per_workspace: Option<usize>,
    /// No other process runs jobs of this store: what runs at the start is left from one that died, and is taken over
    /// without waiting for its lease.
    pub alone: bool,
}

/// Claims and runs jobs.
pub struct Runner {
    pub(crate) jobs: Arc<Jobs>,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    pub(crate) options: Options,
    pub(crate) claims: AtomicU64,
    /// The workspace that was served last.
    pub(crate) last: AtomicI64,
    /// Running jobs of this process by workspace.
    pub(crate) here: Mutex<HashMap<i64, usize>>,
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
        let (claims, last) = (AtomicU64::new(0), AtomicI64::new(i64::MIN));
        Self { jobs, handlers, options, claims, last, here: Mutex::default() }
    }

    /// Starts it on the current runtime.
    pub fn start(self) -> Running {
        let (stop, stopping) = watch::channel(false);
        let pulses = self.jobs.commits.pulses().clone();
        let task = tokio::spawn(pulses.watched("jobs", pulse::Limit::default(), Arc::new(self).work(stopping)));
        Running { stop, task }
    }

    async fn work(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        if self.options.alone
            && let Err(error) = self.adopt().await
        {
            tracing::warn!(%error, "jobs of an earlier process could not be taken over yet");
        }
        let (mut struck, mut mended) = (None, None);
        while !is_stopping(&stopping) {
            while running.try_join_next().is_some() {}
            if is_time(&mut struck, STRIKE)
                && let Err(error) = self.everywhere(is_time(&mut mended, MEND)).await
            {
                tracing::warn!(%error, "schedules could not be looked up");
            }
            let free = self.options.slots.max(1).saturating_sub(running.len());
            if free > 0 {
                match self.claim(free, &stopping).await {
                    Ok(runs) => {
                        for run in runs {
                            self.count(run.workspace, 1);
                            running.spawn(self.clone().carry_out(run));
                        }
                    }
                    Err(error) => tracing::warn!(%error, "jobs could not be looked up"),
                }
            }
            let poll = if self.jobs.commits.is_told() { POLL_TOLD } else { POLL };
            tokio::select! {
                _ = self.jobs.news.rung() => {}
                () = pulse::at_rest(tokio::time::sleep(poll)) => {}
                _ = running.join_next(), if !running.is_empty() => {}
                _ = stopping.changed() => {}
            }
        }
        let rest = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, rest).await.is_err() {
            tracing::warn!("jobs were cut off in the middle of a chunk; it is done again");
        }
    }

    /// The kinds that it knows.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.handlers.keys().copied().collect()
    }

    pub(crate) fn rules(&self, kind: &str) -> Rules {
        self.handlers.get(kind).map(|handler| handler.rules()).unwrap_or_default()
    }

    fn count(&self, workspace: i64, more: isize) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let count = here.entry(workspace).or_default();
        *count = count.saturating_add_signed(more);
    }

    /// Strikes what schedules are due, and puts right what a clock has left that was set back.
    async fn everywhere(&self, mends: bool) -> Result<()> {
        for place in self.jobs.places().await? {
            self.jobs.strike(place.space).await?;
            if mends {
                self.jobs.mend(place.space).await?;
            }
        }
        Ok(())
    }

    /// Ends the leases of an earlier process.
    async fn adopt(&self) -> Result<()> {
        for Place { space, .. } in self.jobs.places().await? {
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

    async fn carry_out(self: Arc<Self>, run: Run) {
        let run = Arc::new(run);
        let heart = tokio::spawn(keep(run.clone()));
        let begun = Instant::now();
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
        if let Err(error) = settle(&run, outcome, self.rules(&run.job.kind), begun.elapsed()).await {
            // Its lease runs out, and it is taken up again from its checkpoint.
            tracing::warn!(job = %run.job.id, %error, "the end of a job could not be kept");
        }
        self.count(run.workspace, -1);
        self.jobs.wake();
    }
}

/// Whether so much time has passed since it last was.
fn is_time(last: &mut Option<Instant>, every: Duration) -> bool {
    let is_time = last.is_none_or(|at| at.elapsed() >= every);
    if is_time {
        *last = Some(Instant::now());
    }
    is_time
}

async fn settle(run: &Run, outcome: Result<Ended>, rules: Rules, took: Duration) -> Result<()> {
    if run.lost.load(Ordering::Relaxed) {
        return Ok(());
    }
    let metrics = JobKind::new(&run.job.kind);
    match outcome {
        Ok(Ended::Succeeded(output)) => {
            metrics.done(took);
            run.end(State::Succeeded, Some(output), None).await
        }
        Ok(Ended::Failed(output, failure)) => {
            metrics.dead(took);
            run.end(State::Failed, Some(output), Some(&failure)).await
        }
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
            if error.code().retryable() && tries < rules.tries {
                metrics.retried(took);
                run.put_back(rules::pause(tries, rules::dice()), Some(&error)).await
            } else {
                metrics.dead(took);
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
