//! `POST /v1/{collection}/aggregate` (api.md 6): groups and figures.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::StatusCode;
use kontor_http::{body, envelope, reply};
use kontor_model::Result;

use crate::call::Call;
use crate::{Api, filters, questions};

/// # Errors
/// 404000; 400000 for the JSON, 400001 with all faults; those of [`kontor_records::Records::aggregate`].
pub async fn aggregate(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    call.params(&[])?;
    let mut aggregate = questions::aggregate(&def.name, &body::object_or_empty(&call.body)?)?;
    if let Some(filter) = &mut aggregate.filter {
        filters::paths(&def, filter);
    }
    let data = api.records.aggregate(&ctx, &aggregate).await?;
    Ok(reply::json(StatusCode::OK, envelope::list(&data, None, call.request_id())))
}
