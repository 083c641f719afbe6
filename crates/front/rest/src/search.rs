//! `POST /v1/{collection}/search` (api.md 6): a list by body, for conditions that outgrow a URL.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::body;
use kontor_model::Result;

use crate::call::Call;
use crate::{Api, answers, filters, questions};

/// # Errors
/// 404000; 400000 for the JSON, 400001 with all faults; those of [`kontor_records::Records::list`].
pub async fn search(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    call.params(&[])?;
    let query = questions::search(&def.name, &body::object_or_empty(&call.body)?)?;
    let listing = api.records.list(&ctx, &filters::resolved(&def, query)).await?;
    answers::listing(&call, &listing)
}
