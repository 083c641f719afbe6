//! How far two values agree.

use crate::normal::{code, company, fold, host, is_free_mail, mailbox};

/// A value as it is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Datum<'a> {
    Text(&'a str),
    /// A day (days since 1970) or an id.
    Number(i64),
}

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Of a person, a city.
    Name,
    /// Of a company: legal forms do not count.
    Company,
    Email,
    /// E.164.
    Phone,
    /// A domain, or the address of a page.
    Domain,
    /// Postal code, tax number.
    Code,
    Street,
    /// Days since 1970.
    Date,
    /// The same or not: references, countries.
    Same,
}

/// How far two values agree, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Exact,
    /// Jaro–Winkler at least 0.92; a date with day and month exchanged; the same local part of another domain.
    Close,
    /// Jaro–Winkler at least 0.85; a date of which one digit differs; addresses of one company's domain.
    Near,
    Differs,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Level::Exact => "exact",
            Level::Close => "close",
            Level::Near => "near",
            Level::Differs => "differs",
        }
    }
}

const CLOSE: f64 = 0.92;
const NEAR: f64 = 0.85;

/// How far two values agree; none where one of them says nothing.
pub fn compare(kind: Kind, a: Datum<'_>, b: Datum<'_>) -> Option<Level> {
    match (a, b) {
        (Datum::Number(a), Datum::Number(b)) if kind == Kind::Date => Some(date(a, b)),
        (Datum::Number(a), Datum::Number(b)) => Some(if a == b { Level::Exact } else { Level::Differs }),
        (Datum::Text(a), Datum::Text(b)) => texts(kind, a, b),
        _ => None,
    }
}

fn texts(kind: Kind, a: &str, b: &str) -> Option<Level> {
    let by = |normal: fn(&str) -> String| (normal(a), normal(b));
    match kind {
        Kind::Name | Kind::Street => similar(&by(fold)),
        Kind::Company => similar(&by(company)),
        Kind::Email => emails(a, b),
        Kind::Phone | Kind::Code | Kind::Date => same(&by(code)),
        Kind::Domain => same(&by(host)),
        Kind::Same => same(&(a.to_owned(), b.to_owned())),
    }
}

fn same((a, b): &(String, String)) -> Option<Level> {
    let there = !a.is_empty() && !b.is_empty();
    there.then_some(if a == b { Level::Exact } else { Level::Differs })
}

fn similar(pair: &(String, String)) -> Option<Level> {
    Some(match same(pair)? {
        Level::Exact => Level::Exact,
        _ => match strsim::jaro_winkler(&pair.0, &pair.1) {
            near if near >= CLOSE => Level::Close,
            near if near >= NEAR => Level::Near,
            _ => Level::Differs,
        },
    })
}

fn emails(a: &str, b: &str) -> Option<Level> {
    let ((local_a, domain_a), (local_b, domain_b)) = (mailbox(a), mailbox(b));
    if local_a.is_empty() || local_b.is_empty() {
        return None;
    }
    let plain = |local: &str| local.replace('.', "");
    Some(match (plain(&local_a) == plain(&local_b), domain_a == domain_b) {
        (_, true) if local_a == local_b => Level::Exact,
        (true, _) => Level::Close,
        (false, true) if !is_free_mail(&domain_a) => Level::Near,
        _ => Level::Differs,
    })
}

fn date(a: i64, b: i64) -> Level {
    if a == b {
        return Level::Exact;
    }
    let ((year_a, month_a, day_a), (year_b, month_b, day_b)) = (civil(a), civil(b));
    if year_a == year_b && month_a == day_b && day_a == month_b {
        return Level::Close;
    }
    let digits = |y: i64, m: i64, d: i64| format!("{y:04}{m:02}{d:02}");
    let (a, b) = (digits(year_a, month_a, day_a), digits(year_b, month_b, day_b));
    let differ = a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count();
    if differ == 1 && a.len() == b.len() { Level::Near } else { Level::Differs }
}

/// Year, month and day of a day since 1970 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn level(kind: Kind, a: &str, b: &str) -> Option<Level> {
        compare(kind, Datum::Text(a), Datum::Text(b))
    }

    #[test]
    fn names_agree_by_degrees() {
        assert_eq!(level(Kind::Name, "Schröder", "SCHRODER"), Some(Level::Exact));
        assert_eq!(level(Kind::Name, "Martha", "Marhta"), Some(Level::Close));
        assert_eq!(level(Kind::Name, "Meyer", "Meier"), Some(Level::Near));
        assert_eq!(level(Kind::Name, "Roe", "Smith"), Some(Level::Differs));
        assert_eq!(level(Kind::Name, "Roe", "…"), None);
        assert_eq!(level(Kind::Company, "Acme GmbH", "ACME Inc."), Some(Level::Exact));
    }

    #[test]
    fn free_mail_is_no_company() {
        assert_eq!(level(Kind::Email, "ann@acme.example", "Ann+x@acme.example"), Some(Level::Exact));
        assert_eq!(level(Kind::Email, "ann.roe@acme.example", "ann.roe@gmail.com"), Some(Level::Close));
        assert_eq!(level(Kind::Email, "ann@acme.example", "bob@acme.example"), Some(Level::Near));
        assert_eq!(level(Kind::Email, "ann@gmail.com", "bob@gmail.com"), Some(Level::Differs));
    }

    #[test]
    fn codes_and_domains_agree_or_not() {
        assert_eq!(level(Kind::Code, "SW1A 1AA", "sw1a1aa"), Some(Level::Exact));
        assert_eq!(level(Kind::Domain, "https://www.acme.example/", "acme.example"), Some(Level::Exact));
        assert_eq!(level(Kind::Phone, "+4930901820", "+4930901821"), Some(Level::Differs));
    }

    #[test]
    fn dates_may_be_written_wrongly() {
        let day = |y: i32, m: u8, d: u8| i64::from(days(y, m, d));
        let level = |a, b| compare(Kind::Date, Datum::Number(a), Datum::Number(b)).unwrap();
        assert_eq!(level(day(1980, 3, 4), day(1980, 3, 4)), Level::Exact);
        assert_eq!(level(day(1980, 3, 4), day(1980, 4, 3)), Level::Close);
        assert_eq!(level(day(1980, 3, 4), day(1981, 3, 4)), Level::Near);
        assert_eq!(level(day(1980, 3, 4), day(1981, 3, 5)), Level::Differs);
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!((civil(-1), civil(11_016)), ((1969, 12, 31), (2000, 2, 29)));
    }

    /// Days since 1970, counted year by year.
    fn days(year: i32, month: u8, day: u8) -> i32 {
        let leap = |y: i32| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        let years: i32 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
        let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let months: i32 = lengths.iter().take(usize::from(month) - 1).sum();
        years + months + i32::from(day) - 1
    }

    proptest! {
        #[test]
        fn comparing_does_not_depend_on_the_order(a in "\\PC{0,20}", b in "\\PC{0,20}") {
            for kind in [Kind::Name, Kind::Company, Kind::Email, Kind::Phone, Kind::Domain, Kind::Street] {
                prop_assert_eq!(level(kind, &a, &b), level(kind, &b, &a));
            }
        }

        #[test]
        fn what_says_something_agrees_with_itself(a in "\\PC{1,20}") {
            for kind in [Kind::Name, Kind::Company, Kind::Email, Kind::Code, Kind::Domain] {
                prop_assert!(matches!(level(kind, &a, &a), None | Some(Level::Exact)));
            }
        }

        #[test]
        fn days_are_counted_as_the_calendar_does(year in 1970_i32..2200, month in 1_u8..=12, day in 1_u8..=28) {
            let expected = (i64::from(year), i64::from(month), i64::from(day));
            prop_assert_eq!(civil(i64::from(days(year, month, day))), expected);
        }
    }
}
