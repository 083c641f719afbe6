//! When news goes out: at once, with a digest, behind quiet hours; always by the user's own clock.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// When digests of a day or a week go out.
const MORNING: Time = Time::constant(8, 0, 0, 0);

/// How a user wants the news of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    pub digest: Digest,
    /// From and until; over midnight where the first is later.
    pub quiet: Option<(Time, Time)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Digest {
    #[default]
    None,
    Hourly,
    Daily,
    Weekly,
}

impl Digest {
    pub fn of(word: &str) -> Self {
        match word {
            "hourly" => Self::Hourly,
            "daily" => Self::Daily,
            "weekly" => Self::Weekly,
            _ => Self::None,
        }
    }
}

/// `20:00`, hours and minutes of a day.
pub fn time(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok()
}

impl Timing {
    /// When what happens at `now` (Unix milliseconds) goes out, by the clock of `zone` (an IANA name).
    pub fn due(self, now: i64, zone: &str) -> i64 {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let Ok(at) = Timestamp::from_millisecond(now) else { return now };
        let at = at.to_zoned(zone);
        let gathered = self.gathered(&at).unwrap_or_else(|| at.clone());
        self.behind_quiet(&gathered).unwrap_or(gathered).timestamp().as_millisecond()
    }

    fn gathered(self, at: &Zoned) -> Option<Zoned> {
        match self.digest {
            Digest::None => None,
            Digest::Hourly => {
                let begun = i64::from(at.minute()) * 60 + i64::from(at.second());
                let nanos = i64::from(at.subsec_nanosecond());
                at.checked_add((3_600 - begun).seconds()).ok()?.checked_sub(nanos.nanoseconds()).ok()
            }
            Digest::Daily => morning(at, if at.time() < MORNING { 0 } else { 1 }),
            Digest::Weekly => {
                let past = i64::from(at.weekday().to_monday_zero_offset());
                let days = if past == 0 && at.time() < MORNING { 0 } else { 7 - past };
                morning(at, days)
            }
        }
    }

    fn behind_quiet(self, at: &Zoned) -> Option<Zoned> {
        let (from, until) = self.quiet.filter(|(from, until)| from != until)?;
        let time = at.time();
        let (inside, days) = if from < until {
            (time >= from && time < until, 0)
        } else {
            (time >= from || time < until, i64::from(time >= from))
        };
        if !inside {
            return None;
        }
        let day = at.date().checked_add(days.days()).ok()?;
        day.to_datetime(until).to_zoned(at.time_zone().clone()).ok()
    }
}

fn morning(at: &Zoned, days: i64) -> Option<Zoned> {
    let day = at.date().checked_add(days.days()).ok()?;
    day.to_datetime(MORNING).to_zoned(at.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(timing: Timing, at: &str) -> String {
        let at: Zoned = at.parse().unwrap();
        let zone = at.time_zone().iana_name().unwrap().to_owned();
        let due = timing.due(at.timestamp().as_millisecond(), &zone);
        Timestamp::from_millisecond(due).unwrap().in_tz(&zone).unwrap().strftime("%F %H:%M %:z").to_string()
    }

    fn digest(digest: Digest) -> Timing {
        Timing { digest, quiet: None }
    }

    #[test]
    fn digests_go_out_by_the_users_clock() {
        let hourly = digest(Digest::Hourly);
        assert_eq!(due(hourly, "2026-11-21T10:20:30[Asia/Kolkata]"), "2026-11-21 11:00 +05:30");
        assert_eq!(due(hourly, "2026-11-21T10:00:00[Asia/Kolkata]"), "2026-11-21 11:00 +05:30");
        let daily = digest(Digest::Daily);
        assert_eq!(due(daily, "2026-11-21T07:59:00[Europe/Berlin]"), "2026-11-21 08:00 +01:00");
        assert_eq!(due(daily, "2026-11-21T08:00:00[Europe/Berlin]"), "2026-11-22 08:00 +01:00");
        // 29 March: the clocks go forward in the night.
        assert_eq!(due(daily, "2026-03-28T12:00:00[Europe/Berlin]"), "2026-03-29 08:00 +02:00");
        let weekly = digest(Digest::Weekly);
        assert_eq!(due(weekly, "2026-11-21T12:00:00[Europe/Berlin]"), "2026-11-23 08:00 +01:00");
        assert_eq!(due(weekly, "2026-11-23T07:00:00[Europe/Berlin]"), "2026-11-23 08:00 +01:00");
        assert_eq!(due(weekly, "2026-11-23T09:00:00[Europe/Berlin]"), "2026-11-30 08:00 +01:00");
    }

    #[test]
    fn quiet_hours_end_first() {
        let quiet = Timing { quiet: Some((time("20:00").unwrap(), time("07:00").unwrap())), digest: Digest::None };
        assert_eq!(due(quiet, "2026-11-21T19:59:00[Europe/Berlin]"), "2026-11-21 19:59 +01:00");
        assert_eq!(due(quiet, "2026-11-21T20:00:00[Europe/Berlin]"), "2026-11-22 07:00 +01:00");
        assert_eq!(due(quiet, "2026-11-21T03:00:00[Europe/Berlin]"), "2026-11-21 07:00 +01:00");
        assert_eq!(due(quiet, "2026-10-24T23:00:00[Europe/Berlin]"), "2026-10-25 07:00 +01:00");
        let noon = Timing { quiet: Some((time("12:00").unwrap(), time("13:30").unwrap())), digest: Digest::Hourly };
        assert_eq!(due(noon, "2026-11-21T11:30:00[Europe/Berlin]"), "2026-11-21 13:30 +01:00");
        let never = Timing { quiet: Some((time("12:00").unwrap(), time("12:00").unwrap())), digest: Digest::None };
        assert_eq!(due(never, "2026-11-21T12:00:00[Europe/Berlin]"), "2026-11-21 12:00 +01:00");
    }

    #[test]
    fn times_of_a_day_are_read() {
        assert_eq!(time("07:30"), Time::new(7, 30, 0, 0).ok());
        for wrong in ["7:30", "24:00", "07:60", "0730", "", "07:30:00", "+7:30", "ab:cd"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
