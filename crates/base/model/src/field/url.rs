use serde_json::json;

use super::spec::{Checked, Context, Spec, TEXT, clean_text};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// An absolute http or https URL without credentials, at most 2,048 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url;

impl Spec for Url {
    fn name(&self) -> &'static str {
        "url"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let text = clean_text(input, 1, 2_048)?;
        let fits = ::url::Url::parse(text.trim()).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        });
        if !fits {
            let message =
                "must be an absolute http or https address such as https://example.com, without user or password";
            return Err(Fault::new("", "format", message).value(input.excerpt()));
        }
        Ok(Value::Text(text.trim().to_owned()).into())
    }

    fn operators(&self) -> &'static [Op] {
        TEXT
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        clean_text(input, 0, 2_048).map(Value::Text)
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "uri", "maxLength": 2048})
    }

    fn example(&self) -> serde_json::Value {
        json!("https://example.com")
    }
}
