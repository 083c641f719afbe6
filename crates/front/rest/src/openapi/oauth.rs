//! The operations of the authorization server. Their errors are those of RFC 6749, 5.2.

use kontor_oauth::routes::PROTOCOL;
use serde_json::{Map, Value as J, json};

use super::object::{envelope, list};
use super::operation::{Answer, Detail, json_answer, json_body};
use super::reference;
use crate::routes::{Access, Route};

/// The tag.
pub const TAG: (&str, &str) = ("oauth", "Authorization server: OAuth 2.1 with OpenID Connect.");

fn text() -> J {
    json!({"type": "string"})
}

fn object(required: &[&str], properties: J) -> J {
    json!({"type": "object", "required": required, "properties": properties})
}

/// Schemas of its own.
pub fn schemas() -> Map<String, J> {
    let uris = || json!({"type": "array", "maxItems": 20, "items": {"type": "string"}});
    let client = json!({
        "client_name": {"type": "string", "maxLength": 120}, "redirect_uris": uris(), "grant_types": uris(),
        "response_types": {"type": "array", "items": {"type": "string", "const": "code"}},
        "token_endpoint_auth_method": {"type": "string", "enum": ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]},
        "scope": text(), "jwks": {"type": "object"}, "jwks_uri": text(), "client_uri": text(), "post_logout_redirect_uris": uris(),
        "id_token_signed_response_alg": {"type": "string", "enum": ["EdDSA", "ES256"]},
        "dpop_bound_access_tokens": {"type": "boolean"}, "require_pushed_authorization_requests": {"type": "boolean"}});
    let with = |more: J| {
        let mut all = client.clone();
        if let (Some(all), J::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
        all
    };
    let own = || json!({"user_id": {"type": ["string", "null"]}, "role": {"type": ["string", "null"], "description": "The name of a role of the space."}});
    let mut stored = own();
    super::set(&mut stored, "id", reference("schemas", "Id"));
    super::set(&mut stored, "client_id", text());
    super::set(&mut stored, "client_id_issued_at", json!({"type": "integer"}));
    super::set(&mut stored, "source", json!({"type": "string", "enum": ["managed", "dynamic", "document"]}));
    super::set(&mut stored, "created_at", json!({"type": "string", "format": "date-time"}));
    super::set(
        &mut stored,
        "client_secret",
        json!({"type": "string", "description": "Only in the answer that makes it."}),
    );
    let mut create = object(&[], with(own()));
    super::set(
        &mut create,
        "examples",
        json!([{"client_name": "Reports", "grant_types": ["client_credentials"], "scope": "deals:read", "role": "read-only"}]),
    );
    let registered = with(
        json!({"client_id": text(), "client_id_issued_at": {"type": "integer"}, "client_secret": text(), "client_secret_expires_at": {"type": "integer"}}),
    );
    let all = json!({
        "OAuthError": object(&["error"], json!({"error": text(), "error_description": text()})),
        "OAuthTokens": object(&["access_token", "token_type", "expires_in", "scope"], json!({
            "access_token": text(), "token_type": {"type": "string", "enum": ["Bearer", "DPoP"]}, "expires_in": {"type": "integer"},
            "scope": text(), "refresh_token": text(), "id_token": text(), "issued_token_type": text()})),
        "OAuthClientCreate": create,
        "OAuthClient": object(&["id", "client_id", "client_name", "source"], with(stored)),
        "OAuthClientAnswer": envelope(reference("schemas", "OAuthClient")),
        "OAuthClientList": list(reference("schemas", "OAuthClient")),
        "OAuthRegistered": object(&["client_id", "redirect_uris"], registered),
    });
    all.as_object().cloned().unwrap_or_default()
}

/// Parameters of a form, as the body that the endpoint takes.
fn form(required: &[&str], names: &[&str]) -> Option<J> {
    let client = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];
    let all = required.iter().chain(names).chain(&client).map(|name| ((*name).to_owned(), text()));
    let schema = json!({"type": "object", "required": required, "properties": all.collect::<Map<String, J>>()});
    Some(json!({"required": true, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}))
}

fn page_form(names: &[&str]) -> Option<J> {
    let all: Map<String, J> = names.iter().map(|name| ((*name).to_owned(), text())).collect();
    Some(
        json!({"required": true, "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": all}}}}),
    )
}

fn query(names: &[&str]) -> Vec<J> {
    names.iter().map(|name| json!({"name": name, "in": "query", "required": false, "schema": text()})).collect()
}

const ASK: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "prompt",
    "max_age",
    "login_hint",
    "dpop_jkt",
    "request_uri",
];

fn json_200(about: &'static str) -> Vec<Answer> {
    vec![json_answer(200, about, json!({"type": "object"}))]
}

fn page() -> Vec<Answer> {
    let away =
        Answer { status: 303, about: "On to the next step.", content: vec![], headers: &[("Location", "Location")] };
    vec![Answer { status: 200, about: "A page.", content: vec![("text/html", text())], headers: &[] }, away]
}

/// Body, parameters and answers of a route.
pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    match route.operation {
        "oauthServer" | "openidConfiguration" | "oauthResource" | "oauthKeys" => {
            detail.answers = json_200("The document.")
        }
        "authorize" => (detail.parameters, detail.answers) = (query(ASK), page()),
        "decideAuthorize" => (detail.body, detail.answers) = (page_form(&["csrf", "interaction", "decision"]), page()),
        "oauthToken" => {
            detail.body = form(
                &["grant_type"],
                &[
                    "code",
                    "redirect_uri",
                    "code_verifier",
                    "refresh_token",
                    "scope",
                    "resource",
                    "device_code",
                    "subject_token",
                    "subject_token_type",
                    "actor_token",
                    "actor_token_type",
                    "requested_token_type",
                ],
            );
            detail.answers = vec![json_answer(200, "The tokens.", schema("OAuthTokens"))];
        }
        "pushAuthorization" => {
            detail.body = form(&[], ASK);
            detail.answers = vec![json_answer(
                201,
                "The handle.",
                object(
                    &["request_uri", "expires_in"],
                    json!({"request_uri": text(), "expires_in": {"type": "integer"}}),
                ),
            )];
        }
        "deviceAuthorization" => {
            detail.body = form(&[], &["scope", "resource"]);
            detail.answers = json_200("The codes (RFC 8628, 3.2).");
        }
        "deviceCode" => (detail.parameters, detail.answers) = (query(&["user_code"]), page()),
        "decideDevice" => (detail.body, detail.answers) = (page_form(&["csrf", "user_code", "decision"]), page()),
        "registerClient" => {
            detail.body = json_body(schema("OAuthClientCreate"));
            detail.answers = vec![json_answer(201, "The client as it was registered.", schema("OAuthRegistered"))];
        }
        "revokeToken" => {
            (detail.body, detail.answers) =
                (form(&["token"], &["token_type_hint"]), json_200("It is dead, if it was one."))
        }
        "introspectToken" => {
            detail.body = form(&["token"], &["token_type_hint"]);
            detail.answers = vec![json_answer(
                200,
                "What the token is good for.",
                object(&["active"], json!({"active": {"type": "boolean"}})),
            )];
        }
        "userinfo" | "postUserinfo" => {
            detail.answers = vec![json_answer(
                200,
                "The user.",
                object(&["sub"], json!({"sub": text(), "name": text(), "email": text(), "locale": text()})),
            )];
        }
        "endSession" => {
            (detail.parameters, detail.answers) =
                (query(&["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]), page())
        }
        "leaveSession" => {
            (detail.body, detail.answers) =
                (page_form(&["csrf", "id_token_hint", "client_id", "post_logout_redirect_uri", "state"]), page())
        }
        "signInPage" => (detail.parameters, detail.answers) = (query(&["interaction", "user_code", "token"]), page()),
        "signInForm" => {
            (detail.body, detail.answers) =
                (page_form(&["csrf", "email", "password", "interaction", "user_code"]), page())
        }
        "secondFactorPage" => detail.answers = page(),
        "secondFactorForm" => {
            (detail.body, detail.answers) = (page_form(&["csrf", "ticket", "code", "interaction", "user_code"]), page())
        }
        "passkeyScript" => {
            detail.answers = vec![Answer {
                status: 200,
                about: "The script.",
                content: vec![("text/javascript", text())],
                headers: &[],
            }];
        }
        "askPasskey" => {
            detail.body = page_form(&["csrf", "ticket"]);
            detail.answers = json_200("What the browser asks for (WebAuthn Level 3, 5.5).");
        }
        "passkeyBack" => detail.answers = page(),
        "passkeyForm" => {
            (detail.body, detail.answers) =
                (page_form(&["csrf", "ticket", "credential", "interaction", "user_code"]), page())
        }
        "passkeysPage" => detail.answers = page(),
        "askNewPasskey" => {
            detail.body = page_form(&["csrf", "password"]);
            detail.answers = json_200("What the browser asks for (WebAuthn Level 3, 5.4).");
        }
        "addPasskeyForm" => (detail.body, detail.answers) = (page_form(&["csrf", "name", "credential"]), page()),
        "removePasskeyForm" => (detail.body, detail.answers) = (page_form(&["csrf", "id", "password"]), page()),
        "redeemPage" => detail.answers = page(),
        "redeemForm" => (detail.body, detail.answers) = (page_form(&["csrf", "token", "email", "password"]), page()),
        "providerStart" => {
            (detail.parameters, detail.answers) = (query(&["interaction", "user_code", "login_hint"]), page())
        }
        "providerCallback" => (detail.parameters, detail.answers) = (query(&["code", "state", "iss", "error"]), page()),
        "listOauthClients" => detail.answers = vec![json_answer(200, "The clients.", schema("OAuthClientList"))],
        "createOauthClient" => {
            detail.body = json_body(schema("OAuthClientCreate"));
            let place: &[(&str, &str)] = &[("Location", "Location")];
            detail.answers =
                vec![json_answer(201, "The client, with its secret.", schema("OAuthClientAnswer")).with(place)];
        }
        "readOauthClient" => detail.answers = vec![json_answer(200, "The client.", schema("OAuthClientAnswer"))],
        "deleteOauthClient" => detail.answers = vec![json_answer(200, "It has ended.", schema("Deleted"))],
        "rotateOauthClientSecret" => {
            let secret = object(&["id", "client_secret"], json!({"id": schema("Id"), "client_secret": text()}));
            detail.answers = vec![json_answer(200, "The new secret.", envelope(secret))];
        }
        "rotateOauthKeys" => {
            let kids = object(&["kids"], json!({"kids": {"type": "array", "items": text()}}));
            detail.answers = vec![json_answer(200, "The ids of the new keys.", envelope(kids))];
        }
        _ => {}
    }
    let is_protocol = PROTOCOL.iter().any(|row| row.operation == route.operation) && route.access == Access::Open;
    if is_protocol {
        for (status, about) in [
            (400, "Refused (RFC 6749, 5.2), or a page that says why."),
            (401, "The client did not show that it is itself."),
            (403, "Not here."),
            (429, "Too many tries."),
        ] {
            let content = vec![
                ("application/json", schema("OAuthError")),
                ("text/html", text()),
                ("application/problem+json", schema("Problem")),
            ];
            let headers: &[_] = if status == 429 { &[("Retry-After", "RetryAfter")] } else { &[] };
            detail.answers.push(Answer { status, about, content, headers });
        }
    }
}
