//! `/v1/audit`: who did what. Reading it is a sensitive read itself, written down once a minute for each caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::{get, post};
use bytes::Bytes;
use futures::StreamExt;
use kontor_audit::{Filter, Head};
use kontor_http::{body, envelope, reply};
use kontor_model::time::{datetime_text, parse_datetime};
use kontor_model::{Error, ErrorCode, Id, Json, Result, SpaceId, name};
use kontor_records::{Access, Ctx};
use kontor_store::{Batch, CommitError};
use serde_json::{Value as J, json};

use crate::{Api, Call, at};

const FILTERS: &[&str] = &["user_id", "key_id", "object", "record_id", "action", "request_id", "since", "until"];
const LISTED: &[&str] =
    &["limit", "cursor", "user_id", "key_id", "object", "record_id", "action", "request_id", "since", "until"];
/// One entry for the reads of a caller in this time.
const NOTED_MS: i64 = 60_000;
/// Callers that are remembered; beyond them all are forgotten, and noted again.
const REMEMBERED: usize = 10_000;

/// When each caller's reading was last written down.
#[derive(Default)]
struct Readers(Mutex<HashMap<(SpaceId, Id), i64>>);

impl Readers {
    /// Whether this read is to be written down.
    fn is_news(&self, ctx: &Ctx, now: i64) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= REMEMBERED {
            noted.clear();
        }
        let who = (ctx.space(), ctx.caller.key_id);
        let news = noted.get(&who).is_none_or(|at| (now - at).abs() >= NOTED_MS);
        if news {
            noted.insert(who, now);
        }
        news
    }

    fn forget(&self, ctx: &Ctx) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(ctx.space(), ctx.caller.key_id));
    }
}

/// The handlers of [`crate::routes::AUDIT`].
pub fn router(api: &Arc<Api>) -> Router {
    let readers = Arc::new(Readers::default());
    let (one, many) = (readers.clone(), readers);
    Router::new()
        .route("/v1/audit", get(at(api, move |api, call| list(api, many.clone(), call))))
        .route("/v1/audit/{id}", get(at(api, move |api, call| read(api, one.clone(), call))))
        .route("/v1/audit/export", post(at(api, export)))
        .route("/v1/audit/verify", get(at(api, state)))
}

async fn admit(api: &Api, call: &Call) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may_manage(Access::Audit)?;
    Ok(ctx)
}

/// Writes down that the audit is read; before it is.
async fn note(api: &Api, ctx: &Ctx, action: &str, asked: &J) -> Result<()> {
    let entry = api.records.audit_write(ctx, "audit", action, asked)?;
    match api.records.store().commit(Batch { space: ctx.space(), writes: vec![entry] }).await {
        Ok(()) => Ok(()),
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(other) => Err(Error::internal(other)),
    }
}

async fn note_read(api: &Api, ctx: &Ctx, readers: &Readers, asked: &J) -> Result<()> {
    if !readers.is_news(ctx, api.records.clock().now_ms()) {
        return Ok(());
    }
    let noted = note(api, ctx, "read", asked).await;
    if noted.is_err() {
        readers.forget(ctx);
    }
    noted
}

/// A filter from named texts.
fn filter<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Result<Filter> {
    let malformed = |detail: String| Error::new(ErrorCode::Malformed, detail);
    let id = |name: &str| -> Result<Option<Id>> {
        text(name).map(|t| t.parse().map_err(|_| malformed(format!("{name} must be an id")))).transpose()
    };
    let moment = |name: &str| -> Result<Option<i64>> {
        text(name).map(|t| parse_datetime(t).map_err(|e| malformed(format!("{name} {e}")))).transpose()
    };
    let word = |name: &str, longest: usize| -> Result<Option<String>> {
        match text(name) {
            Some(text) if text.chars().count() > longest => {
                Err(malformed(format!("{name} must have at most {longest} characters")))
            }
            other => Ok(other.map(str::to_owned)),
        }
    };
    Ok(Filter {
        user_id: id("user_id")?,
        key_id: id("key_id")?,
        object: word("object", 80)?,
        record_id: id("record_id")?,
        action: word("action", 80)?,
        request_id: word("request_id", 255)?,
        since: moment("since")?,
        until: moment("until")?,
    })
}

/// Entries, newest first.
///
/// # Errors
/// 403; 400000, 400004, 400005 for parameters; the database's.
async fn list(api: Arc<Api>, readers: Arc<Readers>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    let params = call.params(LISTED)?;
    let limit = params.page_limit()?;
    let before = params.before()?;
    let filter = filter(|name| params.get(name))?;
    let asked: serde_json::Map<String, J> =
        FILTERS.iter().filter_map(|name| Some(((*name).to_owned(), json!(params.get(name)?)))).collect();
    note_read(&api, &ctx, &readers, &J::Object(asked)).await?;
    let listed = kontor_audit::list(&**api.records.store(), ctx.space(), &filter, before, limit).await?;
    let next = listed.rows.last().filter(|_| listed.has_more).map(|row| row.id.to_string());
    let rows: Vec<String> = listed.rows.iter().map(|row| row.json().to_string()).collect();
    let page =
        envelope::Page { limit, has_more: listed.has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// One entry.
///
/// # Errors
/// 403, 404001; the database's.
async fn read(api: Arc<Api>, readers: Arc<Readers>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let id = call.id(2)?;
    note_read(&api, &ctx, &readers, &json!({"id": id.to_string()})).await?;
    let row = kontor_audit::get(&**api.records.store(), ctx.space(), id).await?;
    Ok(reply::json(StatusCode::OK, envelope::single(200, row.json().to_string().as_bytes(), call.request_id())))
}

/// Entries as JSON lines, oldest first, sent while they are read.
///
/// # Errors
/// 403; 400000 for the JSON, 400002 for an unknown member; the database's.
async fn export(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let sent = body::object(&call.body)?;
    for (key, value) in sent.as_object().unwrap_or_default() {
        if !FILTERS.contains(&key.as_str()) {
            let hint = name::hint(key, FILTERS.iter().copied());
            return Err(Error::new(ErrorCode::UnknownField, format!("there is no member \"{key}\"{hint}")));
        }
        if value.as_str().is_none() {
            return Err(Error::new(ErrorCode::Malformed, format!("{key} must be a string")));
        }
    }
    let filter = filter(|name| sent.get(name).and_then(Json::as_str))?;
    let asked: J = serde_json::from_str(&sent.to_string()).map_err(Error::internal)?;
    note(&api, &ctx, "export", &asked).await?;
    let lines = kontor_audit::export(api.records.store().clone(), ctx.space(), filter);
    let mut response = Response::new(Body::from_stream(lines.map(|part| part.map(Bytes::from))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// The state of the chain.
///
/// # Errors
/// 403; the database's.
async fn state(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let (store, space) = (&**api.records.store(), ctx.space());
    let head = kontor_audit::last_seal(store, space).await?.map(|seal| Head::of(space, &seal));
    let (unsealed, since) = kontor_audit::unsealed(store, space).await?;
    let verified = kontor_audit::verified(store, space).await?.map(|v| {
        json!({"at": datetime_text(v.at), "ok": v.fault.is_none(), "seals": v.seals, "entries": v.entries, "fault": v.fault})
    });
    let data = json!({
        "head": head,
        "unsealed": unsealed,
        "unsealed_since": since.map(datetime_text),
        "last_verification": verified,
    });
    Ok(reply::json(StatusCode::OK, envelope::single(200, data.to_string().as_bytes(), call.request_id())))
}
