//! Providers as administrators keep them.

use kontor_testkit::{Backend, both_alone};
use serde_json::json;

use super::fake::{CLIENT, Fake};
use super::{Door, declare, server};

both_alone!(a_provider_is_kept, a_provider_is_tried_out, every_fault_is_named);

async fn a_provider_is_kept(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let fake = Fake::new().await;
    let made = declare(&api, &fake, json!({"name": "Acme", "group_roles": {"crm-admins": "admin"}})).await.expect(201);
    let id = made.id();
    let at = format!("/v1/identity_providers/{id}");
    assert_eq!(made.header("location"), at);
    let data = made.data();
    assert_eq!(data["redirect_uri"], json!(format!("http://{}/oauth/providers/{id}/callback", api.address())));
    assert_eq!((&data["has_client_secret"], &data["scopes"]), (&json!(true), &json!(["openid", "profile", "email"])));
    assert_eq!(
        (&data["default_role"], &data["is_enabled"], &data["only"]),
        (&json!("member"), &json!(true), &json!(false))
    );
    assert_eq!(api.get(&at).await.expect(200).data(), data);
    assert_eq!(api.get("/v1/identity_providers").await.expect(200).rows(), [data.clone()]);
    // What is not said stays as it is.
    let changed =
        api.patch(&at, json!({"name": "Acme Corp.", "domains": ["ACME.example", "acme.test"]})).await.expect(200);
    assert_eq!((&changed.data()["name"], &changed.data()["client_id"]), (&json!("Acme Corp."), &json!(CLIENT)));
    assert_eq!(changed.data()["domains"], json!(["acme.example", "acme.test"]));
    assert_eq!(changed.data()["has_client_secret"], json!(true));
    let without = api.patch(&at, json!({"client_secret": null})).await.expect(200);
    assert_eq!(without.data()["has_client_secret"], json!(false));
    let _ = declare(&api, &fake, json!({"name": "Acme Corp."})).await.refused(409_001);
    let _ = api.delete(&at).await.expect(200);
    let _ = api.get(&at).await.refused(404_001);
    let entries = api.get("/v1/audit?object=identity_provider").await.expect(200);
    assert_eq!(entries.texts("action"), ["delete", "update", "update", "create"]);
    // Those who manage nothing see nothing.
    for role in ["member", "manager"] {
        let reply = api.as_role(role, &[]).get("/v1/identity_providers").await;
        assert_eq!(reply.status, 403, "{reply}");
    }
}

async fn a_provider_is_tried_out(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    let at = format!("{}/test", door.path());
    let tried = api.post(&at, json!({})).await.expect(200);
    assert_eq!(tried.data()["ok"], json!(true), "{tried}");
    let _ = api.patch(&door.path(), json!({"client_secret": "another"})).await.expect(200);
    let tried = api.post(&at, json!({})).await.expect(200);
    let failed: Vec<_> =
        tried.data()["checks"].as_array().unwrap().iter().filter(|check| check["ok"] == false).collect();
    assert!(failed.len() == 1 && failed[0]["name"] == "client", "{tried}");
    assert!(failed[0]["detail"].as_str().unwrap().contains("invalid_client"), "{tried}");
    door.fake.will(|will| {
        will.metadata = json!({"code_challenge_methods_supported": ["plain"], "id_token_signing_alg_values_supported": ["HS256"]});
    });
    let tried = api.post(&at, json!({})).await.expect(200);
    let ok = |name: &str| {
        let checks = tried.data()["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["ok"].clone()
    };
    assert_eq!(
        (ok("metadata"), ok("pkce"), ok("algorithms"), ok("keys")),
        (json!(true), json!(false), json!(false), json!(true))
    );
}

async fn every_fault_is_named(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    for (more, field) in [
        (json!({"name": ""}), "name"),
        (json!({"kind": "saml"}), "kind"),
        (json!({"issuer": "https://other.example"}), "issuer"),
        (json!({"client_id": null}), "client_id"),
        (json!({"client_secret": 7}), "client_secret"),
        (json!({"scopes": "openid"}), "scopes"),
        (json!({"domains": ["*"]}), "domains"),
        (json!({"domains": []}), "domains"),
        (json!({"just_in_time": "yes"}), "just_in_time"),
        (json!({"default_role": "nobody"}), "default_role"),
        (json!({"group_roles": {"a": "nobody"}}), "group_roles"),
        (json!({"group_roles": ["a"]}), "group_roles"),
        (json!({"groups_claim": ""}), "groups_claim"),
        (json!({"only": 1}), "only"),
        (json!({"is_enabled": null, "id": "1"}), "id"),
        (json!({"redirect_uri": "https://evil.example"}), "redirect_uri"),
    ] {
        let reply = api.patch(&door.path(), more.clone()).await;
        assert!(reply.status == 400 && reply.fault_codes().iter().any(|(name, _)| name == field), "{more}: {reply}");
        assert!(!reply.text().contains(super::fake::SECRET));
    }
    for missing in ["name", "issuer", "client_id"] {
        let reply = declare(&api, &door.fake, json!({missing: null})).await;
        assert!(reply.status == 400 && reply.fault_codes()[0].0 == missing, "{missing}: {reply}");
    }
    // Nobody gives more than they have.
    let admin = api
        .post(
            "/v1/identity_providers",
            json!({"name": "x", "issuer": door.fake.issuer(), "client_id": "x", "client_secret": "x".repeat(2_000)}),
        )
        .await;
    assert_eq!(admin.fault_codes()[0].0, "client_secret", "{admin}");
}
