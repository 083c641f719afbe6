//! `/v1/composite`: several objects, one transaction, references between them.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::json;

use crate::support::{NO_ID, customer};

both!(
    later_operations_use_earlier_results,
    all_or_nothing,
    references_that_lead_nowhere,
    objects_and_operations_are_checked,
    it_replays,
    only_what_the_scopes_open
);

async fn later_operations_use_earlier_results(api: Api) {
    let (company, contact) = (unique("Acme"), unique("Roe"));
    let reply = api.post("/v1/composite", json!({"operations": [
        {"ref": "acme", "op": "create", "object": "company", "data": {"name": company}},
        {"ref": "roe", "op": "create", "object": "contact", "data": {"last_name": contact, "company_id": "$acme.id"}},
        {"op": "create", "object": "company", "data": {"name": "$roe.last_name", "parent_id": "$acme.id"}},
    ]})).await.expect(200);
    let rows = reply.rows();
    let id = rows[0]["data"]["id"].as_str().unwrap();
    assert_eq!(
        (&rows[1]["data"]["company_id"], &rows[2]["data"]["parent_id"], &rows[2]["data"]["name"]),
        (&json!(id), &json!(id), &json!(contact))
    );
    assert_eq!(api.get(&format!("/v1/companies/{id}")).await.expect(200).data()["name"], company);
}

async fn all_or_nothing(api: Api) {
    let company = unique("Acme");
    let reply = api
        .post(
            "/v1/composite",
            json!({"operations": [
                {"ref": "acme", "op": "create", "object": "company", "data": {"name": company}},
                {"op": "create", "object": "contact", "data": {"company_id": "$acme.id"}},
            ]}),
        )
        .await
        .refused(400_001);
    assert!(reply.faults()[0]["field"].as_str().unwrap().starts_with("operations.1."), "{reply}");
    let found = api.get(&kontor_testkit::query("/v1/companies", &[("filter[name]", &company)])).await.expect(200);
    assert!(found.rows().is_empty());
}

async fn references_that_lead_nowhere(api: Api) {
    let reply = api
        .post(
            "/v1/composite",
            json!({"operations": [
                {"op": "create", "object": "contact", "data": {"last_name": "x", "company_id": "$acme.id"}},
            ]}),
        )
        .await;
    assert!((400..500).contains(&reply.status), "{reply}");
    reply.is_problem();
    // Text that only looks like one is text; a name may not be given twice.
    let note = serial();
    let operations = json!([
        {"ref": "a", "op": "create", "object": "company", "data": {"name": unique("A")}},
        {"ref": "a", "op": "create", "object": "company", "data": {"name": format!("B {note}")}},
    ]);
    let reply = api.post("/v1/composite", json!({"operations": operations})).await;
    assert_eq!(reply.status, 400, "{reply}");
    let price = unique("$5 off");
    let reply = api
        .post("/v1/composite", json!({"operations": [{"op": "create", "object": "company", "data": {"name": price}}]}))
        .await
        .expect(200);
    assert_eq!(reply.rows()[0]["data"]["name"], price);
}

async fn objects_and_operations_are_checked(api: Api) {
    for (operation, status) in [
        (json!({"op": "create", "object": "compny", "data": {"name": "x"}}), 400),
        (json!({"op": "create", "data": {"name": "x"}}), 400),
        (json!({"op": "creat", "object": "company", "data": {"name": "x"}}), 400),
        (json!({"op": "delete", "object": "company", "id": NO_ID}), 404),
        (json!({"op": "purge", "object": "company", "id": NO_ID}), 400),
        (json!({"op": "create", "object": "company", "ref": "A B", "data": {"name": "x"}}), 400),
        (json!({"op": "create", "object": "api_key", "data": {"name": "x"}}), 400),
    ] {
        let reply = api.post("/v1/composite", json!({"operations": [operation]})).await;
        assert_eq!(reply.status, status, "{reply}");
        reply.is_problem();
    }
    let many: Vec<_> =
        (0..1_001).map(|_| json!({"op": "create", "object": "company", "data": {"name": "x"}})).collect();
    let _ = api.post("/v1/composite", json!({"operations": many})).await.refused(413_000);
}

async fn it_replays(api: Api) {
    let body = json!({"operations": [{"op": "create", "object": "customer", "data": customer()}]});
    let key = serial();
    let send = || api.request("POST", "/v1/composite").header("idempotency-key", &key).json(&body).send();
    let first = send().await.expect(200);
    let second = send().await.expect(200);
    assert_eq!((second.header("idempotent-replayed"), second.data()), ("true", first.data()));
}

async fn only_what_the_scopes_open(api: Api) {
    let narrow = api.as_role("member", &["--scopes", "companies:write"]);
    let body = |object: &str, data: serde_json::Value| json!({"operations": [{"op": "create", "object": object, "data": data}]});
    let reply = narrow.post("/v1/composite", body("customer", customer())).await.refused(403_001);
    assert!(reply.detail().contains("customers:write"), "{}", reply.detail());
    let _ = narrow.post("/v1/composite", body("company", json!({"name": unique("Acme")}))).await.expect(200);
    let reader = api.as_role("read-only", &[]);
    let _ = reader.post("/v1/composite", body("company", json!({"name": unique("Acme")}))).await.refused(403_001);
}
