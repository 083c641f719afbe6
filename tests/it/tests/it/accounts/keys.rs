//! The life of an API key.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::person::{Person, until};

both!(
    a_key_is_made_seen_once_and_revoked,
    its_use_is_counted,
    it_works_from_its_addresses_only,
    it_expires,
    it_is_rotated_with_an_overlap,
    a_service_account_has_keys
);

async fn make(api: &Api, body: Value) -> (String, Api) {
    let reply = api.post("/v1/api_keys", body).await.expect(201);
    let secret = reply.data()["key"].as_str().unwrap();
    assert!(secret.starts_with("ak_") && secret.len() == 35);
    assert_eq!(reply.header("location"), format!("/v1/api_keys/{}", reply.id()));
    (reply.id(), api.with_key(secret))
}

async fn dies(key: &Api, code: u64) {
    until(|| async {
        let reply = key.get("/v1/contacts?limit=1").await;
        (reply.status != 200).then(|| assert_eq!(reply.error_code(), code, "{reply}"))
    })
    .await;
}

async fn a_key_is_made_seen_once_and_revoked(api: Api) {
    let (id, key) = make(&api, json!({"name": " web shop ", "role": "member", "scopes": ["contacts:write"]})).await;
    let path = format!("/v1/api_keys/{id}");
    let _ = key.create("/v1/contacts", json!({"last_name": "x"})).await;
    let _ = key.get("/v1/deals?limit=1").await.refused(403_001);
    let shown = api.get(&path).await.expect(200);
    let secret = key.key().unwrap();
    assert_eq!((&shown.data()["name"], &shown.data()["state"]), (&json!("web shop"), &json!("active")));
    assert!(!shown.text().contains(secret) && secret.starts_with(shown.data()["hint"].as_str().unwrap()), "{shown}");
    let list = api.get("/v1/api_keys").await.expect(200);
    assert!(list.ids().contains(&id) && !list.text().contains(secret));
    let _ = api.patch(&path, json!({"name": "till", "scopes": ["contacts:read"]})).await.expect(200);
    until(|| async {
        (key.post("/v1/contacts", json!({"last_name": "x"})).await.error_code() == 403_001).then_some(())
    })
    .await;
    let _ = api.patch(&path, json!({"name": ""})).await.refused(400_001);
    let _ = api.patch(&path, json!({"scopes": ["nothing:read"]})).await.refused(400_001);
    let _ = api.patch(&path, json!({"key": "ak_x"})).await.refused(400_002);
    let _ = api.delete(&path).await.expect(200);
    dies(&key, 401_001).await;
    assert_eq!(api.get(&path).await.expect(200).data()["state"], "revoked");
    let _ = api.patch(&path, json!({"name": "again"})).await.refused(422_000);
    let _ = api.post(&format!("{path}/rotate"), json!({})).await.refused(422_000);
    let _ = api.delete(&path).await.expect(200);
    let _ = api.delete("/v1/api_keys/4242").await.refused(404_001);
}

async fn its_use_is_counted(api: Api) {
    let (id, key) = make(&api, json!({"name": "counted"})).await;
    for _ in 0..7 {
        let _ = key.get("/v1/contacts?limit=1").await.expect(200);
    }
    let path = format!("/v1/api_keys/{id}");
    let shown = until(|| async { Some(api.get(&path).await).filter(|shown| shown.data()["use_count"] == 7) }).await;
    assert!(shown.data()["last_used_at"].as_str().unwrap() >= shown.data()["created_at"].as_str().unwrap());
}

async fn it_works_from_its_addresses_only(api: Api) {
    let (id, key) = make(&api, json!({"name": "here", "ip_ranges": ["10.0.0.0/8", "127.0.0.1"]})).await;
    let _ = key.get("/v1/contacts?limit=1").await.expect(200);
    let (_, away) = make(&api, json!({"name": "away", "ip_ranges": ["192.0.2.0/24", "2001:db8::/32"]})).await;
    let _ = away.get("/v1/contacts?limit=1").await.refused(403_000);
    let path = format!("/v1/api_keys/{id}");
    let _ = api.patch(&path, json!({"ip_ranges": ["192.0.2.0/24"]})).await.expect(200);
    dies(&key, 403_000).await;
    let _ = api.patch(&path, json!({"ip_ranges": []})).await.expect(200);
    until(|| async { (key.get("/v1/contacts?limit=1").await.status == 200).then_some(()) }).await;
    for bad in ["10.0.0.0/33", "localhost", ""] {
        let reply = api.post("/v1/api_keys", json!({"name": "x", "ip_ranges": [bad]})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "ip_ranges.0");
    }
}

async fn it_expires(api: Api) {
    let _ = api.post("/v1/api_keys", json!({"name": "x", "expires_at": "2020-01-01T00:00:00Z"})).await.refused(400_001);
    let (id, key) = make(&api, json!({"name": "x", "expires_at": "2099-01-01T00:00:00Z"})).await;
    let _ = key.get("/v1/contacts?limit=1").await.expect(200);
    let soon = kontor_model::time::datetime_text(kontor_model::Clock::now_ms(&kontor_model::SystemClock) + 1_000);
    let path = format!("/v1/api_keys/{id}");
    let _ = api.patch(&path, json!({"expires_at": soon})).await.expect(200);
    dies(&key, 401_002).await;
    assert_eq!(api.get(&path).await.expect(200).data()["state"], "expired");
}

async fn it_is_rotated_with_an_overlap(api: Api) {
    let (id, old) = make(&api, json!({"name": "x", "role": "read-only", "ip_ranges": ["127.0.0.0/8"]})).await;
    let path = format!("/v1/api_keys/{id}/rotate");
    let _ = api.post(&path, json!({"overlap_seconds": 604_801})).await.refused(400_001);
    let reply = api.post(&path, json!({"overlap_seconds": 600})).await.expect(201);
    let new = api.with_key(reply.data()["key"].as_str().unwrap());
    assert_eq!((&reply.data()["role"], &reply.data()["ip_ranges"]), (&json!("read-only"), &json!(["127.0.0.0/8"])));
    assert!(reply.data()["previous"]["expires_at"].is_string(), "{reply}");
    assert!(reply.data()["expires_at"].is_null(), "{reply}");
    let _ = old.get("/v1/contacts?limit=1").await.expect(200);
    let _ = new.get("/v1/contacts?limit=1").await.expect(200);
    let path = format!("/v1/api_keys/{}/rotate", reply.id());
    let third = api.post(&path, json!({"overlap_seconds": 0})).await.expect(201);
    dies(&new, 401_001).await;
    let third = api.with_key(third.data()["key"].as_str().unwrap());
    let _ = third.get("/v1/contacts?limit=1").await.expect(200);
    let _ = third.post("/v1/contacts", json!({"last_name": "x"})).await.refused(403_001);
}

async fn a_service_account_has_keys(api: Api) {
    let program = api.create("/v1/service_accounts", json!({"name": kontor_testkit::unique("shop")})).await;
    let body = json!({"name": "x", "role": "member", "service_account_id": program});
    let (_, key) = make(&api, body.clone()).await;
    let id = key.create("/v1/contacts", json!({"last_name": "x"})).await;
    let owner = api.get("/v1/me").await.expect(200).data()["user"]["id"].clone();
    assert_eq!(key.get(&format!("/v1/contacts/{id}")).await.expect(200).data()["created_by"], owner);
    let _ = api.patch(&format!("/v1/service_accounts/{program}"), json!({"active": false})).await.expect(200);
    dies(&key, 401_001).await;
    let _ = api.post("/v1/api_keys", body.clone()).await.refused(422_000);
    let _ = api.post("/v1/api_keys", json!({"name": "x", "service_account_id": "4242"})).await.refused(422_000);
    let member = Person::new(&api, "member").await;
    let _ = member.post("/v1/api_keys", body).await.refused(403_000);
}
