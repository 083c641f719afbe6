//! `/.well-known/*`: what there is, for clients to find (RFC 8414; OpenID Connect Discovery, 4; RFC 9728).
//!
//! The issuer is the address without a path, so that both documents of the server are one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Value as J, json};

use crate::OAuth;
use crate::clients::{AuthMethod, metadata};
use crate::dpop;
use crate::keys::ALGS;
use crate::scope;

/// A document that browsers of other sites may read, too.
pub fn document(body: &J) -> Response<Body> {
    let mut response = kontor_http::reply::json(StatusCode::OK, body.to_string().into_bytes());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

pub async fn server(State(oauth): State<Arc<OAuth>>) -> Response<Body> {
    document(&described(&oauth.issuer, oauth.dynamic_registration))
}

pub async fn resource(State(oauth): State<Arc<OAuth>>) -> Response<Body> {
    let issuer = &*oauth.issuer;
    document(&json!({
        "resource": issuer, "authorization_servers": [issuer], "bearer_methods_supported": ["header"],
        "scopes_supported": scope::WIDE, "resource_name": "Kontor", "resource_documentation": format!("{issuer}/docs"),
        "jwks_uri": format!("{issuer}/oauth/jwks"), "dpop_signing_alg_values_supported": dpop::ALGS.split(' ').collect::<Vec<_>>(),
    }))
}

fn described(issuer: &str, dynamic_registration: bool) -> J {
    let at = |path: &str| format!("{issuer}{path}");
    let methods = AuthMethod::ALL.map(AuthMethod::name);
    let confidential: Vec<&str> = methods.iter().copied().filter(|m| *m != "none").collect();
    let signed: Vec<&str> = ALGS.iter().map(|alg| alg.name()).collect();
    let proofs: Vec<&str> = dpop::ALGS.split(' ').collect();
    let scopes: Vec<&str> = scope::OPENID.iter().chain(scope::WIDE).copied().collect();
    let mut body = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "jwks_uri": at("/oauth/jwks"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "end_session_endpoint": at("/oauth/end_session"),
        "revocation_endpoint": at("/oauth/revoke"),
        "introspection_endpoint": at("/oauth/introspect"),
        "device_authorization_endpoint": at("/oauth/device_authorization"),
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "require_pushed_authorization_requests": false,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": metadata::GRANTS,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": proofs,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": proofs,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": proofs,
        "dpop_signing_alg_values_supported": proofs,
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": signed,
        "scopes_supported": scopes,
        "claims_supported": ["iss", "aud", "sub", "exp", "iat", "auth_time", "nonce", "amr", "at_hash", "name", "locale", "email"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "service_documentation": at("/docs"),
    });
    if dynamic_registration && let Some(body) = body.as_object_mut() {
        body.insert("registration_endpoint".into(), json!(at("/oauth/register")));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_weak_is_offered() {
        let text = described("https://a.example", true).to_string();
        for weak in ["implicit", "password\"", "plain", "\"none\",\"EdDSA", "HS256", "form_post", "fragment"] {
            assert!(!text.contains(weak), "{weak}");
        }
        assert_eq!(
            described("https://a.example", true)["id_token_signing_alg_values_supported"],
            json!(["EdDSA", "ES256"])
        );
        assert!(described("https://a.example", false).get("registration_endpoint").is_none());
    }
}
