//! `/sign-in/passkey`, `/sign-in/passkey/begin`, `/sign-in/passkey.js`: signing in with a passkey, alone or behind the
//! password. What is asked is bound to the browser by the cookie that its forms are bound to.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderValue, Request, Response};
use axum::response::IntoResponse;
use kontor_http::ratelimit::WrongGuess;
use kontor_identity::accounts::{Asked, Origin};
use kontor_model::{Error, Fault, Json};
use serde_json::Value as J;

use super::FORM;
use super::sign_in::{Outcome, counted, is_guess, methods, said, shown};
use crate::call::Call;
use crate::error::OAuthError;
use crate::form::Form;
use crate::{OAuth, pages};

pub fn asked(call: &Call) -> Asked<'_> {
    let user_agent = call.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Asked { origin: Origin { ip: call.admitted.client, user_agent }, request_id: &call.admitted.request_id }
}

/// What the browser gave, out of a form's field.
///
/// # Errors
/// 400001.
pub fn credential(form: &Form) -> Result<Json, Error> {
    let text = form.get("credential").ok_or_else(|| {
        Fault::new("credential", "required", "is missing: the browser used no passkey, or script is off")
    })?;
    Json::parse_str(text).map_err(|_| Fault::new("credential", "format", "is no JSON").into())
}

/// What the script reads: the question, or why there is none.
pub fn question(outcome: Result<J, OAuthError>, guess: bool) -> Response<Body> {
    match outcome {
        Ok(options) => {
            let mut response = Response::new(Body::from(options.to_string()));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            let mut response = error.into_response();
            if guess {
                response.extensions_mut().insert(WrongGuess);
            }
            response
        }
    }
}

/// Why a script's request is not looked at.
pub fn strange() -> OAuthError {
    OAuthError::invalid_request("The page was too old. Please load it again.")
}

/// `GET /sign-in/passkey.js`
pub async fn script() -> Response<Body> {
    let mut response = Response::new(Body::from(pages::SCRIPT));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// `POST /sign-in/passkey/begin`
pub async fn begin(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let mut guess = false;
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        let browser = call.cookie(FORM).unwrap_or_default();
        if !oauth.is_own_form(&call, &form)? {
            return Err(strange());
        }
        let options = oauth.passkeys.ask(browser, form.get("ticket")).await;
        guess = options.as_ref().is_err_and(is_guess);
        Ok(options?)
    };
    let outcome = outcome.await;
    question(outcome, guess)
}

/// `POST /sign-in/passkey`
pub async fn enter(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Response<Body> {
    let outcome = async {
        let call = Call::of(request).await?;
        let form = call.form()?;
        if !oauth.is_own_form(&call, &form)? {
            return oauth.sign_in_page(&call, &form, Some("The page was too old. Please try again.")).await;
        }
        let outcome = match credential(&form) {
            Ok(credential) => {
                let browser = call.cookie(FORM).unwrap_or_default();
                oauth.passkeys.sign_in(browser, form.get("ticket"), &credential, asked(&call)).await
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(new) => Ok(oauth.entered(&form, &new.token)),
            Err(error) => {
                let guess = is_guess(&error);
                Ok(counted(guess, oauth.again(&call, &form, &said(error)?).await?))
            }
        }
    };
    outcome.await.unwrap_or_else(shown)
}

impl OAuth {
    /// The page that the passkey was used on, once more.
    async fn again(&self, call: &Call, form: &Form, error: &str) -> Outcome {
        match form.get("ticket") {
            Some(ticket) => self.second_page(call, form, ticket, &methods(form), Some(error)).await,
            None => self.sign_in_page(call, form, Some(error)).await,
        }
    }
}
