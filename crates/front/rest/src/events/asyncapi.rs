//! `GET /asyncapi.json`: the events as an AsyncAPI 3 document, made from a catalog; `api/asyncapi.json` is that of the
//! standard objects.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use kontor_catalog::{Catalog, Catalogs};
use kontor_http::{Admitted, Refusal, reply};
use kontor_model::{Error, Object, SpaceId};
use serde_json::{Map, Value as J, json};

use crate::openapi;

pub(super) fn router(catalogs: Arc<Catalogs>) -> Router {
    let read = move |parts: Parts| {
        let catalogs = catalogs.clone();
        async move {
            let catalog = match &Admitted::of(&parts.extensions)?.caller {
                Some(caller) => catalogs.get(caller.space).await?,
                None => Arc::new(standard(catalogs.standard()).map_err(Error::internal)?),
            };
            Ok::<Response<Body>, Refusal>(reply::json(StatusCode::OK, document(&catalog).to_string().into_bytes()))
        }
    };
    Router::new().route("/asyncapi.json", get(read))
}

fn standard(objects: &[Object]) -> Result<Catalog, String> {
    Catalog::resolve(SpaceId(0), 0, objects, Default::default())
}

/// `api/asyncapi.json`.
///
/// # Errors
/// Declarations that contradict each other.
pub fn contract(objects: &[Object]) -> Result<String, String> {
    Ok(openapi::pretty(&document(&standard(objects)?)))
}

/// The document of the objects that a space shows.
pub fn document(catalog: &Catalog) -> J {
    let known = openapi::document(catalog);
    let schemas = known.pointer("/components/schemas").and_then(J::as_object).cloned().unwrap_or_default();
    let mut wanted: Vec<String> = vec!["Event".to_owned()];
    let mut messages = Map::new();
    for def in catalog.objects().filter(|def| def.routed) {
        let Some(record) = record_of(&known, &def.plural) else { continue };
        let event = |what: &str| format!("kontor.{}.{what}", def.name);
        let payload = json!({"allOf": [reference("schemas", "Event"), {"type": "object", "properties": {
            "type": {"type": "string", "pattern": format!("^kontor\\.{}\\.[a-z0-9_]+$", def.name)},
            "subject": {"type": "string", "pattern": format!("^{}/[0-9]{{1,18}}$", def.plural)},
            "data": {"type": "object", "properties": {"record": {"anyOf": [
                reference("schemas", &record),
                {"type": "object", "required": ["id", "deleted"], "properties": {"id": reference("schemas", "Id"), "deleted": {"const": true}}},
                {"type": "null"}]}}}}}]});
        wanted.push(record);
        messages.insert(
            def.name.clone(),
            json!({
                "name": format!("kontor.{}", def.name),
                "title": def.label,
                "summary": def.doc,
                "description": format!("{}, {}, {}, {}, {}, and what its actions do.",
                    event("created"), event("updated"), event("deleted"), event("restored"), event("purged")),
                "contentType": "application/json",
                "tags": [{"name": def.service}],
                "payload": payload,
            }),
        );
    }
    let names: Vec<String> = messages.keys().cloned().collect();
    let listed = |channel: &str| -> Vec<J> {
        names.iter().map(|name| json!({"$ref": format!("#/channels/{channel}/messages/{name}")})).collect()
    };
    let of_channel: Map<String, J> = names.iter().map(|name| (name.clone(), reference("messages", name))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {"title": "Kontor events", "version": "1", "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}},
        "defaultContentType": "application/json",
        "servers": {"kontor": {"host": "{host}", "protocol": "https",
            "variables": {"host": {"default": "localhost:8080", "description": "Where this installation is."}},
            "security": [reference("securitySchemes", "bearer")]}},
        "channels": {
            "stream": {"address": "/v1/events/stream", "title": "Server-sent events",
                "description": "One event for each id: sequence, event: type and data: CloudEvent. Go on with Last-Event-ID.",
                "messages": of_channel.clone()},
            "webhook": {"address": null, "title": "Webhooks",
                "description": "Posted to the address of an endpoint, signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
                "messages": of_channel},
        },
        "operations": {
            "streamEvents": {"action": "send", "channel": {"$ref": "#/channels/stream"}, "summary": "Events as they happen.", "messages": listed("stream")},
            "deliverEvents": {"action": "send", "channel": {"$ref": "#/channels/webhook"}, "summary": "Events to an endpoint.", "messages": listed("webhook")},
        },
        "components": {
            "messages": messages,
            "schemas": with_theirs(&schemas, wanted),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "An API key or an access token."}},
        },
    })
}

const ABOUT: &str = "What happens to records, as CloudEvents 1.0.2 in the JSON format. At least once, in order for each \
subject, numbered without gaps for each space, kept for the days that the operator says (30), and read again from any cursor. \
The log is also read a page at a time at GET /v1/events.";

fn reference(kind: &str, name: &str) -> J {
    openapi::reference(kind, name)
}

fn name_of(schema: &J) -> Option<String> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/").map(str::to_owned)
}

/// The name of a collection's record among the schemas.
fn record_of(document: &J, plural: &str) -> Option<String> {
    let read = document.get("paths")?.get(format!("/v1/{plural}/{{id}}"))?.pointer("/get/responses/200/content")?;
    let answer = name_of(read.get("application/json")?.get("schema")?)?;
    name_of(document.pointer("/components/schemas")?.get(&answer)?.pointer("/properties/data")?)
}

/// Schemas with those that they refer to.
fn with_theirs(schemas: &Map<String, J>, mut wanted: Vec<String>) -> Map<String, J> {
    let mut found = Map::new();
    let mut seen = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if let Some(schema) = schemas.get(&name).filter(|_| seen.insert(name.clone())) {
            references(schema, &mut wanted);
            found.insert(name, schema.clone());
        }
    }
    found
}

fn references(schema: &J, into: &mut Vec<String>) {
    into.extend(name_of(schema));
    match schema {
        J::Object(members) => members.values().for_each(|value| references(value, into)),
        J::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}
