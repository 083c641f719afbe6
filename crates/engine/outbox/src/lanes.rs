//! Delivery: one process at a time takes what is due, in the order in which it was put in. Receivers of one domain wait in
//! one lane, a message at a time; lanes go side by side, so that a slow one holds up no other. A receiver whose mail has
//! to be tried again gets later ones after it; everybody else's go on. Mass mail leaves when nothing else is due.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_model::{Id, Kind, Op, Result, SetBack, SpaceId, Value};
use kontor_store::{Cond, Expr, Lease, Select, pulse, system};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::message::State;
use crate::outbox::Outbox;
use crate::pace::Pace;

/// Between two looks at what other processes have put in, and at what is due again.
const TICK: Duration = Duration::from_secs(1);
/// Messages on their way at once: of all spaces, and of one.
const SLOTS: usize = 8;
const SLOTS_OF_SPACE: usize = 4;
/// Messages that are looked through for lanes that are free.
const LOOKED_AT: u64 = 200;
/// Receivers whose mail is tried again, at most.
const WAITING: u64 = 1_000;
/// How long a lane rests whose message could not be dealt with.
const PAUSE: Duration = Duration::from_secs(5);
/// Between two looks for times that a clock wrote which has been set back since, where nothing says so.
const MEND: Duration = Duration::from_secs(30);
/// How long a stop waits for what is on its way.
const PATIENCE: Duration = Duration::from_secs(20);

/// How mail leaves.
pub struct Delivery {
    pub outbox: Arc<Outbox>,
    /// Names this process among those that share the database.
    pub holder: String,
    /// No other server shares the database.
    pub alone: bool,
    /// Messages a minute in all, and mass mail among them; 0 is no limit.
    pub per_minute: u32,
    pub bulk_per_minute: u32,
}

/// What is on its way, and how much may follow.
struct Traffic {
    busy: HashSet<(SpaceId, String)>,
    set_back: SetBack,
    all: Option<Pace>,
    bulk: Option<Pace>,
}

/// A message that may leave now.
struct Due {
    id: Id,
    lane: String,
}

impl Delivery {
    /// Runs until the process stops.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let parts = &self.outbox.parts;
        if parts.mailer.is_none() {
            return;
        }
        let mut lease = Lease::new(parts.store.clone(), parts.clock.clone(), "mail", self.holder.clone(), self.alone);
        let mut traffic = Traffic {
            busy: HashSet::new(),
            set_back: SetBack::every(MEND),
            all: Pace::new(self.per_minute),
            bulk: Pace::new(self.bulk_per_minute),
        };
        let mut running: JoinSet<(SpaceId, String)> = JoinSet::new();
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                () = self.outbox.news.notified() => {}
                Some(ended) = running.join_next(), if !running.is_empty() => match ended {
                    Ok(lane) => _ = traffic.busy.remove(&lane),
                    // Which lane it was is not known: all of them are looked at again when the rest has ended.
                    Err(error) => tracing::error!(%error, "a delivery ended badly"),
                },
                () = pulse::at_rest(tokio::time::sleep(TICK)) => {}
            }
            if running.is_empty() {
                traffic.busy.clear();
            }
            if let Err(error) = self.look(&mut lease, &mut traffic, &mut running).await {
                tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "mail could not be looked up");
            }
        }
        let rest = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, rest).await.is_err() {
            tracing::warn!("mail was cut off on its way; it is sent again");
        }
        lease.release().await;
    }

    /// Sends on their way what may leave.
    async fn look(
        &self,
        lease: &mut Lease,
        traffic: &mut Traffic,
        running: &mut JoinSet<(SpaceId, String)>,
    ) -> Result<()> {
        if !lease.hold().await? {
            return Ok(());
        }
        if traffic.set_back.is_due(self.outbox.parts.clock.now_ms(), Instant::now()) {
            for space in self.outbox.spaces().await? {
                self.outbox.mend(space).await?;
            }
        }
        for bulk in [false, true] {
            for space in self.outbox.spaces().await? {
                let busy = traffic.busy.iter().filter(|(of, _)| *of == space).count();
                let free = SLOTS.saturating_sub(running.len()).min(SLOTS_OF_SPACE.saturating_sub(busy));
                if free == 0 {
                    continue;
                }
                for due in self.due(space, bulk, traffic, free).await? {
                    if !traffic.admits(bulk, self.outbox.parts.clock.now_ms()) {
                        return Ok(());
                    }
                    traffic.busy.insert((space, due.lane.clone()));
                    let outbox = self.outbox.clone();
                    running.spawn(async move {
                        if let Err(error) = outbox.deliver(space, due.id).await {
                            let error = error.internal_text().unwrap_or(error.detail());
                            tracing::warn!(message = due.id.0, error, "a mail could not be dealt with");
                            // It is still due: not at once, or a database that is away lets it leave again and again.
                            tokio::time::sleep(PAUSE).await;
                        }
                        (space, due.lane)
                    });
                }
            }
        }
        Ok(())
    }

    /// The first message of each lane that is free, at most so many.
    async fn due(&self, space: SpaceId, bulk: bool, traffic: &Traffic, most: usize) -> Result<Vec<Due>> {
        let parts = &self.outbox.parts;
        let mut taken: HashSet<String> =
            traffic.busy.iter().filter(|(of, _)| *of == space).map(|(_, lane)| lane.clone()).collect();
        let mut select = Select::new(space, system::OUTBOX, columns())
            .equals("state", Kind::Text, State::Queued.name())
            .equals("bulk", Kind::Int, i64::from(bulk))
            .filter(test("next_at", Op::Lte, parts.clock.now_ms()))
            .order(Expr::column("next_at", Kind::Int), false)
            .order(Expr::column("id", Kind::Int), false)
            .limit(LOOKED_AT);
        if !taken.is_empty() {
            let right = Value::Texts(taken.iter().cloned().collect());
            select = select.filter(Cond::Test { left: Expr::column("lane", Kind::Text), op: Op::Nin, right });
        }
        let waiting = self.waiting(space).await?;
        if !waiting.is_empty() {
            let right = Value::Texts(waiting.iter().map(|(_, _, to)| to.clone()).collect());
            let others = Cond::Test { left: Expr::column("recipient", Kind::Text), op: Op::Nin, right };
            select = select.filter(Cond::Or(vec![test("tries", Op::Gt, 0), others]));
        }
        let rows = read(&parts.store.rows(select).await?);
        let mut out = Vec::new();
        for (id, lane, to) in rows {
            let is_behind = waiting.iter().any(|(first, _, other)| *other == to && *first < id);
            if !is_behind && out.len() < most && taken.insert(lane.clone()) {
                out.push(Due { id, lane });
            }
        }
        Ok(out)
    }

    /// Messages that are tried again.
    async fn waiting(&self, space: SpaceId) -> Result<Vec<(Id, String, String)>> {
        let select = Select::new(space, system::OUTBOX, columns())
            .equals("state", Kind::Text, State::Queued.name())
            .filter(test("tries", Op::Gt, 0))
            .limit(WAITING);
        Ok(read(&self.outbox.parts.store.rows(select).await?))
    }
}

impl Traffic {
    /// Whether one more may leave now, which is counted then.
    fn admits(&mut self, bulk: bool, now: i64) -> bool {
        if bulk && !self.bulk.as_mut().is_none_or(|pace| pace.take(now)) {
            return false;
        }
        self.all.as_mut().is_none_or(|pace| pace.take(now))
    }
}

fn test(column: &str, op: Op, right: i64) -> Cond {
    Cond::Test { left: Expr::column(column, Kind::Int), op, right: right.into() }
}

fn columns() -> Vec<Expr> {
    vec![Expr::column("id", Kind::Int), Expr::column("lane", Kind::Text), Expr::column("recipient", Kind::Text)]
}

/// Messages: id, lane and receiver.
fn read(rows: &[Vec<Value>]) -> Vec<(Id, String, String)> {
    let text = |row: &[Value], i: usize| row.get(i).and_then(Value::as_str).unwrap_or_default().to_owned();
    rows.iter().filter_map(|row| Some((Id(row.first()?.as_i64()?), text(row, 1), text(row, 2)))).collect()
}
