//! `/v1/{collection}/{id}/shares`: single records opened to a user or a team.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_http::{body, envelope, reply};
use kontor_model::{Error, Fault, Id, Json, Result};
use kontor_records::{Access, Answer, Grantee};

use crate::{Api, Call};

/// The place of the record's id in the path.
const ID: usize = 2;

/// # Errors
/// 404001; 403.
pub async fn list(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    call.params(&[])?;
    let shares = api.records.shares(&ctx, &def.name, call.id(ID)?).await?;
    let data: Vec<String> = shares.iter().map(ToString::to_string).collect();
    Ok(reply::json(StatusCode::OK, envelope::list(data.join(",").as_bytes(), None, &ctx.request_id)))
}

/// `{"user_id": …}` or `{"team_id": …}`, with `"level": "read"` (the default) or `"write"`.
///
/// # Errors
/// 400001 for a body that is none; 404001; 403.
pub async fn create(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    call.params(&[])?;
    ctx.caller.may(Access::Write, &def)?;
    let record = call.id(ID)?;
    let (to, write) = sent(&body::object(&call.body)?)?;
    let place = format!("/v1/{}/{record}/shares", def.plural);
    let render = |share: &serde_json::Value| {
        let id = share.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
        Answer {
            status: 201,
            headers: vec![("location".to_owned(), format!("{place}/{id}"))],
            body: envelope::single(201, share.to_string().as_bytes(), &ctx.request_id),
        }
    };
    Ok(reply::answer(api.records.share(&ctx, &def.name, record, to, write, &render).await?))
}

/// # Errors
/// 404001; 403.
pub async fn delete(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    call.params(&[])?;
    ctx.caller.may(Access::Write, &def)?;
    let (record, share) = (call.id(ID)?, call.id(ID + 2)?);
    let data = format!("{{\"id\":\"{share}\",\"deleted\":true}}");
    let answer =
        Answer { status: 200, headers: Vec::new(), body: envelope::single(200, data.as_bytes(), &ctx.request_id) };
    Ok(reply::answer(api.records.unshare(&ctx, &def.name, record, share, answer).await?))
}

fn sent(data: &Json) -> Result<(Grantee, bool)> {
    let mut faults = Vec::new();
    for (key, value) in data.as_object().into_iter().flatten() {
        if !["user_id", "team_id", "level"].contains(&key.as_str()) {
            let message = "is not a member of a share; those are user_id, team_id, level";
            faults.push(
                Fault::coded(key.as_str(), kontor_model::ErrorCode::UnknownField, message).value(value.excerpt()),
            );
        }
    }
    let id = |key: &str| -> Option<Result<Id, Fault>> {
        let value = data.get(key).filter(|value| !value.is_null())?;
        Some(
            value
                .as_str()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| Fault::new(key, "type", "must be an id: digits in quotes").value(value.excerpt())),
        )
    };
    let to = match (id("user_id"), id("team_id")) {
        (Some(user), None) => user.map(Grantee::User),
        (None, Some(team)) => team.map(Grantee::Team),
        _ => Err(Fault::new("user_id", "required", "send user_id or team_id, one of them")),
    };
    let level = match data.get("level") {
        None | Some(Json::Null) => Ok(false),
        Some(level) => match level.as_str() {
            Some("read") => Ok(false),
            Some("write") => Ok(true),
            _ => Err(Fault::new("level", "not_allowed", "must be read or write").value(level.excerpt())),
        },
    };
    match (to, level) {
        (Ok(to), Ok(write)) if faults.is_empty() => Ok((to, write)),
        (to, level) => {
            faults.extend(to.err());
            faults.extend(level.err());
            Err(Error::from_faults(faults))
        }
    }
}
