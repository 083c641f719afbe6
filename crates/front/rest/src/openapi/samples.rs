//! Examples that hold: what a check accepts, required members present, unique values each their own.

use kontor_catalog::ObjectDef;
use kontor_model::field::Context;
use kontor_model::{Action, Field, FieldType, Json, Settings};
use serde_json::{Map, Value as J, json};

use super::values::must_send;

/// Values that a reader recognises, by the name of the field; each is checked before it is used.
const FAMILIAR: &[(&str, &str)] = &[
    ("name", "Acme"),
    ("first_name", "Maria"),
    ("last_name", "Anders"),
    ("company_name", "Acme"),
    ("subject", "Call back about the offer"),
    ("title", "Head of purchasing"),
    ("description", "Asked for an offer over 12 units."),
    ("domain", "acme.example"),
    ("sku", "A-100"),
    ("number", "2026-0001"),
    ("street", "Obere Str. 57"),
    ("postal_code", "10115"),
    ("industry", "Software"),
    ("tax_id", "DE123456789"),
    ("vat_id", "DE123456789"),
    ("iban", "DE75512108001245126199"),
    ("bic", "HAFEDE2HXXX"),
    ("electronic_address", "0088:4012345000009"),
    ("logo", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
    ("unit", "piece"),
    ("language", "de"),
    ("external_id", "erp-4711"),
    ("resolution", "Explained on the phone."),
    ("target_object", "deal"),
    ("time_zone", "Europe/Berlin"),
    ("condition", "1 == 1"),
    ("schedule", "0 9 * * 1-5"),
    ("event_type", "kontor.deal.won"),
    ("quiet_from", "20:00"),
    ("quiet_until", "07:00"),
];

/// The same for fields of just this name; that of an address is another region.
const EXACT: &[(&str, &str)] = &[("region", "eu-central-1")];

/// References that a rule asks for, and no declaration: object and field.
const RULED: &[(&str, &str)] = &[("consent", "contact_id")];

/// The same for documents of JSON.
const FAMILIAR_JSON: &[(&str, &str)] = &[
    ("hours", r#"{"monday": [["09:00", "17:30"]]}"#),
    ("users", r#"["104512398120374201"]"#),
    ("event_types", r#"["kontor.company.*"]"#),
    ("filter", r#"{"field": "city", "op": "eq", "value": "Rome"}"#),
    ("fields", r#"["city"]"#),
    ("steps", r#"[{"kind": "notify", "title": "Hello"}]"#),
    ("inputs", r#"[{"field": "email", "label": "E-mail", "required": true}]"#),
    ("conditions", r#"[{"field": "city", "op": "eq", "value": "Rome"}]"#),
    ("definition", r#"{"group_by": "stage_id"}"#),
    ("covers", r#"{"company": {"field": "city", "op": "eq", "value": "Rome"}}"#),
];

/// Whether a value passes the field's own check.
fn holds(field: &Field, value: &J) -> bool {
    let settings = Settings::default();
    field.spec().check(&Json::from(value), &Context { settings: &settings, country: None }).is_ok()
}

/// A value for a field; `which` tells apart examples that may all be sent to one space.
pub fn value(field: &Field, which: usize) -> J {
    if field.unique {
        let tries = match field.spec().name() {
            "email" => vec![json!(format!("maria.{which}@example.com"))],
            "mobile" => vec![json!(format!("138001380{which:02}"))],
            "url" => vec![json!(format!("https://example.com/{which}"))],
            "integer" => vec![json!(1000 + which)],
            _ => {
                let stem = familiar(&field.name).unwrap_or("Berlin");
                vec![json!(format!("{stem} {which}")), json!(format!("{stem}-{which}")), json!(format!("X{which}"))]
            }
        };
        return tries.into_iter().find(|v| holds(field, v)).unwrap_or_else(|| field.spec().example());
    }
    if field.spec().name() == "json" {
        let known = FAMILIAR_JSON.iter().find(|(name, _)| field.name == *name);
        return known.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_else(|| field.spec().example());
    }
    let known = familiar(&field.name)
        .map(|text| json!(text))
        .filter(|v| matches!(field.ty, FieldType::Text(_) | FieldType::LongText(_)) && holds(field, v));
    known.unwrap_or_else(|| field.spec().example())
}

fn familiar(name: &str) -> Option<&'static str> {
    let exact = EXACT.iter().find(|(known, _)| name == *known);
    let known = FAMILIAR
        .iter()
        .find(|(known, _)| name == *known || name.strip_suffix(known).is_some_and(|head| head.ends_with('_')));
    exact.or(known).map(|(_, text)| *text)
}

fn is_reference(field: &Field) -> bool {
    matches!(field.ty, FieldType::Reference(_) | FieldType::AnyReference(_))
}

fn put(def: &ObjectDef, out: &mut Map<String, J>, field: &Field, value: J) {
    if field.custom && !def.custom {
        if let Some(custom) = out.entry("custom").or_insert_with(|| json!({})).as_object_mut() {
            custom.insert(field.name.clone(), value);
        }
    } else {
        out.insert(field.name.clone(), value);
    }
}

/// What a create may send: what it must, and the first few that need no other record.
pub fn create(def: &ObjectDef, which: usize) -> J {
    let mut out = Map::new();
    let mut free = 0;
    for (_, field) in def.shown().filter(|(_, f)| !f.read_only && f.name != "external_id") {
        let must = must_send(field) || RULED.contains(&(def.name.as_str(), field.name.as_str()));
        let wanted =
            must || (!is_reference(field) && field.default.is_none() && free < 5 && field.spec().name() != "json");
        if wanted {
            free += usize::from(!must);
            put(def, &mut out, field, value(field, which));
        }
    }
    J::Object(out)
}

/// What an action may be sent: what it must, and what needs no other record.
pub fn action(action: &Action) -> J {
    let mut out = Map::new();
    for field in &action.input {
        let is_plain = !is_reference(field) && field.spec().name() != "json" && field.default.is_none();
        if must_send(field) || is_plain {
            out.insert(field.name.clone(), value(field, 1));
        }
    }
    J::Object(out)
}

/// What a merge patch may send: one field that is not unique.
pub fn patch(def: &ObjectDef) -> J {
    let mut out = Map::new();
    let free = |f: &&Field| !f.read_only && !f.unique && !is_reference(f) && f.spec().name() != "json";
    if let Some(field) = def.shown().map(|(_, f)| f).find(free) {
        put(def, &mut out, field, value(field, 1));
    }
    J::Object(out)
}

/// A whole record as it is answered.
pub fn record(def: &ObjectDef) -> J {
    let mut out = Map::new();
    out.insert("object".into(), json!(def.name));
    if !def.custom {
        out.insert("custom".into(), json!({}));
    }
    for (_, field) in def.shown() {
        let shown = match field.name.as_str() {
            "version" => json!(1),
            "created_by" | "updated_by" | "owner_id" => json!("104512398120374201"),
            _ if is_reference(field) && field.name != "id" && !field.required => J::Null,
            name if name.ends_with("_original") && matches!(field.ty, FieldType::Text(_)) => json!("+49 30 90182000"),
            name if name.ends_with("_e164") => json!("+8613800138000"),
            _ => value(field, 1),
        };
        put(def, &mut out, field, shown);
    }
    J::Object(out)
}
