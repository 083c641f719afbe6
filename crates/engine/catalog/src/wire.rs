//! Object and field definitions as JSON (api.md 6, Bodies).

use kontor_model::field::{Context, label};
use kontor_model::{Action, Answers, Fault, Field, FieldType, Json, Object, Op, Result, Settings, Value, View, name};
use serde_json::{Value as J, json};

use crate::ObjectDef;

const FIELD_KEYS: &[&str] = &[
    "name",
    "type",
    "label",
    "description",
    "required",
    "unique",
    "indexed",
    "searched",
    "default",
    "max",
    "min",
    "scale",
    "values",
    "object",
];
const OBJECT_KEYS: &[&str] = &["name", "plural", "label", "description", "name_field", "fields"];

/// Names of the field types that can be made at run time.
pub const TYPES: &[&str] = &[
    "text",
    "long_text",
    "integer",
    "decimal",
    "money",
    "bool",
    "date",
    "datetime",
    "enum",
    "multi_enum",
    "email",
    "phone",
    "url",
    "currency",
    "country",
    "tags",
    "reference",
    "json",
    "address",
];

/// How many unknown members are named: a body of nothing else is not answered with all of them.
const MOST_UNKNOWN: usize = 100;

pub(crate) fn unknown_keys(body: &Json, known: &[&str], faults: &mut Vec<Fault>) {
    let members = body.as_object().unwrap_or_default().iter();
    for (key, _) in members.filter(|(key, _)| !known.contains(&key.as_str())).take(MOST_UNKNOWN) {
        let hint = name::hint(key, known.iter().copied());
        faults.push(Fault::coded(key, kontor_model::ErrorCode::UnknownField, format!("is not known here{hint}")));
    }
}

/// Sets a member of a definition that is being patched.
pub(crate) fn set(definition: &mut J, key: &str, value: &Json) {
    if let Some(map) = definition.as_object_mut() {
        map.insert(key.to_owned(), serde_json::from_str(&value.to_string()).unwrap_or_default());
    }
}

fn text(body: &Json, key: &str, max: usize, faults: &mut Vec<Fault>) -> Option<String> {
    match body.get(key) {
        None | Some(Json::Null) => None,
        Some(Json::String(s)) if s.chars().count() <= max && !s.contains('\0') => Some(s.clone()),
        Some(_) => {
            faults.push(Fault::new(key, "type", format!("must be a string of at most {max} characters")));
            None
        }
    }
}

pub(crate) fn flag(body: &Json, key: &str, faults: &mut Vec<Fault>) -> Option<bool> {
    match body.get(key) {
        None => None,
        Some(Json::Bool(b)) => Some(*b),
        Some(_) => {
            faults.push(Fault::new(key, "type", "must be true or false"));
            None
        }
    }
}

fn number(body: &Json, key: &str, min: i64, max: i64, faults: &mut Vec<Fault>) -> Option<i64> {
    match body.get(key) {
        None | Some(Json::Null) => None,
        Some(value) => match value.as_i64().filter(|n| (min..=max).contains(n)) {
            Some(n) => Some(n),
            None => {
                faults.push(Fault::new(key, "range", format!("must be a whole number between {min} and {max}")));
                None
            }
        },
    }
}

pub(crate) fn enum_values(body: &Json, faults: &mut Vec<Fault>) -> Vec<String> {
    let items = body.get("values").and_then(Json::as_array).unwrap_or_default();
    let values: Vec<String> = items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    let distinct = values.iter().collect::<std::collections::HashSet<_>>().len() == values.len();
    let fits = values.iter().all(|v| !v.is_empty() && v.chars().count() <= 80 && !v.contains([',', '\0']));
    if values.is_empty() || values.len() > 500 || values.len() != items.len() || !distinct || !fits {
        faults.push(Fault::new(
            "values",
            "format",
            "must be 1 to 500 distinct strings of 1 to 80 characters without commas",
        ));
    }
    values
}

fn type_of(body: &Json, faults: &mut Vec<Fault>) -> Option<FieldType> {
    let Some(kind) = text(body, "type", 40, faults) else {
        faults.push(Fault::new("type", "required", format!("is required: one of {}", TYPES.join(", "))));
        return None;
    };
    Some(match kind.as_str() {
        "text" => {
            let max = number(body, "max", 1, 4_000, faults).unwrap_or(255);
            let min = number(body, "min", 0, max, faults).unwrap_or(0);
            FieldType::text_between(usize::try_from(min).unwrap_or(0), usize::try_from(max).unwrap_or(255))
        }
        "long_text" => FieldType::long_text(),
        "integer" => FieldType::integer_between(
            number(body, "min", i64::MIN, i64::MAX, faults).unwrap_or(i64::MIN),
            number(body, "max", i64::MIN, i64::MAX, faults).unwrap_or(i64::MAX),
        ),
        "decimal" => FieldType::decimal(u8::try_from(number(body, "scale", 0, 8, faults).unwrap_or(4)).unwrap_or(4)),
        "money" => FieldType::money(),
        "bool" => FieldType::boolean(),
        "date" => FieldType::any_date(),
        "datetime" => FieldType::datetime(),
        "enum" => FieldType::enumeration(enum_values(body, faults)),
        "multi_enum" => FieldType::multi_enum(enum_values(body, faults)),
        "email" => FieldType::email(),
        "phone" => FieldType::phone(),
        "mobile" => FieldType::mobile(),
        "url" => FieldType::url(),
        "currency" => FieldType::currency(),
        "country" => FieldType::country(),
        "tags" => FieldType::tags(),
        "json" => FieldType::json(),
        "any_reference" => FieldType::any_reference(),
        "reference" => {
            let object = text(body, "object", 40, faults).unwrap_or_default();
            if object.is_empty() {
                faults.push(Fault::new(
                    "object",
                    "required",
                    "is required: the name of the object that is referred to",
                ));
            }
            FieldType::Reference(kontor_model::Reference { relation: String::new(), object })
        }
        other => {
            let hint = name::hint(other, TYPES.iter().copied());
            faults.push(
                Fault::new("type", "not_allowed", format!("must be one of {}{hint}", TYPES.join(", ")))
                    .value(other)
                    .allowed(TYPES.iter().copied()),
            );
            return None;
        }
    })
}

/// One definition of a field; an address becomes several fields.
///
/// # Errors
/// All faults of the definition.
pub fn field_from_json(body: &Json) -> Result<Vec<Field>> {
    let mut faults = Vec::new();
    if body.as_object().is_none() {
        return Err(Fault::new("", "type", format!("a field must be an object, not {}", body.kind())).into());
    }
    unknown_keys(body, FIELD_KEYS, &mut faults);
    let given = text(body, "name", 40, &mut faults).unwrap_or_default();
    if !name::is_valid(&given) {
        faults.push(
            Fault::new("name", "format", "must be 1 to 40 of a-z, 0-9 and single _, beginning with a letter")
                .value(given.clone()),
        );
    }
    if body.get("type").and_then(Json::as_str) == Some("address") {
        return if faults.is_empty() {
            Ok(Field::address(&given))
        } else {
            Err(kontor_model::Error::from_faults(faults))
        };
    }
    let ty = type_of(body, &mut faults);
    let Some(ty) = ty.filter(|_| faults.is_empty()) else { return Err(kontor_model::Error::from_faults(faults)) };
    let mut field = match &ty {
        FieldType::Reference(reference) => Field::reference(&given, &reference.object),
        _ => Field::new(&given, ty),
    };
    field.label = text(body, "label", 120, &mut faults).unwrap_or_else(|| label(&given));
    field.doc = text(body, "description", 1_000, &mut faults).unwrap_or_default();
    field.required = flag(body, "required", &mut faults).unwrap_or(false);
    field.unique = flag(body, "unique", &mut faults).unwrap_or(false);
    field.indexed = flag(body, "indexed", &mut faults).unwrap_or(false);
    field.searched = flag(body, "searched", &mut faults).unwrap_or(false);
    let kind = field.spec().kind();
    if (field.unique || field.indexed) && (kind == kontor_model::Kind::Json || field.spec().name() == "long_text") {
        faults.push(Fault::new(
            if field.unique { "unique" } else { "indexed" },
            "not_allowed",
            format!("a field of type {} cannot be", field.spec().name()),
        ));
    }
    if field.searched && kind != kontor_model::Kind::Text {
        faults.push(Fault::new("searched", "not_allowed", "only text can be searched"));
    }
    if let Some(default) = body.get("default").filter(|d| !d.is_null()) {
        match field.spec().check(default, &Context { settings: &Settings::default(), country: None }) {
            Ok(checked) => field.default = Some(checked.value),
            Err(fault) => faults.push(fault.under("default")),
        }
    }
    if faults.is_empty() { Ok(vec![field]) } else { Err(kontor_model::Error::from_faults(faults)) }
}

/// A definition as it was stored: one field, its name taken as it is.
pub(crate) fn stored_field(body: &Json) -> Result<Field> {
    let mut fields = field_from_json(body)?;
    fields.pop().ok_or_else(|| kontor_model::Error::internal("an empty field definition"))
}

/// A definition of an object, with its fields.
///
/// # Errors
/// All faults of the definition.
pub fn object_from_json(body: &Json) -> Result<Object> {
    let mut faults = Vec::new();
    if body.as_object().is_none() {
        return Err(
            Fault::new("", "type", format!("an object definition must be an object, not {}", body.kind())).into()
        );
    }
    unknown_keys(body, OBJECT_KEYS, &mut faults);
    let given = text(body, "name", 40, &mut faults).unwrap_or_default();
    let plural = text(body, "plural", 40, &mut faults).unwrap_or_else(|| format!("{given}s"));
    for (key, value) in [("name", &given), ("plural", &plural)] {
        if !name::is_valid(value) {
            faults.push(
                Fault::new(key, "format", "must be 1 to 40 of a-z, 0-9 and single _, beginning with a letter")
                    .value(value.clone()),
            );
        }
    }
    let mut object = Object::new("custom", &given, &plural).owned();
    object.custom = true;
    object.label = text(body, "label", 120, &mut faults).unwrap_or_else(|| crate::object::default_label(&given));
    object.doc = text(body, "description", 1_000, &mut faults).unwrap_or_default();
    if let Some(fields) = body.get("fields").filter(|fields| !fields.is_null() && fields.as_array().is_none()) {
        faults.push(Fault::new("fields", "type", format!("must be an array of fields, not {}", fields.kind())));
    }
    for (i, field) in body.get("fields").and_then(Json::as_array).unwrap_or_default().iter().enumerate() {
        match field_from_json(field) {
            Ok(fields) => object.fields.extend(fields),
            Err(error) => faults.extend(error.faults().iter().cloned().map(|f| f.under(&format!("fields.{i}")))),
        }
    }
    let first = object.fields.iter().find(|f| f.kind() == kontor_model::Kind::Text).map(|f| f.name.clone());
    object.name_field = text(body, "name_field", 40, &mut faults).or(first).unwrap_or_else(|| "id".to_owned());
    if faults.is_empty() { Ok(object) } else { Err(kontor_model::Error::from_faults(faults)) }
}

/// A field's definition as it is sent and stored; [`field_from_json`] reads it again.
pub fn field_definition(field: &Field) -> J {
    let name = field.ty.as_reference().map_or(&field.name, |r| &r.relation);
    let mut out = json!({"name": name, "type": field.spec().name(), "label": field.label});
    let Some(map) = out.as_object_mut() else { return out };
    if !field.doc.is_empty() {
        map.insert("description".into(), json!(field.doc));
    }
    for (key, set) in [
        ("required", field.required),
        ("unique", field.unique),
        ("indexed", field.indexed),
        ("searched", field.searched),
    ] {
        if set {
            map.insert(key.into(), json!(true));
        }
    }
    match &field.ty {
        FieldType::Text(t) => {
            map.insert("max".into(), json!(t.max));
            if t.min > 0 {
                map.insert("min".into(), json!(t.min));
            }
        }
        FieldType::Integer(t) if t.min != i64::MIN || t.max != i64::MAX => {
            map.insert("min".into(), json!(t.min));
            map.insert("max".into(), json!(t.max));
        }
        FieldType::Decimal(t) => {
            map.insert("scale".into(), json!(t.scale));
        }
        FieldType::Enum(t) => {
            map.insert("values".into(), json!(t.values));
        }
        FieldType::MultiEnum(t) => {
            map.insert("values".into(), json!(t.values));
        }
        FieldType::Reference(r) => {
            map.insert("object".into(), json!(r.object));
        }
        _ => {}
    }
    if let Some(default) = field.default.as_ref().filter(|d| **d != Value::Null) {
        map.insert("default".into(), serde_json::from_str(&field.spec().show().text(default)).unwrap_or_default());
    }
    out
}

/// A field as `/v1/metadata` shows it: its definition and what can be done with it.
pub fn field_json(def: &ObjectDef, field: &Field) -> J {
    let mut out = field_definition(field);
    if let Some(map) = out.as_object_mut() {
        map.insert("path".into(), json!(def.path(field)));
        for (key, set) in [
            ("required", field.required),
            ("unique", field.unique),
            ("indexed", field.indexed || field.unique),
            ("searched", field.searched),
            ("read_only", field.read_only),
            ("custom", field.custom),
            ("retired", field.retired),
        ] {
            map.insert(key.into(), json!(set));
        }
        map.insert(
            "operators".into(),
            json!(field.spec().operators().iter().map(|op: &Op| op.name()).collect::<Vec<_>>()),
        );
        map.insert("schema".into(), field.spec().schema());
    }
    out
}

/// An object as `/v1/metadata` shows it.
pub fn object_json(def: &ObjectDef) -> J {
    json!({
        "name": def.name,
        "plural": def.plural,
        "label": def.label,
        "description": def.doc,
        "service": def.service,
        "custom": def.custom,
        "owned": def.owned,
        "name_field": def.name_field,
        "read_only": def.read_only,
        "lines": def.lines,
        "actions": def.actions.iter().map(|action| action_json(def, action)).collect::<Vec<_>>(),
        "views": def.views.iter().map(|view| view_json(def, view)).collect::<Vec<_>>(),
        "fields": def.known().map(|f| field_json(def, f)).collect::<Vec<_>>(),
    })
}

fn view_json(def: &ObjectDef, view: &View) -> J {
    json!({
        "name": view.name,
        "description": view.doc,
        "input": view.input.iter().map(|field| field_json(def, field)).collect::<Vec<_>>(),
        "media": view.media,
    })
}

fn action_json(def: &ObjectDef, action: &Action) -> J {
    let answer = match &action.answer {
        Answers::Record => json!({"object": def.name}),
        Answers::Made(object) => json!({"object": object, "new": true}),
        Answers::Named(named) => {
            json!({"objects": named.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()})
        }
    };
    json!({
        "name": action.name,
        "description": action.doc,
        "input": action.input.iter().map(|field| field_json(def, field)).collect::<Vec<_>>(),
        "answer": answer,
    })
}
