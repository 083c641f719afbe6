//! `GET /v1/{collection}/{id}` and `GET /v1/{collection}/by/{field}/{value}` (api.md 6): 200 and the record, 304 when
//! the caller has its version.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_model::Result;

use crate::call::Call;
use crate::{Api, answers, params};

/// # Errors
/// 404000, 404001; 400000 and 400003 for parameters; those of [`kontor_records::Records::read`].
pub async fn read(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let id = call.id(2)?;
    let params = call.params(params::READ)?;
    let (fields, expand) = (params.names("fields")?, params.names("expand")?.unwrap_or_default());
    let record = api.records.read(&ctx, &def.name, id, fields.as_deref(), &expand).await?;
    answers::record(&call, &record, !expand.is_empty())
}

/// # Errors
/// As [`read`]; 400003 for a field that is not unique.
pub async fn read_by(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let (by, value) = (call.part(3)?, call.part(4)?);
    let params = call.params(params::READ)?;
    let (fields, expand) = (params.names("fields")?, params.names("expand")?.unwrap_or_default());
    let record = api.records.read_by(&ctx, &def.name, &by, &value, fields.as_deref(), &expand).await?;
    answers::record(&call, &record, !expand.is_empty())
}
