//! Access tokens at the API: revoked ones are dead, challenges say what to do.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::party::{App, dies, issuer};

both!(
    a_challenge_says_where_tokens_come_from,
    a_missing_scope_is_named,
    rights_are_the_users_within_the_scope,
    a_clients_end_is_its_tokens_end,
    a_token_in_the_url_is_not_read,
    keys_rotate_without_a_failure,
    secrets_are_kept_as_hashes
);

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
    for _ in 0..600 {
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
