//! `POST /v1/{collection}` (api.md 6): 201 with `Location` and `ETag`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::body;
use kontor_model::{Change, Result};

use crate::Api;
use crate::call::Call;

/// # Errors
/// 404000; 400000 for the JSON; those of [`kontor_records::Records::change`], 409002 unless `allow_duplicates=true`.
pub async fn create(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let data = body::object(&call.body)?;
    api.one(&ctx, &call, Change::Create { object: def.name.clone(), data }).await
}
