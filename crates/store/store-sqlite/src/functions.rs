//! What SQL in SQLite lacks: text without regard to case, calendar buckets, exact sums. `kontor_store_sql` names them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};

/// Makes the functions known to a connection.
pub(crate) fn register(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    db.create_scalar_function("kontor_contains", 2, flags, |cx| Ok(part(cx, contains)))?;
    db.create_scalar_function("kontor_starts", 2, flags, |cx| Ok(part(cx, starts)))?;
    db.create_scalar_function("kontor_bucket_day", 2, flags, |cx| {
        let ValueRef::Integer(days) = cx.get_raw(0) else { return Ok(None) };
        Ok(date(days).and_then(|date| bucket(date, text(cx.get_raw(1))?)))
    })?;
    db.create_scalar_function("kontor_bucket_time", 3, flags, |cx| {
        let ValueRef::Integer(ms) = cx.get_raw(0) else { return Ok(None) };
        let zone = cx.get_or_create_aux(2, |zone| {
            TimeZone::get(text(zone).unwrap_or_default()).map_err(|error| error.to_string())
        })?;
        let Ok(at) = Timestamp::from_millisecond(ms) else { return Ok(None) };
        let date = zone.to_datetime(at).date();
        Ok(text(cx.get_raw(1)).and_then(|name| bucket(date, name)))
    })?;
    db.create_aggregate_function("kontor_sum", 1, flags, Sum { key: false })?;
    db.create_aggregate_function("kontor_sum_key", 1, flags, Sum { key: true })
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    value.as_str().ok()
}

/// The text and the needle, which is folded already; null when there is no text.
fn part(cx: &Context<'_>, holds: fn(&str, &str) -> bool) -> Option<bool> {
    Some(holds(text(cx.get_raw(0))?, text(cx.get_raw(1))?))
}

fn contains(text: &str, needle: &str) -> bool {
    if !text.is_ascii() {
        return kontor_store_sql::cond::fold(text).contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    needle.is_empty() || text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

fn starts(text: &str, needle: &str) -> bool {
    if !text.is_ascii() {
        return kontor_store_sql::cond::fold(text).starts_with(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.get(..needle.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(needle))
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn date(days: i64) -> Option<Date> {
    EPOCH.checked_add(i32::try_from(days).ok()?.days()).ok()
}

/// The first day of the bucket that a date is in.
fn bucket(date: Date, name: &str) -> Option<i64> {
    let first = match name {
        "day" => date,
        "week" => date.checked_sub(i32::from(date.weekday().to_monday_zero_offset()).days()).ok()?,
        "month" => date.first_of_month(),
        "quarter" => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).ok()?,
        "year" => date.first_of_year(),
        _ => return None,
    };
    Some(i64::from((first - EPOCH).get_days()))
}

/// A sum of whole numbers of any size; `key` gives bytes that sort like it.
struct Sum {
    key: bool,
}

impl Aggregate<Option<i128>, Value> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<i128>> {
        Ok(None)
    }

    fn step(&self, cx: &mut Context<'_>, sum: &mut Option<i128>) -> Result<()> {
        if let ValueRef::Integer(n) = cx.get_raw(0) {
            *sum = Some(sum.unwrap_or(0) + i128::from(n));
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<i128>>) -> Result<Value> {
        Ok(match sum.flatten() {
            None => Value::Null,
            Some(n) if self.key => Value::Blob(kontor_store_sql::sum_key(n).to_vec()),
            Some(n) => i64::try_from(n).map_or_else(|_| Value::Text(n.to_string()), Value::Integer),
        })
    }
}
