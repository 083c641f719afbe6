use serde_json::json;

use super::spec::{Checked, Context, Spec, TEXT, clean_text};
use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::show::Show;
use crate::value::{Kind, Value};

/// A telephone number: kept as E.164, with what was written beside it as `{name}_original` (api.md 3).
///
/// A number without `+` is read in the record's country, else in the workspace's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone;

/// E.164 of a number, read in `region` when it has no `+`.
pub(super) fn e164(text: &str, region: Option<&str>) -> Option<String> {
    let region = region.and_then(|r| r.parse::<phonenumber::country::Id>().ok());
    let (text, region) = match text.strip_prefix("00") {
        Some(rest) if region.is_none() => (format!("+{rest}"), None),
        _ => (text.to_owned(), region),
    };
    let number = phonenumber::parse(region, &text).ok()?;
    phonenumber::is_valid(&number).then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

impl Spec for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn show(&self) -> Show {
        Show::Text
    }

    fn check(&self, input: &Json, cx: &Context<'_>) -> Result<Checked, Fault> {
        let original = clean_text(input, 1, 64)?;
        let region = cx.country.or(cx.settings.phone_region.as_deref());
        let value = e164(original.trim(), region).ok_or_else(|| {
            let how = match region {
                Some(region) => {
                    format!("must be a valid number of {region}, or one with its country code such as +49 30 901820")
                }
                None => "must carry its country code, such as +49 30 901820".to_owned(),
            };
            Fault::new("", "format", how).value(input.excerpt())
        })?;
        Ok(Checked { value: Value::Text(value), companion: Some(Value::Text(original)) })
    }

    fn operators(&self) -> &'static [Op] {
        TEXT
    }

    fn operand(&self, op: Op, input: &Json, cx: &Context<'_>) -> Result<Value, Fault> {
        let text = clean_text(input, 0, 64)?;
        let region = cx.settings.phone_region.as_deref();
        let whole = matches!(op, Op::Eq | Op::Ne | Op::In | Op::Nin).then(|| e164(text.trim(), region)).flatten();
        Ok(Value::Text(whole.unwrap_or(text)))
    }

    fn schema(&self) -> serde_json::Value {
        json!({"type": "string", "format": "phone", "maxLength": 64})
    }

    fn example(&self) -> serde_json::Value {
        json!("+493090182000")
    }

    fn companion(&self) -> Option<&'static str> {
        Some("_original")
    }
}
