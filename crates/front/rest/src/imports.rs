//! `POST /v1/imports`: a file becomes records, by a job. The body is `multipart/form-data`: `options` (JSON), then `file`,
//! which goes straight into the store, piece by piece.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequest;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, Response};
use kontor_http::{Admitted, body, reply, versions};
use kontor_jobs::Job;
use kontor_model::{Error, ErrorCode, Fault, Result};
use kontor_records::Ctx;
use kontor_transfer::{BlobWriter, ImportOptions, Transfer};

use crate::jobs::{Bulk, accepted};
use crate::params::Params;

/// The longest options.
const MAX_OPTIONS: usize = 1 << 20;

/// The most of a refused body that is read to its end.
const MAX_DRAINED: usize = 64 << 20;

fn broken(error: MultipartError) -> Error {
    let code = if error.status().as_u16() == 413 { ErrorCode::TooLarge } else { ErrorCode::Malformed };
    Error::new(code, "the multipart body is malformed or broke off before its end").with_internal(error)
}

/// # Errors
/// 415000 for another kind of body; 400000 for one that is malformed; 400001 with every fault of options, mapping and
/// file; 403; 413000 past a gibibyte; the database's.
pub async fn start(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    Params::parse(request.uri().query().unwrap_or_default(), &[])?;
    let admitted = Admitted::of(request.extensions())?.clone();
    let ctx = bulk.ctx(&admitted, versions::of(request.extensions())).await?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "send multipart/form-data with options (JSON) and then file",
        ));
    }
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|e| Error::new(ErrorCode::Malformed, "the multipart body has no usable boundary").with_internal(e))?;
    let outcome = receive(&bulk, &ctx, &admitted, &mut parts).await;
    if outcome.is_err() {
        drain(&mut parts).await;
    }
    outcome
}

/// Reads what is left of a refused body, within bounds: a client that is still sending would not see the answer.
async fn drain(parts: &mut Multipart) {
    let mut left = MAX_DRAINED;
    while let Ok(Some(mut part)) = parts.next_field().await {
        while let Ok(Some(piece)) = part.chunk().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                return;
            }
        }
    }
}

async fn receive(bulk: &Bulk, ctx: &Ctx, admitted: &Admitted, parts: &mut Multipart) -> Result<Response<Body>> {
    let mut options: Option<ImportOptions> = None;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match (part.name().unwrap_or_default(), &options) {
            ("options", None) => {
                let read = ImportOptions::parse(&body::object(&short(part).await?)?, &ctx.catalog)?;
                bulk.transfer.authorise_import(ctx, &read)?;
                options = Some(read);
            }
            ("file", Some(options)) => {
                let upload = upload(bulk, ctx, part).await?;
                let render = |job: &Job| accepted(job, &admitted.request_id);
                let (_, answer) = bulk.transfer.start_import(ctx, options, upload, &render).await?;
                return Ok(reply::answer(answer));
            }
            ("file", None) => return Err(Error::new(ErrorCode::Malformed, "options must come before file")),
            ("options", Some(_)) => return Err(Error::new(ErrorCode::Malformed, "options come more than once")),
            (other, _) => {
                return Err(Error::new(
                    ErrorCode::Malformed,
                    format!("\"{other}\" is no part of an import: send options and then file"),
                ));
            }
        }
    }
    let (part, what) =
        if options.is_some() { ("file", "the rows") } else { ("options", "JSON with at least an object, before file") };
    Err(Fault::new(part, "required", format!("is required: {what}")).into())
}

/// A part that fits into memory.
async fn short(mut part: Field<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(broken)? {
        if bytes.len() + piece.len() > MAX_OPTIONS {
            return Err(Error::new(ErrorCode::TooLarge, "options may have at most 1 MiB"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The file, in the store; what has come of one that breaks off is thrown away.
async fn upload(bulk: &Bulk, ctx: &Ctx, mut part: Field<'_>) -> Result<BlobWriter> {
    let name = part.file_name().unwrap_or("file").to_owned();
    let mut upload = bulk.transfer.upload(ctx, &name).await?;
    loop {
        let written = match part.chunk().await {
            Ok(None) => return Ok(upload),
            Ok(Some(piece)) => Transfer::feed(&mut upload, &piece).await,
            Err(error) => Err(broken(error)),
        };
        if let Err(error) = written {
            upload.abandon().await.ok();
            return Err(error);
        }
    }
}
