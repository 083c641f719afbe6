//! The process that sends: one of an installation, by a lease.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use kontor_model::{Error, Id, Result, SetBack, SpaceId};
use kontor_store::rounds;
use kontor_store::{Lease, Rounds, pulse};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Webhooks;
use crate::target::Target;
use crate::worker::{Signal, Worker};

/// Between two looks at the endpoints and at what other processes have numbered.
const LOOK: Duration = Duration::from_millis(200);
/// Between two looks for changed endpoints; a change by this process shows at once.
const ENDPOINTS: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(600);
/// Between two looks for times that a clock wrote which has been set back since, where nothing says so.
const MEND: Duration = Duration::from_secs(30);
/// How long calls under way may take when the process stops.
const LAST: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(2);

/// What is known of a space.
#[derive(Default)]
struct Known {
    targets: Vec<Arc<Target>>,
    /// When they were read; never, or something has changed since.
    at: Option<Instant>,
    /// The last number of its log, for all who look at it.
    last: Arc<AtomicI64>,
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.at.is_some_and(|at| at.elapsed() < ENDPOINTS)
    }
}

/// A worker's place in the table of workers.
struct Place {
    news: watch::Sender<Arc<Target>>,
    signal: Arc<Signal>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

struct Run {
    hooks: Arc<Webhooks>,
    workers: HashMap<(SpaceId, Id), Place>,
    /// Workers that come to their end.
    ending: HashMap<(SpaceId, Id), JoinHandle<()>>,
    spaces: HashMap<SpaceId, Known>,
    swept: Instant,
    set_back: SetBack,
    /// [`Commits::turns`](kontor_store::Commits::turns) when they were looked at last.
    turns: u64,
}

impl Webhooks {
    /// Runs until the process stops. `holder` names this process; `alone` says that no other shares the database.
    pub async fn run(self: Arc<Self>, holder: String, alone: bool, mut stopped: watch::Receiver<bool>) {
        let records = &self.parts.records;
        let mut lease = Lease::new(records.store().clone(), records.clock().clone(), "webhooks", holder, alone);
        let mut run = Run {
            hooks: self.clone(),
            workers: HashMap::new(),
            ending: HashMap::new(),
            spaces: HashMap::new(),
            swept: Instant::now(),
            set_back: SetBack::every(MEND),
            turns: self.commits.turns(),
        };
        let mut rounds = Rounds::every(LOOK, &self.commits);
        loop {
            let mut rung: Vec<SpaceId> = Vec::new();
            tokio::select! {
                // An endpoint that was made before something happened is told of it.
                biased;
                _ = stopped.wait_for(|stop| *stop) => break,
                spaces = self.edited.rung() => {
                    run.stale(spaces);
                    continue;
                }
                spaces = self.due.rung() => {
                    run.look(&spaces.iter().copied().collect::<Vec<_>>());
                    run.stale(spaces.iter().copied());
                    rung.extend(spaces);
                }
                spaces = self.news.rung() => rung.extend(spaces),
                () = rounds.due() => {}
            }
            let everywhere = rounds.begin();
            let outcome = async {
                if !lease.hold().await? {
                    return Ok(false);
                }
                run.turn(if everywhere { rounds::spaces(self.store()).await? } else { rung }).await.map(|()| true)
            };
            match outcome.await {
                Ok(true) => {}
                // What is being sent may take its time.
                Ok(false) => pulse::at_rest(run.end()).await,
                Err(error) => {
                    warn(&error);
                    tokio::select! {
                        _ = stopped.wait_for(|stop| *stop) => break,
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
        }
        run.end().await;
        lease.release().await;
    }
}

fn warn(error: &Error) {
    tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "webhooks could not be looked after");
}

impl Run {
    async fn turn(&mut self, spaces: Vec<SpaceId>) -> Result<()> {
        let turns = self.hooks.commits.turns();
        let may_have_missed = std::mem::replace(&mut self.turns, turns) != turns;
        if self.set_back.is_due(self.hooks.now(), Instant::now()) || may_have_missed {
            self.workers.values().for_each(|place| place.signal.look());
        }
        for space in &spaces {
            // A space that went meanwhile must not stop the others.
            if let Err(error) = self.space(*space).await
                && rounds::is_open(self.hooks.store(), *space).await
            {
                warn(&error);
            }
        }
        if self.swept.elapsed() >= SWEEP {
            self.swept = Instant::now();
            for space in rounds::spaces(self.hooks.store()).await? {
                while self.hooks.sweep(space).await? > 0 {}
                self.hooks.sweep_endpoints(space).await?;
            }
        }
        Ok(())
    }

    async fn space(&mut self, space: SpaceId) -> Result<()> {
        let known = self.spaces.entry(space).or_default();
        if !known.is_fresh() {
            let targets = self.hooks.targets(space, &known.targets, &known.last).await?;
            known.targets.clone_from(&targets);
            known.at = Some(Instant::now());
            self.staff(space, &targets);
        }
        let Some(known) = self.spaces.get(&space).filter(|known| !known.targets.is_empty()) else { return Ok(()) };
        let last = kontor_events::head(self.hooks.store(), space).await?.last;
        if known.last.swap(last, Ordering::AcqRel) < last {
            self.workers.iter().filter(|((of, _), _)| *of == space).for_each(|(_, place)| place.signal.wake());
        }
        Ok(())
    }

    /// A worker for each endpoint, told of what has changed.
    fn staff(&mut self, space: SpaceId, targets: &[Arc<Target>]) {
        let is_there = |id: Id| targets.iter().any(|target| target.id == id);
        let gone: Vec<(SpaceId, Id)> =
            self.workers.keys().filter(|(of, id)| *of == space && !is_there(*id)).copied().collect();
        for key in gone {
            if let Some(place) = self.workers.remove(&key) {
                place.stop.send(true).ok();
                self.ending.insert(key, place.task);
            }
        }
        self.ending.retain(|_, task| !task.is_finished());
        for target in targets {
            let key = (space, target.id);
            if let Some(place) = self.workers.get(&key).filter(|place| !place.task.is_finished()) {
                place.news.send_replace(target.clone());
                continue;
            }
            let signal = Arc::new(Signal::default());
            let (stop, stopped) = watch::channel(false);
            let (news, told) = watch::channel(target.clone());
            let worker = Worker::new(self.hooks.clone(), told, signal.clone(), stopped);
            let task = tokio::spawn(worker.run(self.ending.remove(&key)));
            self.workers.insert(key, Place { news, signal, stop, task });
        }
    }

    fn stale(&mut self, spaces: impl IntoIterator<Item = SpaceId>) {
        for space in spaces {
            if let Some(known) = self.spaces.get_mut(&space) {
                known.at = None;
            }
        }
    }

    /// Lets the workers of spaces look for what is due.
    fn look(&self, spaces: &[SpaceId]) {
        self.workers.iter().filter(|((space, _), _)| spaces.contains(space)).for_each(|(_, place)| place.signal.look());
    }

    /// Lets what is under way come to its end, as long as that may take.
    async fn end(&mut self) {
        self.spaces.clear();
        let mut tasks: Vec<JoinHandle<()>> = self.ending.drain().map(|(_, task)| task).collect();
        for (_, place) in self.workers.drain() {
            place.stop.send(true).ok();
            tasks.push(place.task);
        }
        let deadline = tokio::time::Instant::now() + LAST;
        for mut task in tasks {
            if tokio::time::timeout_at(deadline, &mut task).await.is_err() {
                // What it was sending is sent again.
                task.abort();
            }
        }
    }
}
