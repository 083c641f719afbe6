//! Roles, shipped and a space's own.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::json;

use super::{acting, deal, reads_all, role, user, word};

both!(
    shipped_roles_do_what_they_say,
    shipped_roles_do_not_change,
    a_permission_names_what_there_is,
    rights_are_given_by_those_who_manage,
    a_users_role_bounds_its_keys,
    who_is_gone_may_nothing
);
both_alone!(a_space_keeps_an_owner);

/// Role, object, and whether it may create, read, update (another's) and delete (another's).
const TABLE: &[(&str, &str, [bool; 4])] = &[
    ("owner", "deals", [true, true, true, true]),
    ("admin", "tickets", [true, true, true, true]),
    ("manager", "deals", [true, true, true, false]),
    ("member", "deals", [true, true, true, true]),
    ("sales", "deals", [true, true, false, false]),
    ("sales", "tickets", [false, true, false, false]),
    ("sales", "invoices", [false, true, false, false]),
    ("support", "tickets", [true, true, true, false]),
    ("support", "deals", [false, true, false, false]),
    ("finance", "invoices", [true, true, true, false]),
    ("finance", "deals", [false, true, false, false]),
    ("marketing", "campaigns", [true, true, true, true]),
    ("marketing", "deals", [false, true, false, false]),
    ("integration", "deals", [true, true, true, true]),
];

fn body(collection: &str, customer: &str) -> serde_json::Value {
    match collection {
        "tickets" => json!({"subject": "Help"}),
        "invoices" => json!({"customer_id": customer}),
        _ => json!({"name": word("Thing")}),
    }
}

async fn shipped_roles_do_what_they_say(api: Api) {
    let other = user(&api, None).await;
    let customer = json!({"name": word("Cu"), "mobile": "13800138000", "customer_type": "vip"});
    let customer = api.post("/v1/customers", customer).await.expect(201).id();
    for (role, collection, [create, read, update, delete]) in TABLE {
        let me = user(&api, None).await;
        let caller = acting(&api, &me, role);
        let mut theirs = body(collection, &customer);
        theirs["owner_id"] = json!(other);
        let id = api.post(&format!("/v1/{collection}"), theirs).await.expect(201).id();
        let at = format!("/v1/{collection}/{id}");
        let what = format!("{role} {collection}");
        let of = |allowed: bool, ok: u16| if allowed { ok } else { 403 };
        let made = caller.post(&format!("/v1/{collection}"), body(collection, &customer)).await;
        assert_eq!(made.status, of(*create, 201), "{what} create: {made}");
        assert_eq!(caller.get(&at).await.status, of(*read, 200), "{what} read");
        let changed = caller.patch(&at, json!({"external_id": word("x")})).await;
        assert_eq!(changed.status, of(*update, 200), "{what} update: {changed}");
        assert_eq!(caller.delete(&at).await.status, of(*delete, 200), "{what} delete");
        let manages = matches!(*role, "owner" | "admin");
        let meta = json!({"name": word("thing").to_lowercase(), "plural": word("things").to_lowercase(), "name_field": "t",
            "fields": [{"name": "t", "type": "text", "max": 9}]});
        let made = caller.post("/v1/metadata/objects", meta).await;
        assert_eq!(made.status, of(manages, 201), "{what} metadata: {made}");
    }
}

async fn shipped_roles_do_not_change(api: Api) {
    let sales = api.get("/v1/roles/by/name/sales").await.expect(200).id();
    let _ = api.patch(&format!("/v1/roles/{sales}"), json!({"name": "x"})).await.refused(422_000);
    let _ = api.delete(&format!("/v1/roles/{sales}")).await.refused(422_000);
    let _ = api.post("/v1/roles", json!({"name": word("r"), "built_in": true})).await.refused(422_000);
    let grant = json!({"role_id": sales, "target_object": "*", "action": "*", "reach": "all"});
    let _ = api.post("/v1/permissions", grant).await.refused(422_000);
}

async fn a_permission_names_what_there_is(api: Api) {
    let role = api.post("/v1/roles", json!({"name": word("r")})).await.expect(201).id();
    for (object, action, mask) in [
        ("deals", "read", json!(null)),
        ("deal", "peek", json!(null)),
        ("deal", "read", json!({"hidden": ["ammount"]})),
        ("deal", "read", json!({"read_only": ["custom.x"]})),
    ] {
        let body =
            json!({"role_id": role, "target_object": object, "action": action, "reach": "all", "field_mask": mask});
        let _ = api.post("/v1/permissions", body).await.refused(400_001);
    }
}

async fn rights_are_given_by_those_who_manage(api: Api) {
    let me = user(&api, None).await;
    let all = role(&api, &[("*", "*", "all", json!(null))]).await;
    for caller in [acting(&api, &me, &all), acting(&api, &me, "member"), acting(&api, &me, "manager")] {
        let _ = caller.post("/v1/roles", json!({"name": word("r")})).await.refused(403_000);
        let grant = json!({"role_id": "104512398120374272", "target_object": "*", "action": "*", "reach": "all"});
        let _ = caller.post("/v1/permissions", grant).await.refused(403_000);
        let owner = api.get("/v1/roles/by/name/owner").await.expect(200).id();
        let _ = caller.patch(&format!("/v1/users/{me}"), json!({"role_id": owner})).await.refused(403_000);
        let _ = caller.post("/v1/teams", json!({"name": word("t")})).await.refused(403_000);
        let composite =
            json!({"operations": [{"op": "update", "object": "user", "id": me, "data": {"role_id": owner}}]});
        let _ = caller.post("/v1/composite", composite).await.refused(403_000);
    }
}

async fn a_users_role_bounds_its_keys(api: Api) {
    let me = user(&api, None).await;
    let other = user(&api, None).await;
    let theirs = deal(&api, &other, json!({})).await;
    let caller = acting(&api, &me, "admin");
    let _ = caller.get(&format!("/v1/deals/{theirs}")).await.expect(200);
    let own = role(&api, &[("deal", "*", "own", json!(null)), reads_all()]).await;
    let own = api.get(&format!("/v1/roles/by/name/{own}")).await.expect(200).id();
    let _ = api.patch(&format!("/v1/users/{me}"), json!({"role_id": own})).await.expect(200);
    for _ in 0..300 {
        if caller.patch(&format!("/v1/deals/{theirs}"), json!({"amount": "1"})).await.status == 403 {
            let _ = caller.post("/v1/roles", json!({"name": word("r")})).await.refused(403_000);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the key kept more rights than its user");
}

async fn who_is_gone_may_nothing(api: Api) {
    for gone in ["off", "bin"] {
        let me = user(&api, None).await;
        let caller = acting(&api, &me, "member");
        let _ = caller.get("/v1/deals").await.expect(200);
        let at = format!("/v1/users/{me}");
        let _ = if gone == "off" { api.patch(&at, json!({"active": false})).await } else { api.delete(&at).await }
            .expect(200);
        let mut dead = false;
        for _ in 0..300 {
            dead = caller.get("/v1/deals").await.status == 401;
            if dead {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(dead, "{gone}");
    }
}

async fn a_space_keeps_an_owner(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let role = api.get("/v1/roles/by/name/owner").await.expect(200).id();
    let owner = api.get("/v1/users/by/external_id/owner").await.expect(200);
    assert_eq!(owner.data()["role_id"], json!(role));
    let at = format!("/v1/users/{}", owner.id());
    let _ = api.patch(&at, json!({"role_id": null})).await.refused(422_000);
    let _ = api.patch(&at, json!({"active": false})).await.refused(422_000);
    let _ = api.delete(&at).await.refused(422_000);
    let second = user(&api, None).await;
    let _ = api.patch(&format!("/v1/users/{second}"), json!({"role_id": role})).await.expect(200);
    let _ = api.patch(&at, json!({"role_id": null})).await.expect(200);
    let _ = api.delete(&format!("/v1/users/{second}")).await.refused(422_000);
}
