//! A throttle on guesses: so many in a window, for each thing that is guessed at from one place. It lives in the
//! process; the door's limits stand before it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Entries before old ones are thrown out.
const KEPT: usize = 20_000;

/// Counts by key.
pub struct Attempts {
    most: u32,
    window_ms: i64,
    counts: Mutex<HashMap<String, (u32, i64)>>,
}

impl Attempts {
    /// `most` in `window_ms`.
    pub fn new(most: u32, window_ms: i64) -> Self {
        Self { most, window_ms, counts: Mutex::default() }
    }

    /// Whether no more are taken now.
    pub fn are_spent(&self, key: &str, now: i64) -> bool {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(key).is_some_and(|(count, since)| *count >= self.most && self.is_open(*since, now))
    }

    /// One more; whether it was one of those that are taken.
    pub fn count(&self, key: &str, now: i64) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEPT {
            counts.retain(|_, (_, since)| self.is_open(*since, now));
        }
        if counts.len() >= KEPT {
            // All of this window: who is not known yet waits.
            return counts.contains_key(key);
        }
        let entry = counts.entry(key.to_owned()).or_insert((0, now));
        if !self.is_open(entry.1, now) {
            *entry = (0, now);
        }
        entry.0 = entry.0.saturating_add(1);
        entry.0 <= self.most
    }

    /// A clock that was put back opens a new window; of two at once, the one that looked at the clock first does not.
    fn is_open(&self, since: i64, now: i64) -> bool {
        (now - since).abs() < self.window_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_takes_so_many() {
        let attempts = Attempts::new(2, 1_000);
        assert!(attempts.count("a", 0) && attempts.count("a", 1));
        assert!(attempts.are_spent("a", 2) && !attempts.count("a", 2) && !attempts.are_spent("b", 2));
        assert!(!attempts.count("a", -1), "it was earlier on the clock, and counted later");
        assert!(!attempts.are_spent("a", -1_000), "the clock was put back");
        assert!(!attempts.are_spent("a", 1_000) && attempts.count("a", 1_000) && !attempts.are_spent("a", 1_001));
    }
}
