//! How much waits in each queue, and for how long; what fails again and again; how busy the database is. Read from the
//! database by the process that has the lease, so that it is the same whichever process did the work.

use std::collections::BTreeMap;

use kontor_catalog::Catalogs;
use kontor_events::Cursor;
use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Select, Store, Which, system};
use kontor_telemetry::metrics::gauge;

/// Finished jobs of a space that are looked at, and for how long after their end, in milliseconds.
const LATEST: u64 = 200;
const DAY: i64 = 86_400_000;
/// Endpoints that are asked for at once.
const TOGETHER: usize = 200;
/// The cursor of the bus.
const BUS: &str = "bus";
/// In the order of [`Queues::counts`].
const NAMES: [&str; 6] = ["relay", "bus", "jobs", "webhooks", "mail", "workflows"];

/// How many wait, and since when the one that has waited longest does, in Unix milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Depth {
    count: i64,
    oldest: Option<i64>,
}

impl Depth {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
    }
}

/// Reads queues and keeps their gauges.
#[derive(Debug, Default)]
pub struct Queues {
    /// Whether events are carried to a broker.
    carries: bool,
    /// Of each space what failed last time, with its gauge's labels.
    failing: BTreeMap<(SpaceId, &'static str, String), i64>,
    /// Jobs that are due, by kind.
    waiting: BTreeMap<String, i64>,
}

fn int(name: &str) -> Expr {
    Expr::column(name, Kind::Int)
}

fn test(column: &str, kind: Kind, op: Op, right: impl Into<Value>) -> Cond {
    Cond::Test { left: Expr::column(column, kind), op, right: right.into() }
}

fn state(name: &str) -> Cond {
    test("state", Kind::Text, Op::Eq, name)
}

/// Jobs that are due and not taken.
fn queued(now: i64) -> Cond {
    Cond::And(vec![state("queued"), test("run_at", Kind::Int, Op::Lte, now)])
}

fn number(row: &[Value], at: usize) -> Option<i64> {
    row.get(at).and_then(Value::as_i64)
}

async fn depth(store: &dyn Store, space: SpaceId, table: &'static str, since: &str, all: Cond) -> Result<Depth> {
    let columns = vec![Expr::Count, Expr::Min(Box::new(int(since)))];
    let rows = store.rows(Select::new(space, table, columns).filter(all)).await?;
    let row = rows.first().map(Vec::as_slice).unwrap_or_default();
    Ok(Depth { count: number(row, 0).unwrap_or_default(), oldest: number(row, 1) })
}

/// Events behind a consumer's cursor, up to the log's `last`.
async fn behind(store: &dyn Store, space: SpaceId, last: i64, consumer: &str) -> Result<Depth> {
    let Some(cursor) = Cursor::find(store, space, consumer).await? else { return Ok(Depth::default()) };
    unread(store, space, last, &[cursor.sequence]).await
}

/// Events behind each of some places in the log, up to its `last`.
async fn unread(store: &dyn Store, space: SpaceId, last: i64, places: &[i64]) -> Result<Depth> {
    let Some(first) = places.iter().filter(|place| **place < last).min() else { return Ok(Depth::default()) };
    let oldest = Select::new(space, system::EVENT, vec![int("at")])
        .filter(test("sequence", Kind::Int, Op::Gt, *first))
        .order(int("sequence"), false)
        .limit(1);
    let rows = store.rows(oldest).await?;
    let count = places.iter().map(|place| (last - place).max(0)).sum();
    Ok(Depth { count, oldest: rows.first().and_then(|row| number(row, 0)) })
}

/// Jobs that are due and not taken, by kind.
async fn waiting_jobs(store: &dyn Store, space: SpaceId, due: Cond) -> Result<Vec<(String, Depth)>> {
    let kind = || Expr::column("kind", Kind::Text);
    let mut select =
        Select::new(space, system::JOB, vec![kind(), Expr::Count, Expr::Min(Box::new(int("run_at")))]).filter(due);
    select.group = vec![kind()];
    let rows = store.rows(select).await?;
    let of = |row: &Vec<Value>| {
        let depth = Depth { count: number(row, 1)?, oldest: number(row, 2) };
        Some((row.first()?.as_str()?.to_owned(), depth))
    };
    Ok(rows.iter().filter_map(of).collect())
}

/// Kinds whose last jobs all failed, and how many did.
async fn failing_jobs(store: &dyn Store, space: SpaceId, now: i64) -> Result<BTreeMap<String, i64>> {
    let ended = ["succeeded", "failed"].map(str::to_owned).to_vec();
    let select =
        Select::new(space, system::JOB, vec![Expr::column("kind", Kind::Text), Expr::column("state", Kind::Text)])
            .filter(test("state", Kind::Text, Op::In, Value::Texts(ended)))
            .filter(test("finished_at", Kind::Int, Op::Gte, now - DAY))
            .order(int("id"), true)
            .limit(LATEST);
    Ok(streaks(
        store.rows(select).await?.iter().filter_map(|row| Some((row.first()?.as_str()?, row.get(1)?.as_str()?))),
    ))
}

/// Failures before the first success, by kind; the latest come first.
fn streaks<'a>(jobs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, i64> {
    let mut found: BTreeMap<String, (i64, bool)> = BTreeMap::new();
    for (kind, state) in jobs {
        let (count, over) = found.entry(kind.to_owned()).or_default();
        *over |= state != "failed";
        *count += i64::from(!*over);
    }
    found.into_iter().map(|(kind, (count, _))| (kind, count)).filter(|(_, count)| *count > 0).collect()
}

/// Enabled webhook endpoints of a space.
async fn endpoints(store: &dyn Store, catalogs: &Catalogs, space: SpaceId) -> Result<Vec<i64>> {
    let catalog = catalogs.get(space).await?;
    let def = catalog.require("webhook_endpoint")?;
    let mut select = Select::new(space, def.table_name().clone(), vec![int("id")]);
    select.from = def.source(Which::Live);
    let rows = store.rows(select.filter(test("enabled", Kind::Bool, Op::Eq, true))).await?;
    Ok(rows.iter().filter_map(|row| number(row, 0)).collect())
}

/// What enabled endpoints are to be sent: what is tried again, asked by endpoint because the log of what was sent is long
/// and indexed by it, and the log behind their cursors.
async fn unsent(store: &dyn Store, space: SpaceId, endpoints: &[i64], last: i64, now: i64) -> Result<Depth> {
    let mut all = Depth::default();
    for some in endpoints.chunks(TOGETHER) {
        let ids = test("endpoint_id", Kind::Int, Op::In, Value::Ints(some.to_vec()));
        let due = Cond::And(vec![ids, test("next_at", Kind::Int, Op::Lte, now)]);
        all.add(depth(store, space, system::WEBHOOK_DELIVERY, "next_at", due).await?);
        let names = some.iter().map(|id| kontor_webhooks::cursor_name(Id(*id))).collect();
        let cursors = Select::new(space, system::EVENT_CURSOR, vec![int("sequence")]).filter(test(
            "name",
            Kind::Text,
            Op::In,
            Value::Texts(names),
        ));
        let places: Vec<i64> = store.rows(cursors).await?.iter().filter_map(|row| number(row, 0)).collect();
        all.add(unread(store, space, last, &places).await?);
    }
    Ok(all)
}

/// Enabled endpoints that accept nothing, and how many attempts they have refused since the last that they accepted.
async fn failing_endpoints(store: &dyn Store, space: SpaceId, endpoints: &[i64]) -> Result<BTreeMap<String, i64>> {
    let select = Select::new(space, system::WEBHOOK_STATE, vec![int("endpoint_id"), int("failures")]).filter(test(
        "failures",
        Kind::Int,
        Op::Gt,
        0,
    ));
    let rows = store.rows(select).await?;
    let failing = rows.iter().filter_map(|row| Some((number(row, 0)?, number(row, 1)?)));
    Ok(failing.filter(|(id, _)| endpoints.contains(id)).map(|(id, count)| (id.to_string(), count)).collect())
}

impl Queues {
    /// `carries`: whether events are carried to a broker.
    pub fn new(carries: bool) -> Self {
        Self { carries, ..Self::default() }
    }

    /// What waits in a space at `now` besides `jobs`, in the order of [`NAMES`].
    async fn counts(
        &self,
        store: &dyn Store,
        space: SpaceId,
        endpoints: &[i64],
        now: i64,
        jobs: Depth,
    ) -> Result<[Depth; NAMES.len()]> {
        let last =
            if self.carries || !endpoints.is_empty() { kontor_events::head(store, space).await?.last } else { 0 };
        let due = |column: &str| test(column, Kind::Int, Op::Lte, now);
        // Bulk mail waits for its turn by design.
        let prompt = test("bulk", Kind::Int, Op::Ne, 1);
        Ok([
            depth(store, space, system::EVENT, "at", test("sequence", Kind::Int, Op::IsNull, true)).await?,
            if self.carries { behind(store, space, last, BUS).await? } else { Depth::default() },
            jobs,
            unsent(store, space, endpoints, last, now).await?,
            depth(store, space, system::OUTBOX, "next_at", Cond::And(vec![state("queued"), prompt, due("next_at")]))
                .await?,
            depth(store, space, system::WORKFLOW_STATE, "wake_at", due("wake_at")).await?,
        ])
    }

    /// Looks at all of it and sets the gauges.
    ///
    /// # Errors
    /// The database's.
    pub async fn look(&mut self, store: &dyn Store, catalogs: &Catalogs, spaces: &[SpaceId], now: i64) -> Result<()> {
        let mut all = [Depth::default(); NAMES.len()];
        let mut failing = BTreeMap::new();
        let mut waiting: BTreeMap<String, i64> = self.waiting.keys().map(|kind| (kind.clone(), 0)).collect();
        for space in spaces {
            let mut jobs = Depth::default();
            for (kind, depth) in waiting_jobs(store, *space, queued(now)).await? {
                *waiting.entry(kind).or_default() += depth.count;
                jobs.add(depth);
            }
            let endpoints = endpoints(store, catalogs, *space).await?;
            for (sum, one) in all.iter_mut().zip(self.counts(store, *space, &endpoints, now, jobs).await?) {
                sum.add(one);
            }
            let jobs = failing_jobs(store, *space, now).await?;
            failing.extend(jobs.into_iter().map(|(kind, count)| ((*space, "kind", kind), count)));
            let refusing = failing_endpoints(store, *space, &endpoints).await?;
            failing.extend(refusing.into_iter().map(|(id, count)| ((*space, "endpoint", id), count)));
        }
        for (name, depth) in NAMES.iter().zip(all) {
            show(name, depth.count, depth.oldest.map_or(0, |oldest| (now - oldest).max(0) / 1_000));
        }
        // What is well again is no longer in the list.
        for known in self.failing.keys().filter(|known| !failing.contains_key(*known)) {
            set_failing(known, 0);
        }
        failing.iter().for_each(|(what, count)| set_failing(what, *count));
        self.failing = failing;
        waiting.iter().for_each(|(kind, count)| set_waiting(kind, *count));
        self.waiting = waiting;
        let status = store.status().await?;
        let busy = i64::try_from(status.readers_busy).unwrap_or(i64::MAX);
        gauge("db_questions_busy", "Questions to the database that wait or run.", &[]).set(busy);
        Ok(())
    }

    /// Another process has the lease, and shows this.
    pub fn clear(&mut self) {
        for name in NAMES {
            show(name, 0, 0);
        }
        self.waiting.keys().for_each(|kind| set_waiting(kind, 0));
        std::mem::take(&mut self.failing).keys().for_each(|known| set_failing(known, 0));
    }
}

fn show(queue: &str, count: i64, seconds: i64) {
    gauge("queue_depth", "What is due in a queue and waits.", &[("queue", queue)]).set(count);
    gauge("queue_oldest_seconds", "How long the oldest of it has waited.", &[("queue", queue)]).set(seconds);
}

fn set_waiting(kind: &str, count: i64) {
    gauge("jobs_waiting", "Jobs that are due and not taken.", &[("kind", kind)]).set(count);
}

fn set_failing((space, label, value): &(SpaceId, &'static str, String), count: i64) {
    let space = space.0.to_string();
    let labels = [("space", space.as_str()), (*label, value.as_str())];
    match *label {
        "kind" => gauge("jobs_failures_in_row", "Jobs of a kind that failed since one succeeded.", &labels).set(count),
        _ => gauge(
            "webhook_failures_in_row",
            "Attempts that an endpoint refused since it accepted one, up to 10.",
            &labels,
        )
        .set(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_up_to_the_last_success() {
        let jobs = [
            ("a", "failed"),
            ("b", "succeeded"),
            ("a", "failed"),
            ("b", "failed"),
            ("a", "succeeded"),
            ("a", "failed"),
        ];
        assert_eq!(streaks(jobs.into_iter()), BTreeMap::from([("a".to_owned(), 2)]));
    }

    #[test]
    fn the_oldest_of_all_spaces_counts() {
        let mut all = Depth { count: 2, oldest: None };
        all.add(Depth { count: 1, oldest: Some(7) });
        all.add(Depth { count: 0, oldest: None });
        assert_eq!(all, Depth { count: 3, oldest: Some(7) });
    }
}
