//! Version 2: times are 13-digit Unix milliseconds, and a date is its midnight in UTC. A field's own type reads and
//! writes them (`TimeForm::Millis`); here are the documents that no field describes.

use kontor_model::time::{DAY_MS, TimeForm, date_text, datetime_text, day_of_ms, in_range, parse_date, parse_datetime};
use kontor_model::{Field, Object};
use serde_json::{Map, Value as J, json};

use super::VersionChange;

/// See the module.
pub struct TimesInMilliseconds;

/// Members of documents that are moments, beside those that end in `_at`.
const MOMENTS: &[&str] = &["at", "time", "since", "until"];
/// Endings of members that are dates.
const DATES: &[&str] = &["_date", "_on"];

fn is_moment(name: &str) -> bool {
    name.ends_with("_at") || MOMENTS.contains(&name)
}

fn is_date(name: &str) -> bool {
    DATES.iter().any(|ending| name.ends_with(ending))
}

/// A moment as this house writes it: `2025-02-28T13:00:00.000Z`.
fn moment(text: &str) -> Option<i64> {
    (text.len() == 24 && text.ends_with('Z')).then(|| parse_datetime(text).ok()).flatten()
}

/// A date as milliseconds.
fn midnight(text: &str) -> Option<i64> {
    parse_date(text).ok().map(|day| day * DAY_MS)
}

fn set(value: &mut J, ms: Option<i64>) {
    if let Some(ms) = ms {
        *value = json!(ms);
    }
}

impl VersionChange for TimesInMilliseconds {
    fn name(&self) -> &'static str {
        "times_in_milliseconds"
    }

    fn about(&self) -> &'static str {
        "Times are 13-digit Unix milliseconds, numbers and not text; a date is the milliseconds of its midnight in UTC."
    }

    fn field(&self, _object: &Object, field: &mut Field) {
        if let Some(form) = field.time_form() {
            *form = TimeForm::Millis;
        }
    }

    fn up(&self, name: &str, value: &mut J) {
        let Some(ms) = value.as_i64().filter(|ms| in_range(*ms).is_ok()) else { return };
        if is_moment(name) {
            *value = json!(datetime_text(ms));
        } else if is_date(name)
            && ms % DAY_MS == 0
            && let Ok(day) = day_of_ms(ms)
        {
            *value = json!(date_text(day));
        }
    }

    fn down(&self, name: &str, value: &mut J) {
        let J::String(text) = &*value else { return };
        let ms = match name {
            name if is_moment(name) => moment(text),
            name if is_date(name) => midnight(text),
            _ => None,
        };
        set(value, ms);
    }

    fn stored(&self, field: &Field, value: &mut J) {
        let J::String(text) = &*value else { return };
        let ms = match field.spec().name() {
            "date" => midnight(text),
            "datetime" => parse_datetime(text).ok(),
            _ => None,
        };
        set(value, ms);
    }

    fn schema(&self, schema: &mut Map<String, J>) {
        let date = match schema.get("format").and_then(J::as_str) {
            Some("date-time") => false,
            Some("date") => true,
            _ => return,
        };
        let kind = match schema.get("type") {
            Some(J::Array(_)) => json!(["integer", "null"]),
            _ => json!("integer"),
        };
        schema.insert("type".into(), kind);
        schema.insert("format".into(), json!("int64"));
        if date {
            schema.insert("multipleOf".into(), json!(DAY_MS));
        }
    }
}
