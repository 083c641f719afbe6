//! Into a session with a passkey. What was begun is bound to the browser by a cookie that scripts cannot read.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_http::origin;
use kontor_identity::accounts::SignIn;
use kontor_identity::token::{self, Prefix};
use kontor_model::{Error, ErrorCode, Result};
use serde_json::json;

use super::desk::{self, Desk};
use super::form::Form;
use super::sign_in::entered;
use crate::Call;

const BROWSER: &str = "kontor_browser";
const MAX_AGE_S: u32 = 600;

/// The browser's secret, when it has one.
fn browser(call: &Call) -> Option<&str> {
    let lines = call.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == BROWSER)
        .map(|(_, value)| value)
        .filter(|value| token::is_well_formed_as(Prefix::Once, value))
}

fn cookie(call: &Call, secret: &str) -> Result<HeaderValue> {
    let secure = if origin::is_secure(&call.headers) { "; Secure" } else { "" };
    let text = format!("{BROWSER}={secret}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).map_err(Error::internal)
}

/// # Errors
/// 400 for the body, 401001 and 401002 for a ticket, 403000 from other pages, 422000 where browsers have no passkeys for
/// this installation's address.
pub async fn begin(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    origin::refuse_foreign(&call.headers, call.uri())?;
    let mut form = Form::optional(&call, &["ticket"])?;
    let ticket = form.text("ticket");
    form.finish()?;
    let secret = match browser(&call) {
        Some(known) => known.to_owned(),
        None => token::generate_as(Prefix::Once).map_err(Error::internal)?,
    };
    let options = desk.passkeys.ask(&secret, ticket.as_deref()).await?;
    let mut response = desk::single(&call, StatusCode::OK, &json!({"options": options}));
    response.headers_mut().insert(SET_COOKIE, cookie(&call, &secret)?);
    Ok(response)
}

/// # Errors
/// 400 for the body, 401001 for a passkey that does not hold or was not asked for in this browser, 401002 for a ticket
/// that has expired, 403000 from other pages, 429000.
pub async fn finish(desk: Arc<Desk>, call: Call) -> Result<Response<Body>> {
    origin::refuse_foreign(&call.headers, call.uri())?;
    let mut form = Form::of(&call, &["ticket", "credential"])?;
    let (ticket, credential) = (form.text("ticket"), form.object("credential"));
    form.finish()?;
    let browser = browser(&call).ok_or_else(|| {
        Error::new(ErrorCode::BadCredential, "nothing was begun in this browser: send the cookie that begin set")
    })?;
    let session = desk.passkeys.sign_in(browser, ticket.as_deref(), &credential, desk::asked(&call)).await?;
    entered(&call, SignIn::Done(session))
}
