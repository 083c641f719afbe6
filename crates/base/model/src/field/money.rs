use serde_json::json;

use super::decimal::units;
use super::spec::{Checked, Context, ORDERED, Spec};
use crate::decimal::MONEY_SCALE;
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// An amount in the record's `currency`: a decimal string, never a float (api.md 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    pub allow_negative: bool,
}

impl Spec for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn show(&self) -> Show {
        Show::Decimal(MONEY_SCALE)
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let n = units(input, MONEY_SCALE)?;
        if n < 0 && !self.allow_negative {
            return Err(Fault::new("", "range", "must not be negative").value(input.excerpt()));
        }
        Ok(Value::Int(n).into())
    }

    fn operators(&self) -> &'static [Op] {
        ORDERED
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        units(input, MONEY_SCALE).map(Value::Int)
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "decimal", "pattern": "^-?\\d{1,15}(\\.\\d{1,4})?$"})
    }

    fn example(&self) -> serde_json::Value {
        json!("199.99")
    }

    fn is_number(&self) -> bool {
        true
    }
}
