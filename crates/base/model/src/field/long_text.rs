use serde_json::json;

use super::spec::{Checked, Context, Spec, clean_text};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// Text of many lines, at most 100,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongText;

const MAX: usize = 100_000;

impl Spec for LongText {
    fn name(&self) -> &'static str {
        "long_text"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        clean_text(input, 0, MAX).map(|text| Value::Text(text).into())
    }

    fn operators(&self) -> &'static [Op] {
        &[Op::Contains, Op::IsNull]
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "maxLength": MAX})
    }

    fn example(&self) -> serde_json::Value {
        json!("Called back.\nWants a quote by Friday.")
    }
}
