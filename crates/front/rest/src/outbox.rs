//! `/v1/outbox`: mail that leaves the house, or would, for administrators.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use kontor_http::{body, envelope, reply};
use kontor_model::{Error, ErrorCode, Fault, Result, name};
use kontor_outbox::{Filter, Message, Outbox, State};
use kontor_records::{Access, Answer, Ctx};
use kontor_store::Batch;
use serde_json::{Value as J, json};

use crate::{Api, Call, at};

const LISTED: &[&str] = &["limit", "cursor", "state"];

/// The handlers of [`crate::routes::OUTBOX`].
pub fn router(api: &Arc<Api>, outbox: &Arc<Outbox>) -> Router {
    let [list_, read_, send_, delete_] = std::array::from_fn(|_| outbox.clone());
    Router::new()
        .route("/v1/outbox", get(at(api, move |api, call| list(api, list_.clone(), call))))
        .route(
            "/v1/outbox/{id}",
            get(at(api, move |api, call| read(api, read_.clone(), call)))
                .delete(at(api, move |api, call| delete(api, delete_.clone(), call))),
        )
        .route("/v1/outbox/{id}/send", post(at(api, move |api, call| send(api, send_.clone(), call))))
}

async fn admit(api: &Api, call: &Call) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    Ok(ctx)
}

fn answer(data: &J, request_id: &str) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: envelope::single(200, data.to_string().as_bytes(), request_id) }
}

fn state(given: Option<&str>) -> Result<Option<State>> {
    let Some(given) = given else { return Ok(None) };
    if let Some(state) = State::from_name(given) {
        return Ok(Some(state));
    }
    let known: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
    let hint = name::hint(given, known.iter().copied());
    let message = format!("must be one of {}{hint}", known.join(", "));
    Err(Fault::coded("state", ErrorCode::EnumNotAllowed, message).value(given).allowed(known).into())
}

/// Messages, newest first, without their bodies.
///
/// # Errors
/// 403; 400000, 400004, 400005, 400006 for parameters; the database's.
async fn list(api: Arc<Api>, outbox: Arc<Outbox>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    let params = call.params(LISTED)?;
    let limit = params.page_limit()?;
    let before = params.before()?;
    let filter = Filter { state: state(params.get("state"))?, before, limit };
    let (messages, has_more) = outbox.list(ctx.space(), &filter).await?;
    let next = messages.last().filter(|_| has_more).map(|message| message.id.to_string());
    let rows: Vec<String> = messages.iter().map(|message| message.json(false).to_string()).collect();
    let page = envelope::Page { limit, has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// One message with its body; that one with a link was read is written down first.
///
/// # Errors
/// 403, 404001; the database's.
async fn read(api: Arc<Api>, outbox: Arc<Outbox>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let message = outbox.get(ctx.space(), call.id(2)?).await?;
    if message.one_time && message.body.is_some() {
        let entry = api.records.audit_record(&ctx, "outbox", message.id, "read", &noted(&message))?;
        let batch = Batch { space: ctx.space(), writes: vec![entry] };
        api.records.store().commit(batch).await.map_err(Error::internal)?;
    }
    let data = message.json(true).to_string();
    Ok(reply::json(StatusCode::OK, envelope::single(200, data.as_bytes(), call.request_id())))
}

fn noted(message: &Message) -> J {
    json!({"purpose": message.purpose, "state": message.state.name()})
}

/// Lets a held or failed message out.
///
/// # Errors
/// 403, 404001; 422000 where the space lets nothing out; 409000; the database's.
async fn send(api: Arc<Api>, outbox: Arc<Outbox>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let sent = body::object_or_empty(&call.body)?;
    if let Some((member, _)) = sent.as_object().and_then(|members| members.first()) {
        return Err(Fault::coded(member.clone(), ErrorCode::UnknownField, "is unknown; the body is empty").into());
    }
    let id = call.id(2)?;
    let message = outbox.get(ctx.space(), id).await?;
    let entry = api.records.audit_record(&ctx, "outbox", id, "send", &noted(&message))?;
    let mut answered = None;
    let also = |after: &Message| {
        let answer = answered.insert(answer(&after.json(false), call.request_id()));
        let mut writes = vec![entry];
        writes.extend(api.records.idempotency_writes(&ctx, answer));
        writes
    };
    outbox.send(ctx.space(), id, also).await?;
    answered.map(reply::answer).ok_or_else(|| Error::internal("a message was sent without an answer"))
}

/// Removes a message.
///
/// # Errors
/// 403, 404001; the database's.
async fn delete(api: Arc<Api>, outbox: Arc<Outbox>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let id = call.id(2)?;
    let message = outbox.get(ctx.space(), id).await?;
    let answer = answer(&json!({"id": id.to_string(), "deleted": true}), call.request_id());
    let mut also = vec![api.records.audit_record(&ctx, "outbox", id, "delete", &noted(&message))?];
    also.extend(api.records.idempotency_writes(&ctx, &answer));
    match kontor_outbox::withdrawn(&message, api.records.clock().now_ms()) {
        // Whose letter it is learns in the same commit that it does not leave any more.
        Some(fate) => {
            also.extend(kontor_outbox::removed(&message));
            api.records.tell(&Ctx { idempotency: None, ..ctx }, &fate, &also).await?;
        }
        None => outbox.delete(ctx.space(), &message, also).await?,
    }
    Ok(reply::answer(answer))
}
