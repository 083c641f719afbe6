//! How many a minute leave: a bucket of a sixth of a minute (generic cell rate algorithm).

/// A rate and how far it is used up.
#[derive(Debug)]
pub struct Pace {
    /// Microseconds from one to the next.
    interval: i64,
    /// Microseconds that may be used in advance.
    room: i64,
    /// When the next one is due at the steady rate, in Unix microseconds.
    due: i64,
}

impl Pace {
    /// None where there is no limit (0).
    pub fn new(per_minute: u32) -> Option<Self> {
        let interval = 60_000_000_i64.checked_div(i64::from(per_minute))?;
        let at_once = i64::from(per_minute / 6).max(1);
        Some(Self { interval, room: interval * (at_once - 1), due: 0 })
    }

    /// Takes one where there is room.
    pub fn take(&mut self, now_ms: i64) -> bool {
        let now = now_ms * 1_000;
        // Nothing is further away than a full bucket: what is was counted by a clock that has been set back since.
        let due = if self.due - now > self.room + self.interval { now } else { self.due.max(now) };
        if due - now > self.room {
            return false;
        }
        self.due = due + self.interval;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_takes_what_it_may() {
        assert!(Pace::new(0).is_none());
        let mut pace = Pace::new(60).unwrap();
        let at_once = (0..100).filter(|_| pace.take(1_000_000)).count();
        assert_eq!(at_once, 10);
        assert!(!pace.take(1_000_999) && pace.take(1_001_000) && !pace.take(1_001_000));
        let rest = (0..60_000).filter(|ms| pace.take(1_001_001 + ms)).count();
        assert_eq!(rest, 60);
        assert!(pace.take(1_061_001 - 3_600_000), "the clock was set back");
        let mut slow = Pace::new(1).unwrap();
        assert!(slow.take(0) && !slow.take(59_999) && slow.take(60_000));
    }
}
