use serde_json::json;

use super::spec::{Checked, Context, LIST, Spec, clean_text, not_a};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// Free words: at most 50, each of 1 to 50 characters, each once, in order of first mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags;

const MOST: usize = 50;
const LONGEST: usize = 50;

impl Spec for Tags {
    fn name(&self) -> &'static str {
        "tags"
    }

    fn kind(&self) -> Kind {
        Kind::Json
    }

    fn show(&self) -> Show {
        Show::Json
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let items = input.as_array().ok_or_else(|| not_a("an array of strings", input))?;
        if items.len() > MOST {
            return Err(Fault::new("", "too_many", format!("must be at most {MOST} tags, not {}", items.len())));
        }
        let mut tags: Vec<String> = Vec::with_capacity(items.len());
        for item in items {
            let tag = clean_text(item, 1, LONGEST)?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(Value::Json(json!(tags).to_string()).into())
    }

    fn operators(&self) -> &'static [Op] {
        LIST
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        clean_text(input, 1, LONGEST).map(Value::Text)
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": LONGEST}, "maxItems": MOST})
    }

    fn example(&self) -> serde_json::Value {
        json!(["newsletter", "fair-2026"])
    }
}
