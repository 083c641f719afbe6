//! An administrator sees as another user does: for minutes, to look and not to change, and everybody can tell.

use kontor_testkit::{Api, Reply, both};
use serde_json::{Value, json};

use super::person::{Person, until};
use crate::oauth::party::claims;

both!(
    an_administrator_sees_what_a_user_sees,
    what_is_seen_is_not_changed_and_shows_no_secrets,
    only_who_may_do_as_much_sees_as_another,
    it_ends_when_either_goes,
);

async fn see(admin: &Person, user: &str) -> Reply {
    admin.post(&format!("/v1/users/{user}/impersonate"), json!({"reason": "Ticket 4711"})).await
}

fn token(reply: &Reply) -> String {
    reply.data()["access_token"].as_str().unwrap().to_owned()
}

async fn dies(caller: &Api) {
    until(|| async {
        let reply = caller.get("/v1/me").await;
        (reply.status != 200).then(|| assert_eq!(reply.error_code(), 401_001, "{reply}"))
    })
    .await;
}

async fn an_administrator_sees_what_a_user_sees(api: Api) {
    let (admin, user) = (Person::new(&api, "admin").await, Person::new(&api, "sales").await);
    let seen = see(&admin, &user.user).await.expect(201);
    let data = seen.data();
    assert_eq!((&data["expires_in"], &data["read_only"], &data["scope"]), (&json!(900), &json!(true), &json!("crm:read")));
    assert_eq!(data["user"]["id"], json!(user.user));
    assert!(data.get("refresh_token").is_none());
    let said = claims(&token(&seen));
    assert_eq!((&said["sub"], &said["act"]), (&json!(user.user), &json!({"sub": admin.user})));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 900);

    let caller = api.with_key(&token(&seen));
    let me = caller.get("/v1/me").await.expect(200);
    let me = me.data();
    assert_eq!((&me["user"]["id"], &me["impersonator"]["id"]), (&json!(user.user), &json!(admin.user)));
    assert_eq!((&me["role"], &me["read_only"]), (&json!("sales"), &json!(true)));
    // What is the user's alone is seen, and what is the administrator's alone is not.
    let own = json!({"name": "Mine", "target_object": "deal"});
    let mine = user.post("/v1/saved_views", own.clone()).await.expect(201).id();
    let foreign = admin.post("/v1/saved_views", own).await.expect(201).id();
    let _ = caller.get(&format!("/v1/saved_views/{mine}")).await.expect(200);
    let _ = caller.get(&format!("/v1/saved_views/{foreign}")).await.refused(404_001);
    let _ = caller.post("/v1/deals/search", json!({"limit": 1})).await.expect(200);

    // The audit says who saw as whom and why, and the log of requests whose they were.
    let entries = api.get(&format!("/v1/audit?action=impersonate&user_id={}", admin.user)).await.expect(200);
    let entry = entries.rows()[0].to_string();
    assert!(entry.contains(&user.user) && entry.contains("Ticket 4711"), "{entry}");
    let logged = until(|| async {
        let lines = api.get("/v1/request_logs?route=/v1/deals/search&limit=100").await.expect(200);
        let by_admin = |line: &&Value| line["impersonator_id"] == json!(admin.user);
        lines.rows().iter().find(by_admin).cloned()
    });
    assert_eq!(logged.await["user_id"], json!(user.user));
}

async fn what_is_seen_is_not_changed_and_shows_no_secrets(api: Api) {
    let (admin, user) = (Person::new(&api, "admin").await, Person::new(&api, "admin").await);
    let caller = api.with_key(&token(&see(&admin, &user.user).await.expect(201)));
    let view = user.post("/v1/saved_views", json!({"name": "Mine", "target_object": "deal"})).await.expect(201).id();
    let feed = user.post("/v1/calendar_feeds", json!({"name": "Mine"})).await.expect(201).id();
    for (method, path) in [
        ("POST", "/v1/companies".to_owned()),
        ("PATCH", format!("/v1/saved_views/{view}")),
        ("DELETE", format!("/v1/saved_views/{view}")),
        ("POST", format!("/v1/saved_views/{view}/set_default")),
        ("POST", "/v1/exports".to_owned()),
        ("POST", "/v1/me/password".to_owned()),
        ("POST", "/v1/me/totp".to_owned()),
        ("POST", "/v1/api_keys".to_owned()),
        ("POST", format!("/v1/users/{}/impersonate", admin.user)),
        ("POST", "/v1/auth/sign_out".to_owned()),
    ] {
        let refused = caller.request(method, &path).json(&json!({})).send().await.refused(403_000);
        assert!(refused.detail().contains("changes nothing"), "{refused}");
    }
    for path in [
        "/v1/me/sessions",
        "/v1/me/passkeys",
        "/v1/api_keys",
        "/v1/oauth_clients",
        "/v1/identity_providers",
        "/v1/audit",
        "/v1/request_logs",
        "/oauth/userinfo",
        "/v2/api_keys",
    ] {
        let _ = caller.get(path).await.refused(403_000);
    }
    let _ = user.get(&format!("/v1/calendar_feeds/{feed}/link")).await.expect(200);
    let _ = caller.get(&format!("/v1/calendar_feeds/{feed}/link")).await.refused(403_000);
    let _ = caller.get("/v2/companies?limit=1").await.expect(200);
    let _ = caller.get("/v1/metadata/objects").await.expect(200);
    let _ = caller.get("/v1/events?limit=1").await.expect(200);
}

async fn only_who_may_do_as_much_sees_as_another(api: Api) {
    let (admin, user) = (Person::new(&api, "admin").await, Person::new(&api, "member").await);
    let path = format!("/v1/users/{}/impersonate", user.user);
    let refused = api.post(&path, json!({})).await.refused(403_000);
    assert!(refused.detail().contains("no key"), "{refused}");
    let _ = user.post(&format!("/v1/users/{}/impersonate", admin.user), json!({})).await.refused(403_001);
    let _ = see(&admin, &admin.user).await.refused(422_000);
    let _ = see(&admin, "104512398120374272").await.refused(404_001);
    let _ = admin.post(&path, json!({"reason": "x".repeat(300)})).await.refused(400_001);
    let _ = admin.post(&path, json!({"minutes": 60})).await.refused(400_002);
    let _ = api.patch(&format!("/v1/users/{}", user.user), json!({"active": false})).await.expect(200);
    let _ = see(&admin, &user.user).await.refused(422_000);
}

async fn it_ends_when_either_goes(api: Api) {
    let admin = Person::new(&api, "admin").await;
    // The administrator signs out.
    let user = Person::new(&api, "member").await;
    let caller = api.with_key(&token(&see(&admin, &user.user).await.expect(201)));
    let _ = caller.get("/v1/me").await.expect(200);
    let _ = admin.post("/v1/auth/sign_out", json!({})).await.expect(200);
    dies(&caller).await;
    let admin = Person { cookie: admin.again().await, ..admin };
    // The user signs out.
    let caller = api.with_key(&token(&see(&admin, &user.user).await.expect(201)));
    let _ = caller.get("/v1/me").await.expect(200);
    let _ = user.post("/v1/auth/sign_out", json!({})).await.expect(200);
    dies(&caller).await;
    // The user may not sign in any more.
    let caller = api.with_key(&token(&see(&admin, &user.user).await.expect(201)));
    let _ = api.patch(&format!("/v1/users/{}", user.user), json!({"active": false})).await.expect(200);
    dies(&caller).await;
    // The administrator may not.
    let other = Person::new(&api, "member").await;
    let caller = api.with_key(&token(&see(&admin, &other.user).await.expect(201)));
    let _ = caller.get("/v1/me").await.expect(200);
    let _ = api.patch(&format!("/v1/users/{}", admin.user), json!({"active": false})).await.expect(200);
    dies(&caller).await;
}
