//! The OpenAPI 3.1 documents, one for each version of the API, made from a catalog and the table of routes.

mod actions;
mod audit;
mod bodies;
mod components;
mod mail;
mod names;
mod oauth;
mod object;
mod operation;
mod paths;
mod privacy;
mod records;
mod samples;
mod sandboxes;
mod scim;
mod serve;
mod values;
mod versions;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use kontor_catalog::Catalog;
use kontor_model::{ApiVersion, ErrorCode, Object, SpaceId};
use serde_json::{Map, Value as J, json};

pub use serve::router;

pub(crate) use object::{envelope, list as list_of};
pub(crate) use operation::{Detail, PLACE, json_answer, json_body};
pub(crate) use paths::other;

use names::Names;
use object::Schemas;

/// A reference to a component.
pub(crate) fn reference(kind: &str, name: &str) -> J {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// Sets a member.
fn set(target: &mut J, key: &str, value: J) {
    if let Some(map) = target.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// The document of the routed objects of `catalog` and of everything else, in the words of the catalog's version.
pub fn document(catalog: &Catalog) -> J {
    let mut schemas = components::schemas();
    schemas.extend(bodies::schemas());
    schemas.extend(audit::schemas());
    schemas.extend(privacy::schemas());
    schemas.extend(sandboxes::schemas());
    schemas.extend(mail::schemas());
    schemas.extend(crate::events::openapi::schemas());
    schemas.extend(crate::webhooks::openapi::schemas());
    schemas.extend(crate::functions::schemas());
    schemas.extend(crate::previews::schemas());
    schemas.extend(crate::identity::openapi::schemas());
    schemas.extend(oauth::schemas());
    schemas.extend(scim::schemas());
    let mut schema_names = Names::default();
    schema_names.reserve(schemas.keys().map(String::as_str));
    let mut operations = Names::default();
    let mut parameters = components::parameters();
    let mut all = Map::new();
    let mut tags = paths::tags();
    paths::add(&mut operations, &mut all);
    let routed = || catalog.objects().filter(|o| o.routed);
    let known: actions::Known =
        routed().map(|def| (def.name.clone(), Schemas::claim(def, &mut schema_names))).collect();
    for def in routed() {
        let Some(names) = known.get(&def.name) else { continue };
        object::add(catalog, def, names, &known, &mut schemas);
        records::parameters(def, names, &mut parameters);
        records::add(def, names, &mut operations, &mut all);
        actions::add(def, &known, &mut operations, &mut all);
        if !tags.iter().any(|(name, _)| *name == def.service) {
            let about = if def.service == "custom" {
                "Objects made in this space.".to_owned()
            } else {
                format!("Objects of {}.", def.service)
            };
            tags.push((def.service.clone(), about));
        }
    }
    let tags: Vec<J> = tags.into_iter().map(|(name, about)| json!({"name": name, "description": about})).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kontor", "version": "1", "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "contact": {"name": "The operator of this installation"},
        },
        "servers": [{"url": "/", "description": "The server that this document came from."}],
        "security": [{"bearer": []}, {"apiKey": []}, {"session": []}],
        "tags": tags,
        "paths": all,
        "components": {
            "schemas": schemas,
            "parameters": parameters,
            "headers": components::headers(),
            "responses": components::responses(),
            "securitySchemes": components::security_schemes(),
        },
    });
    versions::seen(catalog.api(), &mut document);
    document
}

const ABOUT: &str = "Every object, standard or custom, has the same verbs. Answers are {status, data, meta}; refusals are \
application/problem+json (RFC 9457) with a code of the catalogue at /docs/errors. Every operation says in x-visibility whom it is \
for and in x-scopes which scopes open it (any one of them). Members that this document does not name may appear in answers.";

/// `api/openapi-v1.json`, `api/openapi-v2.json`: the document of the standard objects in a version.
///
/// # Errors
/// Declarations that contradict each other.
pub fn contract(standard: &[Object], version: ApiVersion) -> Result<String, String> {
    let catalog = Arc::new(Catalog::resolve(SpaceId(0), 0, standard, Default::default())?);
    let catalog = catalog.seen(version).map_err(|e| e.internal_text().unwrap_or_default().to_owned())?;
    Ok(pretty(&document(&catalog)))
}

/// `api/errors.json`: the catalogue of errors.
pub fn errors_contract() -> String {
    pretty(&catalogue())
}

/// Every error code as JSON.
pub fn catalogue() -> J {
    let one = |code: &ErrorCode| {
        json!({"error_code": code.number(), "status": code.status(), "title": code.title(), "error_type": code.error_type(),
            "retryable": code.retryable(), "advice": code.advice(), "type": format!("/docs/errors#{}", code.number())})
    };
    J::Array(ErrorCode::ALL.iter().map(one).collect())
}

/// Lines of at most this many characters hold a whole value.
const LINE: usize = 120;

/// JSON in lines that a person and a diff can read.
pub(crate) fn pretty(value: &J) -> String {
    let mut out = String::new();
    lines(value, 0, &mut out);
    out.push('\n');
    out
}

fn lines(value: &J, depth: usize, out: &mut String) {
    let whole = value.to_string();
    let (open, close, items): (char, char, Vec<(Option<&String>, &J)>) = match value {
        J::Object(map) if whole.len() > LINE => ('{', '}', map.iter().map(|(k, v)| (Some(k), v)).collect()),
        J::Array(items) if whole.len() > LINE => ('[', ']', items.iter().map(|v| (None, v)).collect()),
        _ => return out.push_str(&whole),
    };
    out.push(open);
    for (i, (key, item)) in items.into_iter().enumerate() {
        out.push_str(if i > 0 { ",\n" } else { "\n" });
        out.extend(std::iter::repeat_n(' ', depth + 1));
        if let Some(key) = key {
            out.push_str(&J::String(key.clone()).to_string());
            out.push_str(": ");
        }
        lines(item, depth + 1, out);
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth));
    out.push(close);
}
