//! `GET /v1/events`: a page of the log, oldest first.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_events::page;
use kontor_http::{envelope, reply};
use kontor_model::Result;

use super::{Asked, begin};
use crate::{Api, Call};

const PARAMS: &[&str] = &["after", "since", "type", "subject", "limit"];

/// Events behind a cursor that the caller may see. `next_cursor` is there at the end of the log too: with it a reader
/// asks for what comes later.
///
/// # Errors
/// 400000, 400003, 400004 for parameters; 400005 for a cursor that the log does not have; the database's.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    let params = call.params(PARAMS)?;
    let limit = params.page_limit()?;
    let asked = Asked::of(&params)?;
    let store = &**api.records.store();
    let after = begin(store, ctx.space(), params.get("after"), params.get("since")).await?.unwrap_or(0);
    let found = page(&api.records, &ctx, after, &asked.types, &asked.subjects, limit as usize).await?;
    let events: Vec<String> = found.events.iter().map(|event| event.json(ctx.space()).to_string()).collect();
    let next = found.up_to.to_string();
    let page =
        envelope::Page { limit, has_more: found.has_more, next_cursor: Some(&next), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(events.join(",").as_bytes(), Some(&page), call.request_id())))
}
