//! What is done to logins and credentials is written down with it: by which kind of credential, or not done at all.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};

use crate::accounts::person::{PASSWORD, Person, code};

both!(what_a_person_does_to_their_login, a_credential_is_called_what_it_is, keys_over_the_api);
both_alone!(what_cannot_be_written_down_is_not_done);

async fn about(api: &Api, record: &str) -> Vec<Value> {
    api.get(&format!("/v1/audit?record_id={record}&limit=500")).await.expect(200).rows().to_vec()
}

#[track_caller]
fn find<'a>(entries: &'a [Value], action: &str) -> &'a Value {
    entries.iter().find(|entry| entry["action"] == action).unwrap_or_else(|| panic!("no {action} in {entries:?}"))
}

async fn what_a_person_does_to_their_login(api: Api) {
    let ada = Person::new(&api, "admin").await;
    let _ = ada.again().await;
    let _ = ada.delete("/v1/me/sessions").await.expect(200);
    let setup = ada.post("/v1/me/totp", json!({"password": PASSWORD})).await.expect(200);
    let secret = setup.data()["secret"].as_str().unwrap().to_owned();
    let _ = ada.post("/v1/me/totp/confirm", json!({"code": code(&secret, 0)})).await.expect(200);
    let _ = ada.post("/v1/me/totp/recovery_codes", json!({"password": PASSWORD})).await.expect(200);
    let _ = ada.request("DELETE", "/v1/me/totp").json(&json!({"password": PASSWORD})).send().await.expect(200);
    let new = "Anderes-Passwort-4711-Ufer";
    let change = json!({"current_password": PASSWORD, "new_password": new});
    let _ = ada.post("/v1/me/password", change).await.expect(200);
    let _ = ada.post("/v1/auth/sign_out", json!({})).await.expect(200);
    let entries = about(&api, &ada.user).await;
    for action in
        ["invite", "redeem", "set_up_factor", "new_recovery_codes", "give_up_factor", "set_password", "end_session"]
    {
        let entry = find(&entries, action);
        let by = if action == "invite" {
            "api_key"
        } else if action == "redeem" {
            "system"
        } else {
            "session"
        };
        assert_eq!((&entry["object"], &entry["credential"]), (&json!("user"), &json!(by)), "{entry}");
        assert_eq!(entry["ip"], "127.0.0.1", "{entry}");
    }
    let text = json!(entries).to_string();
    assert!(!text.contains(new) && !text.contains(&secret) && !text.contains(PASSWORD));
}

async fn a_credential_is_called_what_it_is(api: Api) {
    let by = async |api: &Api, id: &str| find(&about(api, id).await, "create").clone();
    let ada = Person::new(&api, "member").await;
    let made = ada.post("/v1/contacts", json!({"last_name": "x"})).await.expect(201).id();
    assert_eq!(by(&api, &made).await["credential"], "session");
    let program = api.create("/v1/service_accounts", json!({"name": kontor_testkit::unique("shop")})).await;
    let body = json!({"name": "x", "role": "member", "service_account_id": program});
    let key = api.post("/v1/api_keys", body).await.expect(201);
    let of_program = api.with_key(key.data()["key"].as_str().unwrap());
    let made = of_program.create("/v1/contacts", json!({"last_name": "x"})).await;
    let entry = by(&api, &made).await;
    assert_eq!((&entry["credential"], &entry["key_id"]), (&json!("service_account"), &json!(key.id())));
    let client = json!({"client_name": "Reports", "grant_types": ["client_credentials"], "scope": "crm:write", "role": "member"});
    let client = api.post("/v1/oauth_clients", client).await.expect(201);
    let form = format!(
        "grant_type=client_credentials&scope=crm:write&client_id={}&client_secret={}",
        client.data()["client_id"].as_str().unwrap(),
        client.data()["client_secret"].as_str().unwrap()
    );
    let form = form.replace("crm:write", "crm%3Awrite");
    let basic = data_encoding::BASE64.encode(
        format!(
            "{}:{}",
            client.data()["client_id"].as_str().unwrap(),
            client.data()["client_secret"].as_str().unwrap()
        )
        .as_bytes(),
    );
    let token = api.anonymous().request("POST", "/oauth/token").header("authorization", &format!("Basic {basic}"));
    let body = form.split("&client_id").next().unwrap().to_owned();
    let token = token.body("application/x-www-form-urlencoded", body).send().await.expect(200);
    let made = api
        .with_key(token.json["access_token"].as_str().unwrap())
        .create("/v1/contacts", json!({"last_name": "x"}))
        .await;
    let entry = by(&api, &made).await;
    assert_eq!((&entry["credential"], &entry["key_id"]), (&json!("token"), &json!(client.id())));
}

async fn keys_over_the_api(api: Api) {
    let made = api.post("/v1/api_keys", json!({"name": "audited"})).await.expect(201);
    let path = format!("/v1/api_keys/{}", made.id());
    let _ = api.patch(&path, json!({"name": "renamed"})).await.expect(200);
    let rotated = api.post(&format!("{path}/rotate"), json!({"overlap_seconds": 60})).await.expect(201);
    let _ = api.delete(&path).await.expect(200);
    let entries = about(&api, &made.id()).await;
    assert_eq!(find(&entries, "update")["changes"]["name"], json!(["audited", "renamed"]));
    assert_eq!(find(&entries, "rotate")["changes"]["new_id"], json!(rotated.id()));
    assert!(["create", "revoke"].iter().all(|action| find(&entries, action)["credential"] == "api_key"));
}

/// The entry and the change are one commit: where the audit takes nothing, nothing is done.
async fn what_cannot_be_written_down_is_not_done(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let ada = Person::new(&api, "member").await;
    let made = api.post("/v1/api_keys", json!({"name": "kept"})).await.expect(201);
    let path = format!("/v1/api_keys/{}", made.id());
    server.place().sql(&format!("ALTER TABLE {0} RENAME TO {0}_away", kontor_store::system::AUDIT));
    assert_eq!(api.post("/v1/api_keys", json!({"name": "lost"})).await.status, 500);
    assert_eq!(api.delete(&path).await.status, 500);
    assert_eq!(ada.delete("/v1/me/sessions").await.status, 200, "there is no other session");
    assert_eq!(
        ada.post(
            "/v1/me/password",
            json!({"current_password": PASSWORD, "new_password": "Anderes-Passwort-4711-Ufer"})
        )
        .await
        .status,
        500
    );
    assert_eq!(ada.post("/v1/auth/sign_out", json!({})).await.status, 500);
    server.place().sql(&format!("ALTER TABLE {0}_away RENAME TO {0}", kontor_store::system::AUDIT));
    let keys = api.get("/v1/api_keys").await.expect(200);
    assert!(!keys.texts("name").contains(&"lost".to_owned()), "{keys}");
    assert_eq!(api.get(&path).await.expect(200).data()["state"], "active");
    let _ = ada.get("/v1/me").await.expect(200);
    let _ = ada.again().await;
}
