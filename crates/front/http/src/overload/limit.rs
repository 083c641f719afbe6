//! How many requests may be worked on at once: more while they are quick, fewer when they are slow (additive increase,
//! multiplicative decrease, as TCP does; "concurrency-limits" of Netflix calls it AIMD).

/// What was seen since the last decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    pub finished: u32,
    /// Of those, how many took longer than their target.
    pub slow: u32,
    /// The most that were worked on at once.
    pub peak: usize,
}

/// So many finished requests are enough to decide.
pub const WINDOW: u32 = 64;
/// One slow request in so many is one too many.
const TOLERATED: u32 = 10;

/// A limit between two bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    now: usize,
    min: usize,
    max: usize,
    /// Until then what finishes was begun under the limit before the last decrease.
    quiet_until_us: u64,
}

impl Limit {
    /// Begins at 64, or at the bound that is nearest.
    pub fn new(min: usize, max: usize) -> Self {
        let max = max.max(min);
        Self { now: 64.clamp(min, max), min, max, quiet_until_us: 0 }
    }

    pub fn now(&self) -> usize {
        self.now
    }

    /// Takes what was seen into account; gives the limit from here on. `target_us` is the longest that a request should
    /// take.
    pub fn learn(&mut self, seen: Window, now_us: u64, target_us: u64) -> usize {
        if seen.finished == 0 || now_us < self.quiet_until_us {
            return self.now;
        }
        if seen.slow * TOLERATED > seen.finished {
            self.now = (self.now * 9 / 10).max(self.min);
            self.quiet_until_us = now_us.saturating_add(target_us);
        } else if seen.peak * 10 >= self.now * 9 {
            // Only a limit that was reached has been tried.
            self.now = (self.now + self.now.isqrt()).min(self.max);
        }
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Window = Window { finished: 64, slow: 0, peak: 1_000 };
    const SLOW: Window = Window { finished: 64, slow: 7, peak: 1_000 };
    const TARGET: u64 = 100_000;

    #[test]
    fn it_grows_while_answers_are_quick_and_it_is_reached() {
        let mut limit = Limit::new(8, 256);
        assert_eq!(limit.now(), 64);
        assert_eq!(limit.learn(QUICK, 1, TARGET), 72);
        assert_eq!(limit.learn(Window { peak: 40, ..QUICK }, 2, TARGET), 72, "it was not reached");
        for at in 0..100 {
            limit.learn(QUICK, at, TARGET);
        }
        assert_eq!(limit.now(), 256);
    }

    #[test]
    fn it_shrinks_once_per_target_and_not_below_the_least() {
        let mut limit = Limit::new(8, 256);
        assert_eq!(limit.learn(SLOW, 0, TARGET), 57);
        assert_eq!(limit.learn(SLOW, TARGET - 1, TARGET), 57, "these were begun before");
        assert_eq!(limit.learn(SLOW, TARGET, TARGET), 51);
        for at in 2..100 {
            limit.learn(SLOW, at * TARGET, TARGET);
        }
        assert_eq!(limit.now(), 8);
    }

    #[test]
    fn one_slow_answer_in_ten_is_borne() {
        let mut limit = Limit::new(8, 256);
        assert_eq!(limit.learn(Window { finished: 64, slow: 6, peak: 10 }, 0, TARGET), 64);
        assert_eq!(limit.learn(Window::default(), 0, TARGET), 64);
        assert_eq!(Limit::new(100, 50).now(), 100);
        assert_eq!(Limit::new(1, 16).now(), 16);
    }

    #[test]
    fn it_settles_where_a_server_of_known_speed_becomes_slow() {
        // 2,000 requests a second: by Little's law 200 at once take 100 ms.
        let mut limit = Limit::new(8, 1_000);
        let mut at = 0;
        for _ in 0..2_000 {
            let took_us = limit.now() as u64 * 500;
            at += 32_000;
            let slow = if took_us > TARGET { 64 } else { 0 };
            limit.learn(Window { finished: 64, slow, peak: limit.now() }, at, TARGET);
        }
        assert!((150..=215).contains(&limit.now()), "{limit:?}");
    }
}
