//! `/v1/privacy/retention`: how long records are kept.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post, put};
use kontor_http::{body, envelope, reply};
use kontor_jobs::Job;
use kontor_model::{Error, ErrorCode, Fault, Json, Result, name};
use kontor_privacy::{Action, Privacy};
use serde_json::{Value as J, json};

use super::admit;
use crate::jobs::accepted;
use crate::{Api, Call, at};

/// The handlers of the rules.
pub fn router(api: &Arc<Api>, privacy: &Arc<Privacy>) -> Router {
    let [list_, set_, remove_, run_] = std::array::from_fn(|_| privacy.clone());
    Router::new()
        .route("/v1/privacy/retention", get(at(api, move |api, call| list(api, list_.clone(), call))))
        .route("/v1/privacy/retention/run", post(at(api, move |api, call| run(api, run_.clone(), call))))
        .route(
            "/v1/privacy/retention/{object}",
            put(at(api, move |api, call| set(api, set_.clone(), call)))
                .delete(at(api, move |api, call| remove(api, remove_.clone(), call))),
        )
}

fn listed(rows: &[J], request_id: &str) -> Response<Body> {
    let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    reply::json(StatusCode::OK, envelope::list(rows.join(",").as_bytes(), None, request_id))
}

fn unknown(sent: &Json, known: &[&str], faults: &mut Vec<Fault>) {
    for (key, _) in sent.as_object().unwrap_or_default().iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        let message = format!("is no member of this{}", name::hint(key, known.iter().copied()));
        faults.push(Fault::coded(key.as_str(), ErrorCode::UnknownField, message));
    }
}

/// The rules.
///
/// # Errors
/// 403; the database's.
async fn list(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let rules: Vec<J> = privacy.rules(ctx.space()).await?.iter().map(kontor_privacy::Rule::json).collect();
    Ok(listed(&rules, call.request_id()))
}

/// Sets a rule.
///
/// # Errors
/// 403; 404001; 400001 with all faults; the database's.
async fn set(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let object = call.part(3)?;
    let sent = body::object(&call.body)?;
    let mut faults = Vec::new();
    unknown(&sent, &["days", "action"], &mut faults);
    let days = sent.get("days").and_then(|days| days.to_string().parse::<i64>().ok());
    if days.is_none() {
        faults.push(Fault::new("days", "required", "must be a whole number of days"));
    }
    let words: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
    let word = sent.get("action").and_then(Json::as_str).unwrap_or_default();
    let action = Action::from_name(word);
    if action.is_none() {
        let message = format!("must be one of {}", words.join(", "));
        faults.push(Fault::coded("action", ErrorCode::EnumNotAllowed, message).value(word).allowed(words));
    }
    let (Some(days), Some(action), true) = (days, action, faults.is_empty()) else {
        return Err(Error::from_faults(faults));
    };
    let rule = privacy.set_rule(&ctx, &object, days, action).await?;
    Ok(reply::json(StatusCode::OK, envelope::single(200, rule.json().to_string().as_bytes(), call.request_id())))
}

/// Removes a rule.
///
/// # Errors
/// 403; 404001; the database's.
async fn remove(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let object = call.part(3)?;
    privacy.remove_rule(&ctx, &object).await?;
    let data = json!({"object": object, "removed": true});
    Ok(reply::json(StatusCode::OK, envelope::single(200, data.to_string().as_bytes(), call.request_id())))
}

/// Counts, or does.
///
/// # Errors
/// 403; 400001; the database's.
async fn run(api: Arc<Api>, privacy: Arc<Privacy>, call: Call) -> Result<Response<Body>> {
    let ctx = admit(&api, &call).await?;
    call.params(&[])?;
    let sent = body::object(&call.body)?;
    let mut faults = Vec::new();
    unknown(&sent, &["dry_run"], &mut faults);
    let dry = match sent.get("dry_run") {
        None | Some(Json::Bool(true)) => true,
        Some(Json::Bool(false)) => false,
        Some(_) => {
            faults.push(Fault::new("dry_run", "type", "must be true or false"));
            true
        }
    };
    if !faults.is_empty() {
        return Err(Error::from_faults(faults));
    }
    if dry {
        return Ok(listed(&privacy.dry_run(&ctx).await?, call.request_id()));
    }
    let render = |job: &Job| accepted(job, call.request_id());
    Ok(reply::answer(privacy.start_retention(&ctx, &render).await?))
}
