//! Signing in, one's own login, invitations, API keys (api.md 2).

pub(crate) mod desk;
mod form;
mod keys;
mod me;
pub(crate) mod openapi;
mod openapi_providers;
mod passkey_sign_in;
mod passkeys;
mod providers;
mod resets;
pub(crate) mod routes;
pub(crate) mod show;
mod sign_in;
mod totp;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, patch, post};

pub use desk::Desk;
use desk::on;
pub(crate) use form::Form;

/// The handlers.
pub fn router(desk: &Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/auth/sign_in", post(on(desk, sign_in::sign_in)))
        .route("/v1/auth/second_factor", post(on(desk, sign_in::second_factor)))
        .route("/v1/auth/passkey/begin", post(on(desk, passkey_sign_in::begin)))
        .route("/v1/auth/passkey", post(on(desk, passkey_sign_in::finish)))
        .route("/v1/auth/redeem", post(on(desk, sign_in::redeem)))
        .route("/v1/password_resets", post(on(desk, resets::create)))
        .route("/v1/auth/sign_out", post(on(desk, sign_in::sign_out)))
        .route("/v1/me", get(on(desk, me::read)))
        .route("/v1/me/sessions", get(on(desk, me::sessions)).delete(on(desk, me::end_others)))
        .route("/v1/me/sessions/{id}", delete(on(desk, me::end)))
        .route("/v1/me/space", post(on(desk, me::switch)))
        .route("/v1/me/password", post(on(desk, me::password)))
        .route("/v1/me/totp", post(on(desk, totp::begin)).delete(on(desk, totp::remove)))
        .route("/v1/me/totp/confirm", post(on(desk, totp::confirm)))
        .route("/v1/me/totp/recovery_codes", post(on(desk, totp::recovery_codes)))
        .route("/v1/me/passkeys", get(on(desk, passkeys::list)).post(on(desk, passkeys::add)))
        .route("/v1/me/passkeys/begin", post(on(desk, passkeys::begin)))
        .route("/v1/me/passkeys/{id}", patch(on(desk, passkeys::rename)).delete(on(desk, passkeys::remove)))
        .route("/v1/users/{id}/invite", post(on(desk, users::invite)))
        .route("/v1/users/{id}/impersonate", post(on(desk, users::impersonate)))
        .route("/v1/users/{id}/deactivate-sessions", post(on(desk, users::end_sessions)))
        .route("/v1/api_keys", get(on(desk, keys::list)).post(on(desk, keys::create)))
        .route(
            "/v1/api_keys/{id}",
            get(on(desk, keys::read)).patch(on(desk, keys::update)).delete(on(desk, keys::revoke)),
        )
        .route("/v1/api_keys/{id}/rotate", post(on(desk, keys::rotate)))
        .route("/v1/identity_providers", get(on(desk, providers::list)).post(on(desk, providers::create)))
        .route(
            "/v1/identity_providers/{id}",
            get(on(desk, providers::read)).patch(on(desk, providers::update)).delete(on(desk, providers::delete)),
        )
        .route("/v1/identity_providers/{id}/test", post(on(desk, providers::test)))
        .route("/v1/users/{id}/identities", get(on(desk, providers::identities)).delete(on(desk, providers::unlink)))
}
