//! What something would be before it is saved: the text of a template, the conditions of a segment.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::post;
use kontor_http::{body, envelope, reply};
use kontor_model::Result;
use serde_json::{Map, Value as J, json};

use crate::openapi::{Detail, json_answer, json_body, reference};
use crate::routes::{Access, Mark, Route};
use crate::{Api, Call, at};

/// Nothing of it is kept.
pub const PREVIEWS: &[Route] = &[
    Route::new(
        "POST",
        "/v1/templates/preview",
        "previewUnsavedTemplate",
        Access::Write,
        Mark::Partner,
        "A template's text before it is saved, filled for a contact or a lead.",
    ),
    Route::new(
        "POST",
        "/v1/segments/preview",
        "previewUnsavedSegment",
        Access::Read,
        Mark::Partner,
        "How many records conditions select before they are saved, and some of them.",
    )
    .by_catalog(),
];

/// The handlers of [`PREVIEWS`].
pub fn router(api: &Arc<Api>) -> Router {
    Router::new()
        .route("/v1/templates/preview", post(at(api, template)))
        .route("/v1/segments/preview", post(at(api, segment)))
}

fn answer(call: &Call, data: &J) -> Response<Body> {
    reply::json(StatusCode::OK, envelope::single(200, data.to_string().as_bytes(), call.request_id()))
}

/// # Errors
/// Those of [`kontor_marketing::preview_template`].
async fn template(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    call.params(&[])?;
    let asked = body::object(&call.body)?;
    Ok(answer(&call, &kontor_marketing::preview_template(&api.records, &ctx, &asked).await?))
}

/// # Errors
/// Those of [`kontor_marketing::preview_segment`].
async fn segment(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    call.params(&[])?;
    let asked = body::object(&call.body)?;
    Ok(answer(&call, &kontor_marketing::preview_segment(&api.records, &ctx, &asked).await?))
}

pub(crate) fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    if route.operation == "previewUnsavedTemplate" {
        detail.body = json_body(schema("TemplateText"));
        detail.answers = vec![json_answer(200, "Subject, text and HTML.", schema("TemplateTextAnswer"))];
    } else {
        detail.body = json_body(schema("SegmentConditions"));
        detail.answers = vec![json_answer(200, "How many, and some of them.", schema("SegmentConditionsAnswer"))];
    }
}

pub(crate) fn schemas() -> Map<String, J> {
    let text = |max: u32| json!({"type": ["string", "null"], "maxLength": max});
    let person = || json!({"type": ["string", "null"], "pattern": "^[0-9]{1,18}$"});
    let filled = json!({"type": "object", "required": ["subject", "text", "html"], "properties": {
        "subject": {"type": "string"}, "text": {"type": "string"}, "html": {"type": ["string", "null"]}}});
    let counted = json!({"type": "object", "required": ["object", "count", "count_is_minimum", "members"], "properties": {
        "object": {"type": "string"}, "count": {"type": "integer", "minimum": 0},
        "count_is_minimum": {"type": "boolean", "description": "Whether there are more: ten thousand are counted."},
        "members": {"type": "array", "description": "Some of them: id and name.", "items": {"type": "object", "required": ["id"], "properties": {"id": reference("schemas", "Id")}}}}});
    let J::Object(all) = json!({
        "TemplateText": {"type": "object", "additionalProperties": false, "properties": {
            "subject": text(255), "body_text": text(100_000), "body_html": text(100_000),
            "contact_id": person(), "lead_id": person()},
            "description": "One of contact_id and lead_id.",
            "examples": [{"subject": "Hello {{ person.first_name }}", "body_text": "How are you?", "contact_id": "104512398120374272"}]},
        "TemplateTextAnswer": crate::openapi::envelope(filled),
        "SegmentConditions": {"type": "object", "additionalProperties": false, "properties": {
            "target_object": {"type": ["string", "null"], "maxLength": 40, "default": "contact"},
            "conditions": {"description": "As those of a segment; everybody without any."},
            "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 50, "default": 10, "description": "How many are shown."}},
            "examples": [{"target_object": "contact", "conditions": {"field": "city", "op": "eq", "value": "Rome"}}]},
        "SegmentConditionsAnswer": crate::openapi::envelope(counted),
    }) else {
        return Map::new();
    };
    all
}
