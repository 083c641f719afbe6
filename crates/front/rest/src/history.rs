//! `GET /v1/{collection}/{id}/history` and `/timeline` (api.md 6): entries, newest first.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_model::Result;

use crate::call::Call;
use crate::{Api, answers, params};

/// The audit trail of one record.
///
/// # Errors
/// 404000, 404001; 400004 and 400005 for parameters; those of [`kontor_records::Records::history`].
pub async fn history(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    let params = call.params(params::PAGE)?;
    let listing = api.records.history(&ctx, &def.name, id, params.limit()?, params.cursor()).await?;
    answers::listing(&call, &listing)
}

/// Activities and events about one record.
///
/// # Errors
/// As [`history`].
pub async fn timeline(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    let params = call.params(params::PAGE)?;
    let listing = api.records.timeline(&ctx, &def.name, id, params.limit()?, params.cursor()).await?;
    answers::listing(&call, &listing)
}
