//! Sandboxes in the document.

use serde_json::{Map, Value as J, json};

use super::bodies::{object, shown};
use super::object::{envelope, list};
use super::operation::{Detail, PLACE, json_answer, json_body};
use super::reference;
use crate::routes::Route;

pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    let accepted =
        || vec![json_answer(202, "The sandbox, and the job that works on it.", schema("SandboxAnswer")).with(PLACE)];
    let nothing = || {
        Some(
            json!({"required": false, "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}}),
        )
    };
    match route.operation {
        "createSandbox" => {
            detail.body = json_body(schema("SandboxCreate"));
            detail.answers = accepted();
        }
        "listSandboxes" => detail.answers = vec![json_answer(200, "All sandboxes.", schema("SandboxList"))],
        "readSandbox" => detail.answers = vec![json_answer(200, "The sandbox.", schema("SandboxAnswer"))],
        "refreshSandbox" => {
            detail.body = nothing();
            detail.answers = accepted();
        }
        "dropSandbox" => detail.answers = accepted(),
        _ => {
            detail.body = json_body(schema("SandboxKeyCreate"));
            detail.answers = vec![json_answer(201, "The key, shown only now.", schema("SandboxKeyAnswer")).with(PLACE)];
        }
    }
}

pub fn schemas() -> Map<String, J> {
    let moment = || json!({"type": "string", "format": "date-time"});
    let maybe = || json!({"type": ["string", "null"], "format": "date-time"});
    let text = || json!({"type": "string"});
    let from = json!({"type": "string", "enum": ["empty", "samples", "live"], "description": "As a new workspace, a sample company, or a masked copy of live."});
    let key = json!({"type": "object", "required": ["id", "name", "key", "role", "scopes", "space_id"], "properties": {
        "id": reference("schemas", "Id"), "name": text(), "key": {"type": "string", "description": "Shown only now."},
        "role": text(), "scopes": {"type": "array", "items": text()}, "space_id": reference("schemas", "Id")}});
    let J::Object(all) = json!({
        "SandboxCreate": shown(
            object(&["name", "from"], json!({"name": {"type": "string", "minLength": 1, "maxLength": 60}, "from": from})),
            json!({"name": "training", "from": "live"})),
        "SandboxKeyCreate": shown(
            object(&["name"], json!({"name": {"type": "string", "minLength": 1, "maxLength": 120}})), json!({"name": "tests"})),
        "Sandbox": {"type": "object", "required": ["id", "name", "kind", "from", "state", "created_at", "job_id", "job_url"], "properties": {
            "id": reference("schemas", "Id"), "name": text(), "kind": {"type": "string", "const": "sandbox"}, "from": from,
            "state": {"type": "string", "enum": ["ready", "creating", "refreshing", "dropping", "incomplete"]},
            "created_at": moment(), "created_by": {"type": ["string", "null"]}, "refreshed_at": maybe(),
            "job_id": reference("schemas", "Id"), "job_url": text(), "job": reference("schemas", "Job")}},
        "SandboxAnswer": envelope(reference("schemas", "Sandbox")),
        "SandboxList": list(reference("schemas", "Sandbox")),
        "SandboxKeyAnswer": envelope(key),
    }) else {
        return Map::new();
    };
    all
}
