//! The second factor of one's own login. What is shown here is shown once.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_identity::accounts::Session;
use kontor_identity::audit::By;
use kontor_model::Result;
use serde_json::json;

use super::desk::{self, Desk};
use super::form::Form;
use crate::Call;

/// The session and the password, which is asked for again.
async fn proof(desk: &Desk, call: &Call) -> Result<(Session, String)> {
    let session = desk.session(call).await?;
    let mut form = Form::of(call, &["password"])?;
    let password = form.required("password");
    form.finish()?;
    Ok((session, password))
}

/// # Errors
/// 403000 without a session, 401001 for a wrong password, 422000 when there is an app already, 429000, 503000.
pub async fn begin(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let (session, password) = proof(&desk, &call).await?;
    let setup = desk.accounts.begin_totp(&session, &password, desk::origin(&call)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"secret": setup.secret, "uri": setup.uri})))
}

/// # Errors
/// 403000 without a session, 401001 for a wrong code, 422000 when nothing was begun, 429000.
pub async fn confirm(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let session = desk.session(&call).await?;
    let mut form = Form::of(&call, &["code"])?;
    let code = form.required("code");
    form.finish()?;
    let ctx = desk.api.ctx(&call).await?;
    let codes = desk.accounts.confirm_totp(&session, &code, desk::origin(&call), By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"totp": true, "recovery_codes": codes})))
}

/// # Errors
/// As [`begin`]; 422000 without an app.
pub async fn recovery_codes(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let (session, password) = proof(&desk, &call).await?;
    let ctx = desk.api.ctx(&call).await?;
    let codes = desk.accounts.new_recovery_codes(&session, &password, desk::origin(&call), By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"totp": true, "recovery_codes": codes})))
}

/// # Errors
/// As [`recovery_codes`].
pub async fn remove(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let (session, password) = proof(&desk, &call).await?;
    let ctx = desk.api.ctx(&call).await?;
    desk.accounts.disable_totp(&session, &password, desk::origin(&call), By::of(&ctx)).await?;
    Ok(desk::single(&call, StatusCode::OK, &json!({"totp": false})))
}
