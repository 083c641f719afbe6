//! Into a session and out of it. The token goes into a cookie that scripts cannot read, and nowhere else.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_http::{SESSION_COOKIE, origin};
use kontor_identity::accounts::SignIn;
use kontor_identity::audit::By;
use kontor_model::{Error, Result};
use serde_json::json;

use super::desk::{self, Desk};
use super::form::Form;
use super::show;
use crate::Call;

const MAX_AGE_S: u32 = 30 * 86_400;

/// RFC 6265; `Secure` where the browser came by https.
fn cookie(call: &Call, token: &str, max_age: u32) -> Result<HeaderValue> {
    let secure = if origin::is_secure(&call.headers) { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).map_err(Error::internal)
}

pub(super) fn entered(call: &Call, outcome: SignIn) -> Result<Response<Body>> {
    match outcome {
        SignIn::Done(new) => {
            let data = json!({"state": "signed_in", "session": show::session(&new.session, true)});
            let mut response = desk::single(call, StatusCode::OK, &data);
            response.headers_mut().insert(SET_COOKIE, cookie(call, &new.token, MAX_AGE_S)?);
            Ok(response)
        }
        SignIn::SecondFactor { ticket, methods } => {
            let methods: Vec<&str> = methods.iter().map(|method| method.name()).collect();
            let data = json!({"state": "second_factor", "ticket": ticket, "methods": methods});
            Ok(desk::single(call, StatusCode::OK, &data))
        }
    }
}

/// # Errors
/// 400 for the body, 401001 for a wrong address or password, 403000 from other pages, 429000, 503000.
pub async fn sign_in(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    origin::refuse_foreign(&call.headers, call.uri())?;
    let mut form = Form::of(&call, &["email", "password"])?;
    let (email, password) = (form.required("email"), form.required("password"));
    form.finish()?;
    let outcome = desk.accounts.sign_in(&email, &password, desk::origin(&call)).await?;
    entered(&call, outcome)
}

/// # Errors
/// As [`sign_in`]; 401002 for a ticket that has expired.
pub async fn second_factor(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    origin::refuse_foreign(&call.headers, call.uri())?;
    let mut form = Form::of(&call, &["ticket", "code"])?;
    let (ticket, code) = (form.required("ticket"), form.required("code"));
    form.finish()?;
    let session = desk.accounts.second_factor(&ticket, &code, desk::origin(&call)).await?;
    entered(&call, SignIn::Done(session))
}

/// # Errors
/// As [`second_factor`]; 400001 for a password that is none.
pub async fn redeem(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    origin::refuse_foreign(&call.headers, call.uri())?;
    let mut form = Form::of(&call, &["token", "password", "email"])?;
    let (token, password, email) = (form.required("token"), form.required("password"), form.text("email"));
    form.finish()?;
    let outcome = desk.accounts.redeem_as(&token, email.as_deref(), &password, desk::origin(&call)).await?;
    entered(&call, outcome)
}

/// # Errors
/// 403000 without a session.
pub async fn sign_out(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    let session = desk.session(&call).await?;
    Form::optional(&call, &[])?.finish()?;
    let ctx = desk.api.ctx(&call).await?;
    desk.accounts.revoke_session(session.id, session.user, By::of(&ctx)).await?;
    let mut response = desk::single(&call, StatusCode::OK, &json!({"state": "signed_out"}));
    response.headers_mut().insert(SET_COOKIE, cookie(&call, "", 0)?);
    Ok(response)
}
