use serde_json::json;

use super::spec::{Checked, Context, Spec};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// Any JSON document of at most 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonType;

const MAX: usize = 64 * 1024;

impl Spec for JsonType {
    fn name(&self) -> &'static str {
        "json"
    }

    fn kind(&self) -> Kind {
        Kind::Json
    }

    fn show(&self) -> Show {
        Show::Json
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let text = input.to_string();
        if text.len() > MAX {
            return Err(Fault::new("", "too_long", format!("must be at most {MAX} bytes of JSON, not {}", text.len())));
        }
        if text.contains("\\u0000") {
            return Err(Fault::new("", "format", "must not contain the NUL character"));
        }
        Ok(Value::Json(text).into())
    }

    fn operators(&self) -> &'static [Op] {
        &[Op::IsNull]
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": ["object", "array", "string", "number", "boolean"]})
    }

    fn example(&self) -> serde_json::Value {
        json!({"note": "free form"})
    }
}
