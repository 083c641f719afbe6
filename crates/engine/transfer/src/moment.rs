//! Dates and times from the cells of files.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// Whether a strptime format can be read with, and yields a date.
///
/// # Errors
/// What is wrong with it.
pub fn check_format(format: &str) -> Result<(), String> {
    let sample = jiff::civil::date(2017, 3, 1).at(13, 5, 9, 0);
    let zoned = sample.to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
    let text = strtime::format(format, &zoned).map_err(|e| format!("is no strptime format: {e}"))?;
    let back = strtime::parse(format, &text).and_then(|parts| parts.to_date());
    match back {
        Ok(date) if date == sample.date() => Ok(()),
        Ok(_) | Err(_) => {
            Err("does not name a whole day: it needs a year, a month and a day, such as %m/%d/%Y".to_owned())
        }
    }
}

/// A day as `YYYY-MM-DD`; a time of day is cut off.
pub fn date(text: &str, format: Option<&str>) -> Option<String> {
    let date = match format {
        Some(format) => strtime::parse(format, text).and_then(|parts| parts.to_date()).ok()?,
        None => {
            let (day, rest) = text.split_at_checked(10)?;
            if !(rest.is_empty() || rest.starts_with(['T', ' '])) {
                return None;
            }
            day.parse::<Date>().ok()?
        }
    };
    (1..=9999).contains(&date.year()).then(|| date.to_string())
}

/// A moment as RFC 3339 in UTC; one without an offset is read in the zone.
pub fn datetime(text: &str, format: Option<&str>, zone: &str) -> Option<String> {
    if let Some(format) = format {
        let parts = strtime::parse(format, text).ok()?;
        if parts.offset().is_some() {
            return parts.to_timestamp().ok().map(|t| t.to_string());
        }
        let civil = parts.to_datetime().or_else(|_| parts.to_date().map(|d| d.at(0, 0, 0, 0))).ok()?;
        return in_zone(civil, zone);
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.to_string());
    }
    let bytes = text.as_bytes();
    let shaped = bytes.get(4) == Some(&b'-') && bytes.len() >= 10 && !text.contains('[');
    in_zone(text.parse::<DateTime>().ok().filter(|_| shaped)?, zone)
}

fn in_zone(civil: DateTime, zone: &str) -> Option<String> {
    let zone = TimeZone::get(zone).ok()?;
    Some(civil.to_zoned(zone).ok()?.timestamp().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_exact() {
        assert_eq!(date("3/1/2017", Some("%m/%d/%Y")).as_deref(), Some("2017-03-01"));
        assert_eq!(date("10/20/2016", Some("%m/%d/%Y")).as_deref(), Some("2016-10-20"));
        assert_eq!(date("2017-03-01T00:00:00", None).as_deref(), Some("2017-03-01"));
        for bad in ["2/30/2017", "13/1/2017", "3/1/2017x", "", "20170301"] {
            assert_eq!(date(bad, Some("%m/%d/%Y")), None, "{bad}");
        }
        assert_eq!(date("2017-02-30", None), None);
        assert_eq!(date("é017-02-01", None), None);
    }

    #[test]
    fn times_without_offset_are_read_in_the_zone() {
        let t = |text, format| datetime(text, format, "Europe/Berlin");
        assert_eq!(t("2017-07-01 12:00:00", None).as_deref(), Some("2017-07-01T10:00:00Z"));
        assert_eq!(t("2017-07-01T12:00:00+00:00", None).as_deref(), Some("2017-07-01T12:00:00Z"));
        assert_eq!(t("2017-07-01", None).as_deref(), Some("2017-06-30T22:00:00Z"));
        assert_eq!(t("7/1/2017", Some("%m/%d/%Y")).as_deref(), Some("2017-06-30T22:00:00Z"));
        assert_eq!(t("01.07.2017 12:00 +0200", Some("%d.%m.%Y %H:%M %z")).as_deref(), Some("2017-07-01T10:00:00Z"));
        assert_eq!(t("soon", None), None);
    }

    #[test]
    fn formats_are_checked_before_use() {
        assert!(check_format("%m/%d/%Y").is_ok());
        assert!(check_format("%d.%m.%y").is_ok());
        for bad in ["%Q/%K", "%H:%M", "%m/%Y", "plain"] {
            assert!(check_format(bad).is_err(), "{bad}");
        }
    }
}
