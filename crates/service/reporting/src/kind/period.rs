//! Calendar buckets, counted.

use kontor_model::Bucket;
use kontor_model::time::{DAY_MS, civil_from_days, parse_date};
use serde_json::Value as J;

/// The day of a bucket as it is answered: a date, or in version 2 the milliseconds of its midnight.
pub fn day_of(value: &J) -> Option<i64> {
    match value {
        J::String(text) => parse_date(text).ok(),
        J::Number(ms) => ms.as_i64().map(|ms| ms.div_euclid(DAY_MS)),
        _ => None,
    }
}

/// Which bucket a day (since 1970) lies in: consecutive buckets have consecutive numbers.
pub fn index(day: i64, bucket: Bucket) -> i64 {
    let (year, month, _) = civil_from_days(day);
    match bucket {
        Bucket::Year => year,
        Bucket::Quarter => year * 4 + (month - 1) / 3,
        Bucket::Month => year * 12 + month - 1,
        // 1 January 1970 was a Thursday; weeks begin on Monday (ISO 8601).
        Bucket::Week => (day + 3).div_euclid(7),
        Bucket::Day => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn buckets_follow_each_other() {
        let day = |text: &str| parse_date(text).unwrap();
        let between = |a: &str, b: &str, bucket| index(day(b), bucket) - index(day(a), bucket);
        assert_eq!(between("2025-12-31", "2026-01-01", Bucket::Month), 1);
        assert_eq!(between("2025-12-31", "2026-01-01", Bucket::Year), 1);
        assert_eq!(between("2025-10-01", "2026-03-31", Bucket::Quarter), 1);
        // A Sunday and the Monday after it; 29 December 2025 is in the first week of 2026.
        assert_eq!(between("2026-03-01", "2026-03-02", Bucket::Week), 1);
        assert_eq!(between("2025-12-29", "2026-01-04", Bucket::Week), 0);
        assert_eq!(between("1969-12-31", "1970-01-01", Bucket::Day), 1);
    }

    #[test]
    fn days_are_read_in_both_versions() {
        assert_eq!(day_of(&json!("1970-01-03")), Some(2));
        assert_eq!(day_of(&json!(2 * DAY_MS)), Some(2));
        assert_eq!(day_of(&J::Null), None);
    }
}
