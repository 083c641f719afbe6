//! Mail, out and in, in the document.

use serde_json::{Map, Value as J, json};

use super::object::{envelope, list};
use super::operation::{Detail, PLACE, json_answer};
use super::reference;
use crate::routes::Route;

const STATES: [&str; 5] = ["held", "queued", "sent", "failed", "bounced"];
const OUTCOMES: [&str; 5] = ["reply", "ticket", "email", "bounce", "ignored"];

pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    let page = || vec![reference("parameters", "Limit"), reference("parameters", "Cursor")];
    match route.operation {
        "receiveInboundEmail" => {
            detail.body = Some(json!({"required": true, "content": {"message/rfc822": {
                "schema": {"type": "string", "format": "binary", "description": "A message (RFC 5322), at most 25 MiB."}}}}));
            detail.answers = vec![
                json_answer(201, "What was made of it.", schema("InboundEmailAnswer")).with(PLACE),
                json_answer(200, "It came in before; nothing was done.", schema("InboundEmailAnswer")),
            ];
        }
        "listInboundEmails" => {
            detail.parameters = page();
            detail.answers = vec![json_answer(200, "A page of mails that came in.", schema("InboundEmailList"))];
        }
        "readInboundEmail" => {
            detail.answers = vec![json_answer(200, "The mail and what was made of it.", schema("InboundEmailAnswer"))];
        }
        "listOutbox" => {
            let state = json!({"name": "state", "in": "query", "description": "Only messages in this state.",
                "schema": {"type": "string", "enum": STATES}});
            detail.parameters = page();
            detail.parameters.push(state);
            detail.answers = vec![json_answer(200, "A page of messages, without bodies.", schema("OutboxList"))];
        }
        "readOutbox" => detail.answers = vec![json_answer(200, "The message.", schema("OutboxAnswer"))],
        "sendOutbox" => {
            detail.body = Some(
                json!({"required": false, "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}}),
            );
            detail.answers = vec![json_answer(200, "It is on its way.", schema("OutboxAnswer"))];
        }
        _ => detail.answers = vec![json_answer(200, "It is gone.", schema("OutboxDeleted"))],
    }
}

pub fn schemas() -> Map<String, J> {
    let moment = || json!({"type": "string", "format": "date-time"});
    let maybe = || json!({"type": ["string", "null"], "format": "date-time"});
    let text = || json!({"type": "string"});
    let perhaps = |about: &str| json!({"type": ["string", "null"], "description": about});
    let files = || {
        json!({"type": "array", "items": {"type": "object", "required": ["name", "media_type", "bytes"], "properties": {
        "name": text(), "media_type": text(), "bytes": {"type": "integer"}}}})
    };
    let addresses =
        |about: &str| json!({"type": "array", "items": {"type": "string", "format": "email"}, "description": about});
    let header =
        json!({"type": "object", "required": ["name", "value"], "properties": {"name": text(), "value": text()}});
    let J::Object(all) = json!({
        "OutboxMessage": {"type": "object", "required": ["id", "kind", "purpose", "state", "to", "subject", "tries", "created_at"], "properties": {
            "id": reference("schemas", "Id"), "kind": {"type": "string", "enum": ["email"]}, "purpose": text(),
            "state": {"type": "string", "enum": STATES}, "to": text(), "subject": text(), "reason": {"type": ["string", "null"]},
            "tries": {"type": "integer", "description": "Attempts that failed."}, "created_at": moment(), "next_try_at": maybe(),
            "sent_at": maybe(), "expires_at": maybe(), "bulk": {"type": "boolean", "description": "One of many: others go first."},
            "about_object": perhaps("The object of the record that it is about."), "about_id": perhaps("The record that it is about."),
            "attachments": files(), "reply_to": perhaps("Where answers go."),
            "addressed": addresses("Whom To names, where the mail has copies."), "cc": addresses("Whom Cc names; to each of them goes a message of their own."),
            "headers": {"type": "array", "items": header},
            "text": perhaps("Null when it is not kept any more."), "html": {"type": ["string", "null"]}}},
        "OutboxAnswer": envelope(reference("schemas", "OutboxMessage")),
        "OutboxList": list(reference("schemas", "OutboxMessage")),
        "OutboxDeleted": envelope(json!({"type": "object", "required": ["id", "deleted"], "properties": {
            "id": reference("schemas", "Id"), "deleted": {"type": "boolean", "const": true}}})),
        "InboundEmail": {"type": "object",
            "required": ["id", "message_id", "from", "subject", "received_at", "outcome", "bytes", "attachments"], "properties": {
            "id": reference("schemas", "Id"), "message_id": text(), "from": text(), "subject": text(), "received_at": moment(),
            "outcome": {"type": "string", "enum": OUTCOMES}, "reason": perhaps("Why, where that is not plain."),
            "record_object": perhaps("The object of what it was filed as."), "record_id": perhaps("What it was filed as."),
            "bytes": {"type": "integer"}, "attachments": files()}},
        "InboundEmailAnswer": envelope(reference("schemas", "InboundEmail")),
        "InboundEmailList": list(reference("schemas", "InboundEmail")),
    }) else {
        return Map::new();
    };
    all
}
