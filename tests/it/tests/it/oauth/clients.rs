//! Clients: how they are made and how they show that they are themselves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kontor_testkit::{Api, Backend, Server, both, both_alone, serial};
use serde_json::json;

use super::browser::form;
use super::party::{App, REDIRECT, claims, issuer, refused};
use super::signed::{Key, now};

both!(
    a_client_acts_for_itself,
    a_secret_goes_by_header_or_form_not_both,
    wrong_secrets_are_throttled,
    a_client_signs_an_assertion,
    what_registration_refuses,
    grants_are_those_that_were_registered,
    only_an_administrator_manages_clients,
    a_new_secret_replaces_the_old
);
both_alone!(registration_can_be_off, registrations_are_throttled);

async fn a_client_acts_for_itself(api: Api) {
    let app = App::confidential(&api).await;
    let reply = app.token(&api, &[("grant_type", "client_credentials"), ("scope", "crm:read")]).await.expect(200);
    assert!(reply.json.get("refresh_token").is_none() && reply.json.get("id_token").is_none(), "{reply}");
    let token = reply.json["access_token"].as_str().unwrap();
    assert_eq!((&claims(token)["sub"], &claims(token)["scope"]), (&json!(app.client_id), &json!("crm:read")));
    let caller = api.with_key(token);
    let _ = caller.get("/v1/customers?limit=1").await.expect(200);
    let _ = caller.post("/v1/customers", crate::support::customer()).await.refused(403_001);
    refused(&app.token(&api, &[("grant_type", "client_credentials"), ("scope", "openid")]).await, "invalid_scope");
    let metadata = json!({"client_name": "Reader", "grant_types": ["client_credentials"], "scope": "crm:read"});
    let reader = App::managed(&api, metadata).await;
    for wider in ["crm:write", "crm:read deals:write", "metadata:write", "admin"] {
        refused(&reader.token(&api, &[("grant_type", "client_credentials"), ("scope", wider)]).await, "invalid_scope");
    }
    // Given back, it is dead, though nothing else was agreed to.
    let _ = app.send(&api, "/oauth/revoke", &[("token", token)]).await.expect(200);
    super::party::dies(&api, token).await;
}

async fn a_secret_goes_by_header_or_form_not_both(api: Api) {
    let app = App::confidential(&api).await;
    let secret = app.secret.clone().unwrap();
    let in_form = App { secret: None, ..app.clone() };
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let _ = in_form.token(&api, &[&ask[..], &[("client_secret", &secret)]].concat()).await.expect(200);
    refused(&app.token(&api, &[&ask[..], &[("client_secret", &secret)]].concat()).await, "invalid_request");
    let reply = in_form.token(&api, &ask).await;
    refused(&reply, "invalid_client");
    assert!(reply.header("www-authenticate").starts_with("Basic"), "{}", reply.header("www-authenticate"));
    refused(&app.token(&api, &[&ask[..], &[("client_id", "another")]].concat()).await, "invalid_request");
    let json = api.anonymous().post("/oauth/token", json!({"grant_type": "client_credentials"})).await;
    refused(&json, "invalid_request");
    let basic = STANDARD.encode(format!("{}:", app.client_id));
    let empty = api.anonymous().request("POST", "/oauth/token").header("authorization", &format!("Basic {basic}"));
    refused(&empty.body("application/x-www-form-urlencoded", form(&ask)).send().await, "invalid_client");
}

async fn wrong_secrets_are_throttled(api: Api) {
    let app = App::confidential(&api).await;
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let mut throttled = 0;
    for _ in 0..30 {
        let wrong = App { secret: Some(serial()), ..app.clone() };
        let reply = wrong.token(&api, &ask).await;
        assert!(reply.status == 401 || reply.status == 429, "{reply}");
        throttled += usize::from(reply.status == 429);
    }
    assert!(throttled >= 20, "{throttled}");
    let other = App::confidential(&api).await;
    let _ = other.token(&api, &ask).await.expect(200);
}

async fn a_client_signs_an_assertion(api: Api) {
    let key = Key::new();
    let metadata = json!({"client_name": "Signer", "grant_types": ["client_credentials"], "scope": "crm:read",
        "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk()]}});
    let app = App::managed(&api, metadata).await;
    assert!(app.secret.is_none());
    let good = || json!({"iss": app.client_id, "sub": app.client_id, "aud": issuer(&api), "exp": now() + 60, "iat": now(), "jti": serial()});
    let header = json!({"alg": "EdDSA", "typ": "JWT"});
    let send = async |assertion: String| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        let request = api.anonymous().request("POST", "/oauth/token");
        request.body("application/x-www-form-urlencoded", form(&fields)).send().await
    };
    let assertion = key.sign(&header, &good());
    let _ = send(assertion.clone()).await.expect(200);
    refused(&send(assertion).await, "invalid_client");
    for (name, value) in [
        ("iss", json!("another")),
        ("aud", json!("https://other.example")),
        ("aud", json!([issuer(&api), "https://other.example"])),
        ("exp", json!(now() - 1)),
        ("exp", json!(now() + 86_400)),
        ("jti", json!("")),
        ("nbf", json!(now() + 600)),
    ] {
        let mut wrong = good();
        wrong[name] = value;
        refused(&send(key.sign(&header, &wrong)).await, "invalid_client");
    }
    refused(&send(Key::new().sign(&header, &good())).await, "invalid_client");
    let none = key.sign(&json!({"alg": "none"}), &good());
    refused(&send(none).await, "invalid_client");
}

async fn what_registration_refuses(api: Api) {
    let good = json!({"client_name": "x", "redirect_uris": [REDIRECT]});
    for (name, value, error) in [
        ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://client.example/cb#fragment"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["http://client.example/cb"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["data:text/html,x"]), "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("grant_types", json!(["password"]), "invalid_client_metadata"),
        ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
        ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"),
        ("response_types", json!(["token"]), "invalid_client_metadata"),
        ("scope", json!("crm:read admin"), "invalid_client_metadata"),
        ("jwks_uri", json!("http://169.254.169.254/"), "invalid_client_metadata"),
    ] {
        let mut body = good.clone();
        body[name] = value;
        refused(&api.anonymous().post("/oauth/register", body).await, error);
    }
    let text = api.anonymous().request("POST", "/oauth/register").body("text/plain", "{}").send().await;
    refused(&text, "invalid_client_metadata");
    let broken = api.anonymous().request("POST", "/oauth/register").body("application/json", "{").send().await;
    refused(&broken, "invalid_client_metadata");
    let loopback =
        json!({"redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"], "token_endpoint_auth_method": "none"});
    let _ = api.anonymous().post("/oauth/register", loopback).await.expect(201);
}

async fn grants_are_those_that_were_registered(api: Api) {
    let app = App::registered(&api, json!({"redirect_uris": [REDIRECT]})).await;
    for grant in [
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        refused(&app.token(&api, &[("grant_type", grant), ("scope", "crm:read")]).await, "unauthorized_client");
    }
    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        let reply = app.token(&api, &[("grant_type", grant), ("username", "a"), ("password", "b")]).await;
        refused(&reply, "unsupported_grant_type");
    }
    let tokens = app.tokens(&api, &[("scope", "crm:read")]).await;
    assert!(tokens.get("refresh_token").is_none(), "not asked for at registration");
}

async fn only_an_administrator_manages_clients(api: Api) {
    let metadata = json!({"client_name": "x", "redirect_uris": [REDIRECT]});
    let member = api.as_role("member", &["--scopes", "admin"]);
    let reader = api.as_role("admin", &["--scopes", "crm:read,crm:write"]);
    let app = App::managed(&api, metadata.clone()).await;
    let at = format!("/v1/oauth_clients/{}", app.id);
    for (caller, code) in [(&member, 403_000), (&reader, 403_001), (&api.anonymous(), 401_000)] {
        let _ = caller.get("/v1/oauth_clients").await.refused(code);
        let _ = caller.post("/v1/oauth_clients", metadata.clone()).await.refused(code);
        let _ = caller.get(&at).await.refused(code);
        let _ = caller.delete(&at).await.refused(code);
        let _ = caller.post(&format!("{at}/rotate_secret"), json!({})).await.refused(code);
        let _ = caller.post("/v1/oauth_keys/rotate", json!({})).await.refused(code);
    }
    assert!(api.get("/v1/oauth_clients").await.expect(200).ids().contains(&app.id));
    for (name, value) in [
        ("redirect_uris", json!(["javascript:x"])),
        ("role", json!("root")),
        ("user_id", json!("4242")),
        ("grant_types", json!(["password"])),
        ("grant_types", json!(["client_credentials"])),
    ] {
        let mut wrong = metadata.clone();
        wrong[name] = value;
        let _ = api.post("/v1/oauth_clients", wrong).await.refused(400_001);
    }
    let mut misspelt = metadata.clone();
    misspelt["scopes"] = json!("crm:read");
    let reply = api.post("/v1/oauth_clients", misspelt).await.refused(400_002);
    assert!(reply.detail().contains("scope"), "{reply}");
    let _ = api.get("/v1/oauth_clients?limit=1").await.refused(400_000);
    let _ = api.delete(&at).await.expect(200);
    let _ = api.get(&at).await.refused(404_001);
    let _ = api.delete(&at).await.refused(404_001);
}

async fn a_new_secret_replaces_the_old(api: Api) {
    let app = App::confidential(&api).await;
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let reply = api.post(&format!("/v1/oauth_clients/{}/rotate_secret", app.id), json!({})).await.expect(200);
    let new = App { secret: reply.data()["client_secret"].as_str().map(str::to_owned), ..app.clone() };
    refused(&app.token(&api, &ask).await, "invalid_client");
    let _ = new.token(&api, &ask).await.expect(200);
}

async fn registration_can_be_off(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_OAUTH_DYNAMIC_REGISTRATION", "off").start().await;
    let api = server.api().anonymous();
    let reply = api.post("/oauth/register", json!({"redirect_uris": [REDIRECT]})).await.expect(403);
    assert_eq!(reply.json["error"], "access_denied");
    let metadata = api.get("/.well-known/oauth-authorization-server").await.expect(200).json;
    assert!(metadata.get("registration_endpoint").is_none());
}

async fn registrations_are_throttled(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_LIMITS", "on").start().await;
    let api = server.api().anonymous();
    let mut throttled = 0;
    for _ in 0..25 {
        let reply = api.post("/oauth/register", json!({"redirect_uris": [REDIRECT]})).await;
        assert!(reply.status == 201 || (reply.status == 429 && !reply.header("retry-after").is_empty()), "{reply}");
        throttled += u32::from(reply.status == 429);
    }
    assert!(throttled >= 5, "{throttled}");
}
