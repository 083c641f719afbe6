//! Two processes over one database: what one of them ends is dead at the other within five seconds, and keys change
//! without a failure.

use std::time::Duration;

use kontor_testkit::{Api, Backend, Server, postgres_url};
use serde_json::json;

use super::party::App;
use crate::accounts::person::Person;

const LIST: &str = "/v1/customers?limit=1";

/// Two servers of one installation; none where PostgreSQL is not reachable.
async fn nodes() -> Option<(Server, Server)> {
    if !Backend::Postgres.is_reachable() {
        return None;
    }
    let key = "5a".repeat(32);
    let of = |builder: kontor_testkit::Builder| {
        builder.env("KONTOR_MASTER_KEY", &key).env("KONTOR_PUBLIC_URL", "http://crm.example")
    };
    let first = of(Server::builder().backend(Backend::Postgres)).start().await;
    let database = postgres_url(first.place().database().unwrap());
    let second = of(Server::builder()).env("KONTOR_DATABASE_URL", &database).start().await;
    Some((first, second))
}

/// Asks the other process until it knows: two seconds are promised, and the test is patient.
async fn dies(what: &str, other: &Api, cookie: &str) {
    for _ in 0..600 {
        let request = other.request("GET", if cookie.is_empty() { LIST } else { "/v1/me" });
        let request = if cookie.is_empty() { request } else { request.header("cookie", cookie) };
        if request.send().await.status == 401 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} still opens at the other process");
}

#[tokio::test]
async fn what_one_process_ends_is_dead_at_the_other() {
    let Some((first, second)) = nodes().await else { return };
    let (api, other) = (first.api(), second.api().with_key(first.key()));
    let app = App::confidential(&api).await;
    let tokens = async || {
        let tokens = app.tokens(&api, &[("scope", "openid crm:read")]).await;
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let _ = other.with_key(&access).get(LIST).await.expect(200);
        (access, refresh)
    };

    let (access, refresh) = tokens().await;
    let _ = app.send(&api, "/oauth/revoke", &[("token", &refresh)]).await.expect(200);
    dies("a revoked agreement's token", &other.with_key(&access), "").await;

    // A refresh token that is used twice, once at each process.
    let (access, refresh) = tokens().await;
    let _ = app.refresh(&api, &refresh, &[]).await.expect(200);
    assert_eq!(app.refresh(&other, &refresh, &[]).await.status, 400);
    dies("the token of a family that was stolen from", &other.with_key(&access), "").await;

    let made = api.post("/v1/api_keys", json!({"name": "x"})).await.expect(201);
    let key = other.with_key(made.data()["key"].as_str().unwrap());
    let _ = key.get(LIST).await.expect(200);
    let _ = api.delete(&format!("/v1/api_keys/{}", made.id())).await.expect(200);
    dies("a revoked key", &key, "").await;

    for disabled in [true, false] {
        let ada = Person::new(&api, "member").await;
        let key = other.with_key(&api.place().key("member", &["--user", &ada.user]));
        let _ = key.get(LIST).await.expect(200);
        let who = other.anonymous();
        let _ = who.request("GET", "/v1/me").header("cookie", &ada.cookie).send().await.expect(200);
        let at = format!("/v1/users/{}", ada.user);
        let _ = if disabled {
            api.patch(&at, json!({"active": false})).await
        } else {
            api.post(&format!("{at}/deactivate-sessions"), json!({})).await
        }
        .expect(200);
        dies("a session", &who, &ada.cookie).await;
        if disabled {
            dies("the key of a user who is gone", &key, "").await;
        }
    }

    let (access, _) = tokens().await;
    let _ = api.delete(&format!("/v1/oauth_clients/{}", app.id)).await.expect(200);
    dies("a deleted client's token", &other.with_key(&access), "").await;
}

#[tokio::test]
async fn keys_rotate_without_a_failure_at_any_process() {
    let Some((first, second)) = nodes().await else { return };
    let (api, other) = (first.api(), second.api().with_key(first.key()));
    let app = App::confidential(&api).await;
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let mut held = Vec::new();
    for round in 0..60 {
        if [15, 30, 45].contains(&round) {
            let _ =
                (if round == 30 { &other } else { &api }).post("/v1/oauth_keys/rotate", json!({})).await.expect(200);
        }
        let giver = if round % 2 == 0 { &api } else { &other };
        let token = app.token(giver, &ask).await.expect(200).json["access_token"].as_str().unwrap().to_owned();
        held.push(token);
        for token in held.iter().step_by(7).chain(held.last()) {
            for node in [&api, &other] {
                let _ = node.with_key(token).get(LIST).await.expect(200);
            }
        }
    }
    let shown = async |node: &Api| {
        let keys = node.anonymous().get("/oauth/jwks").await.expect(200).json;
        let mut kids: Vec<String> =
            keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
        kids.sort();
        kids
    };
    for _ in 0..600 {
        let (one, two) = (shown(&api).await, shown(&other).await);
        if one == two {
            assert!(one.len() >= 8, "three rotations of two keys each, and the first two: {one:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the processes show different keys");
}
