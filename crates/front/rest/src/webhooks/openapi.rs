//! Deliveries of webhooks in the OpenAPI document.

use kontor_webhooks::STATES;
use serde_json::{Map, Value as J, json};

use crate::openapi::{Detail, PLACE, envelope, json_answer, json_body, list_of, reference};
use crate::routes::Route;

pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    let nothing = || {
        Some(
            json!({"required": false, "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}}),
        )
    };
    let parameter = |name: &str, about: &str, schema: J| json!({"name": name, "in": "query", "description": about, "schema": schema});
    match route.operation {
        "listWebhookDeliveries" => {
            detail.parameters = vec![
                reference("parameters", "Limit"),
                reference("parameters", "Cursor"),
                parameter("webhook_endpoint_id", "Only those to this endpoint.", schema("Id")),
                parameter("event_id", "Only those of this event.", schema("Id")),
                parameter("state", "Only those in this state.", json!({"type": "string", "enum": STATES})),
            ];
            detail.answers = vec![json_answer(200, "A page of deliveries.", schema("WebhookDeliveryList"))];
        }
        "readWebhookDelivery" => {
            detail.answers = vec![json_answer(200, "The delivery.", schema("WebhookDeliveryAnswer"))];
        }
        "redeliverWebhook" => {
            detail.body = nothing();
            detail.answers = vec![json_answer(200, "It is on its way again.", schema("WebhookDeliveryAnswer"))];
        }
        "testWebhookEndpoint" => {
            detail.body = nothing();
            detail.answers =
                vec![json_answer(202, "The message that is on its way.", schema("WebhookDeliveryAnswer")).with(PLACE)];
        }
        "rotateWebhookSecret" => {
            detail.body = nothing();
            detail.answers = vec![json_answer(200, "The secret, shown only now.", schema("WebhookSecretAnswer"))];
        }
        _ => {
            detail.body = json_body(schema("WebhookRecover"));
            detail.answers = vec![json_answer(202, "How many events are looked at.", schema("WebhookRecoverAnswer"))];
        }
    }
}

pub fn schemas() -> Map<String, J> {
    let id = || reference("schemas", "Id");
    let text = || json!({"type": "string"});
    let maybe = || json!({"type": ["string", "null"]});
    let number = || json!({"type": ["integer", "null"]});
    let moment = || json!({"type": "string", "format": "date-time"});
    let maybe_moment = || json!({"type": ["string", "null"], "format": "date-time"});
    let message = || json!({"type": "string", "description": "The header webhook-id, the same for every attempt."});
    let attempt = json!({"type": "object", "required": ["id", "at", "duration_ms", "url"], "properties": {
        "id": id(), "at": moment(), "duration_ms": {"type": "integer"}, "url": text(), "error": maybe(),
        "response": {"type": ["object", "null"], "description": "Status, headers and the first 64 KiB of the body."}}});
    let J::Object(all) = json!({
        "WebhookDelivery": {"type": "object",
            "required": ["id", "webhook_endpoint_id", "event_id", "event_type", "subject", "state", "attempts", "created_at"],
            "properties": {
                "id": message(), "webhook_endpoint_id": id(), "event_id": id(), "event_type": text(), "subject": text(), "sequence": maybe(),
                "state": {"type": "string", "enum": STATES}, "attempts": {"type": "integer"}, "next_attempt_at": maybe_moment(),
                "created_at": moment(), "finished_at": maybe_moment(), "response_status": number(), "error": maybe(), "duration_ms": number(),
                "request": {"type": ["object", "null"], "description": "The body, as the endpoint would be sent it now."},
                "attempt_log": {"type": "array", "items": attempt, "description": "The newest first."}}},
        "WebhookDeliveryAnswer": envelope(reference("schemas", "WebhookDelivery")),
        "WebhookDeliveryList": list_of(reference("schemas", "WebhookDelivery")),
        "WebhookSecretAnswer": envelope(json!({"type": "object", "required": ["id", "previous_valid_until"], "properties": {
            "id": id(), "secret": {"type": "string", "description": "whsec_…; not in an answer that is replayed."}, "previous_valid_until": moment()}})),
        "WebhookRecover": {"type": "object", "required": ["since"], "additionalProperties": false, "properties": {"since": moment()},
            "examples": [{"since": "2026-01-01T00:00:00.000Z"}]},
        "WebhookRecoverAnswer": envelope(json!({"type": "object", "required": ["id", "since", "events"], "properties": {
            "id": id(), "since": moment(), "events": {"type": "integer"}}})),
    }) else {
        return Map::new();
    };
    all
}
