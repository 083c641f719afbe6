//! Runs workflows: one process of an installation does, the one with the lease; each step is one commit, so that two
//! who do it at once do it once.

pub(crate) mod intent;
mod lines;
mod live;
mod mend;
mod outbound;
mod start;

pub(crate) use live::depth_of;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kontor_egress::Egress;
use kontor_model::{Error, ErrorCode, Id, Result, SetBack, SpaceId};
use kontor_records::{Ctx, Records};
use kontor_store::rounds::{self, spaces};
use kontor_store::system;
use kontor_store::{Bell, Commits, Lease, Rounds};
use kontor_telemetry::metrics::{Counter, counter};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::functions::{Credentials, Tokens};
use crate::rights::Enter;
use crate::{RUNS_TABLE, rights::Rights, state};

/// Between two looks at what other processes have begun, and at the clock.
const LOOK: Duration = Duration::from_millis(400);
const PAUSE: Duration = Duration::from_secs(2);
/// Between two looks for times that a clock wrote which has been set back since, where nothing says so.
const MEND: Duration = Duration::from_secs(30);
/// Runs that are gone through at the same time.
const AT_ONCE: usize = 16;
/// Runs of one look in one space.
const MOST: u64 = 100;

/// What [`Automation`] is made of.
pub struct Parts {
    pub records: Arc<Records>,
    pub egress: Arc<Egress>,
    /// What functions are called with.
    pub credentials: Arc<Credentials>,
    pub enter: Enter,
    /// In place of a minute, an hour and so on between attempts: seconds are this long.
    pub second: Duration,
}

/// Workflows of an installation.
pub struct Automation {
    pub(crate) parts: Parts,
    commits: Arc<Commits>,
    begun: Arc<Bell>,
    moved: Arc<Bell>,
    pub(crate) metrics: Metrics,
    under_way: Mutex<HashSet<(SpaceId, Id)>>,
    room: Arc<Semaphore>,
    /// ID tokens for functions.
    pub(crate) tokens: Tokens,
    /// Runs of workflows that began lately, and when.
    pub(crate) pace: Mutex<HashMap<(SpaceId, Id), Vec<i64>>>,
}

pub(crate) struct Metrics {
    pub steps: Counter,
    pub failed: Counter,
    pub runs: Counter,
}

impl Metrics {
    fn new() -> Self {
        let steps =
            |outcome| counter("workflow_steps_total", "Steps of workflows that were done.", &[("outcome", outcome)]);
        Self {
            steps: steps("succeeded"),
            failed: steps("failed"),
            runs: counter("workflow_runs_total", "Runs of workflows that began.", &[]),
        }
    }
}

impl Automation {
    pub fn new(parts: Parts, commits: &Arc<Commits>) -> Arc<Self> {
        Arc::new(Self {
            parts,
            commits: commits.clone(),
            begun: commits.bell(RUNS_TABLE),
            moved: commits.bell(system::WORKFLOW_STATE),
            metrics: Metrics::new(),
            under_way: Mutex::default(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            tokens: Tokens::default(),
            pace: Mutex::default(),
        })
    }

    pub(crate) fn records(&self) -> &Records {
        &self.parts.records
    }

    pub(crate) fn store(&self) -> &dyn kontor_store::Store {
        &**self.parts.records.store()
    }

    pub(crate) fn now(&self) -> i64 {
        self.parts.records.clock().now_ms()
    }

    /// The program itself, at work in a space.
    pub(crate) async fn own(&self, space: SpaceId) -> Result<Ctx> {
        (self.parts.enter)(space, None, "workflows".to_owned()).await
    }

    pub(crate) async fn enter(&self, space: SpaceId, rights: Rights, request: String) -> Result<Ctx> {
        (self.parts.enter)(space, Some(rights), request).await
    }

    /// Runs until the process stops. `holder` names this process; `alone` says that no other shares the database.
    pub async fn run(self: Arc<Self>, holder: String, alone: bool, mut stopped: watch::Receiver<bool>) {
        let records = &self.parts.records;
        let mut lease = Lease::new(records.store().clone(), records.clock().clone(), "automation", holder, alone);
        let mut tasks = JoinSet::new();
        let mut rounds = Rounds::every(LOOK, &self.commits);
        let mut set_back = SetBack::every(MEND);
        loop {
            let rung: Vec<SpaceId> = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                spaces = self.begun.rung() => spaces.into_iter().collect(),
                spaces = self.moved.rung() => spaces.into_iter().collect(),
                () = rounds.due() => Vec::new(),
            };
            while tasks.try_join_next().is_some() {}
            let everywhere = rounds.begin();
            let outcome = async {
                if lease.hold().await? {
                    let mends = everywhere && set_back.is_due(self.now(), Instant::now());
                    for space in if everywhere { spaces(self.store()).await? } else { rung } {
                        // A space that went meanwhile must not stop the others.
                        if let Err(error) = self.look(space, mends, &mut tasks, &stopped).await
                            && rounds::is_open(self.store(), space).await
                        {
                            warn(&error);
                        }
                    }
                }
                Ok(())
            };
            let outcome: Result<()> = outcome.await;
            if let Err(error) = outcome {
                warn(&error);
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => break,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
        // What is under way comes to the end of its step.
        while tasks.join_next().await.is_some() {}
        lease.release().await;
    }

    /// Begins what is due and goes on with what was begun.
    async fn look(
        self: &Arc<Self>,
        space: SpaceId,
        mends: bool,
        tasks: &mut JoinSet<()>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<()> {
        let own = self.own(space).await?;
        if mends {
            self.mend(&own).await?;
        }
        self.strike(&own).await?;
        self.begin(&own).await?;
        for run in state::due(self.store(), space, self.now(), MOST).await? {
            if !self.under_way().insert((space, run)) {
                continue;
            }
            let (this, room, stopped) = (self.clone(), self.room.clone(), stopped.clone());
            tasks.spawn(async move {
                if let Ok(_place) = room.acquire().await
                    && !*stopped.borrow()
                    && let Err(error) = this.go_on(space, run, &stopped).await
                {
                    warn(&error);
                    // The database is away, or somebody else was quicker: a moment, and it is looked at again.
                    tokio::time::sleep(LOOK).await;
                }
                this.under_way().remove(&(space, run));
            });
        }
        Ok(())
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashSet<(SpaceId, Id)>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn warn(error: &Error) {
    tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "a workflow did not go on");
}

/// What another process has done meanwhile is done.
pub(crate) fn lost<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(error) if matches!(error.code(), ErrorCode::Conflict | ErrorCode::VersionMoved | ErrorCode::NotUnique) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
