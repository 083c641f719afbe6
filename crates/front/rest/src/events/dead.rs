//! `/v1/events/dead`: events that a consumer could not deal with, shown and replayed by administrators.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_events::{Dead, Which, dead};
use kontor_http::{body, envelope, reply};
use kontor_model::time::datetime_text;
use kontor_model::{Error, ErrorCode, Fault, Id, Json, Result, name};
use kontor_records::{Access, Answer, Ctx, DEFAULT_LIMIT, MAX_LIMIT};
use kontor_store::{Batch, CommitError};
use serde_json::{Value as J, json};

use crate::{Api, Call};

const LISTED: &[&str] = &["limit", "cursor", "consumer"];

async fn admit(api: &Api, call: &Call) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    Ok(ctx)
}

fn shown(letter: &Dead) -> J {
    json!({
        "event_id": letter.event_id.to_string(),
        "consumer": letter.consumer,
        "type": letter.kind,
        "sequence": letter.sequence.to_string(),
        "reason": letter.reason,
        "tries": letter.tries,
        "dead_at": datetime_text(letter.at),
        "replay_requested_at": letter.replay_at.map(datetime_text),
    })
}

fn place(cursor: &str) -> Result<(i64, String)> {
    let parts = cursor.split_once('.').and_then(|(number, consumer)| Some((number.parse().ok()?, consumer.to_owned())));
    parts.ok_or_else(|| Error::new(ErrorCode::BadCursor, "the cursor is none of this list's"))
}

/// Dead letters of the consumers, the newest event first.
///
/// # Errors
/// 403; 400000, 400004, 400005 for parameters; the database's.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    let params = call.params(LISTED)?;
    let limit = params.limit()?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let detail = format!("limit must be between 1 and {MAX_LIMIT}, not {limit}");
        return Err(Error::new(ErrorCode::LimitOutOfRange, detail));
    }
    let which = Which {
        consumer: params.get("consumer").map(str::to_owned),
        before: params.cursor().map(place).transpose()?,
        limit: u64::from(limit) + 1,
        ..Which::default()
    };
    let mut letters = dead(&**api.records.store(), ctx.space(), &which).await?;
    let has_more = letters.len() > limit as usize;
    letters.truncate(limit as usize);
    let next = letters.last().filter(|_| has_more).map(|last| format!("{}.{}", last.sequence, last.consumer));
    let rows: Vec<String> = letters.iter().map(|letter| shown(letter).to_string()).collect();
    let page = envelope::Page { limit, has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// The consumer that a body names; every one that put the event aside when it names none.
fn wanted(sent: &Json) -> Result<Option<String>> {
    let mut consumer = None;
    for (member, value) in sent.as_object().unwrap_or_default() {
        match (member.as_str(), value) {
            ("consumer", Json::String(name)) => consumer = Some(name.clone()),
            ("consumer", Json::Null) => {}
            ("consumer", _) => return Err(Fault::new("consumer", "type", "must be the name of a consumer").into()),
            (other, _) => {
                let hint = name::hint(other, ["consumer"]);
                let message = format!("is unknown{hint}; the body takes consumer, or nothing");
                return Err(Fault::coded(other, ErrorCode::UnknownField, message).into());
            }
        }
    }
    Ok(consumer)
}

/// Asks for an event to be dealt with again; the consumer does within seconds, and what fails again is in the list with
/// its new reason.
///
/// # Errors
/// 403; 404001 when no consumer has put it aside; 400001, 400002 for the body; 409000 when it is dealt with at the same
/// time; the database's.
pub async fn replay(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let id = call.id(3)?;
    let consumer = wanted(&body::object_or_empty(&call.body)?)?;
    let store = api.records.store();
    let which = Which { consumer, event_id: Some(id.0), limit: u64::from(MAX_LIMIT), ..Which::default() };
    let letters = dead(&**store, ctx.space(), &which).await?;
    if letters.is_empty() {
        return Err(Error::not_found());
    }
    let now = api.records.clock().now_ms();
    let names: Vec<&str> = letters.iter().map(|letter| letter.consumer.as_str()).collect();
    let data = json!({"event_id": id.to_string(), "consumers": names, "replay_requested_at": datetime_text(now)});
    let answer = Answer {
        status: 202,
        headers: Vec::new(),
        body: envelope::single(202, data.to_string().as_bytes(), call.request_id()),
    };
    let mut writes: Vec<_> = letters.iter().map(|letter| letter.ask_write(now)).collect();
    writes.push(api.records.audit_record(&ctx, "event", Id(id.0), "replay", &json!({"consumers": names}))?);
    writes.extend(api.records.idempotency_writes(&ctx, &answer));
    match store.commit(Batch { space: ctx.space(), writes }).await {
        Ok(()) => Ok(reply::answer(answer)),
        Err(CommitError::Guard { .. }) => {
            Err(Error::new(ErrorCode::Conflict, "the event is being dealt with at this moment; look at the list again"))
        }
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(other) => Err(Error::internal(other)),
    }
}
