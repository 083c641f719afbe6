//! The filters of templates. Each takes a limited amount of text, and none makes much more of it than it took.

use kontor_model::time;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use rust_decimal::{Decimal, RoundingStrategy};

/// The names of all filters.
pub const FILTERS: &[&str] = &[
    "at_least",
    "at_most",
    "capitalize",
    "date",
    "default",
    "first",
    "join",
    "last",
    "length",
    "less_than",
    "lower",
    "money",
    "more_than",
    "number",
    "replace",
    "round",
    "time",
    "title",
    "trim",
    "truncate",
    "upper",
];

/// The longest text that a filter takes, in bytes.
const LONGEST: usize = 64 * 1024;
/// The most that `range` counts to.
const FARTHEST: i64 = 1_000;

fn wrong(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// Gives an environment its filters.
pub fn add(environment: &mut Environment<'static>) {
    environment.add_filter("upper", |v: &Value| texts(v, |s| s.to_uppercase()));
    environment.add_filter("lower", |v: &Value| texts(v, |s| s.to_lowercase()));
    environment.add_filter("trim", |v: &Value| texts(v, |s| s.trim().to_owned()));
    environment.add_filter("capitalize", |v: &Value| texts(v, capitalized));
    environment
        .add_filter("title", |v: &Value| texts(v, |s| s.split(' ').map(capitalized).collect::<Vec<_>>().join(" ")));
    environment.add_filter("truncate", |v: &Value, length: usize| texts(v, |s| truncated(s, length)));
    environment.add_filter("replace", |v: &Value, from: &str, to: &str| replaced(v, from, to));
    environment.add_filter("default", |v: &Value, other: Value| if is_missing(v) { other } else { v.clone() });
    environment.add_filter("length", |v: &Value| {
        v.as_str().map(|s| s.chars().count()).or_else(|| v.len()).ok_or_else(|| wrong("length takes a text or a list"))
    });
    environment.add_filter("first", |v: &Value| v.try_iter().map(|mut all| all.next().unwrap_or_default()));
    environment.add_filter("last", |v: &Value| v.try_iter().map(|all| all.last().unwrap_or_default()));
    environment.add_filter("join", joined);
    environment.add_filter("date", dated);
    environment.add_filter("time", timed);
    environment
        .add_filter("number", |v: &Value, places: Option<u32>, kwargs: Kwargs| numbered(v, places, None, &kwargs));
    environment.add_filter("money", |v: &Value, currency: Option<String>, kwargs: Kwargs| {
        numbered(v, Some(2), currency.as_deref(), &kwargs)
    });
    environment.add_filter("round", |v: &Value, places: Option<u32>| {
        let places = places.unwrap_or(0).min(20);
        optional(v, |n| Ok(n.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven).to_string()))
    });
    environment.add_filter("more_than", |v: &Value, than: &Value| compared(v, than, std::cmp::Ordering::is_gt));
    environment.add_filter("at_least", |v: &Value, than: &Value| compared(v, than, std::cmp::Ordering::is_ge));
    environment.add_filter("less_than", |v: &Value, than: &Value| compared(v, than, std::cmp::Ordering::is_lt));
    environment.add_filter("at_most", |v: &Value, than: &Value| compared(v, than, std::cmp::Ordering::is_le));
    environment.add_function("range", |end: i64| {
        if !(0..=FARTHEST).contains(&end) {
            return Err(wrong(format!("range takes a number from 0 to {FARTHEST}")));
        }
        Ok((0..end).collect::<Vec<i64>>())
    });
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.is_none() || value.as_str() == Some("")
}

/// A text made of a text; nothing of nothing.
fn texts(value: &Value, make: impl FnOnce(&str) -> String) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.kind() == ValueKind::Number => value.to_string(),
        None => return Err(wrong(format!("takes a text, not a {}", value.kind()))),
    };
    if text.len() > LONGEST {
        return Err(wrong(format!("a filter takes at most {LONGEST} bytes of text")));
    }
    Ok(Value::from(make(&text)))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + &letters.as_str().to_lowercase())
        .unwrap_or_default()
}

fn truncated(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(length.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn replaced(value: &Value, from: &str, to: &str) -> Result<Value, Error> {
    if from.is_empty() || to.len() > from.len().saturating_mul(16) {
        return Err(wrong("replace takes a text that is not empty, and one that is at most 16 times as long"));
    }
    texts(value, |s| s.replace(from, to))
}

fn joined(value: &Value, between: Option<String>) -> Result<String, Error> {
    let between = between.unwrap_or_default();
    let mut out = String::new();
    for (place, item) in value.try_iter()?.enumerate() {
        if place > 0 {
            out.push_str(&between);
        }
        if !item.is_none() {
            out.push_str(&item.to_string());
        }
        if out.len() > LONGEST {
            return Err(wrong(format!("join makes at most {LONGEST} bytes of text")));
        }
    }
    Ok(out)
}

/// A date `2026-03-01`, or the day of a time, written by a pattern of `%d %m %Y %y %B %b %A`; as it is without one.
fn dated(value: &Value, pattern: Option<String>) -> Result<Value, Error> {
    written(value, pattern.as_deref().unwrap_or("%Y-%m-%d"))
}

/// As [`dated`], `%H:%M` without a pattern. Times are UTC.
fn timed(value: &Value, pattern: Option<String>) -> Result<Value, Error> {
    written(value, pattern.as_deref().unwrap_or("%H:%M"))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

fn written(value: &Value, pattern: &str) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let text = value.as_str().ok_or_else(|| wrong("takes a date such as 2026-03-01, or a time"))?;
    let ms = match time::parse_date(text) {
        Ok(day) => day.saturating_mul(86_400_000),
        Err(_) => time::parse_datetime(text).map_err(|_| wrong("takes a date such as 2026-03-01, or a time"))?,
    };
    if pattern.len() > 100 {
        return Err(wrong("a pattern has at most 100 letters"));
    }
    let day = ms.div_euclid(86_400_000);
    let (year, month, of_month) = time::civil_from_days(day);
    let minutes = ms.rem_euclid(86_400_000) / 60_000;
    let name = |names: &[&str], at: i64| {
        usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default().to_owned()
    };
    let short = |name: String| name.chars().take(3).collect::<String>();
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('d') => out.push_str(&format!("{of_month:02}")),
            Some('e') => out.push_str(&of_month.to_string()),
            Some('m') => out.push_str(&format!("{month:02}")),
            Some('Y') => out.push_str(&format!("{year:04}")),
            Some('y') => out.push_str(&format!("{:02}", year.rem_euclid(100))),
            Some('B') => out.push_str(&name(&MONTHS, month - 1)),
            Some('b') => out.push_str(&short(name(&MONTHS, month - 1))),
            Some('A') => out.push_str(&name(&DAYS, day.rem_euclid(7))),
            Some('a') => out.push_str(&short(name(&DAYS, day.rem_euclid(7)))),
            Some('H') => out.push_str(&format!("{:02}", minutes / 60)),
            Some('M') => out.push_str(&format!("{:02}", minutes % 60)),
            Some('%') => out.push('%'),
            _ => return Err(wrong("a pattern knows %d %e %m %Y %y %B %b %A %a %H %M and %%")),
        }
    }
    Ok(Value::from(out))
}

fn decimal(value: &Value) -> Result<Decimal, Error> {
    let text = match value.as_str() {
        Some(text) => text.trim().to_owned(),
        None if value.kind() == ValueKind::Number => value.to_string(),
        None => return Err(wrong(format!("takes a number, not a {}", value.kind()))),
    };
    text.parse().map_err(|_| wrong("takes a number such as 1250.50"))
}

fn optional(value: &Value, make: impl FnOnce(Decimal) -> Result<String, Error>) -> Result<Value, Error> {
    if value.is_none() { Ok(Value::from(())) } else { decimal(value).and_then(make).map(Value::from) }
}

fn compared(value: &Value, than: &Value, wanted: impl Fn(std::cmp::Ordering) -> bool) -> Result<bool, Error> {
    Ok(!value.is_none() && !than.is_none() && wanted(decimal(value)?.cmp(&decimal(than)?)))
}

/// `1,250.50`; `mark="," group="."` writes `1.250,50`. An amount may be followed by its currency.
fn numbered(value: &Value, places: Option<u32>, currency: Option<&str>, kwargs: &Kwargs) -> Result<Value, Error> {
    let mark: Option<String> = kwargs.get("mark")?;
    let group: Option<String> = kwargs.get("group")?;
    kwargs.assert_all_used()?;
    let (mark, group) = (mark.as_deref().unwrap_or("."), group.as_deref().unwrap_or(","));
    if [mark, group].iter().any(|sign| sign.chars().count() > 1) {
        return Err(wrong("mark and group are single signs"));
    }
    optional(value, |number| {
        let number = match places {
            Some(places) => {
                let places = places.min(20);
                let mut number = number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven);
                number.rescale(places);
                number
            }
            None => number.normalize(),
        };
        let text = number.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut out = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                out.push_str(group);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push_str(mark);
            out.push_str(fraction);
        }
        let sign = if number.is_sign_negative() && !number.is_zero() { "-" } else { "" };
        let unit = currency.filter(|c| !c.is_empty()).map(|c| format!(" {c}")).unwrap_or_default();
        Ok(format!("{sign}{out}{unit}"))
    })
}
