//! Nobody gets more by an API key than they have.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::person::Person;

both!(a_member_makes_keys_of_a_member, a_lesser_key_makes_none, a_limited_key_makes_limited_ones);

async fn a_member_makes_keys_of_a_member(api: Api) {
    let ada = Person::new(&api, "member").await;
    let made = ada.post("/v1/api_keys", json!({"name": "mine"})).await.expect(201);
    assert_eq!((&made.data()["role"], &made.data()["user_id"]), (&json!("member"), &json!(ada.user)));
    assert_eq!(made.data()["scopes"], json!(["crm:read", "crm:write"]));
    for more in [
        json!({"name": "x", "role": "admin"}),
        json!({"name": "x", "role": "admin", "scopes": ["crm:read"]}),
        json!({"name": "x", "scopes": ["admin"]}),
        json!({"name": "x", "scopes": ["metadata:write"]}),
        json!({"name": "x", "role": "read-only", "scopes": ["crm:read", "admin"]}),
    ] {
        let _ = ada.post("/v1/api_keys", more).await.refused(403_000);
    }
    let path = format!("/v1/api_keys/{}", made.id());
    let patch = |body| ada.request("PATCH", &path).json(&body).send();
    let _ = patch(json!({"role": "admin"})).await.refused(403_000);
    let _ = patch(json!({"scopes": ["crm:write", "admin"]})).await.refused(403_000);
    let _ = patch(json!({"name": "still mine"})).await.expect(200);
    // Other people's keys are not there.
    let bob = Person::new(&api, "member").await;
    let _ = bob.get(&path).await.refused(404_001);
    let _ = bob.delete(&path).await.refused(404_001);
    let _ = bob.post(&format!("{path}/rotate"), json!({})).await.refused(404_001);
    assert!(bob.get("/v1/api_keys").await.expect(200).rows().is_empty());
    assert_eq!(ada.get("/v1/api_keys").await.expect(200).ids(), [made.id()]);
    assert!(api.get("/v1/api_keys").await.expect(200).ids().contains(&made.id()));
    // A key that an administrator's session made goes on to be more than its owner is: it cannot be rotated into hands.
    let admins = api.post("/v1/api_keys", json!({"name": "x"})).await.expect(201).id();
    let _ = ada.post(&format!("/v1/api_keys/{admins}/rotate"), json!({})).await.refused(404_001);
}

async fn a_lesser_key_makes_none(api: Api) {
    for flags in [&["--scopes", "crm:read,crm:write"][..], &["--scopes", "openid"]] {
        let key = api.as_role("admin", flags);
        let _ = key.post("/v1/api_keys", json!({"name": "x", "scopes": ["crm:read"]})).await.refused(403_000);
        let _ = key.get("/v1/api_keys").await.refused(403_000);
    }
    let member = api.as_role("member", &["--scopes", "admin"]);
    let _ = member.post("/v1/api_keys", json!({"name": "x"})).await.refused(403_000);
}

async fn a_limited_key_makes_limited_ones(api: Api) {
    let body = json!({"name": "x", "ip_ranges": ["127.0.0.0/8"], "expires_at": "2099-01-01T00:00:00Z"});
    let reply = api.post("/v1/api_keys", body).await.expect(201);
    let (id, limited) = (reply.id(), api.with_key(reply.data()["key"].as_str().unwrap()));
    let child = limited.post("/v1/api_keys", json!({"name": "y"})).await.expect(201);
    assert_eq!(child.data()["ip_ranges"], json!(["127.0.0.0/8"]));
    assert_eq!(child.data()["expires_at"], "2099-01-01T00:00:00.000Z");
    for more in [
        json!({"name": "y", "ip_ranges": ["0.0.0.0/0"]}),
        json!({"name": "y", "ip_ranges": ["127.0.0.1", "10.0.0.1"]}),
        json!({"name": "y", "expires_at": "2100-01-01T00:00:00Z"}),
    ] {
        let _ = limited.post("/v1/api_keys", more).await.refused(403_000);
    }
    // Nor can it widen itself, or take over one that reaches further.
    let wide = json!({"ip_ranges": ["0.0.0.0/0"]});
    let _ = limited.patch(&format!("/v1/api_keys/{id}"), wide).await.refused(403_000);
    let free = api.post("/v1/api_keys", json!({"name": "z"})).await.expect(201).id();
    let _ = limited.post(&format!("/v1/api_keys/{free}/rotate"), json!({})).await.refused(403_000);
}
