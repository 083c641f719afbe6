//! Privacy in the document.

use serde_json::{Map, Value as J, json};

use super::bodies::{object, shown};
use super::object::{envelope, list};
use super::operation::{Answer, Detail, PLACE, json_answer, json_body};
use super::reference;
use crate::routes::Route;

const ACTIONS: [&str; 2] = ["delete", "anonymise"];
const KINDS: [&str; 3] = ["access", "erasure", "do_not_sell"];

pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    match route.operation {
        "createPrivacyRequest" => {
            detail.body = json_body(schema("PrivacyRequestCreate"));
            detail.answers = vec![
                json_answer(201, "It is done.", schema("PrivacyRequestAnswer")).with(PLACE),
                json_answer(202, "It is being done.", schema("PrivacyRequestAnswer")).with(PLACE),
            ];
        }
        "listPrivacyRequests" => {
            detail.parameters = vec![reference("parameters", "Limit"), reference("parameters", "Cursor")];
            detail.answers = vec![json_answer(200, "A page of requests.", schema("PrivacyRequestList"))];
        }
        "readPrivacyRequest" => detail.answers = vec![json_answer(200, "The request.", schema("PrivacyRequestAnswer"))],
        "listRetention" => detail.answers = vec![json_answer(200, "The rules.", schema("RetentionList"))],
        "setRetention" => {
            detail.body = json_body(schema("RetentionSet"));
            detail.answers = vec![json_answer(200, "The rule.", schema("RetentionAnswer"))];
        }
        "removeRetention" => detail.answers = vec![json_answer(200, "There is no rule.", schema("RetentionRemoved"))],
        "runRetention" => {
            detail.body = json_body(schema("RetentionRun"));
            detail.answers = vec![
                json_answer(200, "What would be done.", schema("RetentionDryRun")),
                json_answer(202, "The job that does it.", schema("JobAnswer")).with(PLACE),
            ];
        }
        _ => {
            detail.answers = vec![Answer {
                status: 200,
                about: "A record, an entry of the audit or an event on each line.",
                content: vec![("application/x-ndjson", json!({"type": "string"}))],
                headers: &[],
            }];
        }
    }
}

pub fn schemas() -> Map<String, J> {
    let moment = || json!({"type": "string", "format": "date-time"});
    let subject = object(
        &["object", "id"],
        json!({"object": {"type": "string", "minLength": 1}, "id": reference("schemas", "Id")}),
    );
    let J::Object(all) = json!({
        "PrivacySubject": subject,
        "PrivacyRequestCreate": shown(
            object(&["kind", "subject"], json!({"kind": {"type": "string", "enum": KINDS}, "subject": reference("schemas", "PrivacySubject")})),
            json!({"kind": "access", "subject": {"object": "contact", "id": "104512398120374272"}})),
        "PrivacyRequest": {"type": "object", "required": ["id", "kind", "state", "subject", "created_at", "due_at"], "properties": {
            "id": reference("schemas", "Id"), "kind": {"type": "string", "enum": KINDS},
            "state": {"type": "string", "enum": ["queued", "running", "completed", "failed", "succeeded", "cancelled"]},
            "subject": reference("schemas", "PrivacySubject"), "requested_by": {"type": ["string", "null"]},
            "created_at": moment(), "due_at": moment(), "completed_at": {"type": ["string", "null"], "format": "date-time"},
            "archive_url": {"type": ["string", "null"]},
            "certificate": {"type": ["object", "null"], "description": "What was done, with its hash and the installation's signature.", "properties": {
                "statement": {"type": "object"}, "sha256": {"type": "string"}, "key": {"type": "string"}, "signature": {"type": "string"}}}}},
        "RetentionSet": shown(object(&["days", "action"], json!({
            "days": {"type": "integer", "minimum": 1, "maximum": 36_500, "description": "Since the last change."},
            "action": {"type": "string", "enum": ACTIONS}})), json!({"days": 1_095, "action": "anonymise"})),
        "Retention": {"type": "object", "required": ["object", "days", "action"], "properties": {
            "object": {"type": "string"}, "days": {"type": "integer"}, "action": {"type": "string", "enum": ACTIONS},
            "last_run_at": {"type": ["string", "null"], "format": "date-time"}, "last_count": {"type": ["integer", "null"]}}},
        "RetentionAnswer": envelope(reference("schemas", "Retention")),
        "RetentionList": list(reference("schemas", "Retention")),
        "RetentionRemoved": envelope(json!({"type": "object", "required": ["object", "removed"], "properties": {
            "object": {"type": "string"}, "removed": {"type": "boolean", "const": true}}})),
        "RetentionRun": shown(object(&[], json!({"dry_run": {"type": "boolean", "default": true}})), json!({"dry_run": true})),
        "RetentionDryRun": list(json!({"type": "object", "required": ["object", "action", "days", "records"], "properties": {
            "object": {"type": "string"}, "action": {"type": "string", "enum": ACTIONS}, "days": {"type": "integer"},
            "records": {"type": "integer"}, "unchanged_since": moment()}})),
        "PrivacyRequestAnswer": envelope(reference("schemas", "PrivacyRequest")),
        "PrivacyRequestList": list(reference("schemas", "PrivacyRequest")),
    }) else {
        return Map::new();
    };
    all
}
