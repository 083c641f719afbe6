use serde_json::json;

use super::spec::{Checked, Context, EQUAL, Spec, not_a};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// True or false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bool;

impl Spec for Bool {
    fn name(&self) -> &'static str {
        "bool"
    }

    fn kind(&self) -> Kind {
        Kind::Bool
    }

    fn show(&self) -> Show {
        Show::Bool
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        match input {
            Json::Bool(b) => Ok(Value::Bool(*b).into()),
            other => Err(not_a("true or false", other)),
        }
    }

    fn operators(&self) -> &'static [Op] {
        EQUAL
    }

    /// In a URL a boolean is a word.
    fn operand(&self, _op: Op, input: &Json, cx: &Context<'_>) -> Result<Value, Fault> {
        match input.as_str() {
            Some("true") => Ok(Value::Bool(true)),
            Some("false") => Ok(Value::Bool(false)),
            _ => self.check(input, cx).map(|c| c.value),
        }
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "boolean"})
    }

    fn example(&self) -> serde_json::Value {
        json!(true)
    }
}
