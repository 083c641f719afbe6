//! `POST /oauth/register`: an application registers itself (RFC 7591). For older clients: newer ones publish a metadata
//! document. What is registered cannot be read or changed later; it is registered anew.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, Response};
use kontor_model::SpaceId;
use serde_json::{Value as J, json};

use crate::OAuth;
use crate::call::Call;
use crate::clients::{Client, NewClient, Source, metadata};
use crate::error::OAuthError;
use crate::mint::answer;

pub async fn register(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, OAuthError> {
    let call = Call::of(request).await?;
    if !oauth.dynamic_registration {
        let error = OAuthError::new(
            "access_denied",
            "applications do not register themselves here; publish a metadata document",
        );
        return Err(OAuthError { status: 403, ..error });
    }
    let media = call.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(OAuthError::new("invalid_client_metadata", "send Content-Type: application/json"));
    }
    if !oauth.registrations.count(&call.client(), oauth.clock.now_ms()) {
        let error = OAuthError::new(
            "temporarily_unavailable",
            "too many registrations from this address; try again in an hour",
        );
        return Err(OAuthError { status: 429, retry_after_s: 3_600, ..error });
    }
    let malformed = |_| OAuthError::new("invalid_client_metadata", "the body is not JSON");
    let body: J = serde_json::from_slice(&call.body).map_err(malformed)?;
    let described = metadata::read(&body, Source::Dynamic)?;
    let new = NewClient {
        space: SpaceId(0),
        source: Source::Dynamic,
        name: described.name,
        auth_method: described.auth_method,
        metadata: described.metadata,
        user: None,
        role: None,
    };
    let (client, secret) = oauth.clients.create(new, None).await?;
    let mut body = shown(&client);
    if let (Some(secret), Some(body)) = (secret, body.as_object_mut()) {
        body.insert("client_secret".into(), json!(secret));
        body.insert("client_secret_expires_at".into(), json!(0));
    }
    Ok(answer(201, &body))
}

/// What is registered, in the words of RFC 7591, 3.2.1.
pub fn shown(client: &Client) -> J {
    let of = &client.metadata;
    let mut body = json!({
        "client_id": client.client_id, "client_id_issued_at": client.created_at / 1_000, "client_name": client.name,
        "token_endpoint_auth_method": client.auth_method.name(), "redirect_uris": of.redirect_uris, "grant_types": of.grant_types,
        "response_types": if of.grants(metadata::CODE) { vec!["code"] } else { vec![] },
        "id_token_signed_response_alg": of.id_token_alg().name(), "post_logout_redirect_uris": of.post_logout_redirect_uris,
        "dpop_bound_access_tokens": of.dpop_bound_access_tokens,
        "require_pushed_authorization_requests": of.require_pushed_authorization_requests,
    });
    let optional = [
        ("scope", (!of.scope.is_empty()).then(|| json!(of.scope))),
        ("jwks", of.jwks.clone()),
        ("jwks_uri", of.jwks_uri.as_ref().map(|uri| json!(uri))),
        ("client_uri", of.client_uri.as_ref().map(|uri| json!(uri))),
    ];
    if let Some(body) = body.as_object_mut() {
        body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    body
}
