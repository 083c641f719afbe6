//! How often and when a key was used: counted in memory, written every few seconds, never on a request's way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kontor_model::{Id, Kind, Result};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, Set, Write};

use super::Keys;

/// Uses that are not written yet.
#[derive(Debug, Default)]
pub struct Usage {
    count: AtomicI64,
    last: AtomicI64,
}

impl Usage {
    pub fn count(&self, now: i64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.last.fetch_max(now, Ordering::Relaxed);
    }
}

/// Usages by key.
#[derive(Debug, Default)]
pub struct Uses(Mutex<HashMap<Id, Arc<Usage>>>);

impl Uses {
    pub fn of(&self, key: Id) -> Arc<Usage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }

    /// What was counted since the last time, by key; forgets keys that nobody uses.
    fn take(&self) -> Vec<(Id, Arc<Usage>, i64)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = all.iter().map(|(key, usage)| (*key, usage.clone(), usage.count.swap(0, Ordering::Relaxed)));
        let taken: Vec<_> = taken.filter(|(_, _, count)| *count > 0).collect();
        all.retain(|_, usage| Arc::strong_count(usage) > 1);
        taken
    }
}

impl Keys {
    /// Writes what was counted.
    ///
    /// # Errors
    /// The database's; the counts are kept for the next time.
    pub async fn flush(&self) -> Result<()> {
        let taken = self.uses.take();
        if taken.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new(INSTALLATION);
        for (key, usage, count) in &taken {
            batch.writes.push(Write::Update {
                table: system::API_KEY.into(),
                keys: vec![system::key("id", Kind::Int, key.0)],
                set: vec![
                    (ColumnRef::new("use_count", Kind::Int), Set::Add(*count)),
                    (ColumnRef::new("last_used_at", Kind::Int), Set::To(usage.last.load(Ordering::Relaxed).into())),
                ],
                must: false,
                search: None,
            });
        }
        let done = self.store.commit(batch).await.map_err(Into::into);
        if done.is_err() {
            for (_, usage, count) in taken {
                usage.count.fetch_add(count, Ordering::Relaxed);
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_taken_once() {
        let uses = Uses::default();
        let usage = uses.of(Id(1));
        usage.count(10);
        usage.count(9);
        uses.of(Id(2)).count(1);
        let mut taken: Vec<(i64, i64)> = uses.take().iter().map(|(key, _, count)| (key.0, *count)).collect();
        taken.sort_unstable();
        assert_eq!((taken, usage.last.load(Ordering::Relaxed)), (vec![(1, 2), (2, 1)], 10));
        assert!(uses.take().is_empty());
        usage.count(11);
        assert_eq!(uses.take().len(), 1, "a key in use is not forgotten");
    }
}
