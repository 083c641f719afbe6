//! Step 10: how much is worked on at once. What does not find room within a moment is refused with 503000 before it
//! costs the database anything; whoever waits is served by turns of spaces.
//!
//! Health checks and metrics never come here, uploads and the bodies of answers hold no permit.

mod fair;
mod gate;
mod limit;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kontor_config::Config;
use kontor_model::{Error, ErrorCode, Result, SpaceId};
use kontor_records::{Caller, Idempotency};
use quick_cache::sync::Cache;

use self::gate::{Gate, Shape};

pub use self::gate::Permit;

/// Idempotency keys that are remembered as sent before.
const REMEMBERED: usize = 16_384;
/// `Retry-After` is 1 to so many seconds, so that those who were refused together do not come back together.
const LONGEST_RETRY: u64 = 5;

/// What asks for room.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    pub caller: Option<&'a Caller>,
    /// Whether it only asks.
    pub reads: bool,
    /// The key of a change that may be sent again.
    pub idempotency: Option<&'a Idempotency>,
    /// As many times as a usual request it may take.
    pub cost: u64,
}

/// The room of a process: reads and changes have their own, because a change waits for the disk and a read for a core.
pub struct Overload {
    gates: Option<(Arc<Gate>, Arc<Gate>)>,
    sent: Cache<u64, ()>,
    hasher: RandomState,
    refused: AtomicU64,
}

impl Overload {
    /// As the configuration says.
    pub fn new(config: &Config) -> Self {
        let given = &config.overload;
        let shape = Shape {
            min: given.min,
            max: given.max,
            queue: given.queue,
            patience: Duration::from_millis(given.wait_ms),
            target: Duration::from_millis(given.target_ms),
        };
        let gate = |kind| Arc::new(Gate::new(kind, shape));
        Self {
            gates: given.enabled.then(|| (gate("read"), gate("write"))),
            sent: Cache::new(REMEMBERED),
            hasher: RandomState::new(),
            refused: AtomicU64::new(0),
        }
    }

    /// Waits for room, a short while; None when there is no limit.
    ///
    /// # Errors
    /// 503000.
    pub async fn enter(&self, work: Work<'_>) -> Result<Option<Permit>> {
        let Some((reads, writes)) = &self.gates else { return Ok(None) };
        let space = work.caller.map_or(SpaceId(0), |caller| caller.space);
        let gate = if work.reads { reads } else { writes };
        let rank = self.rank(work);
        let cost = u32::try_from(work.cost).unwrap_or(u32::MAX);
        gate.enter(space, rank, cost).await.map(Some).map_err(|_| self.refusal())
    }

    /// A change whose key was sent before goes first, then any that can be sent again. What it cost so far is lost when
    /// it is refused.
    fn rank(&self, work: Work<'_>) -> usize {
        let (Some(caller), Some(idempotency)) = (work.caller, work.idempotency) else { return 2 };
        let key = self.hasher.hash_one((caller.key_id, &idempotency.key));
        if self.sent.get(&key).is_some() {
            return 0;
        }
        self.sent.insert(key, ());
        1
    }

    fn refusal(&self) -> Error {
        let number = self.refused.fetch_add(1, Ordering::Relaxed);
        let seconds = 1 + self.hasher.hash_one(number) % LONGEST_RETRY;
        let detail = format!("more is asked at the moment than can be answered in time; try again in {seconds} s");
        Error::new(ErrorCode::Unavailable, detail).with_retry_after(u32::try_from(seconds).unwrap_or(1))
    }
}
