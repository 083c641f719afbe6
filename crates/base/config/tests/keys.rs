//! The table of settings, the types, the default file and the schema say the same.

use std::collections::BTreeSet;
use std::path::Path;

use kontor_config::{Config, DEFAULT_FILE, KEYS, Key, Overrides, config_schema};
use serde_json::Value;

fn flatten(prefix: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, inner, into);
            }
        }
        _ => {
            into.insert(prefix.to_owned());
        }
    }
}

fn names() -> BTreeSet<String> {
    KEYS.iter().map(|key| key.name.to_owned()).collect()
}

#[test]
fn every_field_is_a_key_and_every_key_a_field() {
    let mut fields = BTreeSet::new();
    flatten("", &serde_json::to_value(Config::default()).unwrap(), &mut fields);
    assert_eq!(fields, names());
    let variables: BTreeSet<String> = KEYS.iter().map(Key::env).collect();
    assert_eq!(variables.len(), KEYS.len(), "two settings share an environment name");
}

#[test]
fn the_default_file_is_the_default_configuration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("kontor.default.toml");
    let config = Config::load(Some(&path), std::iter::empty(), Overrides::default()).unwrap();
    assert_eq!(config, Config::default());
}

#[test]
fn the_examples_of_the_default_file_are_valid() {
    let text: String = DEFAULT_FILE.lines().map(|line| format!("{}\n", uncommented(line))).collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples.toml");
    std::fs::write(&path, text).unwrap();
    let config = Config::load(Some(&path), std::iter::empty(), Overrides::default()).unwrap();
    assert!(config.database_url.is_some() && config.otel.endpoint.is_some());
}

/// A setting without a default is written `#name = …`, prose is `# …`.
fn uncommented(line: &str) -> &str {
    match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest,
        _ => line,
    }
}

#[test]
fn every_key_is_documented_once_in_the_default_file() {
    let mut section = String::new();
    let mut documented = Vec::new();
    let mut comment_above = false;
    for line in DEFAULT_FILE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((name, _)) = uncommented(line).split_once(" = ").filter(|_| !line.starts_with("# ")) {
            assert!(comment_above, "{section}{name} has no comment above it");
            documented.push(format!("{section}{name}"));
        }
        comment_above = line.starts_with("# ");
    }
    let in_table: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(documented, in_table);
}

#[test]
fn the_schema_has_every_key() {
    fn properties(prefix: &str, schema: &Value, into: &mut BTreeSet<String>) {
        for (name, inner) in schema["properties"].as_object().unwrap() {
            let name = format!("{prefix}{name}");
            if inner["type"] == "object" {
                properties(&format!("{name}."), inner, into);
            } else {
                assert!(inner["description"].is_string(), "{name}");
                into.insert(name);
            }
        }
    }
    let mut described = BTreeSet::new();
    properties("", &config_schema(), &mut described);
    assert_eq!(described, names());
}
