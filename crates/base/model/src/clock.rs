//! Time as a parameter: nothing below the binary asks the machine for the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

/// The machine's own clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's time enters")]
    fn now_ms(&self) -> i64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }
}

/// How far a clock has to be set back to be noticed, in milliseconds: machines pull theirs right by less all the time.
pub const NOTICED_MS: i64 = 1_000;

/// Says when to look for times that a clock wrote which has been set back since: at first, as soon as this process's was,
/// and once in a while, since other processes write times, too.
#[derive(Debug)]
pub struct SetBack {
    every: Duration,
    looked: Option<Instant>,
    seen: Option<(Instant, i64)>,
}

impl SetBack {
    /// `every`: how often to look where nothing is noticed.
    #[must_use]
    pub fn every(every: Duration) -> Self {
        Self { every, looked: None, seen: None }
    }

    /// Whether to look now. `now_ms` is what the clock says at `at`, which nobody sets.
    pub fn is_due(&mut self, now_ms: i64, at: Instant) -> bool {
        let is_back = self.is_noticed(now_ms, at);
        let is_due = is_back || self.looked.is_none_or(|looked| at.saturating_duration_since(looked) >= self.every);
        if is_due {
            self.looked = Some(at);
        }
        is_due
    }

    /// Whether the clock was set back since this was asked last.
    pub fn is_noticed(&mut self, now_ms: i64, at: Instant) -> bool {
        let expected = self.seen.map(|(then, said)| {
            let passed = at.saturating_duration_since(then).as_millis();
            said.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
        });
        self.seen = Some((at, now_ms));
        expected.is_some_and(|expected| expected.saturating_sub(now_ms) >= NOTICED_MS)
    }
}

/// A clock that stands where it is put, for tests.
#[derive(Debug, Default)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that says `ms` (Unix milliseconds).
    pub fn at(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    /// Moves the clock; negative moves it back.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_is_noticed_once() {
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        let mut back = SetBack::every(Duration::from_secs(30));
        assert!(back.is_due(1_000_000, at(0)), "at first");
        assert!(!back.is_due(1_010_000, at(10)));
        // Half a second less than what has passed is a clock that is pulled right.
        assert!(!back.is_due(1_010_500, at(11)));
        assert!(back.is_due(1_010_500 - 3_600_000, at(12)), "an hour back");
        assert!(!back.is_due(1_011_500 - 3_600_000, at(13)));
        assert!(!back.is_due(1_012_500, at(14)), "forward");
        assert!(back.is_due(1_040_500, at(42)), "in a while");
        assert!(!back.is_due(1_041_500, at(43)));
        // A machine that slept is ahead of what has passed.
        assert!(!back.is_noticed(9_041_500, at(44)) && back.is_noticed(9_041_500, at(45)));
    }
}
