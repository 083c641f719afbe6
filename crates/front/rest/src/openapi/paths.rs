//! The operations that are not about the records of one object.

use kontor_http::HEALTH_ROUTES;
use serde_json::{Map, Value as J, json};

use super::names::Names;
use super::operation::{self, Answer, Detail, ETAG, MADE, PLACE, json_answer, json_body};
use super::reference;
use super::{oauth, scim};
use crate::functions::AUTOMATION;
use crate::identity::openapi as identity;
use crate::routes::{
    AUDIT, DOCUMENTS, EVENTS, IDENTITY, INBOUND, OTHERS, OUTBOX, PREVIEWS, PRIVACY, PUBLIC, Route, SANDBOXES, WEBHOOKS,
};

/// The states of a job.
pub(super) const JOB_STATES: &[&str] = &["queued", "running", "succeeded", "failed", "cancelled"];

/// Tags that are no services.
pub fn tags() -> Vec<(String, String)> {
    [
        oauth::TAG,
        scim::TAG,
        ("composite", "Several objects in one transaction."),
        ("metadata", "Objects and fields: what there is, and what a space adds."),
        ("bulk", "Imports, exports and their jobs."),
        ("audit", "Who did what; the chain that keeps it whole."),
        ("events", "What happened, in order: read, streamed, sent to other systems."),
        ("automation", "What workflows are made of, and what they call functions with."),
        ("webhooks", "Events sent to other systems, signed, tried again for days."),
        ("privacy", "What persons ask for by law: access, erasure, no sale."),
        ("sandboxes", "Spaces to try things in."),
        ("mail", "Mail that leaves the house or stays in it, and mail that comes in."),
        ("public", "Pages for whoever has their link: forms, offers, choices."),
        ("requests", "Finished requests: who calls what, in which version, with which outcome."),
        ("documents", "The documents about this API."),
        ("operations", "For operators: health and figures."),
    ]
    .into_iter()
    .chain(identity::TAGS)
    .map(|(name, about)| (name.to_owned(), about.to_owned()))
    .collect()
}

/// Adds the paths.
pub fn add(operations: &mut Names, paths: &mut Map<String, J>) {
    let own = OTHERS
        .iter()
        .chain(EVENTS)
        .chain(WEBHOOKS)
        .chain(AUTOMATION)
        .chain(PREVIEWS)
        .chain(AUDIT)
        .chain(PRIVACY)
        .chain(SANDBOXES)
        .chain(OUTBOX)
        .chain(INBOUND)
        .chain(PUBLIC)
        .chain(DOCUMENTS);
    for route in own.chain(HEALTH_ROUTES).chain(kontor_oauth::ROUTES).chain(kontor_scim::ROUTES) {
        operation::add(route, &route.path.replace("{*", "{"), detail(route), operations, paths);
    }
    for route in IDENTITY {
        let detail = Detail {
            tag: identity::tag(route).into(),
            id: route.operation.into(),
            summary: route.summary.trim_end_matches('.').into(),
            description: route.summary.into(),
            ..identity::detail(route)
        };
        operation::add(route, route.path, detail, operations, paths);
    }
}

fn tag(route: &Route) -> &'static str {
    let under = |prefix: &str| route.path.starts_with(prefix);
    if under("/v1/composite") {
        "composite"
    } else if AUTOMATION.iter().any(|row| row.operation == route.operation) {
        "automation"
    } else if under("/v1/metadata") {
        "metadata"
    } else if under("/v1/imports") || under("/v1/exports") || under("/v1/jobs") {
        "bulk"
    } else if under("/v1/audit") {
        "audit"
    } else if under("/v1/privacy") {
        "privacy"
    } else if under("/v1/webhook_") {
        "webhooks"
    } else if PREVIEWS.iter().any(|row| row.operation == route.operation) {
        "marketing"
    } else if under("/v1/dashboards") {
        "reporting"
    } else if under("/v1/events") {
        "events"
    } else if under("/v1/outbox") || under("/v1/inbound_emails") {
        "mail"
    } else if under("/v1/sandboxes") {
        "sandboxes"
    } else if under("/public/") {
        "public"
    } else if under("/v1/request_logs") {
        "requests"
    } else if kontor_scim::ROUTES.iter().any(|row| row.operation == route.operation) {
        scim::TAG.0
    } else if kontor_oauth::ROUTES.iter().any(|row| row.operation == route.operation) {
        oauth::TAG.0
    } else if under("/docs") || under("/openapi") {
        "documents"
    } else {
        "operations"
    }
}

pub(crate) fn other(about: &'static str, content: Vec<(&'static str, J)>) -> Answer {
    Answer { status: 200, about, content, headers: &[] }
}

fn detail(route: &Route) -> Detail {
    let schema = |name: &str| reference("schemas", name);
    let mut detail = Detail {
        tag: tag(route).into(),
        id: route.operation.into(),
        summary: route.summary.trim_end_matches('.').into(),
        description: route.summary.into(),
        ..Detail::default()
    };
    match route.operation {
        "showPublicPage" | "answerPublicPage" => {
            if route.operation == "answerPublicPage" {
                let fields = json!({"schema": {"type": "object"}});
                detail.body = Some(json!({"required": false, "content": {
                    "application/json": fields, "application/x-www-form-urlencoded": fields}}));
            }
            let json = json!({"type": "object", "required": ["status", "data", "meta"], "properties": {
                "status": {"type": "integer"}, "data": {}, "meta": {"type": "object"}}});
            detail.answers = vec![other(
                "What the link shows.",
                vec![("application/json", json), ("text/html", json!({"type": "string"}))],
            )];
        }
        "composite" => {
            detail.parameters = vec![reference("parameters", "AllowDuplicates")];
            detail.body = json_body(schema("Composite"));
            detail.answers = vec![json_answer(200, "A result for each operation, in order.", schema("Results"))];
        }
        "listObjects" => {
            detail.parameters = vec![reference("parameters", "Custom")];
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "The definitions.", schema("ObjectDefinitionList")).with(ETAG)];
        }
        "readObject" => {
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "The definition.", schema("ObjectDefinitionAnswer")).with(ETAG)];
        }
        "createObject" => {
            detail.body = json_body(schema("ObjectCreate"));
            detail.answers = vec![json_answer(201, "The new object.", schema("ObjectDefinitionAnswer")).with(MADE)];
        }
        "updateObject" => {
            detail.body = json_body(schema("ObjectUpdate"));
            detail.conditional = true;
            detail.answers =
                vec![json_answer(200, "The object as it is now.", schema("ObjectDefinitionAnswer")).with(ETAG)];
        }
        "listFields" => {
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "The fields.", schema("FieldDefinitionList")).with(ETAG)];
        }
        "readField" => {
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "The field.", schema("FieldDefinitionAnswer")).with(ETAG)];
        }
        "createField" => {
            detail.body = json_body(schema("FieldCreate"));
            detail.answers = vec![json_answer(201, "The new field.", schema("FieldDefinitionAnswer")).with(MADE)];
        }
        "updateField" => {
            detail.body = json_body(schema("FieldUpdate"));
            detail.conditional = true;
            detail.answers =
                vec![json_answer(200, "The field as it is now.", schema("FieldDefinitionAnswer")).with(ETAG)];
        }
        "retireObject" | "retireField" => {
            detail.conditional = true;
            detail.answers = vec![json_answer(200, "It is retired; its data are kept.", schema("Retired")).with(ETAG)];
        }
        "createImport" => {
            detail.body = Some(json!({"required": true, "content": {"multipart/form-data": {
                "schema": {"type": "object", "required": ["options", "file"], "properties": {
                    "options": schema("ImportOptions"), "file": {"type": "string", "contentMediaType": "application/octet-stream"}}},
                "encoding": {"options": {"contentType": "application/json"}}}}}));
            detail.answers = vec![json_answer(202, "The job that does it.", schema("JobAnswer")).with(PLACE)];
        }
        "createExport" => {
            detail.body = json_body(schema("Export"));
            detail.answers = vec![json_answer(202, "The job that does it.", schema("JobAnswer")).with(PLACE)];
        }
        "listRequestLogs" => {
            let names = [
                "Credential",
                "ApiVersion",
                "Method",
                "Route",
                "Status",
                "ErrorCode",
                "ErrorType",
                "RequestId",
                "Since",
                "Until",
            ];
            detail.parameters =
                ["Limit", "Cursor"].into_iter().chain(names).map(|n| reference("parameters", n)).collect();
            detail.answers = vec![json_answer(200, "A page of finished requests.", schema("RequestLogList"))];
        }
        "listJobs" => {
            let word = |name: &str, about: &str, words: &[&str]| json!({"name": name, "in": "query", "description": about, "schema": {"type": "string", "enum": words}});
            let kinds = crate::jobs::kinds();
            detail.parameters = vec![
                reference("parameters", "Limit"),
                reference("parameters", "Cursor"),
                word("filter[state]", "Only jobs in this state; failed are the dead letters.", JOB_STATES),
                word("filter[kind]", "Only jobs of this kind.", &kinds),
                word("state", "As filter[state].", JOB_STATES),
                word("kind", "As filter[kind].", &kinds),
            ];
            detail.answers = vec![json_answer(200, "A page of jobs.", schema("JobList"))];
        }
        "listJobSchedules" => {
            detail.answers = vec![json_answer(200, "Schedules, by name.", schema("JobScheduleList"))];
        }
        "readJob" => detail.answers = vec![json_answer(200, "The job.", schema("JobAnswer"))],
        "cancelJob" | "retryJob" => {
            detail.body = Some(
                json!({"required": false, "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}}),
            );
            detail.answers = vec![json_answer(200, "The job.", schema("JobAnswer"))];
        }
        "readJobResult" => detail.answers = vec![other("The file, in its own type.", vec![("*/*", json!({}))])],
        "listAudit" | "readAudit" | "exportAudit" | "auditState" => super::audit::detail(route, &mut detail),
        _ if tag(route) == "webhooks" => crate::webhooks::openapi::detail(route, &mut detail),
        _ if tag(route) == "marketing" => crate::previews::detail(route, &mut detail),
        _ if tag(route) == "automation" => crate::functions::detail(route, &mut detail),
        _ if EVENTS.iter().any(|row| row.operation == route.operation) => {
            crate::events::openapi::detail(route, &mut detail)
        }
        _ if tag(route) == "mail" => super::mail::detail(route, &mut detail),
        _ if tag(route) == "sandboxes" => super::sandboxes::detail(route, &mut detail),
        _ if tag(route) == "privacy" => super::privacy::detail(route, &mut detail),
        "openapiV1" | "openapiV2" => {
            detail.conditional = true;
            detail.answers = vec![
                json_answer(200, "The document; with a credential that of its space.", json!({"type": "object"}))
                    .with(ETAG),
            ];
        }
        "asyncapi" => {
            detail.answers = vec![other("The document.", vec![("application/json", json!({"type": "object"}))])];
        }
        "docs" => detail.answers = vec![other("The page.", vec![("text/html", json!({"type": "string"}))])],
        "errorCatalogue" => {
            let text = || json!({"type": "string"});
            let one = json!({"type": "object", "required": ["error_code", "status", "title", "error_type", "retryable", "advice", "type"], "properties": {
                "error_code": {"type": "integer"}, "status": {"type": "integer"}, "title": text(), "error_type": text(),
                "retryable": {"type": "boolean"}, "advice": text(), "type": text()}});
            detail.answers = vec![other(
                "The catalogue.",
                vec![
                    ("text/html", json!({"type": "string"})),
                    ("application/json", super::object::envelope(json!({"type": "array", "items": one}))),
                ],
            )];
        }
        "metrics" => detail.answers = vec![other("The figures.", vec![("text/plain", json!({"type": "string"}))])],
        "health" => detail.answers = vec![other("It lives.", vec![("application/json", health())])],
        "readiness" => {
            let away = Answer {
                status: 503,
                about: "A dependency is away, or the process stops.",
                content: vec![("application/json", health())],
                headers: &[("Retry-After", "RetryAfter")],
            };
            detail.answers = vec![other("It takes work.", vec![("application/json", health())]), away];
        }
        operation if operation.starts_with("scim") => scim::detail(route, &mut detail),
        _ => oauth::detail(route, &mut detail),
    }
    if detail.answers.is_empty() {
        detail.answers = vec![other("Done.", vec![("*/*", json!({}))])];
    }
    detail
}

fn health() -> J {
    let check = json!({"type": "object", "required": ["status"], "properties": {"status": {"type": "string", "enum": ["ok", "error"]}, "latency_us": {"type": "integer"}}});
    json!({"type": "object", "required": ["status"], "properties": {
        "status": {"type": "string", "enum": ["ok", "error", "stopping"]}, "checks": {"type": "object", "additionalProperties": check}}})
}
