//! `POST /v1/exports`: records as a file, by a job.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use kontor_http::{body, reply};
use kontor_jobs::Job;
use kontor_model::Result;
use kontor_transfer::ExportOptions;

use crate::call::Call;
use crate::jobs::{Bulk, accepted};

/// # Errors
/// 400000 for the JSON; 400001 with every fault of the options; 403; the codes of filter and sort; the database's.
pub async fn start(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    call.params(&[])?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    let options = ExportOptions::parse(&body::object(&call.body)?, &ctx.catalog)?;
    let render = |job: &Job| accepted(job, call.request_id());
    let (_, answer) = bulk.transfer.start_export(&ctx, &options, &render).await?;
    Ok(reply::answer(answer))
}
