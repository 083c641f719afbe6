use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::time::{DAY_MS, FIRST_MS, LAST_MS, TimeForm, day_of_ms, days_from_civil, millis, parse_date};
use crate::value::{Kind, Value};

/// The first and the last year of business: what lies outside is a slip of the pen.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2200;

/// A day: RFC 3339 full-date, or the Unix milliseconds of its midnight in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Date {
    pub form: TimeForm,
    /// Whether only days of the years 1900 to 2200 are taken.
    pub of_business: bool,
}

impl Date {
    fn read(&self, input: &Json) -> Result<i64, Fault> {
        let wrong = |why: String| Fault::new("", "format", why).value(input.excerpt());
        if self.form == TimeForm::Millis
            && let Some(ms) = millis(input)
        {
            let day = day_of_ms(ms).map_err(|e| wrong(e.to_string()))?;
            if ms % DAY_MS != 0 {
                return Err(wrong(format!("must be midnight in UTC: the day is {}", day * DAY_MS)));
            }
            return Ok(day);
        }
        let text = match self.form {
            TimeForm::Text => string(input)?,
            TimeForm::Millis => input.as_str().ok_or_else(|| not_millis(input))?,
        };
        parse_date(text).map_err(|e| wrong(self.form.message(&e)))
    }

    /// The days that are taken.
    fn days(&self) -> std::ops::Range<i64> {
        if self.of_business {
            days_from_civil(*YEARS.start(), 1, 1)..days_from_civil(*YEARS.end() + 1, 1, 1)
        } else {
            FIRST_MS / DAY_MS..LAST_MS / DAY_MS + 1
        }
    }
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
        let day = self.read(input)?;
        if !self.days().contains(&day) {
            let message = "must lie in the years 1900 to 2200; leave it out where there is no such day";
            return Err(Fault::new("", "range", message).value(input.excerpt()));
        }
        Ok(Value::Int(day).into())
    }

    /// Any day may be compared with.
    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        self.read(input).map(Value::Int)
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn schema(&self) -> serde_json::Value {
        match self.form {
            TimeForm::Text if self.of_business => {
                json!({"type": "string", "format": "date", "pattern": "^(19[0-9]{2}|2[01][0-9]{2}|2200)-"})
            }
            TimeForm::Text => json!({"type": "string", "format": "date"}),
            TimeForm::Millis => {
                let days = self.days();
                json!({"type": "integer", "format": "int64", "multipleOf": DAY_MS,
                    "minimum": days.start * DAY_MS, "maximum": (days.end - 1) * DAY_MS})
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn check(date: &Date, json: &Json) -> Result<Value, Fault> {
        let settings = Settings::default();
        date.check(json, &Context { settings: &settings, country: None }).map(|checked| checked.value)
    }

    #[test]
    fn a_day_of_business_lies_in_its_years() {
        let business = Date { of_business: true, ..Date::default() };
        for (text, taken) in [
            ("1900-01-01", true),
            ("2200-12-31", true),
            ("1899-12-31", false),
            ("2201-01-01", false),
            ("9999-12-31", false),
        ] {
            let json = Json::String(text.to_owned());
            assert_eq!(check(&business, &json).is_ok(), taken, "{text}");
            assert!(check(&Date::default(), &json).is_ok(), "{text}");
            let settings = Settings::default();
            let cx = Context { settings: &settings, country: None };
            assert!(business.operand(Op::Gte, &json, &cx).is_ok(), "{text} may be compared with");
        }
        let millis = Date { form: TimeForm::Millis, of_business: true };
        let day = |day: i64| Json::Number((day * DAY_MS).to_string());
        assert!(check(&millis, &day(0)).is_ok() && check(&millis, &day(days_from_civil(2201, 1, 1))).is_err());
    }
}
