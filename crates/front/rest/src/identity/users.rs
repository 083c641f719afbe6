//! What an administrator does about users' logins.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{Response, StatusCode};
use kontor_http::origin;
use kontor_identity::audit::By;
use kontor_identity::roles::BUILT_IN;
use kontor_model::time::datetime_text;
use kontor_model::{ErrorCode, Fault, Result, SpaceId};
use kontor_records::{Access, Policy};
use serde_json::json;

use super::desk::{self, Desk};
use super::form::Form;
use crate::Call;

/// The most characters of a reason.
const LONGEST_REASON: usize = 255;

/// A role of the space by its name.
///
/// # Errors
/// The database's.
pub async fn role(desk: &Desk, space: SpaceId, form: &mut Form) -> Result<Option<(String, Arc<Policy>)>> {
    let Some(name) = form.text("role") else { return Ok(None) };
    match desk.roles.get(space, &name).await {
        Ok(policy) => Ok(Some((name, policy))),
        Err(error) if error.code() == ErrorCode::EnumNotAllowed => {
            let fault = Fault::coded("role", ErrorCode::EnumNotAllowed, "is none of the roles");
            form.fault(fault.value(name).allowed(BUILT_IN.iter().map(|(name, _)| *name)));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The page where a link is used, as the caller reaches this server.
fn address(call: &Call, token: &str) -> String {
    let scheme = if origin::is_secure(&call.headers) { "https" } else { "http" };
    let host = call.uri().authority().map(|authority| authority.as_str().to_owned());
    let host = host.or_else(|| call.headers.get(HOST)?.to_str().ok().map(str::to_owned)).unwrap_or_default();
    format!("{scheme}://{host}/sign-in?token={token}")
}

/// # Errors
/// 403 for anyone but an administrator, 404001 for no such user, 422000 for one that cannot be invited.
pub async fn invite(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = desk.api.ctx(&call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    let user = call.id(2)?;
    let mut form = Form::optional(&call, &["role"])?;
    let role = role(&desk, ctx.space(), &mut form).await?;
    form.finish()?;
    let role = role.map_or_else(|| "member".to_owned(), |(name, _)| name);
    let invitation = desk.accounts.invite(ctx.space(), user, &role, By::of(&ctx)).await?;
    let data = json!({
        "user_id": user.to_string(), "email": invitation.email, "url": address(&call, &invitation.token),
        "token": invitation.token, "expires_at": datetime_text(invitation.expires_at), "has_password": invitation.known,
        "mail": invitation.mailed.map(|mail| json!({"message_id": mail.message.to_string(), "state": mail.state.name()})),
    });
    Ok(desk::single(&call, StatusCode::CREATED, &data))
}

/// # Errors
/// 403 for anyone but an administrator, 404001 for no such user.
pub async fn end_sessions(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = desk.api.ctx(&call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    Form::optional(&call, &[])?.finish()?;
    let user = call.id(2)?;
    desk.accounts.person(ctx.space(), user).await?;
    let ended = desk.accounts.sessions_of(ctx.space(), user).await?.len();
    desk.accounts.revoke_sessions_of(ctx.space(), user, By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"user_id": user.to_string(), "ended": ended})))
}

/// # Errors
/// 403 for anyone but an administrator who is signed in, 404001 for no such user, 422000 for one that cannot be seen as.
pub async fn impersonate(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let ctx = desk.api.ctx(&call).await?;
    ctx.caller.may_manage(Access::Admin)?;
    let user = call.id(2)?;
    let mut form = Form::optional(&call, &["reason"])?;
    let reason = form.text("reason");
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        form.fault(Fault::new("reason", "too_long", format!("must be at most {LONGEST_REASON} characters")));
    }
    form.finish()?;
    let seeing = desk.oauth.see_as(&call.admitted, user, reason.as_deref()).await?;
    let data = json!({
        "access_token": seeing.access_token, "token_type": "Bearer", "expires_in": seeing.expires_in,
        "expires_at": datetime_text(seeing.expires_at), "scope": seeing.scope, "read_only": true,
        "user": {"id": user.to_string(), "name": seeing.name},
    });
    Ok(desk::single(&call, StatusCode::CREATED, &data))
}
