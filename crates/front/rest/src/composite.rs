//! `POST /v1/composite` (api.md 6, Bodies): operations over any objects, all or nothing; `"$name.field"` refers to an
//! earlier result.

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_http::{body, reply};
use kontor_model::{Changes, Error, Fault, Result};
use kontor_records::Outcome;

use crate::call::Call;
use crate::members::Members;
use crate::{Api, answers, operations, params};

/// # Errors
/// 400000 for the JSON, 400001 for no operations, 413000 for more than 1,000; otherwise the first refusal's own, with
/// `operations.N` before the fields.
pub async fn composite(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let ctx = api.ctx(&call).await?;
    let allow_duplicates = call.params(params::CHANGE)?.flag("allow_duplicates")?;
    let body = body::object(&call.body)?;
    let mut members = Members::of(&body, "", &["operations"])?;
    let operations = operations::list(&mut members)?;
    members.done()?;
    let step = |(i, json)| {
        operations::of_composite(&ctx.catalog, json).map_err(|e: Error| e.under(&format!("operations.{i}")))
    };
    let steps = operations.iter().enumerate().map(step).collect::<Result<Vec<_>>>()?;
    let mut names = HashSet::new();
    for (i, name) in steps.iter().enumerate().filter_map(|(i, step)| Some((i, step.name.as_deref()?))) {
        if !names.insert(name) {
            let fault = Fault::new(format!("operations.{i}.ref"), "taken", "is the name of an earlier operation");
            return Err(fault.value(name).into());
        }
    }
    let request_id = call.admitted.request_id.clone();
    let render = |results: &[Result<Outcome>]| answers::results(results.iter().map(|r| r.as_ref()), &request_id);
    let count = steps.len();
    let changes = Changes { steps, allow_duplicates, ..Changes::default() };
    let outcome = api.records.change(&ctx, changes, true, &render).await;
    outcome.map(reply::answer).map_err(|error| operations::placed(error, count))
}
