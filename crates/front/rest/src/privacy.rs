//! `/v1/privacy/requests`: what persons ask for, for administrators.

mod retention;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;
use kontor_http::{body, envelope, reply};
use kontor_model::{Error, ErrorCode, Fault, Json, Result, name};
use kontor_privacy::{Kind, Privacy, Subject};
use kontor_records::{Access, Answer, Ctx};
use serde_json::Value as J;

use crate::{Api, Call, at, params};

/// The handlers of [`crate::routes::PRIVACY`].
pub fn router(api: &Arc<Api>, privacy: &Arc<Privacy>) -> Router {
    let [create_, list_, read_, archive_] = std::array::from_fn(|_| privacy.clone());
    Router::new()
        .route(
            "/v1/privacy/requests",
            get(at(api, move |api, call| list(api, list_.clone(), call)))
                .post(at(api, move |api, call| create(api, create_.clone(), call))),
        )
        .route("/v1/privacy/requests/{id}", get(at(api, move |api, call| read(api, read_.clone(), call))))
        .route("/v1/privacy/requests/{id}/archive", get(at(api, move |api, call| archive(api, archive_.clone(), call))))
        .merge(retention::router(api, privacy))
}

async fn admit(api: &Api, call: &Call) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    Ok(ctx)
}

/// The kind and the subject of a body, or all its faults.
fn asked(sent: &Json) -> Result<(Kind, Subject)> {
    let mut faults = Vec::new();
    let unknown = |key: &str, known: &[&str]| {
        let message = format!("is no member of this{}", name::hint(key, known.iter().copied()));
        Fault::coded(key, ErrorCode::UnknownField, message)
    };
    for (key, _) in sent.as_object().unwrap_or_default() {
        if !["kind", "subject"].contains(&key.as_str()) {
            faults.push(unknown(key, &["kind", "subject"]));
        }
    }
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let word = sent.get("kind").and_then(Json::as_str).unwrap_or_default();
    let kind = Kind::from_name(word);
    if kind.is_none() {
        let message = format!("must be one of {}", kinds.join(", "));
        faults.push(Fault::coded("kind", ErrorCode::EnumNotAllowed, message).value(word).allowed(kinds));
    }
    let subject = sent.get("subject");
    for (key, _) in subject.and_then(Json::as_object).unwrap_or_default() {
        if !["object", "id"].contains(&key.as_str()) {
            faults.push(unknown(&format!("subject.{key}"), &["subject.object", "subject.id"]));
        }
    }
    let part = |key: &str| subject.and_then(|s| s.get(key)).and_then(Json::as_str);
    let object = part("object").filter(|object| !object.is_empty());
    if object.is_none() {
        faults.push(Fault::new("subject.object", "required", "must name an object, as contact"));
    }
    let id = part("id").and_then(|id| id.parse().ok());
    if id.is_none() {
        faults.push(Fault::new("subject.id", "required", "must be the id of a record, as a string"));
    }
    match (kind, object, id) {
        (Some(kind), Some(object), Some(id)) if faults.is_empty() => {
            Ok((kind, Subject { object: object.to_owned(), id }))
        }
        _ => Err(Error::from_faults(faults)),
    }
}

/// Takes a request.
///
/// # Errors
/// 403; 400001 with all faults of the body; 404001 for a record that is not there; the database's.
async fn create(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let (kind, subject) = asked(&body::object(&call.body)?)?;
    let render = |request: &J| {
        let status = if request["state"] == "completed" { 201 } else { 202 };
        let id = request["id"].as_str().unwrap_or_default();
        Answer {
            status,
            headers: vec![("location".to_owned(), format!("/v1/privacy/requests/{id}"))],
            body: envelope::single(status, request.to_string().as_bytes(), call.request_id()),
        }
    };
    Ok(reply::answer(privacy.start(&ctx, kind, subject, &render).await?))
}

/// Requests, newest first.
///
/// # Errors
/// 403; 400000, 400004, 400005 for parameters; the database's.
async fn list(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    let params = call.params(params::PAGE)?;
    let limit = params.page_limit()?;
    let before = params.before()?;
    let (requests, has_more) = privacy.list(&ctx, before, limit).await?;
    let next = requests.last().filter(|_| has_more).and_then(|request| request["id"].as_str()).map(str::to_owned);
    let rows: Vec<String> = requests.iter().map(ToString::to_string).collect();
    let page = envelope::Page { limit, has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// One request.
///
/// # Errors
/// 403, 404001; the database's.
async fn read(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let request = privacy.get(&ctx, call.id(3)?).await?;
    Ok(reply::json(StatusCode::OK, envelope::single(200, request.to_string().as_bytes(), call.request_id())))
}

/// The archive of a request for access.
///
/// # Errors
/// 403; 404001 when there is none (yet); the database's.
async fn archive(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let (blob, name, bytes) = privacy.archive_file(&ctx, call.id(3)?).await?;
    let content = privacy.transfer().blobs().stream(ctx.space(), blob);
    let mut response = Response::new(Body::from_stream(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).map_err(Error::internal)?;
    headers.insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}
