use serde_json::json;

use super::spec::{Checked, Context, EQUAL, Spec, string};
use crate::code::ErrorCode;
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// One of a fixed set of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    pub values: Vec<String>,
}

pub(super) fn one_of(values: &[String], input: &Json) -> Result<String, Fault> {
    let text = string(input)?;
    if values.iter().any(|v| v == text) {
        return Ok(text.to_owned());
    }
    let hint = crate::name::hint(text, values.iter().map(String::as_str));
    let message = format!("must be one of {}{hint}", values.join(", "));
    Err(Fault::coded("", ErrorCode::EnumNotAllowed, message).value(input.excerpt()).allowed(values.iter().cloned()))
}

impl Spec for Enum {
    fn name(&self) -> &'static str {
        "enum"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        one_of(&self.values, input).map(|text| Value::Text(text).into())
    }

    fn operators(&self) -> &'static [Op] {
        EQUAL
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "enum": self.values})
    }

    fn example(&self) -> serde_json::Value {
        json!(self.values.first())
    }
}
