//! What every field type answers.

use crate::error::Fault;
use crate::json::Json;
use crate::query::Op;
use crate::settings::Settings;
use crate::show::Show;
use crate::value::{Kind, Value};

/// What a check may look at besides the value.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub settings: &'a Settings,
    /// The record's own country (ISO 3166-1 alpha-2), when it names one.
    pub country: Option<&'a str>,
}

/// A value that has been checked and normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub value: Value,
    /// The second value of types that keep two (see [`Spec::companion`]).
    pub companion: Option<Value>,
}

impl From<Value> for Checked {
    fn from(value: Value) -> Self {
        Self { value, companion: None }
    }
}

/// A field type. Faults come back without a field name; the caller knows it.
pub trait Spec: Send + Sync {
    /// Its name in metadata, e.g. `multi_enum`.
    fn name(&self) -> &'static str;

    /// The kind of column it needs.
    fn kind(&self) -> Kind;

    /// How its stored value is written.
    fn show(&self) -> Show;

    /// Validates and normalises; never called with null.
    ///
    /// # Errors
    /// The fault, with its remedy.
    fn check(&self, input: &Json, cx: &Context<'_>) -> Result<Checked, Fault>;

    /// The operators that a filter may use.
    fn operators(&self) -> &'static [Op];

    /// Normalises one operand of a filter (each member of `in`, each end of `between`), by default as a value.
    ///
    /// # Errors
    /// The fault, with its remedy.
    fn operand(&self, _op: Op, input: &Json, cx: &Context<'_>) -> Result<Value, Fault> {
        self.check(input, cx).map(|c| c.value)
    }

    /// JSON Schema (2020-12) of the value in requests and answers, without null.
    fn schema(&self) -> serde_json::Value;

    /// A value that is right, for examples and tests.
    fn example(&self) -> serde_json::Value;

    /// Suffix of the second value that it keeps.
    fn companion(&self) -> Option<&'static str> {
        None
    }

    /// Whether it can be summed and averaged.
    fn is_number(&self) -> bool {
        false
    }
}

/// Operators of values with an order.
pub const ORDERED: &[Op] =
    &[Op::Eq, Op::Ne, Op::Lt, Op::Lte, Op::Gt, Op::Gte, Op::In, Op::Nin, Op::IsNull, Op::Between];
/// Operators of text.
pub const TEXT: &[Op] = &[
    Op::Eq,
    Op::Ne,
    Op::Lt,
    Op::Lte,
    Op::Gt,
    Op::Gte,
    Op::In,
    Op::Nin,
    Op::Contains,
    Op::StartsWith,
    Op::IsNull,
    Op::Between,
];
/// Operators of values that are only the same or not.
pub const EQUAL: &[Op] = &[Op::Eq, Op::Ne, Op::In, Op::Nin, Op::IsNull];
/// Operators of lists.
pub const LIST: &[Op] = &[Op::Contains, Op::IsNull];

/// The fault of a value that is no string.
pub fn not_a(what: &str, input: &Json) -> Fault {
    Fault::new("", "type", format!("must be {what}, not {}", input.kind())).value(input.excerpt())
}

/// The text of a string value.
///
/// # Errors
/// Another kind of value.
pub fn string(input: &Json) -> Result<&str, Fault> {
    input.as_str().ok_or_else(|| not_a("a string", input))
}

/// Normalised text: NFC, without NUL, between `min` and `max` characters.
///
/// # Errors
/// What is wrong with it.
pub fn clean_text(input: &Json, min: usize, max: usize) -> Result<String, Fault> {
    use unicode_normalization::{UnicodeNormalization, is_nfc};
    let raw = string(input)?;
    if raw.contains('\0') {
        return Err(Fault::new("", "format", "must not contain the NUL character"));
    }
    let text: String = if is_nfc(raw) { raw.to_owned() } else { raw.nfc().collect() };
    let length = text.chars().count();
    if length > max {
        return Err(Fault::new("", "too_long", format!("must be at most {max} characters, not {length}"))
            .value(input.excerpt()));
    }
    if length < min {
        let message = match (min, length) {
            (_, 0) => "must not be empty".to_owned(),
            _ => format!("must be at least {min} characters, not {length}"),
        };
        return Err(Fault::new("", "too_short", message).value(input.excerpt()));
    }
    Ok(text)
}
