use serde_json::json;

use super::spec::{Checked, Context, Spec, TEXT, clean_text, string};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// An addr-spec (RFC 5322, 3.4.1), at most 254 characters (RFC 5321, 4.5.3.1); kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email;

impl Spec for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, _cx: &Context<'_>) -> Result<Checked, Fault> {
        let text = string(input)?.trim();
        let options = email_address::Options::default().without_display_text();
        let fits = text.len() <= 254 && email_address::EmailAddress::parse_with_options(text, options).is_ok();
        if !fits {
            return Err(Fault::new("", "format", "must be an e-mail address such as name@example.com (RFC 5322)")
                .value(input.excerpt()));
        }
        clean_text(&Json::String(text.to_lowercase()), 1, 254).map(|text| Value::Text(text).into())
    }

    fn operators(&self) -> &'static [Op] {
        TEXT
    }

    fn operand(&self, _op: Op, input: &Json, _cx: &Context<'_>) -> Result<Value, Fault> {
        clean_text(input, 0, 254).map(|text| Value::Text(text.trim().to_lowercase()))
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "email", "maxLength": 254})
    }

    fn example(&self) -> serde_json::Value {
        json!("maria@example.com")
    }
}
