//! The audit in the document.

use serde_json::{Map, Value as J, json};

use super::bodies::{object, shown};
use super::object::{envelope, list};
use super::operation::{Answer, Detail, json_answer, json_body};
use super::reference;
use crate::routes::Route;

fn filters() -> Vec<(&'static str, J, &'static str)> {
    let id = || reference("schemas", "Id");
    let moment = || json!({"type": "string", "format": "date-time"});
    vec![
        ("user_id", id(), "Who did it."),
        ("key_id", id(), "By which credential."),
        ("object", json!({"type": "string", "maxLength": 80}), "What it was done to, as contact, or metadata."),
        ("record_id", id(), "The record that it was done to."),
        ("action", json!({"type": "string", "maxLength": 80}), "What was done, as create, export or purge."),
        ("request_id", json!({"type": "string", "maxLength": 255}), "The request that did it."),
        ("since", moment(), "The first moment."),
        ("until", moment(), "The moment before which."),
    ]
}

pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    match route.operation {
        "listAudit" => {
            detail.parameters = vec![reference("parameters", "Limit"), reference("parameters", "Cursor")];
            detail.parameters.extend(filters().into_iter().map(
                |(name, schema, about)| json!({"name": name, "in": "query", "description": about, "schema": schema}),
            ));
            detail.answers = vec![json_answer(200, "A page of entries.", schema("AuditList"))];
        }
        "readAudit" => detail.answers = vec![json_answer(200, "The entry.", schema("AuditAnswer"))],
        "exportAudit" => {
            detail.body = json_body(schema("AuditExport"));
            detail.answers = vec![Answer {
                status: 200,
                about: "An entry on each line.",
                content: vec![("application/x-ndjson", json!({"type": "string"}))],
                headers: &[],
            }];
        }
        _ => detail.answers = vec![json_answer(200, "The state.", schema("AuditStateAnswer"))],
    }
}

pub fn schemas() -> Map<String, J> {
    let text = || json!({"type": ["string", "null"]});
    let moment = || json!({"type": ["string", "null"], "format": "date-time"});
    let filters: Map<String, J> = filters().into_iter().map(|(name, schema, _)| (name.to_owned(), schema)).collect();
    let J::Object(all) = json!({
        "AuditEntry": {"type": "object", "required": ["id", "at", "action", "object"], "properties": {
            "id": reference("schemas", "Id"), "at": {"type": "string", "format": "date-time"},
            "action": {"type": "string"}, "object": {"type": "string"}, "record_id": text(), "version": {"type": ["integer", "null"]},
            "user_id": text(), "key_id": text(), "impersonator_id": text(),
            "credential": {"type": ["string", "null"], "description": "api_key, session, token, job or system."},
            "ip": text(), "request_id": text(),
            "changes": {"description": "Path → [before, after] of an update, the record of a create, what was asked for of a read; null when it has been erased."},
            "redacted_at": moment()}},
        "AuditAnswer": envelope(reference("schemas", "AuditEntry")),
        "AuditList": list(reference("schemas", "AuditEntry")),
        "AuditExport": shown(object(&[], J::Object(filters)), json!({"since": "2026-01-01T00:00:00.000Z"})),
        "AuditHead": {"type": "object", "required": ["sequence", "hash", "sealed_at", "key", "signature"], "properties": {
            "space": {"type": "string"}, "sequence": {"type": "integer"}, "hash": {"type": "string"}, "sealed_at": {"type": "integer", "description": "Unix milliseconds."},
            "key": {"type": "string", "description": "Which key signed it."}, "signature": {"type": "string"}}},
        "AuditState": {"type": "object", "required": ["head", "unsealed", "last_verification"], "properties": {
            "head": {"anyOf": [reference("schemas", "AuditHead"), {"type": "null"}]},
            "unsealed": {"type": "integer", "description": "Entries behind the last seal."}, "unsealed_since": moment(),
            "last_verification": {"type": ["object", "null"], "required": ["at", "ok"], "properties": {
                "at": {"type": "string", "format": "date-time"}, "ok": {"type": "boolean"}, "seals": {"type": "integer"}, "entries": {"type": "integer"}, "fault": text()}}}},
        "AuditStateAnswer": envelope(reference("schemas", "AuditState")),
    }) else {
        return Map::new();
    };
    all
}
