//! `GET /v1/{collection}` (api.md 6): 200 and a page, 304 when the caller has it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_model::Result;

use crate::call::Call;
use crate::{Api, answers, filters, params};

/// # Errors
/// 404000; 400000, 400003, 400004 and 400005 for parameters; those of [`kontor_records::Records::list`].
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let query = filters::resolved(&def, call.params(params::LIST)?.query(&def.name)?);
    let listing = api.records.list(&ctx, &query).await?;
    answers::listing(&call, &listing)
}
