use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::time::parse_datetime;
use crate::value::{Kind, Value};

/// A moment (RFC 3339 date-time), kept in UTC to the millisecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime;

impl Spec for DateTime {
    fn name(&self) -> &'static str {
        "datetime"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        Show::DateTime
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let ms = parse_datetime(string(input)?)
            .map_err(|e| Fault::new("", "format", e.to_string()).value(input.excerpt()))?;
        Ok(Value::Int(ms).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "date-time"})
    }

    fn example(&self) -> serde_json::Value {
        json!("2026-03-31T09:30:00.000Z")
    }
}
