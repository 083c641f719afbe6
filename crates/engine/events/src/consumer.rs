//! Consumers: services that do something when something happens. What follows from an event is planned as changes and
//! committed together with the consumer's cursor, so that an event that comes again changes nothing.

use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Id, Result, Step};
use kontor_records::{Ctx, Plan, Planner, Records, Sight};
use kontor_store::{Batch, CommitError, Write};

use crate::dead::put_write;
use crate::{Cursor, Event, Subjects, Types, head, read, shown};

/// Events that are looked at together.
const AT_ONCE: u64 = 200;
/// Where nothing follows from events the cursor may stay this far behind: raising it costs a commit.
const BEHIND: i64 = 500;

/// What follows from an event.
#[derive(Default)]
pub struct Effects {
    /// In the service's right.
    pub steps: Vec<Step>,
    /// Of the consumer's own tables.
    pub writes: Vec<Write>,
}

impl From<Vec<Step>> for Effects {
    fn from(steps: Vec<Step>) -> Self {
        Self { steps, writes: Vec::new() }
    }
}

/// A service that reads the log. Listed in `services.rs`, as rules and actions are.
pub trait Consumer: Send + Sync {
    /// Names its cursor; never changes.
    fn name(&self) -> &'static str;

    /// The events that it asks for, as `kontor.deal.*`; all when there are none.
    fn types(&self) -> &'static [&'static str];

    /// What follows; nothing is a good answer. It is asked again when others change what was read meanwhile.
    ///
    /// # Errors
    /// The database's (5xx): it is asked again, and again later. Anything else, and what fails too often, makes the
    /// event a dead letter, and the next one's turn comes.
    fn handle<'a>(&'a self, sight: &'a Sight<'a>, event: &'a Event) -> BoxFuture<'a, Result<Effects>>;
}

/// Where a consumer stands in a space, and what it got stuck at.
#[derive(Debug, Default)]
pub struct Standing {
    /// The last event that nothing followed from, beyond the stored cursor.
    seen: i64,
    /// The event that how often, and when it is tried again (Unix milliseconds).
    stuck: Option<(i64, u32, i64)>,
}

impl Standing {
    /// Whether it has looked at everything up to this number.
    pub fn has_seen(&self, last: i64) -> bool {
        self.seen >= last
    }
}

/// How patient a consumer is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often an event is tried.
    pub tries: u32,
    /// Milliseconds before the second time; doubled each time.
    pub first: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 6, first: 1_000 }
    }
}

/// What was done in one look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Events that something followed from.
    pub done: u64,
    pub dead: u64,
    /// Events that are left.
    pub lag: i64,
}

struct Handling<'a> {
    consumer: &'a dyn Consumer,
    event: &'a Event,
    writes: std::sync::Mutex<Vec<Write>>,
}

impl fmt::Debug for Handling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.consumer.name(), self.event.sequence)
    }
}

impl Handling<'_> {
    fn writes(&self) -> std::sync::MutexGuard<'_, Vec<Write>> {
        self.writes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Planner for Handling<'_> {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let Effects { steps, writes } = self.consumer.handle(sight, self.event).await?;
            *self.writes() = writes;
            Ok(Plan { steps, ..Plan::default() })
        }
        .boxed()
    }
}

/// Lets a consumer deal with what is new. `ctx` is the program's own; whoever calls holds a lease, so that others need
/// not try.
///
/// # Errors
/// The database's.
pub async fn consume(
    records: &Records,
    ctx: &Ctx,
    consumer: &dyn Consumer,
    standing: &mut Standing,
    patience: Patience,
) -> Result<Consumed> {
    let (store, space) = (records.store().clone(), ctx.space());
    let now = records.clock().now_ms();
    let last = head(&*store, space).await?.last;
    let mut out = Consumed { lag: last - standing.seen, ..Consumed::default() };
    if standing.seen >= last || standing.stuck.is_some_and(|(_, _, at)| at > now && at - now <= 600_000) {
        return Ok(out);
    }
    let types = Types::of(consumer.types().iter().copied())?;
    let mut cursor = Cursor::of(&*store, space, consumer.name(), now).await?;
    standing.seen = standing.seen.max(cursor.sequence);
    while standing.seen < last {
        let rows = read(&*store, space, standing.seen, &types, &Subjects::default(), AT_ONCE).await?;
        let end = rows.last().filter(|_| rows.len() as u64 == AT_ONCE).map_or(last, |row| row.sequence);
        for event in shown(records, ctx, rows).await? {
            let raise = cursor.raise(event.sequence, records.clock().now_ms());
            match handle(records, ctx, consumer, &event, raise).await {
                Ok(Handled::Nothing) => {}
                Ok(Handled::Done) => {
                    out.done += 1;
                    cursor.sequence = event.sequence;
                }
                Err(error) => {
                    let now = records.clock().now_ms();
                    let tries = standing.stuck.filter(|(at, ..)| *at == event.sequence).map_or(1, |(_, n, _)| n + 1);
                    let lost = error.code() == kontor_model::ErrorCode::Conflict;
                    if !lost && (tries >= patience.tries || error.code().status() < 500) {
                        bury(records, &cursor, consumer, &event, tries, &error).await?;
                        cursor.sequence = event.sequence;
                        out.dead += 1;
                    } else {
                        let pause = patience.first.saturating_mul(1 << tries.min(16));
                        standing.stuck = Some((event.sequence, tries, now + pause));
                        tracing::warn!(
                            consumer = consumer.name(),
                            sequence = event.sequence,
                            tries,
                            error = error.internal_text().unwrap_or(error.detail()),
                            "an event could not be dealt with"
                        );
                        return Ok(out);
                    }
                }
            }
            standing.seen = event.sequence;
            standing.stuck = None;
        }
        standing.seen = end;
        if standing.seen - cursor.sequence > BEHIND && raise(records, &cursor, standing.seen).await? {
            cursor.sequence = standing.seen;
        }
    }
    out.lag = 0;
    Ok(out)
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled {
    Nothing,
    /// Something followed, and was committed together with the mark.
    Done,
}

/// Deals with an event. `mark` says that it was done, and is the first write of the commit.
pub(crate) async fn handle(
    records: &Records,
    ctx: &Ctx,
    consumer: &dyn Consumer,
    event: &Event,
    mark: Write,
) -> Result<Handled> {
    let handling = Handling { consumer, event, writes: Vec::new().into() };
    let raised = std::sync::atomic::AtomicBool::new(false);
    let also = |done: &[kontor_records::Carried]| {
        let mut writes = handling.writes().clone();
        if done.is_empty() && writes.is_empty() {
            return writes;
        }
        raised.store(true, std::sync::atomic::Ordering::Relaxed);
        writes.insert(0, mark.clone());
        writes
    };
    records.carry(ctx, Id(event.record_id), &handling, &also).await?;
    Ok(if raised.into_inner() { Handled::Done } else { Handled::Nothing })
}

async fn raise(records: &Records, cursor: &Cursor, to: i64) -> Result<bool> {
    let mut batch = Batch::new(cursor.space);
    batch.writes.push(cursor.raise(to, records.clock().now_ms()));
    commit(records, batch).await
}

async fn commit(records: &Records, batch: Batch) -> Result<bool> {
    match records.store().commit(batch).await {
        Ok(()) => Ok(true),
        Err(CommitError::Guard { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Puts an event aside: the reason is kept, and what comes after it goes on.
async fn bury(
    records: &Records,
    cursor: &Cursor,
    consumer: &dyn Consumer,
    event: &Event,
    tries: u32,
    error: &Error,
) -> Result<()> {
    let now = records.clock().now_ms();
    tracing::error!(
        consumer = consumer.name(),
        sequence = event.sequence,
        kind = event.kind,
        reason = error.internal_text().unwrap_or(error.detail()),
        "an event was put aside"
    );
    let mut batch = Batch::new(cursor.space);
    batch.writes.push(cursor.raise(event.sequence, now));
    batch.writes.push(put_write(consumer.name(), event, tries, error, now));
    commit(records, batch).await.map(drop)
}
