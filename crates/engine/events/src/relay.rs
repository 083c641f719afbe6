//! Gives events their places: each that has none gets the next number of its space.
//!
//! What has no number is found whenever its commit ended, so no knowledge of other transactions is needed. Two relays
//! at once do no harm: the log's head is raised by the same commit from the number that was read, and one of them loses.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kontor_model::{Clock, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, Join, Select, Set, Source, Store, Which, Write, system};
use kontor_telemetry::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::log::{Head, stored_head};

/// Events of one commit.
const MOST: u64 = 500;

/// Numbers events. Whoever calls it holds the lease, so that others need not try.
pub struct Relay {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    numbered: Counter,
    delay: Histogram,
    oldest: Gauge,
}

/// An event without a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    id: i64,
    at: i64,
    record: i64,
    /// Of the record, as the audit's entry of the same commit has it.
    version: i64,
}

impl Relay {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            numbered: counter("events_numbered_total", "Events that were given their place in the log.", &[]),
            delay: histogram("events_relay_delay_seconds", "From an event's commit to its place in the log.", &[]),
            oldest: gauge("events_relay_lag_ms", "Age of the oldest event that had no place at the last look.", &[]),
        }
    }

    /// Numbers what is there in a space; says how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn number(&self, space: SpaceId) -> Result<usize> {
        let mut done = 0;
        loop {
            let waiting = in_order(self.waiting(space).await?);
            if waiting.is_empty() {
                return Ok(done);
            }
            let full = waiting.len() as u64 == MOST;
            if !self.give(space, &waiting).await? {
                // Another was quicker, and goes on.
                return Ok(done);
            }
            done += waiting.len();
            if !full {
                return Ok(done);
            }
        }
    }

    /// What a look at all spaces found.
    pub fn seen(&self, done: usize) {
        if done == 0 {
            self.oldest.set(0);
        }
    }

    async fn waiting(&self, space: SpaceId) -> Result<Vec<Waiting>> {
        let audit = Source { table: system::AUDIT.into(), object: None, which: Which::All };
        let columns = vec![
            Expr::column("id", Kind::Int),
            Expr::column("at", Kind::Int),
            Expr::column("record_id", Kind::Int),
            Expr::Column { relation: 1, name: "version".into(), kind: Kind::Int },
        ];
        let mut select = Select::new(space, system::EVENT, columns)
            .filter(Cond::Test { left: Expr::column("sequence", Kind::Int), op: Op::IsNull, right: Value::Bool(true) })
            .order(Expr::column("id", Kind::Int), false)
            .limit(MOST);
        select.joins.push(Join { source: audit, on: Expr::column("id", Kind::Int), filter: None });
        let rows = self.store.rows(select).await?;
        let int = |value: Option<&Value>| value.and_then(Value::as_i64).unwrap_or_default();
        let waiting = rows.iter().map(|row| Waiting {
            id: int(row.first()),
            at: int(row.get(1)),
            record: int(row.get(2)),
            version: int(row.get(3)),
        });
        Ok(waiting.collect())
    }

    /// Whether they got their numbers.
    async fn give(&self, space: SpaceId, waiting: &[Waiting]) -> Result<bool> {
        let head = stored_head(&*self.store, space).await?;
        let Head { first, last } = head.unwrap_or(Head { first: 1, last: 0 });
        let count = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
        let mut batch = Batch::new(space);
        if head.is_some() {
            batch.writes.push(Write::Update {
                table: system::EVENT_HEAD.into(),
                keys: vec![system::key("id", Kind::Int, 1), system::key("last", Kind::Int, last)],
                set: vec![(ColumnRef::new("last", Kind::Int), Set::To((last + count).into()))],
                must: true,
                search: None,
            });
        } else {
            let row = vec![("id", 1), ("first", first), ("last", count)];
            batch.insert(system::EVENT_HEAD, row.into_iter().map(|(n, v)| (n, Kind::Int, v.into())).collect());
        }
        batch.writes.extend(waiting.iter().zip(last + 1..).map(|(event, number)| Write::Update {
            table: system::EVENT.into(),
            keys: vec![system::key("id", Kind::Int, event.id)],
            set: vec![(ColumnRef::new("sequence", Kind::Int), Set::To(number.into()))],
            must: true,
            search: None,
        }));
        match self.store.commit(batch).await {
            Ok(()) => {}
            Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let now = self.clock.now_ms();
        let ages = waiting.iter().map(|event| now.saturating_sub(event.at).max(0));
        self.oldest.set(ages.clone().max().unwrap_or_default());
        ages.for_each(|age| self.delay.observe(Duration::from_millis(age.unsigned_abs())));
        self.numbered.add(waiting.len() as u64);
        Ok(true)
    }
}

/// By id, which is by time; but where the clocks of two processes disagree, the versions of a record say what came first.
fn in_order(mut waiting: Vec<Waiting>) -> Vec<Waiting> {
    let mut by_record: HashMap<i64, Vec<usize>> = HashMap::new();
    for (place, event) in waiting.iter().enumerate() {
        by_record.entry(event.record).or_default().push(place);
    }
    for places in by_record.into_values().filter(|places| places.len() > 1) {
        let mut events: Vec<Waiting> = places.iter().filter_map(|place| waiting.get(*place).copied()).collect();
        events.sort_by_key(|event| (event.version, event.id));
        for (place, event) in places.into_iter().zip(events) {
            if let Some(slot) = waiting.get_mut(place) {
                *slot = event;
            }
        }
    }
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_a_record_outweigh_clocks() {
        let event = |id, record, version| Waiting { id, at: 0, record, version };
        let ordered = in_order(vec![event(1, 7, 2), event(2, 8, 5), event(3, 7, 1), event(4, 8, 5)]);
        assert_eq!(ordered.iter().map(|e| e.id).collect::<Vec<_>>(), [3, 2, 1, 4]);
    }
}
