//! Identifiers: `unix_ms << 18 | node (6 bits) << 12 | sequence (12 bits)`.
//!
//! 18 decimal digits until 2090, time-ordered, unique over all objects and nodes, beyond 2⁵³ and therefore a string
//! in JSON (api.md 3).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::Clock;

/// A record's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub i64);

/// The unit of isolation: a workspace's live data or one of its sandboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpaceId(pub i64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a positive decimal number of at most 19 digits without sign or leading zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a decimal number of up to 19 digits")]
pub struct IdError;

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let plain = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
        if !plain || text.starts_with('0') {
            return Err(IdError);
        }
        text.parse().map(Id).map_err(|_| IdError)
    }
}

const SEQUENCE_BITS: u32 = 12;
const NODE_BITS: u32 = 6;
/// How many processes can make ids at the same time.
pub const NODES: i64 = 1 << NODE_BITS;

/// Makes ids for one node. Never goes back, even when the clock does; past 4,096 ids in a millisecond it borrows from
/// the next one.
pub struct IdGenerator {
    clock: Arc<dyn Clock>,
    node: AtomicI64,
    /// `unix_ms << 12 | sequence` of the last id given.
    last: AtomicI64,
}

impl IdGenerator {
    /// `node` is taken modulo [`NODES`].
    pub fn new(clock: Arc<dyn Clock>, node: i64) -> Self {
        Self { clock, node: AtomicI64::new(node.rem_euclid(NODES)), last: AtomicI64::new(0) }
    }

    /// Ids from now on carry this node (a lease that was lost and taken anew).
    pub fn set_node(&self, node: i64) {
        self.node.store(node.rem_euclid(NODES), Ordering::SeqCst);
    }

    /// The next id.
    pub fn next(&self) -> Id {
        let now = self.clock.now_ms().max(0) << SEQUENCE_BITS;
        let previous = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(now.max(last + 1)))
            .unwrap_or_else(|last| last);
        let tick = now.max(previous + 1);
        let (ms, sequence) = (tick >> SEQUENCE_BITS, tick & ((1 << SEQUENCE_BITS) - 1));
        let node = self.node.load(Ordering::Relaxed);
        Id((ms << (SEQUENCE_BITS + NODE_BITS)) | (node << SEQUENCE_BITS) | sequence)
    }
}

/// The moment (Unix milliseconds) at which an id was made.
pub fn made_at(id: Id) -> i64 {
    id.0 >> (SEQUENCE_BITS + NODE_BITS)
}

/// The smallest id that can be made at a moment (Unix milliseconds).
pub fn first_at(ms: i64) -> Id {
    Id(ms.clamp(0, i64::MAX >> (SEQUENCE_BITS + NODE_BITS)) << (SEQUENCE_BITS + NODE_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;

    #[test]
    fn ids_have_18_digits_and_never_go_back() {
        let clock = Arc::new(FixedClock::at(1_790_000_000_000));
        let ids = IdGenerator::new(clock.clone(), 5);
        let first = ids.next();
        assert_eq!(first.to_string().len(), 18);
        clock.advance(-10_000);
        let mut last = first;
        for _ in 0..10_000 {
            let id = ids.next();
            assert!(id > last);
            last = id;
        }
        assert_eq!(made_at(first), 1_790_000_000_000);
        assert!(first_at(1_790_000_000_000) <= first && first < first_at(1_790_000_000_001));
        assert_eq!((first_at(-1), made_at(first_at(i64::MAX))), (Id(0), i64::MAX >> 18));
        assert_eq!((last.0 >> 12) & 63, 5);
    }

    #[test]
    fn only_plain_decimals_are_ids() {
        assert_eq!("104512398120374272".parse(), Ok(Id(104_512_398_120_374_272)));
        for bad in ["", "0", "01", "-1", "+1", "1.0", "1e3", "99999999999999999999", "abc", "1 "] {
            assert!(bad.parse::<Id>().is_err(), "{bad}");
        }
    }
}
