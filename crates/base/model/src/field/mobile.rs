use serde_json::json;

use super::phone::e164;
use super::spec::{Checked, Context, Spec, TEXT, clean_text};
use crate::code::ErrorCode;
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// A customer's mobile number, by the rule of the workspace's `mobile_region` (400100): for `CN` eleven digits, kept
/// as they are; elsewhere a valid number of that region. Its E.164 form is kept beside it as `{name}_e164`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mobile;

/// `^1[3-9]\d{9}$`
fn is_chinese(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 11
        && bytes.first() == Some(&b'1')
        && bytes.get(1).is_some_and(|b| (b'3'..=b'9').contains(b))
        && bytes.iter().all(u8::is_ascii_digit)
}

impl Spec for Mobile {
    fn name(&self) -> &'static str {
        "mobile"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, cx: &Context<'_>) -> Result<Checked, Fault> {
        let region = cx.settings.mobile_region.as_str();
        let bad = |message: String| Fault::coded("", ErrorCode::BadMobile, message).value(input.excerpt());
        if region == "CN" {
            let text = input
                .as_str()
                .filter(|t| is_chinese(t))
                .ok_or_else(|| bad("must be a Chinese mainland number: 11 digits, the first two 13 to 19".into()))?;
            return Ok(Checked { value: Value::text(text), companion: Some(Value::Text(format!("+86{text}"))) });
        }
        let text = clean_text(input, 1, 64)?;
        let number =
            e164(text.trim(), Some(region)).ok_or_else(|| bad(format!("must be a valid number of {region}")))?;
        Ok(Checked { value: Value::Text(text), companion: Some(Value::Text(number)) })
    }

    fn operators(&self) -> &'static [Op] {
        TEXT
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        clean_text(input, 0, 64).map(Value::Text)
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "mobile", "maxLength": 64})
    }

    fn example(&self) -> serde_json::Value {
        json!("13800138000")
    }

    fn companion(&self) -> Option<&'static str> {
        Some("_e164")
    }
}
