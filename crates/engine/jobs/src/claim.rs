//! Taking jobs: what is due in every space, in whose turn, in one commit.
//!
//! Each claim raises the gate, a row of the installation, from the number that was read before the running jobs were
//! counted. Of two processes that count at the same time one is refused and counts again, so that bounds hold exactly.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};

use kontor_model::{ErrorCode, Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, Select, Set, Write};
use tokio::sync::watch;

use crate::job::{Failure, Job, State, columns};
use crate::pick::{Full, Line, Room, pick};
use crate::queue::{Jobs, failed, set};
use crate::run::{LEASE_MS, Run};
use crate::runner::Runner;

/// How often a claim is planned anew when others claim at the same time.
const ANEW: usize = 8;

/// A space and the workspace that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub space: SpaceId,
    pub workspace: i64,
}

fn test(name: &str, kind: Kind, op: Op, right: impl Into<Value>) -> Cond {
    Cond::Test { left: Expr::column(name, kind), op, right: right.into() }
}

impl Jobs {
    /// Every space of the installation.
    pub(crate) async fn places(&self) -> Result<Vec<Place>> {
        let columns = vec![Expr::column("id", Kind::Int), Expr::column("workspace_id", Kind::Int)];
        let select = Select::new(INSTALLATION, system::SPACE, columns).order(Expr::column("id", Kind::Int), false);
        let rows = self.store.rows(select).await?;
        Ok(rows
            .iter()
            .filter_map(|row| match row.as_slice() {
                [Value::Int(id), Value::Int(workspace)] => Some(Place { space: SpaceId(*id), workspace: *workspace }),
                _ => None,
            })
            .collect())
    }

    /// Jobs of these kinds that may be claimed now: due ones, and running ones whose lease has run out.
    pub(crate) async fn due(&self, space: SpaceId, kinds: Vec<String>, limit: u64) -> Result<Vec<Job>> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now_ms();
        let one = |state: State, column: &str| {
            Cond::And(vec![test("state", Kind::Text, Op::Eq, state.name()), test(column, Kind::Int, Op::Lte, now)])
        };
        let select = Select::new(space, system::JOB, columns())
            .filter(Cond::Or(vec![one(State::Queued, "run_at"), one(State::Running, "lease_until")]))
            .filter(test("kind", Kind::Text, Op::In, Value::Texts(kinds)))
            .order(Expr::column("priority", Kind::Int), true)
            .order(Expr::column("run_at", Kind::Int), false)
            .order(Expr::column("id", Kind::Int), false)
            .limit(limit);
        self.read(space, select).await
    }

    /// Jobs under a lease, by kind.
    async fn under_way(&self, space: SpaceId) -> Result<Vec<(String, usize)>> {
        let kind = || Expr::column("kind", Kind::Text);
        let mut select = Select::new(space, system::JOB, vec![kind(), Expr::Count])
            .equals("state", Kind::Text, State::Running.name())
            .filter(test("lease_until", Kind::Int, Op::Gt, self.clock.now_ms()));
        select.group = vec![kind()];
        let rows = self.store.rows(select).await?;
        let counts = rows
            .iter()
            .filter_map(|row| Some((row.first()?.as_str()?.to_owned(), usize::try_from(row.get(1)?.as_i64()?).ok()?)));
        Ok(counts.collect())
    }

    /// The gate's number; none where nothing was ever claimed.
    async fn gate(&self) -> Result<Option<i64>> {
        let select = Select::new(INSTALLATION, system::JOB_GATE, vec![Expr::column("version", Kind::Int)]).limit(1);
        Ok(self.store.rows(select).await?.first().and_then(|row| row.first()?.as_i64()))
    }
}

/// Through the gate, if nobody else came through since.
fn pass(batch: &mut Batch, gate: Option<i64>) {
    let Some(version) = gate else {
        return batch.insert(system::JOB_GATE, vec![("id", Kind::Int, 1.into()), ("version", Kind::Int, 1.into())]);
    };
    batch.writes.push(Write::Update {
        table: system::JOB_GATE.into(),
        keys: vec![system::key("id", Kind::Int, 1), system::key("version", Kind::Int, version)],
        set: vec![(ColumnRef::new("version", Kind::Int), Set::Add(1))],
        must: true,
        search: None,
    });
}

impl Runner {
    /// Claims up to `free` jobs.
    pub(crate) async fn claim(&self, free: usize, stopping: &watch::Receiver<bool>) -> Result<Vec<Run>> {
        let places = self.jobs.places().await?;
        let mut full = Full::new();
        for _ in 0..ANEW {
            let lines = self.lines(&places, free, &full).await?;
            if lines.is_empty() {
                break;
            }
            let gate = self.jobs.gate().await?;
            let mut room = self.room(&places, &lines).await?;
            let last = self.last.load(Ordering::Relaxed);
            let (picked, fuller) = pick(lines, free, last, &mut room);
            if picked.is_empty() {
                // Others may be due behind those of a kind that has no room.
                let known = full.len();
                full.extend(fuller);
                if full.len() == known {
                    break;
                }
                continue;
            }
            if let Some(runs) = self.take(gate, picked, stopping).await? {
                return Ok(runs);
            }
        }
        Ok(Vec::new())
    }

    /// What is due, by workspace, without what has no room; what was tried in vain too often is buried on the way.
    async fn lines(&self, places: &[Place], free: usize, full: &Full) -> Result<Vec<Line>> {
        let mut lines: HashMap<i64, Vec<Job>> = HashMap::new();
        for place in places {
            let open = |kind: &str| !full.contains(&(place.workspace, kind.to_owned()));
            let kinds = self.kinds().into_iter().filter(|kind| open(kind)).map(str::to_owned).collect();
            for job in self.jobs.due(place.space, kinds, free as u64).await? {
                if job.tries >= self.rules(&job.kind).tries {
                    self.bury(&job).await?;
                } else {
                    lines.entry(place.workspace).or_default().push(job);
                }
            }
        }
        let in_order = |(workspace, mut jobs): (i64, Vec<Job>)| {
            jobs.sort_by_key(|job| (-job.priority, job.run_at, job.id.0));
            Line { workspace, jobs: VecDeque::from(jobs) }
        };
        Ok(lines.into_iter().map(in_order).collect())
    }

    /// What runs, as far as a bound asks for it.
    async fn room(&self, places: &[Place], lines: &[Line]) -> Result<Room> {
        let rules: HashMap<String, _> =
            self.kinds().into_iter().map(|kind| (kind.to_owned(), self.rules(kind))).collect();
        let most = self.options.per_workspace;
        let due = |bound: fn(&crate::Rules) -> bool| {
            lines.iter().flat_map(|line| &line.jobs).any(|job| rules.get(&job.kind).is_some_and(bound))
        };
        let everywhere = due(|rules| rules.at_once.is_some());
        let theirs = most.is_some() || due(|rules| rules.per_workspace.is_some());
        let mut running = HashMap::new();
        for place in places {
            if everywhere || theirs && lines.iter().any(|line| line.workspace == place.workspace) {
                for (kind, count) in self.jobs.under_way(place.space).await? {
                    *running.entry((place.workspace, kind)).or_default() += count;
                }
            }
        }
        let slots = self.options.slots.max(1);
        let several = places.iter().any(|place| places.first().is_some_and(|first| first.workspace != place.workspace));
        let here_most = if several { slots.saturating_sub(1).max(1) } else { slots };
        let here = self.here.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok(Room { rules, running, here, here_most, most })
    }

    /// Claims these; none when another process was quicker.
    async fn take(
        &self,
        gate: Option<i64>,
        picked: Vec<(i64, Job)>,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Option<Vec<Run>>> {
        let now = self.jobs.clock.now_ms();
        let mut batch = Batch::new(INSTALLATION);
        pass(&mut batch, gate);
        let mut claims: Vec<(i64, SpaceId, Id, String, bool)> = Vec::new();
        for (workspace, job) in picked {
            let holder = format!("{}:{}", self.options.process, self.claims.fetch_add(1, Ordering::Relaxed));
            let set = vec![
                set("state", Kind::Text, State::Running.name()),
                set("holder", Kind::Text, holder.as_str()),
                set("lease_until", Kind::Int, now + LEASE_MS),
                (ColumnRef::new("tries", Kind::Int), Set::Add(1)),
                (ColumnRef::new("version", Kind::Int), Set::Add(1)),
            ];
            let keys = vec![system::key("id", Kind::Int, job.id.0), system::key("version", Kind::Int, job.version)];
            let update = Write::Update { table: system::JOB.into(), keys, set, must: true, search: None };
            batch.writes.push(update.of(job.space));
            claims.push((workspace, job.space, job.id, holder, job.cancel_at.is_some()));
        }
        match self.jobs.store.commit(batch).await {
            Ok(()) => {}
            Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        let mut runs = Vec::new();
        for (workspace, space, id, holder, cancelled) in claims {
            self.last.store(workspace, Ordering::Relaxed);
            runs.push(Run {
                job: self.jobs.get(space, id).await?,
                workspace,
                jobs: self.jobs.clone(),
                holder,
                stopping: stopping.clone(),
                cancelled: AtomicBool::new(cancelled),
                lost: AtomicBool::new(false),
            });
        }
        Ok(Some(runs))
    }

    /// Makes a job that was tried in vain too often a dead letter.
    async fn bury(&self, job: &Job) -> Result<()> {
        let failure = job.error.clone().unwrap_or_else(|| Failure {
            code: ErrorCode::Unexpected.number(),
            detail: format!("given up after {} tries that got nowhere", job.tries),
        });
        let mut batch = Batch::new(job.space);
        batch.writes.push(Write::Update {
            table: system::JOB.into(),
            keys: vec![system::key("id", Kind::Int, job.id.0), system::key("version", Kind::Int, job.version)],
            set: vec![
                set("state", Kind::Text, State::Failed.name()),
                set("finished_at", Kind::Int, self.jobs.clock.now_ms()),
                set("lease_until", Kind::Int, None::<i64>),
                set("holder", Kind::Text, None::<String>),
                set("error", Kind::Text, failure.stored()),
                (ColumnRef::new("version", Kind::Int), Set::Add(1)),
            ],
            must: false,
            search: None,
        });
        tracing::error!(job = %job.id, kind = job.kind, reason = failure.detail, "a job was given up");
        self.jobs.store.commit(batch).await.map_err(failed)
    }
}
