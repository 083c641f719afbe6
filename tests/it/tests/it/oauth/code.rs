//! The authorization code with PKCE.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::browser::{Browser, human, parameters};
use super::party::{App, REDIRECT, claims, dies, issuer, refused, sha256, verifier};
use crate::support::customer;

both!(
    a_code_becomes_tokens,
    a_code_is_used_once,
    a_redirect_address_differs_by_one_character,
    pkce_is_missing_or_plain,
    a_wrong_verifier_opens_nothing,
    faults_are_redirected_with_state_and_issuer,
    a_parameter_comes_once,
    a_request_may_be_posted,
    a_person_may_decline,
    an_agreement_is_remembered,
    a_pushed_request_is_used_once,
    another_client_cannot_use_a_code
);

async fn a_code_becomes_tokens(api: Api) {
    let app = App::confidential(&api).await;
    let person = human(&api).await;
    let user = &person.id;
    let verifier = verifier();
    let ask = app.ask(&sha256(&verifier), &[("scope", "openid profile email crm:read crm:write"), ("nonce", "n-7")]);
    let back = app.agreed(&api, &mut Browser::new(&api), &ask).await;
    assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("s-1", issuer(&api).as_str()));
    let reply = app.redeem(&api, &back["code"], &verifier).await.expect(200);
    assert_eq!((reply.header("cache-control"), &reply.json["token_type"]), ("no-store", &json!("Bearer")));
    assert_eq!(
        (&reply.json["expires_in"], &reply.json["scope"]),
        (&json!(3600), &json!("crm:read crm:write email openid profile"))
    );

    let access = reply.json["access_token"].as_str().unwrap();
    let said = claims(access);
    assert_eq!((&said["iss"], &said["aud"], &said["sub"]), (&json!(issuer(&api)), &json!(issuer(&api)), &json!(user)));
    assert_eq!(
        (&said["client_id"], said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap()),
        (&json!(app.client_id), 3600)
    );
    let caller = api.with_key(access);
    let id = caller.create("/v1/customers", customer()).await;
    assert_eq!(api.get(&format!("/v1/customers/{id}")).await.expect(200).data()["created_by"], *user);

    let id_token = reply.json["id_token"].as_str().unwrap();
    let said = claims(id_token);
    assert_eq!((&said["aud"], &said["nonce"], &said["sub"]), (&json!(app.client_id), &json!("n-7"), &json!(user)));
    assert!(said["at_hash"].is_string() && said["auth_time"].is_i64() && said["amr"] == json!(["pwd"]), "{said}");
    // An ID token says who somebody is, and opens nothing.
    let _ = api.with_key(id_token).get("/v1/customers").await.refused(401_001);

    let who = caller.get("/oauth/userinfo").await.expect(200);
    assert_eq!(who.json, json!({"sub": user, "name": person.name, "email": person.email}));
    let known = app.send(&api, "/oauth/introspect", &[("token", access)]).await.expect(200);
    assert_eq!((&known.json["active"], &known.json["sub"]), (&json!(true), &json!(user)));
    let _ = app.send(&api, "/oauth/revoke", &[("token", access)]).await.expect(200);
    dies(&api, access).await;
    let known = app.send(&api, "/oauth/introspect", &[("token", access)]).await.expect(200);
    assert_eq!(known.json, json!({"active": false}));
}

async fn a_code_is_used_once(api: Api) {
    let app = App::public(&api).await;
    let verifier = verifier();
    let code = app.code(&api, &verifier, &[]).await;
    let first = app.redeem(&api, &code, &verifier).await.expect(200).json;
    let access = first["access_token"].as_str().unwrap();
    let _ = api.with_key(access).get("/v1/customers?limit=1").await.expect(200);
    refused(&app.redeem(&api, &code, &verifier).await, "invalid_grant");
    // Whoever holds the copy: what the first use gave is dead.
    dies(&api, access).await;
    refused(&app.refresh(&api, first["refresh_token"].as_str().unwrap(), &[]).await, "invalid_grant");
}

async fn a_redirect_address_differs_by_one_character(api: Api) {
    let app = App::public(&api).await;
    let verifier = verifier();
    for wrong in [
        "https://client.example/callbacl",
        "https://client.example/callback/",
        "https://client.example/Callback",
        "http://client.example/callback",
        "https://client.example/callback?x=1",
        "https://client.example:443/callback",
        "https://client.example.evil.example/callback",
        "https://client.example/callback#x",
        "//client.example/callback",
        "javascript:alert(1)",
    ] {
        let reply = Browser::new(&api).get(&app.ask(&sha256(&verifier), &[("redirect_uri", wrong)])).await.expect(400);
        assert_eq!(reply.header("location"), "", "{wrong}: a stranger's address is never gone to");
        assert!(reply.header("content-type").starts_with("text/html"));
    }
    let code = app.code(&api, &verifier, &[]).await;
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", &verifier)];
    let with = [&fields[..], &[("redirect_uri", "https://client.example/callbacl")]].concat();
    refused(&app.token(&api, &with).await, "invalid_grant");
    let _ = app.redeem(&api, &code, &verifier).await.expect(200);
}

async fn pkce_is_missing_or_plain(api: Api) {
    let app = App::confidential(&api).await;
    let verifier = verifier();
    let challenge = sha256(&verifier);
    for (challenge, method) in [
        ("", "S256"),
        ("", ""),
        (challenge.as_str(), "plain"),
        (&challenge, ""),
        (&verifier, "plain"),
        ("short", "S256"),
    ] {
        let reply = Browser::new(&api).get(&app.ask(challenge, &[("code_challenge_method", method)])).await.expect(303);
        let back = parameters(reply.header("location"));
        assert_eq!(
            (back["error"].as_str(), back["state"].as_str()),
            ("invalid_request", "s-1"),
            "{challenge} {method}"
        );
    }
}

async fn a_wrong_verifier_opens_nothing(api: Api) {
    let app = App::public(&api).await;
    let (right, wrong) = (verifier(), verifier());
    let code = app.code(&api, &right, &[]).await;
    refused(&app.redeem(&api, &code, &wrong).await, "invalid_grant");
    refused(&app.redeem(&api, &code, &sha256(&right)).await, "invalid_grant");
    let without = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    refused(&app.token(&api, &without).await, "invalid_grant");
    let _ = app.redeem(&api, &code, &right).await.expect(200);
}

async fn faults_are_redirected_with_state_and_issuer(api: Api) {
    let app = App::public(&api).await;
    let challenge = sha256(&verifier());
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "root", "invalid_scope"),
        ("scope", "admin", "invalid_scope"),
        ("resource", "https://other.example", "invalid_target"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "none", "login_required"),
        ("max_age", "-1", "invalid_request"),
    ] {
        let reply = Browser::new(&api).get(&app.ask(&challenge, &[(name, value)])).await.expect(303);
        let location = reply.header("location");
        let back = parameters(location);
        assert!(location.starts_with(&format!("{REDIRECT}?")), "{location}");
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, "s-1"), "{name}={value}");
        assert_eq!(back["iss"], issuer(&api));
    }
    let reply = Browser::new(&api).get(&app.ask(&challenge, &[("client_id", "nobody")])).await.expect(400);
    assert_eq!(reply.header("location"), "");
}

async fn a_parameter_comes_once(api: Api) {
    let app = App::public(&api).await;
    let ask = app.ask(&sha256(&verifier()), &[]);
    for twice in
        ["response_type=code", "client_id=x", "code_challenge=x", "scope=admin", "redirect_uri=https://evil.example/"]
    {
        let reply = Browser::new(&api).get(&format!("{ask}&{twice}")).await.expect(400);
        assert_eq!(reply.header("location"), "", "{twice}");
    }
    let reply = app.token(&api, &[("grant_type", "authorization_code"), ("code", "a"), ("code", "b")]).await;
    refused(&reply, "invalid_request");
}

async fn a_request_may_be_posted(api: Api) {
    let app = App::public(&api).await;
    let ask = parameters(&app.ask(&sha256(&verifier()), &[]));
    let fields: Vec<(&str, &str)> = ask.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = Browser::new(&api).post("/oauth/authorize", &fields).await.expect(303);
    assert!(reply.header("location").starts_with("/sign-in?interaction="), "{reply}");
}

async fn a_person_may_decline(api: Api) {
    let app = App::public(&api).await;
    let mut browser = Browser::new(&api);
    let reply = browser.get(&app.ask(&sha256(&verifier()), &[("scope", "crm:read")])).await.expect(303);
    let next = browser.sign_in(&human(&api).await, reply.header("location")).await;
    let page = browser.get(&next).await.expect(200);
    let text = page.text();
    assert!(text.contains("Read all records that you may read") && text.contains("https://client.example"), "{text}");
    let reply = browser.submit("/oauth/authorize", &page, &[("decision", "deny")]).await.expect(303);
    let back = parameters(reply.header("location"));
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "s-1"));
    assert_eq!(back["iss"], issuer(&api));
    // The request is used up: going back and agreeing gives nothing.
    let _ = browser.submit("/oauth/authorize", &page, &[("decision", "allow")]).await.expect(400);
}

async fn an_agreement_is_remembered(api: Api) {
    let app = App::confidential(&api).await;
    let mut browser = Browser::new(&api);
    let challenge = sha256(&verifier());
    let _ = app.agreed(&api, &mut browser, &app.ask(&challenge, &[])).await;
    let again = browser.get(&app.ask(&challenge, &[("prompt", "none")])).await.expect(303);
    assert!(parameters(again.header("location")).contains_key("code"));
    // More than was agreed to is asked again, and so is what asks to be.
    let more = app.ask(&challenge, &[("prompt", "none"), ("scope", "openid crm:read profile")]);
    let reply = browser.get(&more).await.expect(303);
    assert_eq!(parameters(reply.header("location"))["error"], "consent_required");
    let _ = browser.get(&app.ask(&challenge, &[("prompt", "consent")])).await.expect(200);
    let reply = browser.get(&app.ask(&challenge, &[("prompt", "login")])).await.expect(303);
    assert!(reply.header("location").starts_with("/sign-in?"));
}

async fn a_pushed_request_is_used_once(api: Api) {
    let app = App::confidential(&api).await;
    let verifier = verifier();
    let challenge = sha256(&verifier);
    let fields = [
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "crm:read"),
        ("state", "s-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let pushed = app.send(&api, "/oauth/par", &fields).await.expect(201);
    let handle = pushed.json["request_uri"].as_str().unwrap();
    assert!(handle.starts_with("urn:ietf:params:oauth:request_uri:") && pushed.json["expires_in"] == 60, "{pushed}");
    let other = App::confidential(&api).await;
    let address = |app: &App| {
        kontor_testkit::query("/oauth/authorize", &[("client_id", &app.client_id), ("request_uri", handle)])
    };
    let _ = Browser::new(&api).get(&address(&other)).await.expect(400);
    let back = app.agreed(&api, &mut Browser::new(&api), &address(&app)).await;
    let _ = app.redeem(&api, &back["code"], &verifier).await.expect(200);
    let _ = Browser::new(&api).get(&address(&app)).await.expect(400);
    let stranger = App { secret: Some("wrong".into()), ..app.clone() };
    refused(&stranger.send(&api, "/oauth/par", &fields).await, "invalid_client");
    let bad = app.send(&api, "/oauth/par", &[&fields[..5], &[("code_challenge_method", "plain")]].concat()).await;
    refused(&bad, "invalid_request");
}

async fn another_client_cannot_use_a_code(api: Api) {
    let (app, other) = (App::public(&api).await, App::public(&api).await);
    let verifier = verifier();
    let code = app.code(&api, &verifier, &[]).await;
    refused(&other.redeem(&api, &code, &verifier).await, "invalid_grant");
    let _ = app.redeem(&api, &code, &verifier).await.expect(200);
}
