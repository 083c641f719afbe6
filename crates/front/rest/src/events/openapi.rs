//! The event log in the OpenAPI document.

use serde_json::{Map, Value as J, json};

use crate::openapi::{Detail, json_answer, list_of, reference};
use crate::routes::Route;

fn parameter(name: &str, about: &str, schema: J) -> J {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

pub fn detail(route: &Route, detail: &mut Detail) {
    match route.operation {
        "listDeadEvents" => {
            detail.parameters = vec![
                reference("parameters", "Limit"),
                reference("parameters", "Cursor"),
                parameter("consumer", "Only those of this consumer, as notifications.", json!({"type": "string"})),
            ];
            detail.answers = vec![json_answer(200, "A page of dead letters.", reference("schemas", "DeadEventList"))];
        }
        "replayDeadEvent" => {
            detail.body = Some(json!({"required": false, "content": {"application/json": {"schema": {"type": "object",
                "properties": {"consumer": {"type": ["string", "null"], "description": "Only this one; all that put the event aside when left out."}},
                "additionalProperties": false}}}}));
            detail.answers = vec![json_answer(
                202,
                "It is dealt with again within seconds.",
                reference("schemas", "DeadEventReplay"),
            )];
        }
        "streamDashboard" => dashboard(detail),
        _ => log(route, detail),
    }
}

const BOARD: &str = r#": a dashboard
retry: 2000

event: dashboard
data: {"id":"470625953374535680","tile_count":1}

id: 41
event: tile
data: {"chart":"number","name":"Won","report_id":"470625953374535681","result":{"columns":["deals"],"rows":[{"deals":7}]},"tile":0}

id: 57
event: tile
data: {"chart":"number","name":"Won","report_id":"470625953374535681","result":{"columns":["deals"],"rows":[{"deals":8}]},"tile":0}
"#;

fn dashboard(detail: &mut Detail) {
    detail.collection = Some("dashboards".to_owned());
    detail.parameters = vec![json!({"name": "Last-Event-ID", "in": "header",
        "description": "The last id that was received: tiles that nothing has touched since are not sent again.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"}})];
    detail.answers = vec![crate::openapi::other(
        "The stream; it goes on until one side ends it. An event dashboard has {id, tile_count}, an event tile {tile, report_id, name, chart, result}, or {tile, report_id, error} where the reader may not see the report.",
        vec![("text/event-stream", json!({"type": "string", "example": BOARD}))],
    )];
}

fn log(route: &Route, detail: &mut Detail) {
    let sequence = || json!({"type": "string", "pattern": "^[0-9]{1,18}$"});
    let mut parameters = vec![
        parameter("after", "Begin behind this event: its sequence, or next_cursor of a page.", sequence()),
        parameter(
            "since",
            "Begin at the first event of this moment or later: RFC 3339, or Unix milliseconds.",
            json!({"type": "string", "format": "date-time"}),
        ),
        parameter(
            "type",
            "Types, separated by commas; one that ends in * stands for all that begin so.",
            json!({"type": "string", "pattern": "^[a-z0-9_.]*\\*?(,[a-z0-9_.]*\\*?)*$", "example": "kontor.deal.*"}),
        ),
        parameter(
            "subject",
            "Records, separated by commas.",
            json!({"type": "string", "pattern": "^[a-z0-9_]+/[0-9]{1,18}(,[a-z0-9_]+/[0-9]{1,18})*$", "example": "deals/104512398120374272"}),
        ),
    ];
    if route.operation == "listEvents" {
        parameters.push(parameter(
            "sort",
            "-sequence for the newest first: after then leads on to older events, and since says where the list ends.",
            json!({"type": "string", "enum": ["sequence", "-sequence"], "default": "sequence"}),
        ));
        parameters.push(reference("parameters", "Limit"));
        detail.answers = vec![json_answer(200, "Events, oldest first unless sort says otherwise.", reference("schemas", "EventList"))];
    } else {
        parameters.push(json!({"name": "Last-Event-ID", "in": "header", "description": "Go on behind this event; before after and since.",
            "schema": sequence()}));
        detail.answers = vec![crate::openapi::other(
            "The stream; it goes on until one side ends it.",
            vec![("text/event-stream", json!({"type": "string"}))],
        )];
    }
    detail.parameters = parameters;
}

pub fn schemas() -> Map<String, J> {
    let J::Object(all) = json!({
        "Event": {"type": "object", "description": "CloudEvents 1.0.2.",
            "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "data"],
            "properties": {
                "specversion": {"type": "string", "const": "1.0"},
                "id": reference("schemas", "Id"),
                "source": {"type": "string", "description": "The space, as urn:kontor:space:1."},
                "type": {"type": "string", "description": "What happened, as kontor.deal.won."},
                "subject": {"type": "string", "description": "The record that it happened to, as deals/104512398120374272."},
                "time": {"type": "string", "description": "RFC 3339 in every version."},
                "datacontenttype": {"type": "string", "const": "application/json"},
                "sequence": {"type": "string", "description": "Its number in the log of the space; numbers have no gaps."},
                "data": reference("schemas", "EventData")}},
        "EventData": {"type": "object", "required": ["record", "changed", "actor", "request_id"], "properties": {
            "record": {"type": ["object", "null"], "description": "The record afterwards, without fields that the caller does not see; null when it was erased."},
            "changed": {"type": "object", "description": "Path → [before, after] of an update.", "additionalProperties": {"type": "array"}},
            "actor": {"type": "object", "required": ["type", "user_id", "credential_id", "impersonator_id"], "properties": {
                "type": {"type": "string", "description": "api_key, session, token, job or system."},
                "user_id": {"type": ["string", "null"]}, "credential_id": {"type": ["string", "null"]}, "impersonator_id": {"type": ["string", "null"]}}},
            "request_id": {"type": ["string", "null"]}}},
        "DeadEvent": {"type": "object", "required": ["event_id", "consumer", "type", "sequence", "reason", "tries", "dead_at"], "properties": {
            "event_id": reference("schemas", "Id"), "consumer": {"type": "string"}, "type": {"type": "string"}, "sequence": {"type": "string"},
            "reason": {"type": "string"}, "tries": {"type": "integer"}, "dead_at": {"type": "string", "format": "date-time"},
            "replay_requested_at": {"type": ["string", "null"], "format": "date-time"}}},
        "DeadEventList": list_of(reference("schemas", "DeadEvent")),
        "DeadEventReplay": {"type": "object", "required": ["status", "data", "meta"], "properties": {"status": {"type": "integer"},
            "data": {"type": "object", "required": ["event_id", "consumers"], "properties": {"event_id": reference("schemas", "Id"),
                "consumers": {"type": "array", "items": {"type": "string"}}, "replay_requested_at": {"type": "string", "format": "date-time"}}},
            "meta": reference("schemas", "Meta")}},
        "EventList": list_of(reference("schemas", "Event")),
    }) else {
        return Map::new();
    };
    all
}
