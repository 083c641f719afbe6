//! What a masked copy does with each field: by its type and its marks, so that a new field is masked until its
//! declaration says that it need not be.

use kontor_catalog::ObjectDef;
use kontor_model::object::Derived;
use kontor_model::{Field, FieldType};

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Keep,
    FirstName,
    LastName,
    FullName,
    Text,
    /// A few characters that mean nothing.
    Code,
    Domain,
    Street,
    Place,
    PostalCode,
    LongText,
    Email,
    Phone,
    Mobile,
    Url,
    /// Some weeks earlier or later.
    Date,
    Tags,
    Json,
    Empty,
    /// It follows from another field's.
    Follows,
}

/// The rule of each field of an object, in their order.
pub fn rules(def: &ObjectDef) -> Vec<Rule> {
    let second: Vec<String> = def.fields.iter().filter_map(Field::companion).collect();
    let joined = |name: &str| {
        def.derived.iter().any(|rule| matches!(rule, Derived::Joined { target, .. } if target.as_str() == name))
    };
    let follows = |field: &Field| second.contains(&field.name) || joined(&field.name);
    def.fields.iter().map(|field| if follows(field) { Rule::Follows } else { rule(def, field) }).collect()
}

fn rule(def: &ObjectDef, field: &Field) -> Rule {
    if field.technical && !field.custom {
        return Rule::Keep;
    }
    match &field.ty {
        FieldType::Integer(_)
        | FieldType::Decimal(_)
        | FieldType::Money(_)
        | FieldType::Bool(_)
        | FieldType::DateTime(_)
        | FieldType::Enum(_)
        | FieldType::MultiEnum(_)
        | FieldType::Currency(_)
        | FieldType::Country(_)
        | FieldType::Reference(_)
        | FieldType::AnyReference(_) => Rule::Keep,
        FieldType::Date(_) if field.personal || field.custom => Rule::Date,
        FieldType::Date(_) => Rule::Keep,
        FieldType::LongText(_) => Rule::LongText,
        FieldType::Email(_) => Rule::Email,
        FieldType::Phone(_) => Rule::Phone,
        FieldType::Mobile(_) => Rule::Mobile,
        FieldType::Url(_) => Rule::Url,
        FieldType::Tags(_) => Rule::Tags,
        FieldType::Json(_) if field.custom => Rule::Empty,
        FieldType::Json(_) => Rule::Json,
        FieldType::Text(_) => text(def, field),
    }
}

fn text(def: &ObjectDef, field: &Field) -> Rule {
    match field.name.as_str() {
        "external_id" | "tax_id" => Rule::Code,
        "first_name" => Rule::FirstName,
        "last_name" => Rule::LastName,
        "name" if def.is_person() => Rule::FullName,
        "shipping_name" => Rule::FullName,
        "domain" => Rule::Domain,
        name if name == "street" || name.ends_with("_street") => Rule::Street,
        name if name == "postal_code" || name.ends_with("_postal_code") => Rule::PostalCode,
        name if ["city", "region"].contains(&name) || name.ends_with("_city") || name.ends_with("_region") => {
            Rule::Place
        }
        _ => Rule::Text,
    }
}
