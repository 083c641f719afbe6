//! How a user gets a login.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::json;

use super::person::{PASSWORD, Person, address, cookie, invite, redeem, sign_in, user};

both!(an_invitation_works_once, the_newest_invitation_counts, who_cannot_be_invited);
both_alone!(a_login_is_not_for_another_space_to_take);

async fn an_invitation_works_once(api: Api) {
    let email = address();
    let id = user(&api, &email).await;
    let token = invite(&api, &id, "read-only").await;
    let _ = sign_in(&api, &email, PASSWORD).await.refused(401_001);
    let reply = redeem(&api, &token, PASSWORD).await.expect(200);
    assert_eq!(reply.data()["session"]["role"], "read-only");
    assert_eq!(reply.data()["session"]["user_id"], json!(id));
    let _ = redeem(&api, &token, PASSWORD).await.refused(401_001);
    let _ = sign_in(&api, &email, PASSWORD).await.expect(200);
    // An administrator's link for someone with a login is one for a new password; the role stays.
    let token = invite(&api, &id, "admin").await;
    let new = "Anderes-Passwort-4711-Ufer";
    let reply = redeem(&api, &token, new).await.expect(200);
    assert_eq!(reply.data()["session"]["role"], "read-only");
    let _ = sign_in(&api, &email, PASSWORD).await.refused(401_001);
    let history = api.get(&format!("/v1/users/{id}/history")).await.expect(200);
    assert!(!history.text().contains(&token), "{history}");
}

async fn the_newest_invitation_counts(api: Api) {
    let email = address();
    let id = user(&api, &email).await;
    let old = invite(&api, &id, "admin").await;
    let new = invite(&api, &id, "member").await;
    let _ = redeem(&api, &old, PASSWORD).await.refused(401_001);
    assert_eq!(redeem(&api, &new, PASSWORD).await.expect(200).data()["session"]["role"], "member");
}

async fn who_cannot_be_invited(api: Api) {
    let nameless = api.create("/v1/users", json!({"name": "Ada"})).await;
    let path = |id: &str| format!("/v1/users/{id}/invite");
    let _ = api.post(&path(&nameless), json!({})).await.refused(422_000);
    let _ = api.post(&path("4242"), json!({})).await.refused(404_001);
    let gone = user(&api, &address()).await;
    let _ = api.post(&path(&gone), json!({"role": "king"})).await.refused(400_006);
    let _ = api.post(&path(&gone), json!({"rule": "member"})).await.refused(400_002);
    let token = invite(&api, &gone, "member").await;
    let _ = api.patch(&format!("/v1/users/{gone}"), json!({"active": false})).await.expect(200);
    let _ = redeem(&api, &token, PASSWORD).await.refused(422_000);
    // Someone else's address.
    let ada = Person::new(&api, "member").await;
    let _ = api.patch(&format!("/v1/users/{}", ada.user), json!({"email": address()})).await.expect(200);
    let twin = user(&api, &ada.email).await;
    let _ = api.post(&path(&twin), json!({})).await.refused(422_000);
}

async fn a_login_is_not_for_another_space_to_take(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    crate::support::add_space(&server, "sandbox");
    let sandbox = live.as_role("admin", &["--space", "sandbox"]);
    let ada = Person::new(&live, "admin").await;
    let twin = user(&sandbox, &ada.email).await;
    let token = invite(&sandbox, &twin, "member").await;
    // The invitation is accepted with the password that is there, and does not set one.
    let thief = "Anderes-Passwort-4711-Ufer";
    let _ = redeem(&live, &token, thief).await.refused(401_001);
    let _ = sign_in(&live, &ada.email, thief).await.refused(401_001);
    let reply = redeem(&live, &token, PASSWORD).await.expect(200);
    let there = cookie(&reply);
    let _ = ada.with(&there, "POST", "/v1/contacts").json(&json!({"last_name": "x"})).send().await.expect(201);
    assert_eq!(ada.with(&there, "GET", "/v1/me").send().await.expect(200).data()["role"], "member");
    // Neither space's administrator can reset it now.
    let _ = sandbox.post(&format!("/v1/users/{twin}/invite"), json!({})).await.refused(422_000);
    let _ = live.post(&format!("/v1/users/{}/invite", ada.user), json!({})).await.refused(422_000);
    // From one space to the other.
    let who = ada.get("/v1/me").await.expect(200);
    assert_eq!(who.data()["spaces"].as_array().unwrap().len(), 2, "{who}");
    let switch = |id: &str| ada.with(&there, "POST", "/v1/me/space").json(&json!({"space_id": id})).send();
    let home = who.data()["space"]["id"].as_str().unwrap();
    assert_eq!(switch(home).await.expect(200).data()["role"], "admin");
    assert_eq!(ada.with(&there, "GET", "/v1/me").send().await.expect(200).data()["role"], "admin");
    let _ = switch("4242").await.refused(404_001);
    // Out of one space is not out of the other.
    let _ = sandbox.patch(&format!("/v1/users/{twin}"), json!({"active": false})).await.expect(200);
    let _ = ada.get("/v1/me").await.expect(200);
    let _ = switch("7").await.refused(404_001);
}
