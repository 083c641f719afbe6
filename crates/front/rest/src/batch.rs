//! `POST /v1/{collection}/batch` (api.md 6, Bodies): 200 when all was well, 207 when some were refused, each result in
//! its place; atomic, the first refusal's own status with nothing done.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::{body, reply};
use kontor_model::changes::Step;
use kontor_model::{Changes, Error, Result};
use kontor_records::Outcome;

use crate::call::Call;
use crate::members::Members;
use crate::{Api, answers, operations, params};

/// # Errors
/// 404000; 400000 for the JSON, 400001 for no operations, 413000 for more than 1,000; those of
/// [`kontor_records::Records::change`], with `operations.N` before the fields.
pub async fn batch(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let allow_duplicates = call.params(params::CHANGE)?.flag("allow_duplicates")?;
    let body = body::object(&call.body)?;
    let mut members = Members::of(&body, "", &["atomic", "operations"])?;
    let atomic = members.flag("atomic").unwrap_or(false);
    let operations = operations::list(&mut members)?;
    members.done()?;

    // An operation that is none is refused in its place; the others go on.
    let read: Vec<Result<Step>> = operations.iter().map(|json| operations::of_batch(&def.name, json)).collect();
    let mut steps = Vec::with_capacity(read.len());
    let mut malformed: Vec<Option<Error>> = Vec::with_capacity(read.len());
    for (i, step) in read.into_iter().enumerate() {
        match step {
            Ok(step) => {
                steps.push(step);
                malformed.push(None);
            }
            Err(error) if atomic => return Err(error.under(&format!("operations.{i}"))),
            Err(error) => malformed.push(Some(error)),
        }
    }
    let malformed: Vec<Result<(), Error>> = malformed.into_iter().map(|error| error.map_or(Ok(()), Err)).collect();
    let request_id = call.admitted.request_id.clone();
    let render = |results: &[Result<Outcome>]| answers::interleaved(&malformed, results, &request_id);
    if steps.is_empty() {
        return Ok(reply::answer(render(&[])));
    }
    let count = steps.len();
    let changes = Changes { steps, allow_duplicates, ..Changes::default() };
    let outcome = api.records.change(&ctx, changes, atomic, &render).await;
    outcome.map(reply::answer).map_err(|error| operations::placed(error, count))
}
