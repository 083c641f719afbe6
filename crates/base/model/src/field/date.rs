use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::time::parse_date;
use crate::value::{Kind, Value};

/// A day (RFC 3339 full-date).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date;

impl Spec for Date {
    fn name(&self) -> &'static str {
        "date"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        Show::Date
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let days =
            parse_date(string(input)?).map_err(|e| Fault::new("", "format", e.to_string()).value(input.excerpt()))?;
        Ok(Value::Int(days).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "date"})
    }

    fn example(&self) -> serde_json::Value {
        json!("2026-03-31")
    }
}
