//! `/v1/inbound_emails`: mail that comes in, handed over by the mail server that took it, a message (RFC 5322) a call.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use kontor_http::{Admitted, Refusal, envelope, reply, versions};
use kontor_mailbox::Mailroom;
use kontor_model::{Error, ErrorCode, Result};
use kontor_records::{Access, Ctx};

use crate::params::Params;
use crate::public::Enter;
use crate::{Api, Call, at};

/// Bytes of a message; what mail servers commonly take.
const MOST: usize = 25 << 20;
/// The scope of who only hands mail over.
const SCOPE: &str = "inbound_emails:write";
const MEDIA: &str = "message/rfc822";

/// What the routes need.
pub struct Inbound {
    pub api: Arc<Api>,
    pub room: Mailroom,
    /// The program's own way into a space: who sent a mail may do nothing.
    pub enter: Enter,
}

/// The handlers of [`crate::routes::INBOUND`].
pub fn router(inbound: &Arc<Inbound>) -> Router {
    let [receives, lists, reads] = std::array::from_fn(|_| inbound.clone());
    let receive = move |request: Request<Body>| {
        let inbound = receives.clone();
        async move { receive(&inbound, request).await.unwrap_or_else(|error| Refusal(error).into_response()) }
    };
    let list = at(&inbound.api, move |api, call| list(api, lists.clone(), call));
    let read = at(&inbound.api, move |api, call| read(api, reads.clone(), call));
    Router::new().route("/v1/inbound_emails", get(list).post(receive)).route("/v1/inbound_emails/{id}", get(read))
}

/// # Errors
/// 403 without the scope; 415000 for another kind of body; 413000; 400000 for one that is no message; the database's.
async fn receive(inbound: &Inbound, request: Request<Body>) -> Result<Response<Body>> {
    Params::parse(request.uri().query().unwrap_or_default(), &[])?;
    let admitted = Admitted::of(request.extensions())?.clone();
    let caller = admitted.caller()?.clone();
    let catalog = inbound.api.catalogs.get(caller.space).await?.seen(versions::of(request.extensions()))?;
    let ctx = Ctx::new(caller, catalog, admitted.request_id.clone());
    allowed(&ctx)?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MEDIA) {
        return Err(Error::new(ErrorCode::UnsupportedMediaType, format!("send the message as {MEDIA}")));
    }
    let raw = axum::body::to_bytes(request.into_body(), MOST).await.map_err(|error| {
        let detail = format!("a message has at most {} MiB, and is sent to its end", MOST >> 20);
        Error::new(ErrorCode::TooLarge, detail).with_internal(error)
    })?;
    let own = (inbound.enter)(ctx.space(), admitted.request_id.to_string()).await?;
    let (entry, is_new) = inbound.room.receive(&own, &raw).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let data = entry.json().to_string();
    let mut response = reply::json(status, envelope::single(status.as_u16(), data.as_bytes(), &admitted.request_id));
    if is_new {
        let place = format!("/v1/inbound_emails/{}", entry.id);
        response.headers_mut().insert("location", place.parse().map_err(Error::internal)?);
    }
    Ok(response)
}

/// Who hands mail over: who was given the scope by its name and may make e-mails, and administrators.
fn allowed(ctx: &Ctx) -> Result<()> {
    let may_file = ctx.caller.policy.rule("email").create;
    if ctx.caller.scopes.has(SCOPE) && may_file {
        return Ok(());
    }
    ctx.caller.may_manage(Access::Admin).map_err(|_| {
        let detail =
            format!("this needs the scope {SCOPE}, given by its name, and a role that makes e-mails; or admin");
        Error::new(ErrorCode::Forbidden, detail)
    })
}

/// What came in, newest first.
///
/// # Errors
/// 403; 400000, 400004, 400005 for parameters; the database's.
async fn list(api: Arc<Api>, inbound: Arc<Inbound>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    let params = call.params(&["limit", "cursor"])?;
    let limit = params.page_limit()?;
    let before = params.before()?;
    let (entries, has_more) = inbound.room.list(ctx.space(), before, limit).await?;
    let next = entries.last().filter(|_| has_more).map(|entry| entry.id.to_string());
    let rows: Vec<String> = entries.iter().map(|entry| entry.json().to_string()).collect();
    let page = envelope::Page { limit, has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// One mail that came in.
///
/// # Errors
/// 403, 404001; the database's.
async fn read(api: Arc<Api>, inbound: Arc<Inbound>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    call.params(&[])?;
    let entry = inbound.room.get(ctx.space(), call.id(2)?).await?;
    let data = entry.json().to_string();
    Ok(reply::json(StatusCode::OK, envelope::single(200, data.as_bytes(), call.request_id())))
}
