//! Fields as JSON Schema (2020-12): in answers, in requests, as operands of filters.

use kontor_model::{Field, FieldType};
use serde_json::{Value as J, json};

/// Common fields that are never null.
const ALWAYS: &[&str] = &["id", "version", "created_at", "updated_at"];
/// Bounds that a definition may have tightened after a record was written.
const BOUNDS: &[&str] = &["minLength", "maxLength", "minimum", "maximum", "maxItems", "pattern"];

/// A member's schema that also allows null.
pub fn nullable(mut schema: J) -> J {
    let Some(map) = schema.as_object_mut() else { return schema };
    match map.get_mut("type") {
        Some(J::Array(types)) => types.push(json!("null")),
        Some(J::String(one)) => {
            let both = json!([one, "null"]);
            map.insert("type".into(), both);
        }
        _ => return json!({"anyOf": [schema, {"type": "null"}]}),
    }
    if let Some(J::Array(values)) = map.get_mut("enum") {
        values.push(J::Null);
    }
    schema
}

fn described(mut schema: J, field: &Field) -> J {
    if let Some(map) = schema.as_object_mut() {
        if !field.doc.is_empty() {
            map.insert("description".into(), json!(field.doc));
        } else if field.label != kontor_model::field::label(&field.name) {
            map.insert("description".into(), json!(field.label));
        }
    }
    schema
}

/// As [`own`], with the codes that there are of types that are lists of codes.
fn sent(field: &Field) -> J {
    match field.spec().name() {
        "currency" => super::reference("schemas", "Currency"),
        "country" => super::reference("schemas", "Country"),
        _ => own(field),
    }
}

/// The type's own schema; arrays say what they hold.
fn own(field: &Field) -> J {
    let mut schema = field.spec().schema();
    if let (FieldType::Json(_), Some(map)) = (&field.ty, schema.as_object_mut()) {
        map.insert("items".into(), json!({}));
    }
    schema
}

/// The field in an answer. Bounds are left out where a record may be older than they are.
pub fn answer(field: &Field) -> J {
    let mut schema = own(field);
    if let Some(map) = schema.as_object_mut() {
        let ids = matches!(field.ty, FieldType::Reference(_) | FieldType::AnyReference(_));
        for bound in BOUNDS.iter().filter(|b| !(ids && **b == "pattern")) {
            map.remove(*bound);
        }
        if field.read_only {
            map.insert("readOnly".into(), json!(true));
        }
    }
    let never_null =
        ALWAYS.contains(&field.name.as_str()) && !field.custom || (field.required && !field.custom && !field.read_only);
    described(if never_null { schema } else { nullable(schema) }, field)
}

/// The field in a request.
pub fn request(field: &Field) -> J {
    let mut schema = sent(field);
    if let Some(map) = schema.as_object_mut() {
        match &field.ty {
            FieldType::Money(money) if !money.allow_negative => {
                map.insert("pattern".into(), json!("^\\d{1,15}(\\.\\d{1,4})?$"));
            }
            FieldType::Text(text) if field.required && text.min == 0 => {
                map.insert("minLength".into(), json!(1));
            }
            _ => {}
        }
        if let Some(default) = field.default.as_ref().filter(|d| !d.is_null()) {
            map.insert("default".into(), serde_json::from_str(&field.spec().show().text(default)).unwrap_or_default());
        }
    }
    described(if field.required { schema } else { nullable(schema) }, field)
}

/// Whether a create must send it.
pub fn must_send(field: &Field) -> bool {
    field.required && !field.read_only && field.default.as_ref().is_none_or(kontor_model::Value::is_null)
}

/// Whether lists may be sorted and grouped by it.
pub fn sortable(field: &Field) -> bool {
    field.kind() != kontor_model::Kind::Json && field.spec().name() != "long_text"
}

/// One value of a filter in a URL, by the field's type; bounds and unit do not matter there.
pub fn operand(field: &Field) -> J {
    match field.spec().name() {
        "integer" => json!({"type": "integer"}),
        "bool" => json!({"type": "boolean"}),
        "date" => json!({"type": "string", "format": "date"}),
        "datetime" => json!({"type": "string", "format": "date-time"}),
        "decimal" | "money" => json!({"type": "string", "pattern": "^-?\\d+(\\.\\d+)?$"}),
        "reference" | "any_reference" => json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}),
        "enum" | "currency" | "country" => sent(field),
        _ => json!({"type": "string"}),
    }
}

/// What one member of a list is.
fn item(field: &Field) -> J {
    own(field).get("items").cloned().unwrap_or_else(|| json!({"type": "string"}))
}

/// Several values in one text: `more` is how often another one follows the first.
fn some(field: &Field, about: &str, more: &str) -> J {
    let one = match field.spec().name() {
        "integer" => Some("-?[0-9]{1,18}"),
        "decimal" | "money" => Some("-?[0-9]{1,12}(\\.[0-9]{1,2})?"),
        "bool" => Some("(true|false)"),
        "reference" | "any_reference" => Some("[1-9][0-9]{0,17}"),
        "date" => Some("[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"),
        _ => None,
    };
    let mut schema = json!({"type": "string", "description": about});
    if let (Some(one), Some(map)) = (one, schema.as_object_mut()) {
        map.insert("pattern".into(), json!(format!("^{one}(,{one}){more}$")));
    }
    schema
}

/// The conditions on one field in a URL: a value, or operators with theirs.
pub fn tests(field: &Field) -> J {
    let one = operand(field);
    let mut by_operator = serde_json::Map::new();
    for op in field.spec().operators() {
        let value = match op.name() {
            "in" | "nin" => some(field, "Values separated by commas.", "*"),
            "between" => some(field, "Lowest and highest value, separated by a comma.", "{1}"),
            "is_null" => json!({"type": "boolean"}),
            "contains" if matches!(field.ty, FieldType::MultiEnum(_) | FieldType::Tags(_)) => item(field),
            "contains" | "starts_with" => json!({"type": "string"}),
            _ => one.clone(),
        };
        by_operator.insert(op.name().into(), value);
    }
    let operators =
        json!({"type": "object", "minProperties": 1, "additionalProperties": false, "properties": by_operator});
    // Lists are only looked into.
    if field.spec().operators().iter().any(|op| op.name() == "eq") {
        json!({"anyOf": [one, operators]})
    } else {
        operators
    }
}
