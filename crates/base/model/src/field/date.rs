use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::time::{DAY_MS, TimeForm, day_of_ms, millis, parse_date};
use crate::value::{Kind, Value};

/// A day: RFC 3339 full-date, or the Unix milliseconds of its midnight in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Date {
    pub form: TimeForm,
}

impl Spec for Date {
    fn name(&self) -> &'static str {
        "date"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        match self.form {
            TimeForm::Text => Show::Date,
            TimeForm::Millis => Show::DateMillis,
        }
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let wrong = |why: String| Fault::new("", "format", why).value(input.excerpt());
        if self.form == TimeForm::Millis
            && let Some(ms) = millis(input)
        {
            let day = day_of_ms(ms).map_err(|e| wrong(e.to_string()))?;
            if ms % DAY_MS != 0 {
                return Err(wrong(format!("must be midnight in UTC: the day is {}", day * DAY_MS)));
            }
            return Ok(Value::Int(day).into());
        }
        let text = match self.form {
            TimeForm::Text => string(input)?,
            TimeForm::Millis => input.as_str().ok_or_else(|| not_millis(input))?,
        };
        let days = parse_date(text).map_err(|e| wrong(self.form.message(&e)))?;
        Ok(Value::Int(days).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn schema(&self) -> serde_json::Value {
        match self.form {
            TimeForm::Text => json!({"type": "string", "format": "date"}),
            TimeForm::Millis => {
                json!({"type": "integer", "format": "int64", "multipleOf": DAY_MS,
                    "minimum": crate::time::FIRST_MS, "maximum": crate::time::LAST_MS - crate::time::LAST_MS % DAY_MS})
            }
        }
    }

    fn example(&self) -> serde_json::Value {
        match self.form {
            TimeForm::Text => json!("2026-03-31"),
            TimeForm::Millis => json!(1_774_915_200_000_i64),
        }
    }
}

/// The fault of a value that is neither a number nor a text that stands for one.
pub(super) fn not_millis(input: &Json) -> Fault {
    super::spec::not_a("Unix milliseconds, a number such as 1774949400000", input)
}
