//! Goes through all records again when territories have changed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Changes, Id, Op, Result, Step, Value};
use kontor_records::{Answer, Ctx, Found, Outcome, Outlook, Records, Sweep};

use super::map::{Fields, Map, OBJECTS};
use super::rule::is_closed;

/// Records that are gone through in one commit.
const AT_ONCE: u64 = 200;
/// The most territories of a workspace.
const MOST: u64 = 1_000;

/// See the module. What is in its territory already is left alone, so going through twice changes nothing.
pub(crate) struct Reassignment;

impl Sweep for Reassignment {
    fn name(&self) -> &'static str {
        "territories"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wakes(&self) -> &'static [&'static str] {
        &["r_territories"]
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let outlook = Outlook::default();
            let sight = outlook.of(records, ctx);
            let waiting = sight.find("territory", &[("assigned_at", Op::IsNull, Value::Bool(true))], MOST).await?;
            if waiting.is_empty() {
                return Ok(0);
            }
            let map = Map::load(&sight).await?;
            let mut done = 0;
            for object in OBJECTS {
                let mut last = Id(0);
                while let Some((next, changed)) = page(records, ctx, &map, object, last).await? {
                    last = next;
                    done += changed;
                }
            }
            // One that was changed meanwhile waits for the next time.
            let now = [("assigned_at", Value::Int(records.clock().now_ms()))];
            let steps = waiting.iter().map(|territory| sight.update(territory, &now)).collect::<Result<_>>()?;
            change(records, ctx, steps).await?;
            Ok(done)
        }
        .boxed()
    }
}

/// Some records after `last`; the last of them, and how many went elsewhere.
async fn page(records: &Records, ctx: &Ctx, map: &Map, object: &str, last: Id) -> Result<Option<(Id, usize)>> {
    let outlook = Outlook::default();
    let sight = outlook.of(records, ctx);
    let found = sight.find(object, &[("id", Op::Gt, Value::Int(last.0))], AT_ONCE).await?;
    let Some(next) = found.last().map(|record| record.id) else { return Ok(None) };
    let fields = found.iter().map(|record| -> &dyn Fields { record });
    let neighbours = map.neighbours(&sight, object, fields).await?;
    let moves = |record: &&Found| !record.flag("territory_fixed") && !is_closed(object, *record);
    let mut steps = Vec::new();
    for record in found.iter().filter(moves) {
        let territory: Value = map.of(object, record, &neighbours).into();
        if *record.value("territory_id") != territory {
            steps.push(sight.update(record, &[("territory_id", territory)])?);
        }
    }
    Ok(Some((next, change(records, ctx, steps).await?)))
}

/// Carries out what can be; says how many were.
async fn change(records: &Records, ctx: &Ctx, steps: Vec<Step>) -> Result<usize> {
    if steps.is_empty() {
        return Ok(0);
    }
    let done = AtomicUsize::new(0);
    let count = |results: &[Result<Outcome>]| {
        done.store(results.iter().filter(|result| result.is_ok()).count(), Ordering::Relaxed);
        Answer { status: 200, headers: Vec::new(), body: Vec::new() }
    };
    records.change(ctx, Changes { steps, ..Changes::default() }, false, &count).await?;
    Ok(done.load(Ordering::Relaxed))
}
