//! Field declarations, and the field types: one file each.

mod address;
mod any_reference;
mod boolean;
mod country;
mod currency;
mod date;
mod datetime;
mod decimal;
mod email;
mod enumeration;
mod integer;
mod json;
mod long_text;
mod mobile;
mod money;
mod multi_enum;
mod phone;
mod reference;
mod spec;
mod tags;
mod territory;
mod text;
mod url;

pub use address::PARTS as ADDRESS_PARTS;
pub use country::codes as countries;
pub use currency::codes as currencies;
pub use reference::Reference;
pub use spec::{Checked, Context, Spec};

use crate::json::Json;
use crate::query::Op;
use crate::value::{Kind, Value};

/// A field's type with its options.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    /// At most this many characters.
    Text(text::Text),
    LongText(long_text::LongText),
    Integer(integer::Integer),
    Decimal(decimal::Decimal),
    Money(money::Money),
    Bool(boolean::Bool),
    Date(date::Date),
    DateTime(datetime::DateTime),
    Enum(enumeration::Enum),
    MultiEnum(multi_enum::MultiEnum),
    Email(email::Email),
    Phone(phone::Phone),
    Mobile(mobile::Mobile),
    Url(url::Url),
    Currency(currency::Currency),
    Country(country::Country),
    Tags(tags::Tags),
    Reference(Reference),
    /// The id of a record of any object.
    AnyReference(any_reference::AnyReference),
    Json(json::JsonType),
}

impl FieldType {
    /// What this type knows how to do.
    pub fn spec(&self) -> &dyn Spec {
        match self {
            FieldType::Text(t) => t,
            FieldType::LongText(t) => t,
            FieldType::Integer(t) => t,
            FieldType::Decimal(t) => t,
            FieldType::Money(t) => t,
            FieldType::Bool(t) => t,
            FieldType::Date(t) => t,
            FieldType::DateTime(t) => t,
            FieldType::Enum(t) => t,
            FieldType::MultiEnum(t) => t,
            FieldType::Email(t) => t,
            FieldType::Phone(t) => t,
            FieldType::Mobile(t) => t,
            FieldType::Url(t) => t,
            FieldType::Currency(t) => t,
            FieldType::Country(t) => t,
            FieldType::Tags(t) => t,
            FieldType::Reference(t) => t,
            FieldType::AnyReference(t) => t,
            FieldType::Json(t) => t,
        }
    }

    pub fn text(max: usize) -> Self {
        FieldType::Text(text::Text { min: 0, max })
    }

    pub fn text_between(min: usize, max: usize) -> Self {
        FieldType::Text(text::Text { min, max })
    }

    pub fn long_text() -> Self {
        FieldType::LongText(long_text::LongText)
    }

    pub fn integer() -> Self {
        FieldType::Integer(integer::Integer { min: i64::MIN, max: i64::MAX })
    }

    pub fn integer_between(min: i64, max: i64) -> Self {
        FieldType::Integer(integer::Integer { min, max })
    }

    /// `scale` digits after the point, 0 to 8.
    pub fn decimal(scale: u8) -> Self {
        FieldType::Decimal(decimal::Decimal { scale: scale.min(8), min: i64::MIN + 1, max: i64::MAX })
    }

    /// Bounds in units of `10^-scale`.
    pub fn decimal_between(scale: u8, min: i64, max: i64) -> Self {
        FieldType::Decimal(decimal::Decimal { scale: scale.min(8), min, max })
    }

    pub fn money() -> Self {
        FieldType::Money(money::Money { allow_negative: true })
    }

    /// Money that cannot be below zero.
    pub fn price() -> Self {
        FieldType::Money(money::Money { allow_negative: false })
    }

    pub fn boolean() -> Self {
        FieldType::Bool(boolean::Bool)
    }

    pub fn date() -> Self {
        FieldType::Date(date::Date { of_business: true, ..date::Date::default() })
    }

    /// A date of any year.
    pub fn any_date() -> Self {
        FieldType::Date(date::Date::default())
    }

    pub fn datetime() -> Self {
        FieldType::DateTime(datetime::DateTime::default())
    }

    pub fn enumeration<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Self {
        FieldType::Enum(enumeration::Enum { values: values.into_iter().map(Into::into).collect() })
    }

    pub fn multi_enum<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Self {
        FieldType::MultiEnum(multi_enum::MultiEnum { values: values.into_iter().map(Into::into).collect() })
    }

    pub fn email() -> Self {
        FieldType::Email(email::Email)
    }

    pub fn phone() -> Self {
        FieldType::Phone(phone::Phone)
    }

    pub fn mobile() -> Self {
        FieldType::Mobile(mobile::Mobile)
    }

    pub fn url() -> Self {
        FieldType::Url(url::Url)
    }

    pub fn currency() -> Self {
        FieldType::Currency(currency::Currency)
    }

    pub fn country() -> Self {
        FieldType::Country(country::Country)
    }

    pub fn tags() -> Self {
        FieldType::Tags(tags::Tags)
    }

    pub fn any_reference() -> Self {
        FieldType::AnyReference(any_reference::AnyReference)
    }

    pub fn json() -> Self {
        FieldType::Json(json::JsonType)
    }

    /// The reference, when it is one.
    pub fn as_reference(&self) -> Option<&Reference> {
        match self {
            FieldType::Reference(r) => Some(r),
            _ => None,
        }
    }
}

/// Where a field's value lies in its row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A column of its own.
    Column(String),
    /// A key of the JSON document in column `custom`; the key outlives renames.
    Json(String),
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As callers write it; custom fields of standard objects are under `custom`.
    pub name: String,
    pub label: String,
    /// One sentence for the docs; may be empty.
    pub doc: String,
    pub ty: FieldType,
    pub required: bool,
    /// Unique within a space among the records that are not in the bin.
    pub unique: bool,
    /// Filters and sorts by it are quick.
    pub indexed: bool,
    /// Part of the full-text search.
    pub searched: bool,
    /// Set by the system, refused when sent.
    pub read_only: bool,
    /// What a missing value becomes.
    pub default: Option<Value>,
    pub place: Place,
    /// Made at run time.
    pub custom: bool,
    /// No longer shown or accepted; its data are kept.
    pub retired: bool,
    /// Says something about a person, and goes when that person is erased.
    pub personal: bool,
    /// Text that says how the system works or what the business sells, and nothing about anyone: a masked copy keeps it.
    pub technical: bool,
    /// The unique field's own error code, where the contract gives one.
    pub taken_code: Option<crate::ErrorCode>,
}

impl Field {
    /// A field in a column of its own, with nothing marked.
    pub fn new(name: &str, ty: FieldType) -> Self {
        Self {
            name: name.to_owned(),
            label: label(name),
            doc: String::new(),
            ty,
            required: false,
            unique: false,
            indexed: false,
            searched: false,
            read_only: false,
            default: None,
            place: Place::Column(name.to_owned()),
            custom: false,
            retired: false,
            personal: false,
            technical: false,
            taken_code: None,
        }
    }

    /// A reference: declared as `name`, stored and sent as `{name}_id`, expanded as `name`.
    pub fn reference(name: &str, object: &str) -> Self {
        let ty = FieldType::Reference(Reference { relation: name.to_owned(), object: object.to_owned() });
        Self { label: label(name), ..Self::new(&format!("{name}_id"), ty) }
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    #[must_use]
    pub fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    #[must_use]
    pub fn searched(mut self) -> Self {
        self.searched = true;
        self
    }

    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Says something about a person.
    #[must_use]
    pub fn personal(mut self) -> Self {
        self.personal = true;
        self
    }

    /// Text that a masked copy keeps.
    #[must_use]
    pub fn technical(mut self) -> Self {
        self.technical = true;
        self
    }

    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        doc.clone_into(&mut self.doc);
        self
    }

    #[must_use]
    pub fn taken_code(mut self, code: crate::ErrorCode) -> Self {
        self.taken_code = Some(code);
        self
    }

    pub fn spec(&self) -> &dyn Spec {
        self.ty.spec()
    }

    /// How its dates and times are written; None for any other type.
    pub fn time_form(&mut self) -> Option<&mut crate::time::TimeForm> {
        match &mut self.ty {
            FieldType::Date(t) => Some(&mut t.form),
            FieldType::DateTime(t) => Some(&mut t.form),
            _ => None,
        }
    }

    pub fn kind(&self) -> Kind {
        self.spec().kind()
    }

    /// The second value that this field's check yields (`phone` → `phone_original`): its full field name.
    pub fn companion(&self) -> Option<String> {
        self.spec().companion().map(|suffix| format!("{}{suffix}", self.name))
    }

    /// The operand of a filter on this field, as it is stored.
    ///
    /// # Errors
    /// What is wrong with it, without a field name.
    pub fn operand(&self, op: Op, input: &Json, cx: &Context<'_>) -> Result<Value, crate::Fault> {
        self.spec().operand(op, input, cx)
    }
}

/// `lifecycle_stage` → `Lifecycle stage`.
pub fn label(name: &str) -> String {
    let mut text = name.replace('_', " ");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    text
}

/// Loads what the types need on first use (the metadata of telephone numbers take about 0.1 s).
pub fn warm() {
    let _ = phone::e164("+49 30 901820", None);
}
