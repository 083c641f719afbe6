//! When a message is tried again: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, then every 12 h, over more than three days.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;

/// Seconds between attempts.
const PAUSES: &[u64] =
    &[5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 12 * 3_600, 12 * 3_600, 12 * 3_600, 12 * 3_600, 12 * 3_600];
/// An endpoint that accepted nothing for so long is disabled.
const GIVEN_UP: u64 = 5 * 86_400;
/// The longest pause that an endpoint may ask for.
const LONGEST: i64 = 12 * 3_600_000;

/// The pauses of an installation.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    first: Duration,
}

impl Schedule {
    /// `first` is the first pause; the others keep their proportion to it.
    pub fn new(first: Duration) -> Self {
        Self { first }
    }

    /// Seconds of the schedule as milliseconds of this one.
    fn scaled(&self, seconds: u64) -> i64 {
        let ms = u128::from(seconds) * self.first.as_millis() / 5;
        i64::try_from(ms).unwrap_or(i64::MAX)
    }

    /// Milliseconds to wait after that many failed attempts; none after the last.
    pub fn pause(&self, attempts: i64) -> Option<i64> {
        let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
        PAUSES.get(place).map(|seconds| self.scaled(*seconds))
    }

    /// Milliseconds of failure after which an endpoint is disabled.
    pub fn given_up(&self) -> i64 {
        self.scaled(GIVEN_UP)
    }

    /// How long a circuit stays open the first time, and at most: a receiver that is back is found within a minute.
    pub fn cool_down(&self) -> (Duration, Duration) {
        (self.first, self.first * 12)
    }
}

/// Milliseconds that `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date.
pub fn retry_after(value: &str, now: i64) -> Option<i64> {
    let value = value.trim();
    let ms = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse::<i64>().ok()?.checked_mul(1_000)?
    } else {
        DateTimeParser::new().parse_timestamp(value).ok()?.as_millisecond() - now
    };
    (ms > 0).then(|| ms.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_lasts_more_than_three_days() {
        let schedule = Schedule::new(Duration::from_secs(5));
        let pauses: Vec<i64> = (1..).map_while(|attempts| schedule.pause(attempts)).collect();
        assert_eq!(pauses[..6], [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000]);
        assert!(pauses[6..].iter().all(|pause| *pause == 43_200_000));
        assert!(pauses.iter().sum::<i64>() > 75 * 3_600_000);
        assert_eq!((schedule.pause(0), schedule.given_up()), (None, 432_000_000));
        assert_eq!(Schedule::new(Duration::from_millis(10)).pause(2), Some(600));
    }

    #[test]
    fn what_an_endpoint_asks_for() {
        let now = 1_614_265_330_000;
        assert_eq!(retry_after("120", now), Some(120_000));
        assert_eq!(retry_after("Thu, 25 Feb 2021 15:03:00 GMT", now), Some(50_000));
        assert_eq!(retry_after("99999999", now), Some(LONGEST));
        for nothing in ["", "0", "-5", "soon", "Thu, 25 Feb 1999 15:03:00 GMT", "99999999999999999999"] {
            assert_eq!(retry_after(nothing, now), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in ".{0,60}") {
            if let Some(ms) = retry_after(&text, 0) {
                prop_assert!(ms > 0 && ms <= LONGEST);
            }
        }
    }
}
