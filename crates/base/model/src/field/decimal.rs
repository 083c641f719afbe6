use serde_json::json;

use super::spec::{Checked, Context, ORDERED, Spec, not_a};
use crate::decimal::{parse_scaled, write_scaled};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// An exact decimal; bounds are in units of `10^-scale`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    pub scale: u8,
    pub min: i64,
    pub max: i64,
}

/// Reads a decimal sent as a string or as a number; the text decides, no float is involved.
pub(super) fn units(input: &Json, scale: u8) -> Result<i64, Fault> {
    let text = match input {
        Json::Number(n) => n,
        Json::String(s) => s,
        other => return Err(not_a("a decimal such as \"199.99\"", other)),
    };
    parse_scaled(text, scale).map_err(|e| Fault::new("", "format", e.to_string()).value(input.excerpt()))
}

impl Decimal {
    fn show_units(&self, units: i64) -> String {
        let mut out = Vec::new();
        write_scaled(units, self.scale, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Spec for Decimal {
    fn name(&self) -> &'static str {
        "decimal"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        Show::Decimal(self.scale)
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let n = units(input, self.scale)?;
        if n < self.min || n > self.max {
            let message = format!("must be between {} and {}", self.show_units(self.min), self.show_units(self.max));
            return Err(Fault::new("", "range", message).value(input.excerpt()));
        }
        Ok(Value::Int(n).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        units(input, self.scale).map(Value::Int)
    }

    fn schema(&self) -> serde_json::Value {
        let whole = 19_u8.saturating_sub(self.scale).max(1);
        let pattern = match self.scale {
            0 => format!("^-?\\d{{1,{whole}}}$"),
            scale => format!("^-?\\d{{1,{whole}}}(\\.\\d{{1,{scale}}})?$"),
        };
        json!({"type": "string", "format": "decimal", "pattern": pattern})
    }

    fn example(&self) -> serde_json::Value {
        json!(self.show_units((12 * 10_i64.pow(u32::from(self.scale))).clamp(self.min, self.max)))
    }

    fn is_number(&self) -> bool {
        true
    }
}
