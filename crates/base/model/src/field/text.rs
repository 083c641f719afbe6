use serde_json::json;

use super::spec::{Checked, Context, Spec, TEXT, clean_text};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// One line of text; lengths count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub min: usize,
    pub max: usize,
}

impl Spec for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        clean_text(input, self.min, self.max).map(|text| Value::Text(text).into())
    }

    fn operators(&self) -> &'static [Op] {
        TEXT
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        clean_text(input, 0, self.max.max(1_000)).map(Value::Text)
    }

    fn schema(&self) -> serde_json::Value {
        if self.min > 0 {
            json!({"type": "string", "minLength": self.min, "maxLength": self.max})
        } else {
            json!({"type": "string", "maxLength": self.max})
        }
    }

    fn example(&self) -> serde_json::Value {
        json!("Berlin".chars().chain(std::iter::repeat('a')).take(self.max.min(6.max(self.min))).collect::<String>())
    }
}
