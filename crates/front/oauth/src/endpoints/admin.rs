//! `/v1/oauth_clients` and `/v1/oauth_keys/rotate`: what an administrator does. Bodies are in the words of RFC 7591,
//! with `user_id` and `role` of a client that acts for itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use kontor_http::{Refusal, body, envelope, reply};
use kontor_model::{Error, ErrorCode, Fault, Id, Result, name};
use kontor_records::{Access, Caller};
use serde_json::{Value as J, json};

use super::register::shown;
use crate::OAuth;
use crate::call::Call;
use crate::clients::{Client, NewClient, Source, metadata};

type Outcome = Result<Response<Body>, Refusal>;

/// The members of a body; unlike a registration's, unknown ones are refused.
const KNOWN: &[&str] = &[
    "client_name",
    "redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "scope",
    "jwks",
    "jwks_uri",
    "client_uri",
    "post_logout_redirect_uris",
    "id_token_signed_response_alg",
    "dpop_bound_access_tokens",
    "require_pushed_authorization_requests",
    "user_id",
    "role",
];

fn admin(call: &Call) -> Result<&Arc<Caller>> {
    let caller = call.admitted.caller()?;
    caller.may_manage(Access::Admin)?;
    if call.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Error::new(ErrorCode::Malformed, "this call takes no parameters"));
    }
    Ok(caller)
}

fn client_json(client: &Client) -> J {
    let mut body = shown(client);
    if let Some(body) = body.as_object_mut() {
        body.insert("id".into(), json!(client.id.to_string()));
        body.insert("source".into(), json!(client.source.name()));
        body.insert("user_id".into(), json!(client.user.map(|id| id.to_string())));
        body.insert("role".into(), json!(client.role));
        body.insert("created_at".into(), json!(kontor_model::time::datetime_text(client.created_at)));
    }
    body
}

fn single(status: StatusCode, data: &J, call: &Call) -> Response<Body> {
    reply::json(status, envelope::single(status.as_u16(), data.to_string().as_bytes(), &call.admitted.request_id))
}

/// The client of the caller's space with this id.
async fn own(oauth: &OAuth, caller: &Caller, given: &str) -> Result<Client> {
    let id: Id = given.parse().map_err(|_| Error::not_found())?;
    let client = oauth.clients.get(id).await?.filter(|c| c.space == caller.space && !c.revoked);
    client.ok_or_else(Error::not_found)
}

/// A role of the caller's space that allows nothing which the caller's own does not.
async fn given_role(oauth: &OAuth, caller: &Caller, given: &J) -> Result<String> {
    let unknown = || Error::from(Fault::new("role", "not_allowed", "is not a role of this space"));
    let name = given.as_str().ok_or_else(unknown)?;
    let policy = match oauth.roles.get(caller.space, name).await {
        Err(error) if error.code() == ErrorCode::EnumNotAllowed => return Err(unknown()),
        other => other?,
    };
    if !policy.is_within(&caller.policy) {
        let own = &caller.policy.role;
        return Err(Error::new(ErrorCode::Forbidden, format!("the role {name} allows more than your own, {own}")));
    }
    Ok(name.to_owned())
}

pub async fn list(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Outcome {
    let call = Call::of(request).await?;
    let clients = oauth.clients.of_space(admin(&call)?.space).await?;
    let data: Vec<String> = clients.iter().map(|client| client_json(client).to_string()).collect();
    Ok(reply::json(StatusCode::OK, envelope::list(data.join(",").as_bytes(), None, &call.admitted.request_id)))
}

pub async fn read(State(oauth): State<Arc<OAuth>>, Path(given): Path<String>, request: Request<Body>) -> Outcome {
    let call = Call::of(request).await?;
    let client = own(&oauth, admin(&call)?, &given).await?;
    Ok(single(StatusCode::OK, &client_json(&client), &call))
}

/// 201 with `client_secret`, which is seen this once.
pub async fn create(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Outcome {
    let call = Call::of(request).await?;
    let caller = admin(&call)?.clone();
    body::object(&call.body)?;
    let body: J = serde_json::from_slice(&call.body).map_err(|e| Error::new(ErrorCode::Malformed, e.to_string()))?;
    let unknown =
        body.as_object().into_iter().flat_map(|members| members.keys()).filter(|n| !KNOWN.contains(&n.as_str()));
    let faults: Vec<Fault> = unknown
        .take(20)
        .map(|name| {
            let hint = name::hint(name, KNOWN.iter().copied());
            let shown: String = name.chars().take(80).collect();
            Fault::coded(shown, ErrorCode::UnknownField, format!("is not known here{hint}"))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::from_faults(faults).into());
    }
    let described = metadata::read(&body, Source::Managed).map_err(|error| {
        // What is wrong begins with the member that it is wrong with, where there is one.
        let first = error.description.split(' ').next().unwrap_or_default();
        let field = KNOWN.iter().copied().find(|known| *known == first).unwrap_or_default();
        Error::from(Fault::new(field, "invalid", error.description.clone()))
    })?;
    let of = &described.metadata;
    let acts = of.grants(metadata::CREDENTIALS);
    let role = match body.get("role").filter(|role| !role.is_null()) {
        Some(role) => Some(given_role(&oauth, &caller, role).await?),
        None if acts => Some("member".to_owned()),
        None => None,
    };
    let user = match body.get("user_id").filter(|user| !user.is_null()) {
        Some(user) => {
            let unknown = || Error::from(Fault::new("user_id", "not_found", "is not a user of this space"));
            let user = user.as_str().and_then(|text| text.parse::<Id>().ok()).ok_or_else(unknown)?;
            oauth.people.person(caller.space, user).await?.ok_or_else(unknown)?;
            Some(user)
        }
        None => acts.then_some(caller.user_id).flatten(),
    };
    if of.scope.is_empty() && (acts || of.grants(metadata::EXCHANGE)) {
        return Err(Error::from(Fault::new("scope", "required", "is required of a client that acts for itself")).into());
    }
    let new = NewClient {
        space: caller.space,
        source: Source::Managed,
        name: described.name,
        auth_method: described.auth_method,
        metadata: described.metadata,
        user,
        role,
    };
    let told = json!({"client_name": new.name, "grant_types": new.metadata.grant_types, "scope": new.metadata.scope, "role": new.role});
    let entry = oauth.entry(&call, caller, "oauth_client", "create", &told).await?;
    let (client, secret) = oauth.clients.create(new, Some(entry)).await?;
    let mut data = client_json(&client);
    if let (Some(secret), Some(data)) = (secret, data.as_object_mut()) {
        data.insert("client_secret".into(), json!(secret));
    }
    let mut response = single(StatusCode::CREATED, &data, &call);
    if let Ok(place) = HeaderValue::try_from(format!("/v1/oauth_clients/{}", client.id)) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// The client's tokens are dead within two seconds in every process.
pub async fn delete(State(oauth): State<Arc<OAuth>>, Path(given): Path<String>, request: Request<Body>) -> Outcome {
    let call = Call::of(request).await?;
    let caller = admin(&call)?.clone();
    let client = own(&oauth, &caller, &given).await?;
    let entry = oauth.entry(&call, caller, "oauth_client", "delete", &json!({"id": given})).await?;
    oauth.clients.revoke(client.space, client.id, entry).await?;
    oauth.tokens.forget();
    Ok(single(StatusCode::OK, &json!({"id": given, "deleted": true}), &call))
}

pub async fn rotate_secret(
    State(oauth): State<Arc<OAuth>>,
    Path(given): Path<String>,
    request: Request<Body>,
) -> Outcome {
    let call = Call::of(request).await?;
    let caller = admin(&call)?.clone();
    let client = own(&oauth, &caller, &given).await?;
    let entry = oauth.entry(&call, caller, "oauth_client", "rotate_secret", &json!({"id": given})).await?;
    let secret = oauth.clients.new_secret(client.space, client.id, entry).await?;
    Ok(single(StatusCode::OK, &json!({"id": given, "client_secret": secret}), &call))
}

/// New signing keys, shown at once and used in ten minutes.
pub async fn rotate_keys(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Outcome {
    let call = Call::of(request).await?;
    oauth.write_down(&call, admin(&call)?.clone(), "oauth_key", "rotate", &json!({})).await?;
    let made = oauth.ring.rotate().await?;
    Ok(single(StatusCode::OK, &json!({"kids": made}), &call))
}
