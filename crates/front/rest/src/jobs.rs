//! `/v1/jobs` (api.md 6): what is being done behind the scenes, its progress and results, and what was given up.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use futures::future::BoxFuture;
use kontor_catalog::Catalogs;
use kontor_http::{Admitted, Refusal, envelope, reply};
use kontor_jobs::{Filter, Job, Jobs, State, job_json};
use kontor_model::{ApiVersion, Error, ErrorCode, Fault, Result, name};
use kontor_records::{Access, Answer, Ctx};
use kontor_transfer::{Download, Status, Transfer};

use crate::call::Call;
use crate::params::Params;
use crate::{exports, imports};

const LISTED: &[&str] = &["limit", "cursor", "kind", "state", "filter"];

/// The kinds of jobs that there are, as those say who do them.
pub(crate) fn kinds() -> Vec<&'static str> {
    [kontor_transfer::KINDS, kontor_privacy::KINDS, kontor_sandboxes::KINDS].concat()
}

/// What the routes of bulk work share.
pub struct Bulk {
    pub transfer: Transfer,
    pub catalogs: Arc<Catalogs>,
    /// Of the handlers that this process has.
    pub kinds: Vec<&'static str>,
}

impl Bulk {
    pub(crate) fn jobs(&self) -> &Jobs {
        self.transfer.jobs()
    }

    pub(crate) async fn ctx(&self, admitted: &Admitted, version: ApiVersion) -> Result<Ctx> {
        let caller = admitted.caller()?.clone();
        let catalog = self.catalogs.get(caller.space).await?.seen(version)?;
        Ok(Ctx {
            trace: admitted.trace.clone(),
            idempotency: admitted.idempotency.clone(),
            origin: admitted.origin(),
            ..Ctx::new(caller, catalog, admitted.request_id.clone())
        })
    }

    /// The job of the path's id at `place`; one that the caller may not see does not exist.
    async fn job(&self, ctx: &Ctx, call: &Call, place: usize) -> Result<Job> {
        let job = self.jobs().get(ctx.space(), call.id(place)?).await?;
        if self.transfer.may_see(ctx, &job) { Ok(job) } else { Err(Error::not_found()) }
    }

    fn may_change(&self, ctx: &Ctx, job: &Job) -> Result<()> {
        if self.transfer.may_cancel(ctx, job) {
            return Ok(());
        }
        let detail = "the job was started by another, and this role may not change its object";
        Err(Error::new(ErrorCode::Forbidden, detail))
    }
}

/// A request's endpoint over [`Bulk`].
pub(crate) fn on<F, Answered>(
    bulk: &Arc<Bulk>,
    endpoint: F,
) -> impl Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Clone + Send + Sync + 'static
where
    F: Fn(Arc<Bulk>, Request<Body>) -> Answered + Clone + Send + Sync + 'static,
    Answered: Future<Output = Result<Response<Body>>> + Send + 'static,
{
    let bulk = bulk.clone();
    move |request| {
        let answered = endpoint(bulk.clone(), request);
        Box::pin(async move { answered.await.unwrap_or_else(|error| Refusal(error).into_response()) })
    }
}

/// The handlers of imports, exports and jobs.
pub fn router(bulk: &Arc<Bulk>) -> Router {
    Router::new()
        .route("/v1/imports", post(on(bulk, imports::start)).layer(DefaultBodyLimit::disable()))
        .route("/v1/exports", post(on(bulk, exports::start)))
        .route("/v1/jobs", get(on(bulk, list)))
        .route("/v1/jobs/schedules", get(on(bulk, schedules)))
        .route("/v1/jobs/{id}", get(on(bulk, read)))
        .route("/v1/jobs/{id}/retry", post(on(bulk, retry)))
        .route("/v1/jobs/{id}/cancel", post(on(bulk, cancel)))
        .route("/v1/jobs/{id}/result", get(on(bulk, result)))
}

/// 202 with the job and its address.
pub(crate) fn accepted(job: &Job, request_id: &str) -> Answer {
    Answer {
        status: 202,
        headers: vec![("location".to_owned(), format!("/v1/jobs/{}", job.id))],
        body: envelope::single(202, job_json(job).to_string().as_bytes(), request_id),
    }
}

fn single(job: &Job, request_id: &str) -> Response<Body> {
    reply::json(StatusCode::OK, envelope::single(200, job_json(job).to_string().as_bytes(), request_id))
}

/// One of a few words as a parameter.
fn word<T: Copy>(key: &str, given: Option<&str>, words: &[(&str, T)]) -> Result<Option<T>> {
    let Some(given) = given else { return Ok(None) };
    match words.iter().find(|(word, _)| *word == given) {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let hint = name::hint(given, known.iter().copied());
            let fault =
                Fault::coded(key, ErrorCode::EnumNotAllowed, format!("must be one of {}{hint}", known.join(", ")));
            Err(fault.value(given).allowed(known).into())
        }
    }
}

/// `kind` or `filter[kind]`, and no other filter.
fn either<'p>(params: &'p Params, name: &str) -> Result<Option<&'p str>> {
    let known = ["filter[kind]", "filter[state]"];
    if let Some((other, _)) = params.filters().find(|(filter, _)| !known.contains(filter)) {
        let detail = format!("jobs are filtered by {}, not by {other}", known.join(" and "));
        return Err(Error::new(ErrorCode::BadQuery, detail));
    }
    Ok(params.get(name).or_else(|| params.get(&format!("filter[{name}]"))))
}

/// Jobs, newest first.
///
/// # Errors
/// 400000, 400003, 400004, 400005, 400006 for parameters; the database's.
async fn list(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    let params = call.params(LISTED)?;
    let limit = params.page_limit()?;
    let states: Vec<(&str, State)> = State::ALL.iter().map(|s| (s.name(), *s)).collect();
    let kinds: Vec<(&str, &str)> = bulk.kinds.iter().map(|kind| (*kind, *kind)).collect();
    let asked = |name: &str| either(&params, name);
    let before = match params.get("cursor").map(str::parse) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return Err(Error::new(ErrorCode::BadCursor, "the cursor is none of this list's")),
    };
    let filter = Filter {
        kind: word("kind", asked("kind")?, &kinds)?.map(str::to_owned),
        state: word("state", asked("state")?, &states)?,
        before,
        sight: bulk.transfer.sight(&ctx),
        limit: Some(u64::from(limit)),
    };
    let (jobs, has_more) = bulk.jobs().list(ctx.space(), &filter).await?;
    let next = jobs.last().filter(|_| has_more).map(|job| job.id.to_string());
    let shown: Vec<String> = jobs.iter().map(|job| job_json(job).to_string()).collect();
    let page = envelope::Page { limit, has_more, next_cursor: next.as_deref(), ..envelope::Page::default() };
    Ok(reply::json(StatusCode::OK, envelope::list(shown.join(",").as_bytes(), Some(&page), call.request_id())))
}

/// One job.
///
/// # Errors
/// 404001; the database's.
async fn read(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    call.params(&[])?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    let job = bulk.job(&ctx, &call, 2).await?;
    Ok(single(&job, call.request_id()))
}

/// Calls a job off.
///
/// # Errors
/// 404001; 403000; 422000 when it is over; the database's.
async fn cancel(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    call.params(&[])?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    let job = bulk.job(&ctx, &call, 2).await?;
    bulk.may_change(&ctx, &job)?;
    let job = bulk.jobs().cancel(ctx.space(), job.id).await?;
    Ok(single(&job, call.request_id()))
}

/// Tries a job again that has failed, from where it had got.
///
/// # Errors
/// 404001; 403000; 422000 when it has not failed; 409000 when it changes at the same time; the database's.
async fn retry(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    call.params(&[])?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    let job = bulk.job(&ctx, &call, 2).await?;
    bulk.may_change(&ctx, &job)?;
    let answer = |job: &Job| Answer {
        status: 200,
        headers: Vec::new(),
        body: envelope::single(200, job_json(job).to_string().as_bytes(), call.request_id()),
    };
    let noted = serde_json::json!({"kind": job.kind, "error": job.error.as_ref().map(|failure| failure.code)});
    let object = job.object.as_deref().unwrap_or("job");
    let entry = bulk.transfer.audit_job(&ctx, object, job.id, "retry", &noted)?;
    let mut answered = None;
    let also = |job: &Job| {
        let answer = answered.insert(answer(job));
        let mut writes = vec![entry];
        writes.extend(bulk.transfer.answer_writes(&ctx, answer));
        writes
    };
    bulk.jobs().retry(ctx.space(), job.id, also).await?;
    answered.map(reply::answer).ok_or_else(|| Error::internal("a job was tried again without an answer"))
}

/// What puts jobs in by the clock, by name.
///
/// # Errors
/// 403; the database's.
async fn schedules(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    call.params(&[])?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    ctx.caller.may_manage(Access::Admin)?;
    let all = bulk.jobs().schedules(ctx.space()).await?;
    let shown: Vec<String> = all.iter().map(|standing| standing.json().to_string()).collect();
    Ok(reply::json(StatusCode::OK, envelope::list(shown.join(",").as_bytes(), None, call.request_id())))
}

/// The report of an import, `?status=refused` for some of its rows, or the file of an export.
///
/// # Errors
/// 404001 when there is none yet; 400006; the database's.
async fn result(bulk: Arc<Bulk>, request: Request<Body>) -> Result<Response<Body>> {
    let call = Call::of(request).await?;
    let params = call.params(&["status"])?;
    let ctx = bulk.ctx(&call.admitted, call.version).await?;
    let job = bulk.job(&ctx, &call, 2).await?;
    let statuses: Vec<(&str, Status)> = Status::ALL.iter().map(|s| (s.name(), *s)).collect();
    let only = word("status", params.get("status"), &statuses)?;
    let Download { name, media_type, bytes, content } = bulk.transfer.result(&ctx, &job, only).await?;
    bulk.transfer.note_download(&ctx, &job).await?;
    let mut response = Response::new(Body::from_stream(content));
    let headers = response.headers_mut();
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    for (header, value) in
        [(CONTENT_TYPE, media_type), (CONTENT_DISPOSITION, format!("attachment; filename=\"{safe}\""))]
    {
        headers.insert(header, HeaderValue::try_from(value).map_err(Error::internal)?);
    }
    if let Some(bytes) = bytes {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
