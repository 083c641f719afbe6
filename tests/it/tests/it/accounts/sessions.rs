//! Sessions are seen, ended, and dead then; cookies are no way in for other sites.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::person::{PASSWORD, Person, cookie, sign_in, until};

both!(
    sessions_are_listed_and_ended,
    a_user_who_is_not_active_is_out,
    a_user_in_the_bin_is_out,
    an_administrator_ends_a_users_sessions,
    a_new_password_ends_the_other_sessions,
    other_sites_cannot_use_the_cookie,
    a_session_has_the_rights_of_its_role,
    a_key_is_no_person
);

async fn sessions_are_listed_and_ended(api: Api) {
    let ada = Person::new(&api, "member").await;
    let other = ada.again().await;
    let reply = ada.get("/v1/me/sessions").await.expect(200);
    assert_eq!((reply.rows().len(), &reply.column("current")[1]), (2, &json!(true)), "{reply}");
    assert!(reply.rows()[0]["ip_address"].as_str().is_some_and(|ip| ip == "127.0.0.1"), "{reply}");
    assert!(!reply.text().contains("ks_"), "{reply}");
    let stranger = Person::new(&api, "admin").await;
    let id = &reply.ids()[0];
    let _ = stranger.delete(&format!("/v1/me/sessions/{id}")).await.refused(404_001);
    let _ = ada.with(&other, "GET", "/v1/me").send().await.expect(200);
    let _ = ada.delete(&format!("/v1/me/sessions/{id}")).await.expect(200);
    ada.dies(&other).await;
    let _ = ada.delete(&format!("/v1/me/sessions/{id}")).await.refused(404_001);
    assert_eq!(ada.get("/v1/me/sessions").await.expect(200).rows().len(), 1);
    let third = ada.again().await;
    assert_eq!(ada.delete("/v1/me/sessions").await.expect(200).data()["ended"], 1);
    ada.dies(&third).await;
    let _ = ada.get("/v1/me").await.expect(200);
}

async fn a_user_who_is_not_active_is_out(api: Api) {
    let ada = Person::new(&api, "admin").await;
    let made = ada.post("/v1/api_keys", json!({"name": "of ada", "role": "read-only"})).await.expect(201);
    let key = api.with_key(made.data()["key"].as_str().unwrap());
    let _ = key.get("/v1/contacts?limit=1").await.expect(200);
    let path = format!("/v1/users/{}", ada.user);
    let _ = api.patch(&path, json!({"active": false})).await.expect(200);
    ada.dies(&ada.cookie).await;
    until(|| async { (key.get("/v1/contacts?limit=1").await.error_code() == 401_001).then_some(()) }).await;
    let _ = sign_in(&api, &ada.email, PASSWORD).await.refused(401_001);
    let _ = api.post(&format!("{path}/invite"), json!({})).await.refused(422_000);
    // Who comes back signs in again.
    let _ = api.patch(&path, json!({"active": true})).await.expect(200);
    let _ = ada.get("/v1/me").await.refused(401_001);
    let _ = sign_in(&api, &ada.email, PASSWORD).await.expect(200);
}

async fn a_user_in_the_bin_is_out(api: Api) {
    let ada = Person::new(&api, "member").await;
    let _ = ada.get("/v1/me").await.expect(200);
    let _ = api.delete(&format!("/v1/users/{}", ada.user)).await.expect(200);
    ada.dies(&ada.cookie).await;
    let _ = sign_in(&api, &ada.email, PASSWORD).await.refused(401_001);
}

async fn an_administrator_ends_a_users_sessions(api: Api) {
    let ada = Person::new(&api, "member").await;
    let other = ada.again().await;
    let path = format!("/v1/users/{}/deactivate-sessions", ada.user);
    let _ = ada.post(&path, json!({})).await.refused(403_001);
    assert_eq!(api.post(&path, json!({})).await.expect(200).data()["ended"], 2);
    ada.dies(&ada.cookie).await;
    ada.dies(&other).await;
    let _ = sign_in(&api, &ada.email, PASSWORD).await.expect(200);
    let _ = api.post("/v1/users/4242/deactivate-sessions", json!({})).await.refused(404_001);
}

async fn a_new_password_ends_the_other_sessions(api: Api) {
    let ada = Person::new(&api, "member").await;
    let other = ada.again().await;
    let change = |current: &str, new: &str| {
        ada.post("/v1/me/password", json!({"current_password": current, "new_password": new}))
    };
    let new = "Anderes-Passwort-4711-Ufer";
    let _ = change("Falsches-Passwort-1234", new).await.refused(401_001);
    let reply = change(PASSWORD, "passwordpassword").await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "new_password");
    let _ = change(PASSWORD, &ada.email).await.refused(400_001);
    let _ = change(PASSWORD, new).await.expect(200);
    ada.dies(&other).await;
    let _ = ada.get("/v1/me").await.expect(200);
    let _ = sign_in(&api, &ada.email, PASSWORD).await.refused(401_001);
    let _ = sign_in(&api, &ada.email, new).await.expect(200);
}

async fn other_sites_cannot_use_the_cookie(api: Api) {
    let ada = Person::new(&api, "member").await;
    let post = |headers: &[(&str, &str)]| {
        let request = api.anonymous().request("POST", "/v1/companies").header("cookie", &ada.cookie);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.json(&json!({"name": "x"})).send()
    };
    let own = format!("http://{}", api.address());
    let _ = post(&[]).await.refused(403_000);
    for origin in ["https://evil.example", "null", &format!("{own}.evil.example"), "http://127.0.0.1"] {
        let _ = post(&[("origin", origin)]).await.refused(403_000);
    }
    for site in ["cross-site", "same-site", "none"] {
        let _ = post(&[("origin", &own), ("sec-fetch-site", site)]).await.refused(403_000);
    }
    let _ = post(&[("origin", &own)]).await.expect(201);
    let _ = post(&[("sec-fetch-site", "same-origin")]).await.expect(201);
    // Reading needs no origin; other sites cannot see the answer.
    let _ = api.anonymous().request("GET", "/v1/me").header("cookie", &ada.cookie).send().await.expect(200);
    // Nor can another site sign someone in.
    let body = json!({"email": ada.email, "password": PASSWORD});
    let request = api.anonymous().request("POST", "/v1/auth/sign_in").header("origin", "https://evil.example");
    let _ = request.json(&body).send().await.refused(403_000);
    // A session is no bearer token.
    let token = ada.cookie.split('=').nth(1).unwrap();
    let _ = api.with_key(token).get("/v1/me").await.refused(401_001);
    let _ = api.anonymous().get(&format!("/v1/me?access_token={token}")).await.refused(401_001);
}

async fn a_session_has_the_rights_of_its_role(api: Api) {
    let reader = Person::new(&api, "read-only").await;
    let _ = reader.get("/v1/contacts?limit=1").await.expect(200);
    let _ = reader.post("/v1/contacts", json!({"last_name": "x"})).await.refused(403_001);
    let member = Person::new(&api, "member").await;
    let id = member.post("/v1/contacts", json!({"last_name": "x"})).await.expect(201).id();
    let record = member.get(&format!("/v1/contacts/{id}")).await.expect(200);
    assert_eq!(record.data()["created_by"], json!(member.user), "{record}");
    let _ = member.post(&format!("/v1/contacts/{id}/purge"), json!({})).await.refused(403_001);
    // Who may come in is an administrator's business.
    let _ = member.post("/v1/users", json!({"name": "x"})).await.refused(403_000);
    let path = format!("/v1/users/{}", reader.user);
    let _ = member.request("PATCH", &path).json(&json!({"active": false})).send().await.refused(403_000);
    let _ = member.post("/v1/service_accounts", json!({"name": "x"})).await.refused(403_000);
    let _ = member.post(&format!("{path}/invite"), json!({})).await.refused(403_001);
}

async fn a_key_is_no_person(api: Api) {
    let _ = api.post("/v1/me/totp", json!({"password": PASSWORD})).await.refused(403_000);
    let _ = api.post("/v1/me/password", json!({})).await.refused(403_000);
    let _ = api.post("/v1/auth/sign_out", json!({})).await.refused(403_000);
    let who = api.get("/v1/me").await.expect(200);
    assert_eq!((&who.data()["credential"]["kind"], &who.data()["role"]), (&json!("api_key"), &json!("admin")));
    let reply = sign_in(&api, "nobody@example.com", PASSWORD).await;
    assert!(reply.header("set-cookie").is_empty());
    let ada = Person::new(&api, "member").await;
    assert_ne!(cookie(&sign_in(&api, &ada.email, PASSWORD).await.expect(200)), ada.cookie);
}
