//! Makes the counters that live reports need, and takes away those that none needs any more.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{Cursor, head};
use kontor_model::{Error, Json, Op, Result, Value};
use kontor_records::{Ctx, Found, Records, Slice, Sweep};
use kontor_store::{Batch, CommitError, Write};

use super::consumer::stopped;
use super::counter::{Counter, State, Which, counters};
use super::parts::{Part, parts};
use super::shares::recount;

const EVERY: Duration = Duration::from_secs(2);
/// Live reports of a space.
const MOST: u64 = 1_000;
/// Records that are counted in one commit.
const CHUNK: u64 = 500;
/// How long one look builds, so that what else is due comes to its turn.
const BUDGET: Duration = Duration::from_secs(1);

/// Builds what is to be built. Two processes at one counter do each chunk once: its version is guarded.
pub(crate) struct Building;

/// A part that is to be counted, and when it was last asked to be counted anew (Unix milliseconds).
struct Wanted {
    part: Part,
    asked_at: i64,
}

impl Sweep for Building {
    fn name(&self) -> &'static str {
        "live-reports"
    }

    fn every(&self) -> Duration {
        EVERY
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let wanted = records.glimpse(ctx, async |sight| sight.find("report", &live(), MOST).await).await?;
            let wanted: HashMap<(i64, i64), Wanted> = wanted.iter().flat_map(|report| of(ctx, report)).collect();
            let known = counters(&**records.store(), ctx.space(), Which::All).await?;
            if wanted.is_empty() && known.is_empty() {
                return Ok(0);
            }
            renew(records, ctx, &wanted, &known).await?;
            let until = Instant::now() + BUDGET;
            let mut done = 0;
            for counter in counters(&**records.store(), ctx.space(), Which::All).await? {
                done += build(records, ctx, counter, until).await?;
            }
            Ok(done)
        }
        .boxed()
    }
}

fn live() -> [kontor_records::Where<'static>; 1] {
    [("live", Op::Eq, Value::Bool(true))]
}

fn of(ctx: &Ctx, report: &Found) -> Vec<((i64, i64), Wanted)> {
    let definition = report.value("definition").as_str().and_then(|text| Json::parse_str(text).ok());
    // One that could be kept when it was saved and cannot any more is computed.
    let parts = parts(&ctx.catalog, report.text("kind"), report.text("target_object"), definition.as_ref());
    let asked_at = report.int("rebuild_requested_at").unwrap_or(0);
    let wanted = |(number, part)| ((report.id.0, number), Wanted { part, asked_at });
    (0..).zip(parts.unwrap_or_default()).map(wanted).collect()
}

/// Begins what is missing, what counts something else, and what events of the log were missed for; drops the rest.
async fn renew(records: &Records, ctx: &Ctx, wanted: &HashMap<(i64, i64), Wanted>, known: &[Counter]) -> Result<()> {
    let (store, space, now) = (&**records.store(), ctx.space(), records.clock().now_ms());
    // Made before the first counter: what it stands behind are events that the counter sees for itself.
    let cursor = Cursor::of(store, space, super::CONSUMER, now).await?;
    let missed = cursor.sequence + 1 < head(store, space).await?.first;
    for counter in known {
        let writes = match wanted.get(&(counter.report, counter.number)) {
            None => counter.drop(),
            Some(wanted) => {
                let same = counter.part == wanted.part && counter.catalog == ctx.catalog.version;
                if same && !missed && wanted.asked_at < counter.begun_at {
                    continue;
                }
                let at = now.max(wanted.asked_at + 1);
                Counter::begin(counter.report, counter.number, &wanted.part, ctx.catalog.version, at, Some(counter))
            }
        };
        commit(records, ctx, writes).await?;
    }
    for ((report, number), wanted) in wanted {
        if !known.iter().any(|counter| (counter.report, counter.number) == (*report, *number)) {
            let at = now.max(wanted.asked_at + 1);
            commit(records, ctx, Counter::begin(*report, *number, &wanted.part, ctx.catalog.version, at, None)).await?;
        }
    }
    Ok(())
}

/// Counts on from where it was; says how many records.
async fn build(records: &Records, ctx: &Ctx, mut counter: Counter, until: Instant) -> Result<usize> {
    let store = &**records.store();
    let mut done = 0;
    while counter.state == State::Building && Instant::now() < until {
        if counter.built_to == 0 {
            counter.log_end = head(store, ctx.space()).await?.last;
        }
        let chunk = async {
            let aggregate = counter.part.aggregate(&ctx.catalog)?;
            records.tally_shares(ctx, &aggregate, Slice::Behind(counter.built_to, CHUNK)).await
        };
        let shares = match chunk.await {
            Ok(shares) => shares,
            Err(error) if error.code().status() < 500 => {
                commit(records, ctx, vec![stopped(&counter, &error)]).await?;
                return Ok(done);
            }
            Err(error) => return Err(error),
        };
        let ids: Vec<i64> = shares.iter().map(|share| share.record).collect();
        let state = if (ids.len() as u64) < CHUNK { State::Ready } else { State::Building };
        let built_to = ids.last().copied().unwrap_or(counter.built_to);
        let mut writes = vec![counter.raise(state, built_to)];
        writes.extend(recount(store, ctx.space(), &counter, &ids, shares).await?);
        if !commit(records, ctx, writes).await? {
            // Events were counted meanwhile, or another process is at it: from what is there now.
            let again = counters(store, ctx.space(), Which::Report(counter.report)).await?;
            match again.into_iter().find(|other| other.number == counter.number) {
                Some(other) => counter = other,
                None => return Ok(done),
            }
            continue;
        }
        done += ids.len();
        counter = Counter { state, built_to, version: counter.version + 1, ..counter };
    }
    Ok(done)
}

/// Whether it was done; another may have been faster.
async fn commit(records: &Records, ctx: &Ctx, writes: Vec<Write>) -> Result<bool> {
    match records.store().commit(Batch { space: ctx.space(), writes }).await {
        Ok(()) => Ok(true),
        Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => Ok(false),
        Err(CommitError::Store(error)) => Err(Error::from(error)),
    }
}
