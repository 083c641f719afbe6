//! When a schedule strikes: five fields of cron (minute, hour, day of month, month, day of week) by the clock of a place.
//!
//! Where the clocks go forward, what would strike in the missing hour strikes behind it; where they go back, what
//! strikes in the hour that comes twice strikes once.

use std::str::FromStr;

use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

fn parse(text: &str) -> Result<Cron, String> {
    if text.trim_start().starts_with('@') {
        return Cron::from_str(text).map_err(|error| error.to_string());
    }
    CronParser::builder().seconds(Seconds::Disallowed).build().parse(text).map_err(|error| error.to_string())
}

/// Whether it is a schedule that strikes at all.
///
/// # Errors
/// What is wrong, in words.
pub fn check(text: &str, zone: &str, now: i64) -> Result<(), String> {
    parse(text)?;
    next(text, zone, now).map(drop).ok_or_else(|| "never comes".to_owned())
}

/// The next stroke behind `after` (Unix milliseconds), by the clock of `zone`; none when there is none.
pub fn next(text: &str, zone: &str, after: i64) -> Option<i64> {
    let zone = TimeZone::get(zone).ok()?;
    let after: Zoned = Timestamp::from_millisecond(after).ok()?.to_zoned(zone);
    let next = parse(text).ok()?.find_next_occurrence(&after, false).ok()?;
    Some(next.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strokes(text: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let mut at = from.parse::<Timestamp>().unwrap().as_millisecond();
        let mut all = Vec::new();
        for _ in 0..count {
            at = next(text, zone, at).unwrap();
            let zoned = Timestamp::from_millisecond(at).unwrap().in_tz(zone).unwrap();
            all.push(zoned.strftime("%F %H:%M %:z").to_string());
        }
        all
    }

    #[test]
    fn it_strikes_by_the_clock_of_its_place() {
        assert_eq!(
            strokes("0 9 * * 1-5", "Europe/Berlin", "2026-11-20T12:00:00Z", 2),
            ["2026-11-23 09:00 +01:00", "2026-11-24 09:00 +01:00"]
        );
        assert_eq!(strokes("*/30 * * * *", "Asia/Kolkata", "2026-11-20T12:00:00Z", 1), ["2026-11-20 18:00 +05:30"]);
        assert_eq!(strokes("0 0 29 2 *", "UTC", "2026-11-20T12:00:00Z", 1), ["2028-02-29 00:00 +00:00"]);
    }

    #[test]
    fn a_night_in_spring_has_no_half_past_two() {
        let all = strokes("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3);
        assert_eq!(all.first().unwrap(), "2026-03-28 02:30 +01:00");
        assert!(all[1].starts_with("2026-03-29 03:") && all[1].ends_with("+02:00"), "{all:?}");
        assert_eq!(all[2], "2026-03-30 02:30 +02:00");
    }

    #[test]
    fn a_night_in_autumn_has_it_twice_and_one_stroke() {
        let all = strokes("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
        assert_eq!(all, ["2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00"]);
        let noon = strokes("0 12 * * *", "America/New_York", "2026-10-31T20:00:00Z", 2);
        assert_eq!(noon, ["2026-11-01 12:00 -05:00", "2026-11-02 12:00 -05:00"]);
    }

    #[test]
    fn what_is_no_schedule_is_said() {
        for wrong in ["", "* * * *", "60 * * * *", "* * * * * *", "soon", "0 0 30 2 *"] {
            assert!(check(wrong, "UTC", 0).is_err(), "{wrong}");
        }
        assert_eq!(check("@daily", "UTC", 0), Ok(()));
    }
}
