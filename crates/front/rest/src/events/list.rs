//! `GET /v1/events`: a page of the log, oldest first, or newest first with `sort=-sequence`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_events::{page, page_back};
use kontor_http::{envelope, reply};
use kontor_model::{Error, ErrorCode, Result};

use super::{Asked, begin, number};
use crate::{Api, Call};

const PARAMS: &[&str] = &["after", "since", "type", "subject", "sort", "limit"];

/// Events behind a cursor that the caller may see. Oldest first `next_cursor` is there at the end of the log too: with it
/// a reader asks for what comes later. Newest first `after` is behind the cursor in that order, among older events, and
/// `since` says where the list ends.
///
/// # Errors
/// 400000, 400003, 400004 for parameters; 400005 for a cursor that the log does not have; the database's.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    let params = call.params(PARAMS)?;
    let limit = params.page_limit()?;
    let asked = Asked::of(&params)?;
    let store = &**api.records.store();
    let (after, since) = (params.get("after"), params.get("since"));
    let (found, next) = match params.get("sort") {
        None | Some("sequence") => {
            let after = begin(store, ctx.space(), after, since).await?.unwrap_or(0);
            let found = page(&api.records, &ctx, after, &asked.types, &asked.subjects, limit as usize).await?;
            let next = Some(found.up_to.to_string());
            (found, next)
        }
        Some("-sequence") => {
            let before = match after {
                Some(text) => number(store, ctx.space(), text).await?.0,
                None => i64::MAX,
            };
            let floor = begin(store, ctx.space(), None, since).await?.unwrap_or(0);
            let within = (floor, before);
            let found = page_back(&api.records, &ctx, within, &asked.types, &asked.subjects, limit as usize).await?;
            let next = found.has_more.then(|| found.up_to.to_string());
            (found, next)
        }
        Some(other) => {
            let detail = format!("events are sorted by sequence or -sequence, not by \"{other}\"");
            return Err(Error::new(ErrorCode::BadQuery, detail));
        }
    };
    let events: Vec<String> = found.events.iter().map(|event| event.json(ctx.space()).to_string()).collect();
    let page = envelope::Page {
        limit,
        has_more: found.has_more,
        next_cursor: next.as_deref(),
        ..envelope::Page::default()
    };
    Ok(reply::json(StatusCode::OK, envelope::list(events.join(",").as_bytes(), Some(&page), call.request_id())))
}
