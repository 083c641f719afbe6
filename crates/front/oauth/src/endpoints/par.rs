//! `POST /oauth/par`: a client pushes its request and gets a handle for the browser (RFC 9126).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use serde_json::json;

use super::authorize::REQUEST_URI;
use crate::OAuth;
use crate::ask::{self, Kept};
use crate::call::Call;
use crate::error::OAuthError;
use crate::mint::answer;

/// 201 with `request_uri` and `expires_in`; faults are those of the authorization request, told at once.
pub async fn push(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, OAuthError> {
    let call = Call::of(request).await?;
    let form = call.form()?;
    if form.get("request_uri").is_some() {
        return Err(OAuthError::invalid_request("request_uri has no place in a pushed request"));
    }
    let client = oauth.client(&call.headers, &form, &call.client()).await?;
    let redirect_uri = ask::redirect_uri(&form, &client)?;
    let mut ask = ask::read(&form, &client, redirect_uri, &oauth.issuer, oauth.clock.now_ms())?;
    // A proof that comes along binds the code as dpop_jkt does (RFC 9449, 10.1).
    if let Some(jkt) = oauth.proof(&call, "/oauth/par").await? {
        if ask.jkt.as_ref().is_some_and(|said| *said != jkt) {
            return Err(OAuthError::invalid_proof("dpop_jkt is not the thumbprint of the proof's key"));
        }
        ask.jkt = Some(jkt);
    }
    let handle = oauth.keep(Kept::Pushed, client.id, &ask).await?;
    Ok(answer(
        201,
        &json!({"request_uri": format!("{REQUEST_URI}{handle}"), "expires_in": Kept::Pushed.lifetime() / 1_000}),
    ))
}
