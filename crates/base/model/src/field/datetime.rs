use serde_json::json;

use super::date::not_millis;
use super::spec::{Checked, Context, ORDERED, Spec, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::time::{FIRST_MS, LAST_MS, TimeForm, in_range, millis, parse_datetime};
use crate::value::{Kind, Value};

/// A moment, kept in UTC to the millisecond: RFC 3339 date-time, or Unix milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DateTime {
    pub form: TimeForm,
}

impl Spec for DateTime {
    fn name(&self) -> &'static str {
        "datetime"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        match self.form {
            TimeForm::Text => Show::DateTime,
            TimeForm::Millis => Show::Int,
        }
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let wrong = |why: String| Fault::new("", "format", why).value(input.excerpt());
        if self.form == TimeForm::Millis
            && let Some(ms) = millis(input)
        {
            return in_range(ms).map(|ms| Value::Int(ms).into()).map_err(|e| wrong(e.to_string()));
        }
        let text = match self.form {
            TimeForm::Text => string(input)?,
            TimeForm::Millis => input.as_str().ok_or_else(|| not_millis(input))?,
        };
        let ms = parse_datetime(text).map_err(|e| wrong(self.form.message(&e)))?;
        Ok(Value::Int(ms).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn schema(&self) -> serde_json::Value {
        match self.form {
            TimeForm::Text => json!({"type": "string", "format": "date-time"}),
            TimeForm::Millis => json!({"type": "integer", "format": "int64", "minimum": FIRST_MS, "maximum": LAST_MS}),
        }
    }

    fn example(&self) -> serde_json::Value {
        match self.form {
            TimeForm::Text => json!("2026-03-31T09:30:00.000Z"),
            TimeForm::Millis => json!(1_774_949_400_000_i64),
        }
    }
}
