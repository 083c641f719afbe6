//! Tokens bound to a key (RFC 9449).

use kontor_testkit::{Api, Reply, both, serial};
use serde_json::{Value, json};

use super::party::{App, REDIRECT, claims, issuer, refused, sha256, verifier};
use super::signed::{Key, now};

both!(
    a_bound_token_needs_its_key,
    a_bound_code_needs_its_key,
    a_client_that_binds_must_prove,
    a_refresh_token_is_bound_too
);

fn proof(key: &Key, method: &str, url: &str, more: &Value) -> String {
    let mut all = json!({"htm": method, "htu": url, "iat": now(), "jti": serial()});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    key.sign(&json!({"alg": "EdDSA", "typ": "dpop+jwt", "jwk": key.jwk()}), &all)
}

async fn bound(api: &Api, app: &App, key: &Key) -> Value {
    let proof = proof(key, "POST", &format!("{}/oauth/token", issuer(api)), &json!({}));
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    app.send_with(api, "/oauth/token", &ask, &[("dpop", &proof)]).await.expect(200).json
}

async fn call(api: &Api, token: &str, proofs: &[&str]) -> Reply {
    let mut request =
        api.anonymous().request("GET", "/v1/customers?limit=1").header("authorization", &format!("DPoP {token}"));
    for proof in proofs {
        request = request.header("dpop", proof);
    }
    request.send().await
}

async fn a_bound_token_needs_its_key(api: Api) {
    let app = App::confidential(&api).await;
    let (key, other) = (Key::new(), Key::new());
    let tokens = bound(&api, &app, &key).await;
    assert_eq!(tokens["token_type"], "DPoP");
    let token = tokens["access_token"].as_str().unwrap();
    assert!(claims(token)["cnf"]["jkt"].is_string());
    let url = format!("{}/v1/customers", issuer(&api));
    let ath = json!({"ath": sha256(token)});
    let good = proof(&key, "GET", &url, &ath);
    let _ = call(&api, token, &[&good]).await.expect(200);
    let _ = call(&api, token, &[&good]).await.refused(401_001);
    let _ = api.with_key(token).get("/v1/customers?limit=1").await.refused(401_001);
    let _ = call(&api, token, &[]).await.refused(401_001);
    for wrong in [
        proof(&other, "GET", &url, &ath),
        proof(&key, "POST", &url, &ath),
        proof(&key, "GET", &format!("{}/v1/deals", issuer(&api)), &ath),
        proof(&key, "GET", &url, &json!({})),
        proof(&key, "GET", &url, &json!({"ath": sha256("another")})),
        proof(&key, "GET", &url, &json!({"ath": sha256(token), "iat": now() - 3_600})),
        proof(&key, "GET", &url, &json!({"ath": sha256(token), "iat": now() + 3_600})),
        proof(&key, "GET", &url, &json!({"ath": sha256(token), "nonce": "made up"})),
        "x".to_owned(),
    ] {
        let _ = call(&api, token, &[&wrong]).await.refused(401_001);
    }
    let two = [proof(&key, "GET", &url, &ath), proof(&key, "GET", &url, &ath)];
    let _ = call(&api, token, &[&two[0], &two[1]]).await.refused(401_001);
    // What is bound to nothing is not made stronger by a proof.
    let plain = app.token(&api, &[("grant_type", "client_credentials"), ("scope", "crm:read")]).await.expect(200).json;
    let plain = plain["access_token"].as_str().unwrap();
    let _ = call(&api, plain, &[&proof(&key, "GET", &url, &json!({"ath": sha256(plain)}))]).await.refused(401_001);
    let _ = call(&api, api.key().unwrap(), &[]).await.refused(401_001);
}

async fn a_bound_code_needs_its_key(api: Api) {
    let app = App::public(&api).await;
    let key = Key::new();
    let jwk = key.jwk();
    let thumbprint = sha256(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, jwk["x"]));
    let verifier = verifier();
    let code = app.code(&api, &verifier, &[("dpop_jkt", &thumbprint)]).await;
    refused(&app.redeem(&api, &code, &verifier).await, "invalid_grant");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", &verifier),
    ];
    let url = format!("{}/oauth/token", issuer(&api));
    let other = proof(&Key::new(), "POST", &url, &json!({}));
    refused(&app.send_with(&api, "/oauth/token", &fields, &[("dpop", &other)]).await, "invalid_grant");
    let own = proof(&key, "POST", &url, &json!({}));
    let reply = app.send_with(&api, "/oauth/token", &fields, &[("dpop", &own)]).await.expect(200);
    assert_eq!(claims(reply.json["access_token"].as_str().unwrap())["cnf"]["jkt"], thumbprint);
}

async fn a_client_that_binds_must_prove(api: Api) {
    let metadata = json!({"client_name": "Bound", "grant_types": ["client_credentials"], "scope": "crm:read", "dpop_bound_access_tokens": true});
    let app = App::managed(&api, metadata).await;
    refused(&app.token(&api, &[("grant_type", "client_credentials")]).await, "invalid_dpop_proof");
    let key = Key::new();
    let url = format!("{}/oauth/token", issuer(&api));
    let ask = [("grant_type", "client_credentials")];
    let stale = proof(&key, "POST", &url, &json!({"nonce": "made up"}));
    let reply = app.send_with(&api, "/oauth/token", &ask, &[("dpop", &stale)]).await;
    refused(&reply, "use_dpop_nonce");
    let fresh = proof(&key, "POST", &url, &json!({"nonce": reply.header("dpop-nonce")}));
    let reply = app.send_with(&api, "/oauth/token", &ask, &[("dpop", &fresh)]).await.expect(200);
    assert!(!reply.header("dpop-nonce").is_empty());
    refused(&app.send_with(&api, "/oauth/token", &ask, &[("dpop", &fresh)]).await, "invalid_dpop_proof");
}

async fn a_refresh_token_is_bound_too(api: Api) {
    let app = App::public(&api).await;
    let key = Key::new();
    let url = format!("{}/oauth/token", issuer(&api));
    let verifier = verifier();
    let code = app.code(&api, &verifier, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", &verifier),
    ];
    let tokens = app
        .send_with(&api, "/oauth/token", &fields, &[("dpop", &proof(&key, "POST", &url, &json!({})))])
        .await
        .expect(200)
        .json;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    refused(&app.refresh(&api, refresh, &[]).await, "invalid_grant");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let other = proof(&Key::new(), "POST", &url, &json!({}));
    refused(&app.send_with(&api, "/oauth/token", &fields, &[("dpop", &other)]).await, "invalid_grant");
    let own = proof(&key, "POST", &url, &json!({}));
    let _ = app.send_with(&api, "/oauth/token", &fields, &[("dpop", &own)]).await.expect(200);
}
