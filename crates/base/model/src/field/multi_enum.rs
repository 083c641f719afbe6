use serde_json::json;

use super::enumeration::one_of;
use super::spec::{Checked, Context, LIST, Spec, not_a};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// Any number of a fixed set of words, each once, in the order of the declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiEnum {
    pub values: Vec<String>,
}

impl Spec for MultiEnum {
    fn name(&self) -> &'static str {
        "multi_enum"
    }

    fn kind(&self) -> Kind {
        Kind::Json
    }

    fn show(&self) -> Show {
        Show::Json
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let items = input.as_array().ok_or_else(|| not_a("an array of strings", input))?;
        let chosen = items.iter().map(|item| one_of(&self.values, item)).collect::<Result<Vec<_>, _>>()?;
        let ordered: Vec<&String> = self.values.iter().filter(|v| chosen.contains(v)).collect();
        Ok(Value::Json(json!(ordered).to_string()).into())
    }

    fn operators(&self) -> &'static [Op] {
        LIST
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        one_of(&self.values, input).map(Value::Text)
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "array", "items": {"type": "string", "enum": self.values}, "uniqueItems": true})
    }

    fn example(&self) -> serde_json::Value {
        json!(self.values.iter().take(1).collect::<Vec<_>>())
    }
}
