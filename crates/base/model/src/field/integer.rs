use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, not_a};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// A whole number of 64 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integer {
    pub min: i64,
    pub max: i64,
}

/// A JSON number or a string of one; `3.0` and `3e2` are whole numbers too.
pub(super) fn whole(input: &Json) -> Result<i64, Fault> {
    let text = match input {
        Json::Number(n) => n.as_str(),
        Json::String(s) => s.trim(),
        other => return Err(not_a("a whole number", other)),
    };
    if let Ok(n) = text.parse::<i64>() {
        return Ok(n);
    }
    crate::decimal::parse_scaled(text, 0).map_err(|_| {
        Fault::new("", "format", "must be a whole number between -9223372036854775808 and 9223372036854775807")
            .value(input.excerpt())
    })
}

impl Spec for Integer {
    fn name(&self) -> &'static str {
        "integer"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        Show::Int
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let n = whole(input)?;
        if n < self.min || n > self.max {
            let message = format!("must be between {} and {}", self.min, self.max);
            return Err(Fault::new("", "range", message).value(input.excerpt()));
        }
        Ok(Value::Int(n).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        whole(input).map(Value::Int)
    }

    fn schema(&self) -> serde_json::Value {
        let mut schema = json!({"type": "integer", "format": "int64"});
        if let (Some(map), false) = (schema.as_object_mut(), self.min == i64::MIN && self.max == i64::MAX) {
            map.insert("minimum".into(), json!(self.min));
            map.insert("maximum".into(), json!(self.max));
        }
        schema
    }

    fn example(&self) -> serde_json::Value {
        json!(42_i64.clamp(self.min, self.max))
    }

    fn is_number(&self) -> bool {
        true
    }
}
