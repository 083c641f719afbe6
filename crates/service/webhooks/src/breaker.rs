//! One endpoint's circuit: after failures in a row nothing is sent for a while, and then one message to try.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Failures in a row.
const MOST: u32 = 10;

/// See the module.
#[derive(Debug)]
pub struct Breaker {
    failures: AtomicU32,
    /// Unix milliseconds.
    open_until: AtomicI64,
    cool_down: (i64, i64),
}

impl Breaker {
    /// `cool_down`: milliseconds that it is open the first time, and at most.
    pub fn new(cool_down: (i64, i64)) -> Self {
        Self { failures: AtomicU32::new(0), open_until: AtomicI64::new(0), cool_down }
    }

    /// How many messages may be sent at once now; until when none may.
    pub fn room(&self, now: i64, most: usize) -> Result<usize, i64> {
        let until = self.open_until.load(Ordering::Acquire);
        if self.failures.load(Ordering::Acquire) < MOST {
            return Ok(most);
        }
        if now < until { Err(until) } else { Ok(1) }
    }

    /// Whether it has opened while others were under way.
    pub fn is_open(&self, now: i64) -> bool {
        self.failures.load(Ordering::Acquire) >= MOST && now < self.open_until.load(Ordering::Acquire)
    }

    pub fn succeeded(&self) {
        self.failures.store(0, Ordering::Release);
    }

    pub fn failed(&self, now: i64) {
        let failures = self.failures.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        if failures >= MOST {
            let (first, longest) = self.cool_down;
            let doubled = first.saturating_mul(1 << (failures - MOST).min(20));
            self.open_until.store(now.saturating_add(doubled.min(longest)), Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_tries_and_closes() {
        let breaker = Breaker::new((100, 1_000));
        for _ in 0..MOST - 1 {
            breaker.failed(0);
        }
        assert_eq!(breaker.room(0, 16), Ok(16));
        breaker.failed(0);
        assert_eq!((breaker.room(99, 16), breaker.room(100, 16)), (Err(100), Ok(1)));
        assert!(breaker.is_open(99) && !breaker.is_open(100));
        breaker.failed(100);
        assert_eq!(breaker.room(200, 16), Err(300));
        for _ in 0..40 {
            breaker.failed(300);
        }
        assert_eq!(breaker.room(300, 16), Err(1_300));
        breaker.succeeded();
        assert_eq!(breaker.room(300, 16), Ok(16));
    }
}
