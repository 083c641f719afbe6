//! How many changes are under way: what can wait lets them go first.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Records;

/// How far back the mean goes: what was longer ago counts for less than a third.
const SPAN: Duration = Duration::from_millis(100);

/// Changes of late, as means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// At once.
    pub under_way: f64,
    /// That begin in a second.
    pub rate: f64,
}

/// A count of changes, and its mean over time. The count alone says little: those that wait for one disk come to their
/// end together, so that there is a moment without any while a process is as busy as can be.
#[derive(Debug)]
struct Crowd {
    at: Instant,
    count: u32,
    mean: f64,
    rate: f64,
}

impl Crowd {
    fn new(at: Instant) -> Self {
        Self { at, count: 0, mean: 0.0, rate: 0.0 }
    }

    /// Brings the means up to a moment: each before it weighs by e^(-age/[`SPAN`]).
    fn load(&mut self, now: Instant) -> Load {
        let age = now.saturating_duration_since(self.at).as_secs_f64() / SPAN.as_secs_f64();
        let (count, weight) = (f64::from(self.count), (-age).exp());
        self.mean = count + (self.mean - count) * weight;
        self.rate *= weight;
        self.at = self.at.max(now);
        Load { under_way: self.mean, rate: self.rate }
    }

    fn enter(&mut self, now: Instant) {
        self.load(now);
        self.count = self.count.saturating_add(1);
        self.rate += SPAN.as_secs_f64().recip();
    }

    fn leave(&mut self, now: Instant) {
        self.load(now);
        self.count = self.count.saturating_sub(1);
    }
}

/// The changes of a process.
#[derive(Debug)]
pub(crate) struct UnderWay(Mutex<Crowd>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a>(&'a UnderWay);

impl Default for UnderWay {
    fn default() -> Self {
        Self(Mutex::new(Crowd::new(Instant::now())))
    }
}

impl UnderWay {
    fn crowd(&self) -> std::sync::MutexGuard<'_, Crowd> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn enter(&self) -> Entered<'_> {
        self.crowd().enter(Instant::now());
        Entered(self)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.crowd().leave(Instant::now());
    }
}

impl Records {
    /// Changes that this process is making, in whatever space: means over the last tenth of a second.
    pub fn load(&self) -> Load {
        self.under_way.crowd().load(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dip_is_not_the_end_and_a_peak_is_no_crowd() {
        let start = Instant::now();
        let ms = |ms: u64| start + Duration::from_millis(ms);
        let mut crowd = Crowd::new(start);
        // 64 at once for 9 ms of 10, as commits of one group end together.
        for group in 0..50 {
            (0..64).for_each(|_| crowd.enter(ms(group * 10)));
            (0..64).for_each(|_| crowd.leave(ms(group * 10 + 9)));
        }
        let Load { under_way, rate } = crowd.load(ms(500));
        assert!((50.0..60.0).contains(&under_way) && (6_000.0..6_800.0).contains(&rate), "{under_way} {rate}");
        // Nobody any more.
        assert!(crowd.load(ms(750)).under_way < 8.0 && crowd.load(ms(1_000)).under_way < 0.5);
        // 1,000 a second that take 3 ms each, and 20 at once for 20 ms.
        for one in 0..1_000 {
            crowd.enter(ms(1_000 + one));
            if one >= 3 {
                crowd.leave(ms(1_000 + one));
            }
        }
        let Load { under_way, rate } = crowd.load(ms(2_000));
        assert!((2.5..3.5).contains(&under_way) && (950.0..1_060.0).contains(&rate), "{under_way} {rate}");
        (0..20).for_each(|_| crowd.enter(ms(2_000)));
        assert!(crowd.load(ms(2_020)).under_way < 8.0);
    }

    #[test]
    fn a_moment_that_is_told_late_changes_nothing() {
        let start = Instant::now();
        let mut crowd = Crowd::new(start + Duration::from_millis(10));
        crowd.enter(start);
        assert_eq!((crowd.load(start).under_way, crowd.count), (0.0, 1));
        crowd.leave(start);
        crowd.leave(start);
        assert_eq!(crowd.count, 0);
    }
}
