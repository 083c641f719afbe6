//! One file per endpoint.

mod admin;
mod authorize;
mod device;
mod device_authorization;
mod end_session;
mod introspect;
mod jwks;
mod metadata;
mod par;
mod passkey;
mod passkeys;
mod providers;
mod register;
mod revoke;
mod sign_in;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::{get, post};
use kontor_model::Result;

use crate::call::Call;
use crate::form::Form;
use crate::people::Session;
use crate::{OAuth, random};

/// The handlers of [`crate::ROUTES`].
pub fn router(oauth: &Arc<OAuth>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata::server))
        .route("/.well-known/openid-configuration", get(metadata::server))
        .route("/.well-known/oauth-protected-resource", get(metadata::resource))
        .route("/oauth/jwks", get(jwks::read))
        .route("/oauth/authorize", get(authorize::ask).post(authorize::decide))
        .route("/oauth/token", post(token::handle))
        .route("/oauth/par", post(par::push))
        .route("/oauth/device_authorization", post(device_authorization::begin))
        .route("/oauth/device", get(device::ask).post(device::decide))
        .route("/oauth/register", post(register::register))
        .route("/oauth/revoke", post(revoke::revoke))
        .route("/oauth/introspect", post(introspect::introspect))
        .route("/oauth/userinfo", get(userinfo::read).post(userinfo::read))
        .route("/oauth/end_session", get(end_session::ask).post(end_session::leave))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-in/second-factor", get(sign_in::back).post(sign_in::second_factor))
        .route("/sign-in/passkey", get(sign_in::back).post(passkey::enter))
        .route("/sign-in/passkey/begin", post(passkey::begin))
        .route("/sign-in/passkey.js", get(passkey::script))
        .route("/sign-in/passkeys", get(passkeys::show).post(passkeys::add))
        .route("/sign-in/passkeys/begin", post(passkeys::begin))
        .route("/sign-in/passkeys/remove", post(passkeys::remove))
        .route("/sign-in/redeem", get(sign_in::back).post(sign_in::redeem))
        .route("/oauth/providers/{id}/start", get(providers::start))
        .route("/oauth/providers/{id}/callback", get(providers::callback))
        .route("/v1/oauth_clients", get(admin::list).post(admin::create))
        .route("/v1/oauth_clients/{id}", get(admin::read).delete(admin::delete))
        .route("/v1/oauth_clients/{id}/rotate_secret", post(admin::rotate_secret))
        .route("/v1/oauth_keys/rotate", post(admin::rotate_keys))
        .with_state(oauth.clone())
}

/// The cookie of a session, and the one that forms are bound to.
pub const SESSION: &str = "kontor_session";
const FORM: &str = "kontor_form";

/// 303 to an address (RFC 9700, 4.12: never 307, which would send a form on).
fn see_other(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    match HeaderValue::try_from(address) {
        Ok(address) => drop(response.headers_mut().insert(LOCATION, address)),
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A form's protection: a cookie, and a token made from it and the session.
struct FormGuard {
    cookie: String,
    is_new: bool,
}

impl OAuth {
    fn form_guard(&self, call: &Call) -> Result<FormGuard> {
        match call.cookie(FORM) {
            Some(cookie) if cookie.len() <= 64 => Ok(FormGuard { cookie: cookie.to_owned(), is_new: false }),
            _ => Ok(FormGuard { cookie: random::token("")?, is_new: true }),
        }
    }

    fn form_token(&self, guard: &FormGuard, call: &Call) -> Result<String> {
        let session = call.cookie(SESSION).unwrap_or_default();
        self.vault.tag("oauth/form/1", &format!("{}\n{session}", guard.cookie))
    }

    /// Whether a form was shown by this server to this browser in this session.
    fn is_own_form(&self, call: &Call, form: &Form) -> Result<bool> {
        let (Some(_), Some(given)) = (call.cookie(FORM), form.get("csrf")) else { return Ok(false) };
        let wanted = self.form_token(&self.form_guard(call)?, call)?;
        Ok(random::same(given, &wanted) && !call.is_foreign(&self.issuer))
    }

    fn set_cookie(&self, response: &mut Response<Body>, name: &str, value: &str) {
        let secure = if self.issuer.starts_with("https://") { "; Secure" } else { "" };
        let end = if value.is_empty() { "; Max-Age=0" } else { "" };
        if let Ok(cookie) =
            HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{end}"))
        {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }

    fn keep_guard(&self, response: &mut Response<Body>, guard: &FormGuard) {
        if guard.is_new {
            self.set_cookie(response, FORM, &guard.cookie);
        }
    }

    async fn session(&self, call: &Call) -> Result<Option<Session>> {
        match call.cookie(SESSION) {
            Some(token) => self.people.session(token).await,
            None => Ok(None),
        }
    }

    /// What a page calls a person.
    async fn name_of(&self, session: &Session) -> Result<String> {
        let person = self.people.person(session.space, session.user).await?;
        Ok(person.map(|p| p.email.unwrap_or(p.name)).unwrap_or_default())
    }
}
