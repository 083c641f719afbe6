//! The answer of an aggregate from its counter, for those who see every record that was counted.

use std::time::{Duration, Instant};

use kontor_events::{object_of, touched};
use kontor_model::{Error, Id, Kind, Result, SpaceId};
use kontor_records::{Sight, sees_tallies};
use kontor_store::{Expr, Select, Store, system};
use serde_json::{Map, Value as J};

use super::Live;
use super::counter::{Counter, State, Which, counters};
use super::parts::Part;
use super::shares::tallies;

/// Groups that are read at once; what has more is computed.
const MOST: usize = 10_000;
/// How long events that are in the log are waited for.
const PATIENCE: Duration = Duration::from_millis(300);
const LOOK: Duration = Duration::from_millis(10);

/// The rows of a part of a live report; none where they have to be computed: for a reader who does not see all of it,
/// while it is built, when it has more groups than are read at once, and when events of the log are not counted in time.
///
/// # Errors
/// As those of the aggregate.
pub(crate) async fn groups(
    sight: &Sight<'_>,
    live: Live,
    number: i64,
    part: &Part,
) -> Result<Option<Vec<Map<String, J>>>> {
    let (records, ctx) = (sight.records(), sight.ctx());
    let (store, space) = (&**records.store(), ctx.space());
    let def = ctx.catalog.require(&part.object)?;
    if !sees_tallies(ctx, def) {
        return Ok(None);
    }
    let is_good = |counter: &Counter| {
        counter.state == State::Ready
            && counter.part == *part
            && counter.catalog == ctx.catalog.version
            && live.asked_at < counter.begun_at
    };
    let Some(counter) = counter(store, space, live.report, number).await?.filter(is_good) else { return Ok(None) };
    if !is_up_to_date(store, space, &counter).await? {
        return Ok(None);
    }
    let Some(tallies) = tallies(store, space, &counter, MOST).await? else { return Ok(None) };
    // It may have been begun anew while it was read.
    let after = self::counter(store, space, live.report, number).await?.filter(is_good);
    if after.is_none_or(|after| after.begun_at != counter.begun_at) {
        return Ok(None);
    }
    let rows = records.tally_rows(ctx, &part.aggregate(&ctx.catalog)?, tallies).await?;
    let text = format!("[{}]", String::from_utf8_lossy(&rows));
    serde_json::from_str(&text).map(Some).map_err(Error::internal)
}

async fn counter(store: &dyn Store, space: SpaceId, report: Id, number: i64) -> Result<Option<Counter>> {
    let counters = counters(store, space, Which::Report(report.0)).await?;
    Ok(counters.into_iter().find(|counter| counter.number == number))
}

/// Whether every event of the object that is in the log has been counted, after a moment if need be.
async fn is_up_to_date(store: &dyn Store, space: SpaceId, counter: &Counter) -> Result<bool> {
    let Some(counted) = counted(store, space).await? else { return Ok(false) };
    let mut counted = counted.max(counter.log_end);
    let events = touched(store, space, counted).await?;
    let last = events.iter().filter(|(kind, _)| object_of(kind) == counter.part.object).map(|(_, last)| *last).max();
    let Some(last) = last else { return Ok(true) };
    let until = Instant::now() + PATIENCE;
    while counted < last {
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(LOOK).await;
        counted = self::counted(store, space).await?.unwrap_or(counted).max(counted);
    }
    Ok(true)
}

/// The number of the last event that was counted.
async fn counted(store: &dyn Store, space: SpaceId) -> Result<Option<i64>> {
    let select = Select::new(space, system::EVENT_CURSOR, vec![Expr::column("sequence", Kind::Int)])
        .equals("name", Kind::Text, super::CONSUMER)
        .limit(1);
    Ok(store.rows(select).await?.first().and_then(|row| row.first()?.as_i64()))
}
