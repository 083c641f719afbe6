//! `GET /oauth/jwks`: the keys that tokens are verified with (RFC 7517, 5).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use kontor_http::Refusal;

use super::metadata::document;
use crate::OAuth;

pub async fn read(State(oauth): State<Arc<OAuth>>) -> Result<Response<Body>, Refusal> {
    Ok(document(&oauth.ring.jwks().await?))
}
