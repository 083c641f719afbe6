//! The JSON schema of `kontor.toml`, for editors and for the committed contract `api/config.schema.json`.

use serde_json::{Map, Value, json};

use crate::{Config, KEYS, Kind};

/// JSON Schema 2020-12 of the configuration file, made from [`KEYS`] and the defaults.
#[must_use]
pub fn config_schema() -> Value {
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    let mut top = Map::new();
    let mut sections: Map<String, Value> = Map::new();
    for key in KEYS {
        let pointer = format!("/{}", key.name.replace('.', "/"));
        let mut property = kind(key.kind);
        property.insert("description".to_owned(), json!(key.about));
        match defaults.pointer(&pointer) {
            None | Some(Value::Null) => {}
            Some(default) => drop(property.insert("default".to_owned(), default.clone())),
        }
        let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if section.is_empty() {
            top.insert(name.to_owned(), Value::Object(property));
        } else if let Some(section) = sections.entry(section).or_insert_with(|| json!({})).as_object_mut() {
            section.insert(name.to_owned(), Value::Object(property));
        }
    }
    for (name, properties) in sections {
        top.insert(name, json!({"type": "object", "additionalProperties": false, "properties": properties}));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Kontor configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn kind(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Switch => json!({"type": "boolean"}),
        Kind::Number { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Cidrs => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Domains => json!({"type": "array", "items": {"type": "string", "format": "hostname"}}),
        Kind::Domain => json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,253}$"}),
        Kind::Email => json!({"type": "string", "format": "email"}),
        Kind::Choice(words) => json!({"type": "string", "enum": words}),
        Kind::Url(schemes) => json!({"type": "string", "pattern": format!("^({})://", schemes.join("|"))}),
        Kind::Secret => json!({"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"}),
        Kind::Name => json!({"type": "string", "pattern": "^[a-z0-9_]{1,63}$"}),
        Kind::Region => json!({"type": "string", "pattern": "^[A-Z]{2}$"}),
        Kind::Currency => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
        Kind::Moment => json!({"type": "string", "format": "date-time"}),
        Kind::Path | Kind::Socket | Kind::LogLevel | Kind::TimeZone | Kind::Mailbox => {
            json!({"type": "string", "minLength": 1})
        }
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
