//! `PUT` (replace) and `PATCH` (merge patch, RFC 7396) of `/v1/{collection}/{id}` (api.md 6): 200 and the record.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::body;
use kontor_model::{Change, Mode, Result};

use crate::call::Call;
use crate::{Api, precondition};

/// What is left out becomes null or its default.
///
/// # Errors
/// 404000, 404001; 400000 for the JSON; 412000; those of [`kontor_records::Records::change`].
pub async fn replace(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    update(api, call, Mode::Replace).await
}

/// What is left out stays.
///
/// # Errors
/// As [`replace`].
pub async fn patch(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    update(api, call, Mode::Merge).await
}

async fn update(api: Arc<Api>, call: Call, mode: Mode) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    let data = body::object(&call.body)?;
    let if_match = precondition::of_id(&api.records, &ctx, &def, &call, id).await?;
    api.one(&ctx, &call, Change::Update { object: def.name.clone(), id, if_match, mode, data }).await
}
