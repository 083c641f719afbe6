//! What workflows need besides records: the secrets that functions are called with, and the form of steps.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::{get, put};
use kontor_automation::{CREDENTIAL, Credentials, schema};
use kontor_http::{body, envelope, reply};
use kontor_model::{Json, Result};
use kontor_records::{Access as May, Outcome};
use serde_json::{Map, Value as J, json};

use crate::openapi::{Detail, json_answer, json_body, reference};
use crate::routes::{Access, Mark, Route};
use crate::{Api, Call, Members, answers, at};

/// Of workflows, besides records: what functions are called with, and what steps look like.
pub const AUTOMATION: &[Route] = &[
    Route::new(
        "PUT",
        "/v1/function_credentials/{id}/secret",
        "setFunctionSecret",
        Access::Write,
        Mark::Partner,
        "Set the secret that functions are called with; it is never shown.",
    ),
    Route::new(
        "GET",
        "/v1/metadata/workflow_steps",
        "workflowSteps",
        Access::Signed,
        Mark::Partner,
        "The steps of workflows, as JSON Schema.",
    ),
];

/// The handlers of [`AUTOMATION`].
pub fn router(api: &Arc<Api>, credentials: &Arc<Credentials>) -> Router {
    let credentials = credentials.clone();
    Router::new()
        .route(
            "/v1/function_credentials/{id}/secret",
            put(at(api, move |api, call| keep(api, credentials.clone(), call))),
        )
        .route("/v1/metadata/workflow_steps", get(at(api, steps)))
}

/// Sets the secret of a credential.
///
/// # Errors
/// 400001 for what is no secret of its provider; 403, 404001; the database's.
async fn keep(api: Arc<Api>, credentials: Arc<Credentials>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    ctx.caller.may(May::Write, ctx.catalog.require(CREDENTIAL)?)?;
    call.params(&[])?;
    let sent = body::object(&call.body)?;
    let mut members = Members::of(&sent, "", &["secret"])?;
    let secret = match members.get("secret") {
        Some(Json::String(text)) => text.trim().to_owned(),
        // A key of a service account is a JSON file, and may be sent as one.
        Some(object @ Json::Object(_)) => object.to_string(),
        Some(_) => {
            members.coded(
                "secret",
                kontor_model::ErrorCode::Invalid,
                "must be a text, or the JSON key of a service account",
            );
            String::new()
        }
        None => {
            members.coded("secret", kontor_model::ErrorCode::Invalid, "is required");
            String::new()
        }
    };
    members.done()?;
    let request_id = call.admitted.request_id.clone();
    let render = move |results: &[Result<Outcome>]| answers::changed(results, &request_id);
    Ok(reply::answer(credentials.keep(&ctx, call.id(2)?, &secret, &render).await?))
}

/// The steps of workflows as JSON Schema.
///
/// # Errors
/// 400000 for parameters.
async fn steps(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    api.ctx(&call).await?;
    call.params(&[])?;
    Ok(reply::json(StatusCode::OK, envelope::single(200, schema().to_string().as_bytes(), call.request_id())))
}

pub(crate) fn detail(route: &Route, detail: &mut Detail) {
    let answer = |name: &str| reference("schemas", name);
    if route.operation == "workflowSteps" {
        detail.answers = vec![json_answer(200, "The form of `steps`.", answer("WorkflowStepsAnswer"))];
    } else {
        detail.body = json_body(answer("FunctionSecret"));
        detail.answers = vec![json_answer(200, "The credential, without the secret.", answer("FunctionSecretAnswer"))];
    }
}

pub(crate) fn schemas() -> Map<String, J> {
    let credential = json!({"type": "object", "required": ["id", "object", "provider", "secret_set_at"], "properties": {
        "id": reference("schemas", "Id"), "object": {"type": "string", "const": "function_credential"},
        "provider": {"type": "string"}, "secret_set_at": {"type": "string", "format": "date-time"},
        "account": {"type": ["string", "null"], "description": "The service account of a key of Google Cloud."}}});
    let J::Object(all) = json!({
        "FunctionSecret": {"type": "object", "required": ["secret"], "additionalProperties": false, "properties": {
            "secret": {"type": ["string", "object"],
                "description": "aws: the secret access key. azure: the function key. google: the JSON key of a service account."}},
            "examples": [{"secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}]},
        "FunctionSecretAnswer": crate::openapi::envelope(credential),
        "WorkflowStepsAnswer": crate::openapi::envelope(
            json!({"type": "object", "description": "A JSON Schema (2020-12) of the member `steps` of workflows."})),
    }) else {
        return Map::new();
    };
    all
}
