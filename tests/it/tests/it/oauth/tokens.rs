//! Access tokens at the API: forged ones open nothing, revoked ones are dead, challenges say what to do.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::party::{App, base64url, claims, dies, issuer};
use crate::support::NO_ID;

both!(
    forged_tokens_open_no_route,
    a_challenge_says_where_tokens_come_from,
    a_missing_scope_is_named,
    rights_are_the_users_within_the_scope,
    a_clients_end_is_its_tokens_end,
    a_token_in_the_url_is_not_read,
    keys_rotate_without_a_failure,
    secrets_are_kept_as_hashes
);

fn part(json: &Value) -> String {
    base64url(json.to_string().as_bytes())
}

/// Everything that can be made without the server's private key.
fn forged(good: &str, key: &Value) -> Vec<(&'static str, String)> {
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    let changed = |name: &str, value: Value| {
        let mut all = claims(good);
        all[name] = value;
        part(&all)
    };
    let own = Ed25519KeyPair::generate().unwrap();
    let signed = |header: &Value, payload: &str| {
        let text = format!("{}.{payload}", part(header));
        let signature = base64url(own.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    };
    let hmac = |secret: &[u8], alg: &str| {
        let text = format!("{}.{payload}", part(&with("alg", json!(alg))));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        format!("{text}.{}", base64url(tag.as_ref()))
    };
    let es256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let by_es256 = {
        let text = format!("{}.{payload}", part(&with("alg", json!("ES256"))));
        let signature = es256.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", base64url(signature.as_ref()))
    };
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(own.public_key().as_ref())});
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let far = json!(4_000_000_000_i64);
    vec![
        ("alg none", format!("{}.{payload}.", part(&with("alg", json!("none"))))),
        ("alg none with a signature", format!("{}.{payload}.{signature}", part(&with("alg", json!("none"))))),
        ("alg nOnE", format!("{}.{payload}.", part(&with("alg", json!("nOnE"))))),
        ("alg empty", format!("{}.{payload}.{signature}", part(&with("alg", json!(""))))),
        ("HS256 by the public key", hmac(&public, "HS256")),
        ("HS256 by the key as JSON", hmac(key.to_string().as_bytes(), "HS256")),
        ("HS256 named EdDSA", hmac(&public, "EdDSA")),
        ("HS256 by nothing", hmac(b"", "HS256")),
        ("ES256 by a stranger", by_es256),
        ("a stranger's key under our kid", signed(&header, payload)),
        ("an embedded jwk", signed(&with("jwk", jwk), payload)),
        ("a jku", signed(&with("jku", json!("https://evil.example/jwks.json")), payload)),
        ("an x5u", signed(&with("x5u", json!("https://evil.example/x5u.pem")), payload)),
        ("a path as kid", signed(&with("kid", json!("../../../../dev/null")), payload)),
        ("SQL as kid", signed(&with("kid", json!("x' UNION SELECT 'k")), payload)),
        ("a critical extension", format!("{}.{payload}.{signature}", part(&with("crit", json!(["exp"]))))),
        ("another subject", format!("{head}.{}.{signature}", changed("sub", json!("1")))),
        ("more scope", format!("{head}.{}.{signature}", changed("scope", json!("admin crm:read crm:write")))),
        ("a longer life", format!("{head}.{}.{signature}", changed("exp", far.clone()))),
        ("a life in the future", signed(&header, &changed("nbf", far))),
        ("another audience", signed(&header, &changed("aud", json!("https://other.example")))),
        ("no signature", format!("{head}.{payload}.")),
        ("a signature of zeros", format!("{head}.{payload}.{}", base64url(&[0; 64]))),
        ("half a signature", good.get(..good.len() - 40).unwrap().to_owned()),
    ]
}

async fn forged_tokens_open_no_route(api: Api) {
    let app = App::confidential(&api).await;
    let tokens = app.tokens(&api, &[]).await;
    let good = tokens["access_token"].as_str().unwrap();
    let _ = api.with_key(good).get("/v1/customers?limit=1").await.expect(200);
    let keys = api.anonymous().get("/oauth/jwks").await.expect(200).json;
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["alg"] == "EdDSA").unwrap();
    let forged = forged(good, key);
    assert!(forged.len() >= 22);
    for (name, token) in &forged {
        let reply = api.with_key(token).get("/v1/customers?limit=1").await;
        assert_eq!((reply.status, reply.error_code()), (401, 401_001), "{name}: {reply}");
    }
    let guarded = kontor_rest::routes::ROUTES.iter().chain(kontor_oauth::ROUTES);
    for route in guarded.filter(|route| route.access != kontor_rest::routes::Access::Open) {
        let path =
            route.path.replace("{collection}", "customers").replace("{id}", NO_ID).replace("{field}", "external_id");
        let path = path.replace("{value}", "nobody").replace("{object}", "customer");
        for (name, token) in &forged {
            let reply = api.with_key(token).request(route.method, &path).send().await;
            assert_eq!(reply.status, 401, "{name} at {} {path}: {reply}", route.method);
        }
    }
}

async fn a_challenge_says_where_tokens_come_from(api: Api) {
    let document = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource\"", issuer(&api));
    let none = api.anonymous().get("/v1/customers").await.refused(401_000);
    assert_eq!(none.header("www-authenticate"), format!("Bearer {document}"));
    let bad = api.with_key("a.b.c").get("/v1/customers").await.refused(401_001);
    assert_eq!(bad.header("www-authenticate"), format!("Bearer error=\"invalid_token\", {document}"));
    let metadata = api.anonymous().get("/.well-known/oauth-protected-resource").await.expect(200).json;
    assert_eq!(
        (&metadata["resource"], &metadata["authorization_servers"]),
        (&json!(issuer(&api)), &json!([issuer(&api)]))
    );
}

async fn a_missing_scope_is_named(api: Api) {
    let app = App::public(&api).await;
    let tokens = app.tokens(&api, &[("scope", "deals:read")]).await;
    let caller = api.with_key(tokens["access_token"].as_str().unwrap());
    let reply = caller.get("/v1/customers").await.refused(403_001);
    let challenge = reply.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer error=\"insufficient_scope\", scope=\"customers:read\", resource_metadata="),
        "{challenge}"
    );
    let reply = caller.get("/oauth/userinfo").await.refused(403_001);
    assert!(reply.header("www-authenticate").contains("scope=\"openid\""));
}

async fn rights_are_the_users_within_the_scope(api: Api) {
    let app = App::managed(
        &api,
        json!({"client_name": "Reader", "grant_types": ["client_credentials"], "scope": "crm:read crm:write", "role": "read-only"}),
    )
    .await;
    let token = app
        .token(&api, &[("grant_type", "client_credentials"), ("scope", "crm:read crm:write")])
        .await
        .expect(200)
        .json;
    let caller = api.with_key(token["access_token"].as_str().unwrap());
    let _ = caller.get("/v1/customers?limit=1").await.expect(200);
    // The scope is there, the role says no.
    let _ = caller.post("/v1/customers", crate::support::customer()).await.refused(403_000);
    let _ = caller.get("/v1/oauth_clients").await.refused(403_001);
}

async fn a_clients_end_is_its_tokens_end(api: Api) {
    let app = App::confidential(&api).await;
    let tokens = app.tokens(&api, &[]).await;
    let own = app.token(&api, &[("grant_type", "client_credentials"), ("scope", "crm:read")]).await.expect(200).json;
    let _ = api.delete(&format!("/v1/oauth_clients/{}", app.id)).await.expect(200);
    dies(&api, tokens["access_token"].as_str().unwrap()).await;
    dies(&api, own["access_token"].as_str().unwrap()).await;
    let refused = app.refresh(&api, tokens["refresh_token"].as_str().unwrap(), &[]).await;
    super::party::refused(&refused, "invalid_client");
}

async fn a_token_in_the_url_is_not_read(api: Api) {
    let app = App::confidential(&api).await;
    let token = app.token(&api, &[("grant_type", "client_credentials"), ("scope", "crm:read")]).await.expect(200).json;
    let token = token["access_token"].as_str().unwrap();
    let _ = api.anonymous().get(&format!("/v1/customers?access_token={token}")).await.refused(401_001);
    let reply = api.anonymous().request("POST", &format!("/oauth/token?client_id={}", app.client_id));
    let reply = reply.body("application/x-www-form-urlencoded", "grant_type=client_credentials").send().await;
    super::party::refused(&reply, "invalid_request");
}

async fn keys_rotate_without_a_failure(api: Api) {
    let app = App::confidential(&api).await;
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let before = app.token(&api, &ask).await.expect(200).json;
    let shown = |reply: kontor_testkit::Reply| -> Vec<String> {
        reply.json["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let old = shown(api.anonymous().get("/oauth/jwks").await.expect(200));
    let made = api.post("/v1/oauth_keys/rotate", json!({})).await.expect(200).data()["kids"].clone();
    // Other processes, and this one, show the new keys within a second or two.
    let mut new = Vec::new();
    for _ in 0..100 {
        new = shown(api.anonymous().get("/oauth/jwks").await.expect(200));
        if new.len() > old.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let made: Vec<&str> = made.as_array().unwrap().iter().map(|kid| kid.as_str().unwrap()).collect();
    assert!(made.iter().all(|kid| new.iter().any(|known| known == kid)), "{made:?} {new:?}");
    assert!(old.iter().all(|kid| new.contains(kid)), "the old keys stay until their last token has expired");
    let after = app.token(&api, &ask).await.expect(200).json;
    for token in [&before, &after] {
        let _ = api.with_key(token["access_token"].as_str().unwrap()).get("/v1/customers?limit=1").await.expect(200);
    }
}

async fn secrets_are_kept_as_hashes(api: Api) {
    let app = App::confidential(&api).await;
    let tokens = app.tokens(&api, &[]).await;
    let secrets = [
        app.secret.as_deref().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
        tokens["access_token"].as_str().unwrap(),
    ];
    // A table whose check fails when a row is found makes the statement fail.
    let probe = format!("probe_{}", kontor_testkit::serial());
    for secret in secrets {
        assert!(!api.place().log().contains(secret), "a secret is in the log");
        let columns = [
            ("oauth_client", "secret_hash"),
            ("oauth_client", "client_id"),
            ("oauth_refresh", "hash"),
            ("oauth_code", "hash"),
        ];
        for (table, column) in columns {
            api.place().sql(&format!(
                "CREATE TABLE {probe} (n INTEGER CHECK (n = 0)); INSERT INTO {probe} SELECT count(*) FROM {table} WHERE {column} = '{secret}'; DROP TABLE {probe};"
            ));
        }
    }
    let read = api.get(&format!("/v1/oauth_clients/{}", app.id)).await.expect(200);
    assert!(!read.text().contains("secret\":") && !read.text().contains(secrets[0]), "{read}");
}
