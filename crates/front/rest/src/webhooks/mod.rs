//! `/v1/webhook_endpoints` and `/v1/webhook_deliveries`: what is more than a record of an endpoint. Endpoints are read,
//! listed and changed as any records; whoever may change them sees their deliveries.

pub(crate) mod openapi;
pub(crate) mod routes;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use kontor_http::{body, envelope, reply};
use kontor_model::time::{datetime_text, millis, parse_datetime};
use kontor_model::{Change, Changes, Error, ErrorCode, Fault, Id, Json, Result};
use kontor_records::{Access, Answer, Ctx, Outcome};
use kontor_store::Write;
use kontor_webhooks::{Delivery, Desk, ENDPOINT, STATES, Secret, Wanted};
use serde_json::{Value as J, json};

use crate::{Api, Call, Members, answers, at, list, params};

const LISTED: &[&str] = &["limit", "cursor", "webhook_endpoint_id", "event_id", "state"];

/// The handlers of [`crate::routes::WEBHOOKS`], and of the creation of an endpoint.
pub fn router(api: &Arc<Api>, desk: &Arc<Desk>) -> Router {
    let [create_, list_, read_, again_, test_, rotate_, recover_] = std::array::from_fn(|_| desk.clone());
    Router::new()
        .route(
            "/v1/webhook_endpoints",
            get(at(api, list::list)).post(at(api, move |api, call| create(api, create_.clone(), call))),
        )
        .route("/v1/webhook_deliveries", get(at(api, move |api, call| deliveries(api, list_.clone(), call))))
        .route("/v1/webhook_deliveries/{id}", get(at(api, move |api, call| read(api, read_.clone(), call))))
        .route(
            "/v1/webhook_deliveries/{id}/redeliver",
            post(at(api, move |api, call| redeliver(api, again_.clone(), call))),
        )
        .route("/v1/webhook_endpoints/{id}/test", post(at(api, move |api, call| test(api, test_.clone(), call))))
        .route(
            "/v1/webhook_endpoints/{id}/rotate_secret",
            post(at(api, move |api, call| rotate(api, rotate_.clone(), call))),
        )
        .route(
            "/v1/webhook_endpoints/{id}/recover",
            post(at(api, move |api, call| recover(api, recover_.clone(), call))),
        )
}

/// Who may change endpoints.
async fn admit(api: &Api, call: &Call) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may(Access::Write, ctx.catalog.require(ENDPOINT)?)?;
    Ok(ctx)
}

/// A body without members.
fn nothing(call: &Call) -> Result<()> {
    call.params(&[])?;
    let sent = body::object_or_empty(&call.body)?;
    Members::of(&sent, "", &[])?.done()
}

fn answer(status: u16, data: &J, request_id: &str) -> Answer {
    let body = envelope::single(status, data.to_string().as_bytes(), request_id);
    Answer { status, headers: Vec::new(), body }
}

/// The answer as it is sent once. What is kept under an `Idempotency-Key` is without the secret.
fn with_secret(mut answer: Answer, secret: &Secret) -> Result<Answer> {
    let mut whole: J = serde_json::from_slice(&answer.body).map_err(Error::internal)?;
    if let Some(data) = whole.get_mut("data").and_then(J::as_object_mut) {
        data.insert("secret".to_owned(), json!(secret.text()));
    }
    answer.body = whole.to_string().into_bytes();
    Ok(answer)
}

/// Makes an endpoint; its secret is in this answer and in no other.
///
/// # Errors
/// As creating any record.
async fn create(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let allow_duplicates = call.params(params::CHANGE)?.flag("allow_duplicates")?;
    let mut data = body::object(&call.body)?;
    if let Json::Object(members) = &mut data {
        // The record's own version is a number.
        for (name, _) in members.iter_mut().filter(|(name, value)| name == "version" && value.as_str().is_some()) {
            "api_version".clone_into(name);
        }
    }
    let secret = Secret::random()?;
    let changes = Changes { allow_duplicates, ..Change::Create { object: def.name.clone(), data }.into() };
    let request_id = call.admitted.request_id.clone();
    let render = move |results: &[Result<Outcome>]| answers::changed(results, &request_id);
    // A key that is not at hand is found out before anything is written.
    drop(desk.secret_write(Id(0), &secret)?);
    let also = |results: &[Result<Outcome>]| -> Vec<Write> {
        let made = results.iter().filter_map(|result| result.as_ref().ok());
        made.filter_map(|outcome| desk.secret_write(outcome.id, &secret).ok()).collect()
    };
    let answer = api.records.change_and(&ctx, changes, true, &render, &also).await?;
    Ok(reply::answer(if answer.status == 201 { with_secret(answer, &secret)? } else { answer }))
}

/// Deliveries, those of the newest events first.
///
/// # Errors
/// 403; 400000, 400004, 400005, 400006 for parameters; the database's.
async fn deliveries(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    let params = call.params(LISTED)?;
    let limit = params.page_limit()?;
    let id = |name: &str| -> Result<Option<Id>> {
        let bad = || Error::new(ErrorCode::Malformed, format!("{name} must be an id"));
        params.get(name).map(|text| text.parse().map_err(|_| bad())).transpose()
    };
    let state = params.get("state").map(str::to_owned);
    if let Some(state) = state.as_deref().filter(|state| !STATES.contains(state)) {
        let message = format!("must be one of {}", STATES.join(", "));
        return Err(Fault::coded("state", ErrorCode::EnumNotAllowed, message).value(state).allowed(STATES).into());
    }
    let before = params.cursor().map(|cursor| {
        let (event, endpoint) = cursor.split_once('-')?;
        Some((event.parse().ok()?, endpoint.parse().ok()?))
    });
    let before = match before {
        Some(None) => return Err(Error::new(ErrorCode::BadCursor, "the cursor is none of this list's")),
        other => other.flatten(),
    };
    let wanted = Wanted { endpoint: id("webhook_endpoint_id")?, event: id("event_id")?, state, before };
    let found = desk.list(ctx.space(), &wanted, limit).await?;
    let last = found.rows.last().filter(|_| found.has_more);
    let next = last.map(|delivery| format!("{}-{}", delivery.event, delivery.endpoint));
    let rows: Vec<String> = found.rows.iter().map(|delivery| delivery.json().to_string()).collect();
    let page =
        envelope::Page { limit, has_more: found.has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// A delivery with its request and its attempts.
///
/// # Errors
/// 403, 404001; the database's.
async fn read(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let data = desk.with_attempts(ctx.space(), &call.part(2)?).await?;
    Ok(reply::json(StatusCode::OK, envelope::single(200, data.to_string().as_bytes(), call.request_id())))
}

/// What is written beside: the audit's entry, and the answer under its key.
fn beside(api: &Api, ctx: &Ctx, action: &str, endpoint: Id, noted: &J, answer: &Answer) -> Result<Vec<Write>> {
    let mut writes = vec![api.records.audit_record(ctx, ENDPOINT, endpoint, action, noted)?];
    writes.extend(api.records.idempotency_writes(ctx, answer));
    Ok(writes)
}

fn told<T>(answered: Option<T>) -> Result<T> {
    answered.ok_or_else(|| Error::internal("something was done without an answer"))
}

/// Sends a message once more.
///
/// # Errors
/// 403, 404001; the database's.
async fn redeliver(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    nothing(&call)?;
    let mut answered = None;
    let also = |delivery: &Delivery| {
        let answer = answered.insert(answer(200, &delivery.json(), call.request_id()));
        beside(&api, &ctx, "redeliver", delivery.endpoint, &json!({"delivery": delivery.id()}), answer)
    };
    desk.redeliver(ctx.space(), &call.part(2)?, also).await?;
    Ok(reply::answer(told(answered)?))
}

/// Sends a message about no record.
///
/// # Errors
/// 403, 404001; 422000 for a disabled endpoint; the database's.
async fn test(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    nothing(&call)?;
    let mut answered = None;
    let also = |delivery: &Delivery| {
        let answer = answered.insert(answer(202, &delivery.json(), call.request_id()));
        let place = format!("/v1/webhook_deliveries/{}", delivery.id());
        answer.headers.push(("location".to_owned(), call.version.path(&place)));
        beside(&api, &ctx, "test", delivery.endpoint, &json!({}), answer)
    };
    desk.test(&ctx, call.id(2)?, also).await?;
    Ok(reply::answer(told(answered)?))
}

/// Another secret; the one before signs beside it for a day.
///
/// # Errors
/// 403, 404001; the database's.
async fn rotate(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    nothing(&call)?;
    let endpoint = call.id(2)?;
    let mut answered = None;
    let also = |secret: &Secret, until: i64| {
        let data = json!({"id": endpoint.to_string(), "previous_valid_until": datetime_text(until)});
        let answer = answer(200, &data, call.request_id());
        let writes = beside(&api, &ctx, "rotate_secret", endpoint, &json!({}), &answer)?;
        answered = Some(with_secret(answer, secret)?);
        Ok(writes)
    };
    desk.rotate(&ctx, endpoint, also).await?;
    Ok(reply::answer(told(answered)?))
}

/// Sends again what was missed since a moment.
///
/// # Errors
/// 403, 404001; 400001 for the moment; 422000 for a disabled endpoint; the database's.
async fn recover(api: Arc<Api>, desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let sent = body::object(&call.body)?;
    let mut members = Members::of(&sent, "", &["since"])?;
    let since = members.get("since").cloned();
    let ms = since.as_ref().and_then(|since| millis(since).or_else(|| parse_datetime(since.as_str()?).ok()));
    if ms.is_none() {
        members.coded("since", ErrorCode::Invalid, "must be a moment: RFC 3339, or Unix milliseconds");
    }
    members.done()?;
    let ms = ms.ok_or_else(Error::not_found)?;
    let endpoint = call.id(2)?;
    let mut answered = None;
    let also = |events: i64| {
        let data = json!({"id": endpoint.to_string(), "since": datetime_text(ms), "events": events});
        let answer = answered.insert(answer(202, &data, call.request_id()));
        beside(&api, &ctx, "recover", endpoint, &json!({"since": datetime_text(ms)}), answer)
    };
    desk.recover_since(&ctx, endpoint, ms, also).await?;
    Ok(reply::answer(told(answered)?))
}
