//! What somebody sent to a form, as the fields of a lead.

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Error, ErrorCode, Fault, Json, Result, Settings, Value, name};

use super::input::Input;
use super::{CONSENT, TIME, TRAP, UTM};

/// The longest of all that is sent, in bytes.
const LONGEST: usize = 64 * 1024;
/// The longest name or value of an advertisement's link.
const LONGEST_UTM: usize = 255;

/// What was sent, read.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Data for a lead.
    pub fields: Vec<(String, Json)>,
    /// The same as it is kept: an address in lower case, for one.
    kept: Vec<(String, Value)>,
    pub consent: bool,
}

impl Sent {
    /// A field as it is kept; empty when it was not sent.
    pub fn text(&self, field: &str) -> &str {
        self.kept.iter().find(|(own, _)| own == field).and_then(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A text that is sent by a form, as its field takes it.
fn typed(input: &Input, value: &Json) -> Json {
    let Json::String(text) = value else { return value.clone() };
    match input.kind {
        "bool" => Json::Bool(!["", "false", "0", "no", "off"].contains(&text.trim().to_ascii_lowercase().as_str())),
        "integer" if text.trim().parse::<i64>().is_ok() => Json::Number(text.trim().to_owned()),
        "country" => Json::String(text.trim().to_ascii_uppercase()),
        "long_text" => Json::String(text.replace("\r\n", "\n")),
        _ => Json::String(text.trim().to_owned()),
    }
}

fn is_empty(value: &Json) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn size(json: &Json) -> usize {
    let mut out = Vec::new();
    json.write(&mut out);
    out.len()
}

/// Reads what was sent; all faults at once.
///
/// # Errors
/// 413000 for too much, 400001 and 400002 naming the fields.
pub(crate) fn read(
    sent: &Json,
    inputs: &[Input],
    consents: (bool, bool),
    lead: &ObjectDef,
    settings: &Settings,
) -> Result<Sent> {
    let Some(members) = sent.as_object() else {
        return Err(Error::new(ErrorCode::Malformed, "send an object with the form's fields"));
    };
    if size(sent) > LONGEST {
        return Err(Error::new(ErrorCode::TooLarge, format!("a form takes at most {LONGEST} bytes")));
    }
    let (asks_consent, needs_consent) = consents;
    let mut faults = Vec::new();
    let named = |key: &str| inputs.iter().any(|input| input.field == key) || key.starts_with("utm_") || key == CONSENT;
    for (key, _) in members.iter().filter(|(key, _)| !key.starts_with('_') && !named(key)).take(50) {
        let hint = name::hint(key, inputs.iter().map(|input| input.field.as_str()));
        let shown: String = key.chars().take(80).collect();
        faults.push(Fault::coded(shown, ErrorCode::UnknownField, format!("is not asked for{hint}")));
    }
    let country = sent.get("country").and_then(Json::as_str).map(|country| country.trim().to_ascii_uppercase());
    let cx = Context { settings, country: country.as_deref() };
    let mut out = Sent::default();
    let mut custom = Vec::new();
    for input in inputs {
        let value = sent.get(&input.field).filter(|value| !is_empty(value)).map(|value| typed(input, value));
        let Some(value) = value else {
            if input.required {
                faults.push(Fault::new(&*input.field, "required", "is required"));
            }
            continue;
        };
        if input.required && value == Json::Bool(false) {
            faults.push(Fault::new(&*input.field, "required", "is required"));
            continue;
        }
        let Some((_, field)) = lead.field(&input.field) else { continue };
        match field.spec().check(&value, &cx) {
            Err(fault) => faults.push(fault.under(&input.field)),
            Ok(checked) => match input.field.strip_prefix("custom.") {
                Some(name) => custom.push((name.to_owned(), value)),
                None => {
                    out.kept.push((input.field.clone(), checked.value));
                    out.fields.push((input.field.clone(), value));
                }
            },
        }
    }
    out.consent =
        asks_consent && sent.get(CONSENT).is_some_and(|value| !is_empty(value) && value.as_bool() != Some(false));
    if needs_consent && !out.consent {
        faults.push(Fault::new(CONSENT, "required", "is required: it says what is agreed to"));
    }
    if !faults.is_empty() {
        return Err(Error::from_faults(faults));
    }
    if !custom.is_empty() {
        out.fields.push(("custom".to_owned(), Json::Object(custom)));
    }
    for name in UTM {
        let value = sent.get(name).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
        if let Some(text) = value.map(|text| text.chars().filter(|c| !c.is_control()).take(LONGEST_UTM).collect()) {
            out.fields.push((name.to_owned(), Json::String(text)));
        }
    }
    Ok(out)
}

/// Whether the field is filled in that people do not see.
pub(crate) fn is_trapped(sent: &Json) -> bool {
    sent.get(TRAP).is_some_and(|value| !is_empty(value))
}

/// The time that came with it.
pub(crate) fn time(sent: &Json) -> Option<&str> {
    sent.get(TIME).and_then(Json::as_str).filter(|text| !text.is_empty())
}
