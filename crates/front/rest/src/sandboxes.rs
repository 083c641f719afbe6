//! `/v1/sandboxes`: spaces to try things in, for administrators of the live space.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::{get, post};
use kontor_http::{envelope, reply};
use kontor_identity::audit::By;
use kontor_identity::keys::NewKey;
use kontor_identity::scopes;
use kontor_jobs::{Job, job_json};
use kontor_model::{Allowance, Error, ErrorCode, Fault, Id, Result};
use kontor_records::{Access, Answer, Ctx};
use kontor_sandboxes::{From, Sandboxes};
use serde_json::Value as J;

use crate::identity::{Desk, Form, desk, show};
use crate::{Api, Call, at};

const LONGEST_NAME: usize = 120;
/// The role of a key for a sandbox; its user's own role still bounds it.
const ROLE: &str = "admin";

/// The handlers of [`crate::routes::SANDBOXES`].
pub fn router(api: &Arc<Api>, desk: &Arc<Desk>, sandboxes: &Arc<Sandboxes>) -> Router {
    let [list_, create_, read_, drop_, refresh_, keys_] = std::array::from_fn(|_| sandboxes.clone());
    let desk = desk.clone();
    Router::new()
        .route(
            "/v1/sandboxes",
            get(at(api, move |api, call| list(api, list_.clone(), call)))
                .post(at(api, move |api, call| create(api, create_.clone(), call))),
        )
        .route(
            "/v1/sandboxes/{id}",
            get(at(api, move |api, call| read(api, read_.clone(), call)))
                .delete(at(api, move |api, call| delete(api, drop_.clone(), call))),
        )
        .route("/v1/sandboxes/{id}/refresh", post(at(api, move |api, call| refresh(api, refresh_.clone(), call))))
        .route("/v1/sandboxes/{id}/keys", post(at(api, move |api, call| key(api, desk.clone(), keys_.clone(), call))))
}

async fn admit(api: &Api, call: &Call) -> Result<Ctx> {
    let ctx = api.ctx(call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    Ok(ctx)
}

/// 202 with the sandbox, its job in it, and the job's address.
fn accepted(request_id: &str) -> impl Fn(&J, &Job) -> Answer + Send + Sync + '_ {
    move |sandbox, job| {
        let mut data = sandbox.clone();
        if let Some(members) = data.as_object_mut() {
            members.insert("job".to_owned(), job_json(job));
        }
        Answer {
            status: 202,
            headers: vec![("location".to_owned(), format!("/v1/jobs/{}", job.id))],
            body: envelope::single(202, data.to_string().as_bytes(), request_id),
        }
    }
}

/// All sandboxes of the workspace.
///
/// # Errors
/// 403; 422000 in a sandbox; the database's.
async fn list(api: Arc<Api>, sandboxes: Arc<Sandboxes>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    Ok(desk::list(&call, &sandboxes.list(&ctx).await?))
}

/// Makes one.
///
/// # Errors
/// 403; 400001, 400006, 409001 for the body; 422000; the database's.
async fn create(api: Arc<Api>, sandboxes: Arc<Sandboxes>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let mut form = Form::of(&call, &["name", "from"])?;
    let name = form.required("name");
    let word = form.text("from").unwrap_or_default();
    let from = From::from_name(&word);
    if from.is_none() {
        let known: Vec<&str> = From::ALL.iter().map(|from| from.name()).collect();
        let message = format!("must be one of {}", known.join(", "));
        form.fault(Fault::coded("from", ErrorCode::EnumNotAllowed, message).value(word).allowed(known));
    }
    form.finish()?;
    let from = from.ok_or_else(|| Error::internal("a fault was passed over"))?;
    Ok(reply::answer(sandboxes.create(&ctx, &name, from, &accepted(call.request_id())).await?))
}

/// One sandbox.
///
/// # Errors
/// 403, 404001; the database's.
async fn read(api: Arc<Api>, sandboxes: Arc<Sandboxes>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    Ok(desk::single(&call, StatusCode::OK, &sandboxes.get(&ctx, call.id(2)?).await?))
}

/// Fills one anew.
///
/// # Errors
/// 403, 404001; 409000 while a job has it; the database's.
async fn refresh(api: Arc<Api>, sandboxes: Arc<Sandboxes>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    Form::optional(&call, &[])?.finish()?;
    Ok(reply::answer(sandboxes.refresh(&ctx, call.id(2)?, &accepted(call.request_id())).await?))
}

/// Drops one.
///
/// # Errors
/// As [`refresh`].
async fn delete(api: Arc<Api>, sandboxes: Arc<Sandboxes>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    Ok(reply::answer(sandboxes.delete(&ctx, call.id(2)?, &accepted(call.request_id())).await?))
}

/// A key of the sandbox for the copy of the caller, where there is one, else for the sandbox's owner. It reaches no
/// further than the caller's own: not from other addresses, not for longer, not with more scopes.
///
/// # Errors
/// 403, 404001; 400001 for the body; 409000 for a sandbox that is not ready; the database's.
async fn key(api: Arc<Api>, desk: Arc<Desk>, sandboxes: Arc<Sandboxes>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let mut form = Form::of(&call, &["name"])?;
    let name = form.required("name").trim().to_owned();
    if name.chars().count() > LONGEST_NAME {
        form.fault(Fault::new("name", "too_long", format!("must have at most {LONGEST_NAME} characters")));
    }
    form.finish()?;
    let sandbox = sandboxes.ready(&ctx, call.id(2)?).await?;
    let own = match desk.keys.get(ctx.space(), ctx.caller.key_id).await {
        Ok(key) => Some(key),
        Err(error) if error.code() == ErrorCode::NotFound => None,
        Err(error) => return Err(error),
    };
    let policy = desk.roles.get(sandbox.id, ROLE).await?;
    let held = ctx.caller.scopes.names();
    let new = NewKey {
        name,
        role: ROLE.to_owned(),
        scopes: scopes::of_role(&policy).into_iter().filter(|scope| scopes::covers(&held, scope)).collect(),
        space: sandbox.id,
        user_id: holder(&desk, &ctx, sandbox.id).await?,
        service_account_id: None,
        ip_ranges: own.as_ref().map(|key| key.ip_ranges.clone()).unwrap_or_default(),
        expires_at: own.as_ref().and_then(|key| key.expires_at),
        allowance: own.as_ref().map_or_else(Allowance::default, |key| key.allowance),
    };
    let (info, secret) = desk.keys.create(new, By::of(&ctx)).await?;
    let mut data = show::key(&info, desk.founding.clock.now_ms());
    if let Some(members) = data.as_object_mut() {
        members.insert("key".to_owned(), J::String(secret));
        members.insert("space_id".to_owned(), J::String(sandbox.id.to_string()));
    }
    let mut response = desk::single(&call, StatusCode::CREATED, &data);
    let location = HeaderValue::try_from(format!("/v1/sandboxes/{}", sandbox.id)).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Who the caller is in the sandbox.
async fn holder(desk: &Desk, ctx: &Ctx, sandbox: kontor_model::SpaceId) -> Result<Option<Id>> {
    if let Some(user) = ctx.caller.user_id {
        match desk.accounts.person(sandbox, user).await {
            Ok(person) if person.active => return Ok(Some(user)),
            Ok(_) => {}
            Err(error) if error.code() == ErrorCode::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    desk.founding.owner(sandbox).await
}
