//! A document in the words of a later version: what the catalog has not already said.

use kontor_catalog::versions::{VersionChange, changes, refused_parameter};
use kontor_model::ApiVersion;
use kontor_model::time::parse_datetime;
use serde_json::{Map, Value as J, json};

/// Applies every change to the parts of the document that no object's schema is made of.
pub fn seen(version: ApiVersion, document: &mut J) {
    if version == ApiVersion::V1 {
        return;
    }
    let list: Vec<&dyn VersionChange> = changes(version).collect();
    walk(version, &list, document);
    if let Some(J::Object(paths)) = document.get_mut("paths") {
        *paths = std::mem::take(paths).into_iter().map(|(path, item)| (version.path(&path), item)).collect();
    }
    if refused_parameter(version, "offset").is_some() {
        for pointer in ["/components/parameters", "/components/schemas/Page/properties"] {
            if let Some(J::Object(members)) = document.pointer_mut(pointer) {
                members.retain(|name, _| !name.eq_ignore_ascii_case("offset"));
            }
        }
    }
    if let Some(J::Object(info)) = document.get_mut("info") {
        info.insert("version".into(), json!(version.name().trim_start_matches('v')));
        let what: Vec<String> =
            list.iter().map(|change| format!("- `{}`: {}", change.name(), change.about())).collect();
        let before = info.get("description").and_then(J::as_str).unwrap_or_default();
        info.insert("description".into(), json!(format!("{before}\n\nAgainst version 1:\n{}", what.join("\n"))));
    }
}

fn walk(version: ApiVersion, changes: &[&dyn VersionChange], value: &mut J) {
    match value {
        J::Object(members) => {
            offset_of_search(version, members);
            changes.iter().for_each(|change| change.schema(members));
            members.values_mut().for_each(|value| walk(version, changes, value));
        }
        J::Array(items) => items.iter_mut().for_each(|item| walk(version, changes, item)),
        J::String(text) => match parse_datetime(text) {
            // An example of a moment.
            Ok(ms) if text.len() == 24 => *value = json!(ms),
            _ => *text = version.sentence(text).into_owned(),
        },
        _ => {}
    }
}

/// The body of a search has it beside its cursor; a list refers to the shared parameter.
fn offset_of_search(version: ApiVersion, members: &mut Map<String, J>) {
    if refused_parameter(version, "offset").is_none() {
        return;
    }
    if let Some(J::Object(properties)) = members.get_mut("properties").filter(|p| p.get("cursor").is_some()) {
        properties.remove("offset");
    }
    if let Some(J::Array(parameters)) = members.get_mut("parameters") {
        parameters.retain(|p| p.get("$ref").and_then(J::as_str) != Some("#/components/parameters/Offset"));
    }
}
