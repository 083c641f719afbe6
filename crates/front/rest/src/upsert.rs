//! `PUT /v1/{collection}/by/{field}/{value}` (api.md 6): 201 when it made a record, 200 when it merged into one.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::body;
use kontor_model::{Change, Json, Result};

use crate::call::Call;
use crate::{Api, precondition};

/// # Errors
/// 404000; 400003 for a field that is not unique; 412000; those of [`kontor_records::Records::change`].
pub async fn upsert(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let (by, value) = (call.part(3)?, call.part(4)?);
    let data = body::object(&call.body)?;
    let if_match = precondition::of_key(&api.records, &ctx, &def, &call, &by, &value).await?;
    let change = Change::Upsert { object: def.name.clone(), by, value: Json::String(value), if_match, data };
    api.one(&ctx, &call, change).await
}
