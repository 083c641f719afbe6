//! Dates and times: RFC 3339 in, days or milliseconds since 1970-01-01 UTC at rest, RFC 3339 out (api.md 3).

use jiff::civil;

use crate::json::Json;

/// The text is no date or time of the accepted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("must be a date such as 2025-02-28 (RFC 3339 full-date)")]
    Date,
    #[error("must be a time such as 2025-02-28T13:00:00.000Z (RFC 3339)")]
    DateTime,
    #[error("must be Unix milliseconds such as 1740747600000, of the years 1 to 9999")]
    Millis,
}

/// `2025-02-28` → days since 1970-01-01. Years 0001 to 9999; days that do not exist are refused.
///
/// # Errors
/// [`TimeError::Date`].
pub fn parse_date(text: &str) -> Result<i64, TimeError> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        return Err(TimeError::Date);
    }
    let date: civil::Date = text.parse().map_err(|_| TimeError::Date)?;
    if date.year() < 1 {
        return Err(TimeError::Date);
    }
    Ok(days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day())))
}

/// `2025-02-28T13:00:00.123+01:00` → Unix milliseconds; finer parts are cut off. A bare date is midnight UTC.
///
/// # Errors
/// [`TimeError::DateTime`].
pub fn parse_datetime(text: &str) -> Result<i64, TimeError> {
    if text.len() == 10 {
        return parse_date(text).map(|days| days * DAY_MS).map_err(|_| TimeError::DateTime);
    }
    if text.len() > 35 || !is_rfc3339(text.as_bytes()) || text.get(..10).is_none_or(|d| parse_date(d).is_err()) {
        return Err(TimeError::DateTime);
    }
    let time: jiff::Timestamp = text.parse().map_err(|_| TimeError::DateTime)?;
    // An offset can lead out of the years that dates have.
    Some(time.as_millisecond()).filter(|ms| *ms >= FIRST_MS).ok_or(TimeError::DateTime)
}

/// Whether this is a name of the time zone database, as `Europe/Berlin`.
pub fn is_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

/// 0001-01-01T00:00:00Z.
pub const FIRST_MS: i64 = -719_162 * DAY_MS;
/// 9999-12-31T23:59:59.999Z.
pub const LAST_MS: i64 = 2_932_897 * DAY_MS - 1;

/// How dates and times are written in requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeForm {
    /// RFC 3339.
    #[default]
    Text,
    /// Unix milliseconds as a number; a date is its midnight in UTC. What is sent may be the text as well: rules and
    /// files of the house speak it.
    Millis,
}

impl TimeForm {
    /// What is wrong with a text, in the words of this form.
    pub fn message(self, error: &TimeError) -> String {
        match self {
            TimeForm::Text => error.to_string(),
            TimeForm::Millis => TimeError::Millis.to_string(),
        }
    }
}

/// Unix milliseconds as a number, or as the digits of a URL.
pub fn millis(input: &Json) -> Option<i64> {
    match input {
        Json::Number(_) => input.as_i64(),
        Json::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| plain)
        }
        _ => None,
    }
}

/// Milliseconds of the years 0001 to 9999.
///
/// # Errors
/// [`TimeError::Millis`].
pub fn in_range(ms: i64) -> Result<i64, TimeError> {
    if (FIRST_MS..=LAST_MS).contains(&ms) { Ok(ms) } else { Err(TimeError::Millis) }
}

/// The day that a moment is in, in UTC.
///
/// # Errors
/// As [`in_range`].
pub fn day_of_ms(ms: i64) -> Result<i64, TimeError> {
    in_range(ms).map(|ms| ms.div_euclid(DAY_MS))
}

/// The day that a moment is in, in a zone of the time zone database; in UTC where the zone is not known.
pub fn day_in(ms: i64, zone: &str) -> i64 {
    let local = jiff::Timestamp::from_millisecond(ms).ok().zip(jiff::tz::TimeZone::get(zone).ok());
    let date = local.map(|(time, zone)| time.to_zoned(zone).date());
    date.map_or(ms.div_euclid(DAY_MS), |d| {
        days_from_civil(i64::from(d.year()), i64::from(d.month()), i64::from(d.day()))
    })
}

/// The moment at which a day begins in a zone of the time zone database; in UTC where the zone is not known.
pub fn start_of_day(day: i64, zone: &str) -> i64 {
    let (year, month, dom) = civil_from_days(day);
    let parts = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(dom).ok());
    let date = parts.and_then(|((year, month), dom)| civil::Date::new(year, month, dom).ok());
    let begins = date.zip(jiff::tz::TimeZone::get(zone).ok()).and_then(|(date, zone)| date.to_zoned(zone).ok());
    begins.map_or(day * DAY_MS, |begins| begins.timestamp().as_millisecond())
}

/// `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)` (RFC 3339, 5.6); the parser behind it takes more forms than that.
fn is_rfc3339(text: &[u8]) -> bool {
    let pair = |at: usize, most: u8| match text.get(at..at + 2) {
        Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => (tens - b'0') * 10 + (ones - b'0') <= most,
        _ => false,
    };
    let is = |at: usize, any: &[u8]| text.get(at).is_some_and(|byte| any.contains(byte));
    if !(is(10, b"Tt ") && pair(11, 23) && is(13, b":") && pair(14, 59) && is(16, b":") && pair(17, 60)) {
        return false;
    }
    let fraction = match text.get(19) {
        Some(b'.') => text.iter().skip(20).take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let zone = if fraction > 0 { 20 + fraction } else { 19 };
    let whole = |length: usize| text.len() == zone + length;
    (is(zone, b"Zz") && whole(1))
        || (is(zone, b"+-") && pair(zone + 1, 23) && is(zone + 3, b":") && pair(zone + 4, 59) && whole(6))
}

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// Days since 1970-01-01 of a proleptic Gregorian date.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a count of days since 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * mp + 2) / 5 + 1)
}

fn two(n: i64, out: &mut Vec<u8>) {
    let n = u8::try_from(n.rem_euclid(100)).unwrap_or(0);
    out.extend_from_slice(&[b'0' + n / 10, b'0' + n % 10]);
}

/// Appends `YYYY-MM-DD`.
pub fn write_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    two(year / 100, out);
    two(year, out);
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
}

/// Appends `YYYY-MM-DDThh:mm:ss.mmmZ`.
pub fn write_datetime(ms: i64, out: &mut Vec<u8>) {
    write_date(ms.div_euclid(DAY_MS), out);
    let rest = ms.rem_euclid(DAY_MS);
    out.push(b'T');
    two(rest / 3_600_000, out);
    out.push(b':');
    two(rest / 60_000 % 60, out);
    out.push(b':');
    two(rest / 1_000 % 60, out);
    out.push(b'.');
    let millis = rest % 1_000;
    out.push(b'0' + u8::try_from(millis / 100).unwrap_or(0));
    two(millis % 100, out);
    out.push(b'Z');
}

/// `YYYY-MM-DDThh:mm:ss.mmmZ` as a string.
pub fn datetime_text(ms: i64) -> String {
    let mut out = Vec::with_capacity(24);
    write_datetime(ms, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// `YYYY-MM-DD` as a string.
pub fn date_text(days: i64) -> String {
    let mut out = Vec::with_capacity(10);
    write_date(days, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert_eq!(parse_date("1970-01-01"), Ok(0));
        assert_eq!(parse_date("2000-02-29"), Ok(11_016));
        for bad in
            ["2025-02-30", "2025-13-01", "2025-1-1", "20250101", "2025-02-28T00:00", "0000-01-01", "", "2025-02-29"]
        {
            assert_eq!(parse_date(bad), Err(TimeError::Date), "{bad}");
        }
    }

    #[test]
    fn times_are_utc_milliseconds() {
        assert_eq!(parse_datetime("1970-01-01T01:00:00+01:00"), Ok(0));
        assert_eq!(datetime_text(parse_datetime("2025-02-28T13:00:00.1239Z").unwrap()), "2025-02-28T13:00:00.123Z");
        assert_eq!(parse_datetime("2025-02-28"), Ok(parse_date("2025-02-28").unwrap() * DAY_MS));
        assert_eq!(parse_datetime("2025-02-28t13:00:00.5-00:30"), parse_datetime("2025-02-28 13:30:00.500z"));
        for bad in [
            "2025-02-28T13:00:00",
            "2025-02-28T25:00:00Z",
            "now",
            "2025-02-28T13:00:00+01:00[Europe/Berlin]",
            "1740747600000",
            "2025-02-28T13:00:00+25:00",
            "2025-02-28T13:00:00+01",
            "2025-02-28T13:00+01:00",
            "2025-02-28T13:00:00+01:00:30",
            "2025-02-28T13:00:00.Z",
            "2025-02-28T13:00:00,5Z",
            "2025-02-28T13:00:00Z ",
            "0001-01-01T00:00:00+00:01",
            "2025-02-28T13:00:00+0100",
            "20250228T130000Z-00:00",
        ] {
            assert_eq!(parse_datetime(bad), Err(TimeError::DateTime), "{bad}");
        }
    }

    #[test]
    fn milliseconds_are_whole_and_within_the_years() {
        let json = |text: &str| millis(&Json::parse_str(text).unwrap());
        assert_eq!((json("1740747600000"), json("\"-1\""), json("0")), (Some(1_740_747_600_000), Some(-1), Some(0)));
        for none in ["1.5", "\"\"", "\"+1\"", "\"1.0\"", "\"2025-02-28\"", "true", "null", "99999999999999999999"] {
            assert_eq!(json(none), None, "{none}");
        }
        assert_eq!((in_range(FIRST_MS), in_range(LAST_MS)), (Ok(FIRST_MS), Ok(LAST_MS)));
        assert_eq!(datetime_text(LAST_MS), "9999-12-31T23:59:59.999Z");
        assert!(in_range(FIRST_MS - 1).is_err() && in_range(LAST_MS + 1).is_err());
        assert_eq!(day_of_ms(-1), Ok(-1));
    }

    proptest! {
        #[test]
        fn days_round_trip(days in -719_162_i64..2_932_896) {
            prop_assert_eq!(parse_date(&date_text(days)), Ok(days));
            prop_assert_eq!(parse_datetime(&datetime_text(days * DAY_MS + 1)), Ok(days * DAY_MS + 1));
        }
    }
}
