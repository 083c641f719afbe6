//! `DELETE /v1/{collection}/{id}`, `POST …/{id}/restore` and `POST …/{id}/purge` (api.md 6): to the bin and 200
//! `{"id":…,"deleted":true}`, out of it and 200 with the record, gone for good and 200.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::etag;
use kontor_model::{Change, Result};

use crate::call::Call;
use crate::{Api, precondition};

/// # Errors
/// 404000, 404001, 412000; those of [`kontor_records::Records::change`].
pub async fn delete(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    let if_match = precondition::of_id(&api.records, &ctx, &def, &call, id).await?;
    api.bare(&ctx, &call, Change::Delete { object: def.name.clone(), id, if_match }).await
}

/// Of several tags in `If-Match` the newest counts.
///
/// # Errors
/// As [`delete`].
pub async fn restore(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    let if_match = etag::if_match(&call.headers)?.single();
    api.bare(&ctx, &call, Change::Restore { object: def.name.clone(), id, if_match }).await
}

/// Needs an administrator; takes no `If-Match`, for there is nothing to merge with afterwards.
///
/// # Errors
/// As [`delete`]; 403000, 403001.
pub async fn purge(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    api.bare(&ctx, &call, Change::Purge { object: def.name.clone(), id }).await
}
