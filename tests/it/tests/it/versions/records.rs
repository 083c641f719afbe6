//! Records through both versions: the same values in two wordings.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{DAY, DAY_TEXT, MOMENT, MOMENT_TEXT, customer, visits};

both!(
    a_customer_has_a_tier,
    times_are_13_digits,
    the_other_name_is_unknown,
    faults_name_the_fields_of_the_version,
    batch_and_composite_speak_the_version,
    upserts_and_tags_work_alike,
    history_and_timeline_speak_the_version,
    a_key_is_bound_to_its_version,
    custom_fields_of_standard_objects_have_times_too
);

async fn a_customer_has_a_tier(api: Api) {
    let body = customer();
    let made = api.post("/v2/customers", body.clone()).await.expect(201);
    let id = made.id();
    assert_eq!(made.header("location"), format!("/v2/customers/{id}"));
    assert_eq!((&made.data()["tier"], made.data().get("customer_type")), (&json!("vip"), None));
    let older = api.get(&format!("/v1/customers/{id}")).await.expect(200);
    assert_eq!((&older.data()["customer_type"], older.data().get("tier")), (&json!("vip"), None));
    let changed = api.patch(&format!("/v1/customers/{id}"), json!({"customer_type": "premium"})).await.expect(200);
    assert!(changed.header("location").is_empty());
    let newer = api.get(&format!("/v2/customers/{id}?fields=tier")).await.expect(200);
    assert_eq!(newer.data()["tier"], "premium");
    let whole = api.put(&format!("/v2/customers/{id}"), newer_without(&api, &id).await).await.expect(200);
    assert_eq!(whole.data()["tier"], "premium", "what was read may be sent back");
}

async fn newer_without(api: &Api, id: &str) -> serde_json::Value {
    api.get(&format!("/v2/customers/{id}")).await.expect(200).data().clone()
}

async fn times_are_13_digits(api: Api) {
    let (object, path) = visits(&api).await;
    let made = api.post(&path, json!({"title": "a", "held_on": DAY, "begins": MOMENT})).await.expect(201);
    assert_eq!((&made.data()["held_on"], &made.data()["begins"]), (&json!(DAY), &json!(MOMENT)));
    assert!(made.data()["created_at"].as_i64().unwrap() > 1_700_000_000_000);
    let older = api.get(&object.at(&made.id())).await.expect(200);
    assert_eq!((&older.data()["held_on"], &older.data()["begins"]), (&json!(DAY_TEXT), &json!(MOMENT_TEXT)));
    let at = format!("{path}/{}", made.id());
    for wrong in
        [json!({"held_on": DAY + 1}), json!({"begins": true}), json!({"begins": 1.5}), json!({"begins": i64::MAX})]
    {
        let field = wrong.as_object().unwrap().keys().next().unwrap().clone();
        let reply = api.patch(&at, wrong).await.refused(400_001);
        assert_eq!(reply.fault_codes(), [(field, 400_001)]);
    }
    let before_the_epoch = api.patch(&at, json!({"held_on": -86_400_000, "begins": -1})).await.expect(200);
    assert_eq!(
        (&before_the_epoch.data()["held_on"], &before_the_epoch.data()["begins"]),
        (&json!(-86_400_000), &json!(-1))
    );
    let _ = api.post(&object.path, json!({"title": "a", "begins": MOMENT})).await.refused(400_001);
}

async fn the_other_name_is_unknown(api: Api) {
    let body = json!({"name": unique("a"), "mobile": "13800138000", "customer_type": "vip", "tier": "vip"});
    let newer = api.post("/v2/customers", body.clone()).await.refused(400_002);
    assert_eq!(newer.fault_codes(), [("customer_type".to_owned(), 400_002)]);
    let older = api.post("/v1/customers", body).await.refused(400_002);
    assert_eq!(older.fault_codes(), [("tier".to_owned(), 400_002)]);
}

async fn faults_name_the_fields_of_the_version(api: Api) {
    let body = |name: &str| json!({"name": unique("a"), "mobile": "13800138000", name: "gold"});
    for (path, name) in [("/v1/customers", "customer_type"), ("/v2/customers", "tier")] {
        let reply = api.post(path, body(name)).await.refused(400_006);
        assert_eq!(reply.fault_codes(), [(name.to_owned(), 400_006)]);
        assert!(reply.detail().starts_with(name), "{reply}");
        let reply = api.post(path, json!({"name": unique("a"), "mobile": "13800138000"})).await.refused(400_001);
        assert_eq!(reply.fault_codes(), [(name.to_owned(), 400_001)]);
    }
    let nowhere = api.get("/v2/nothing").await.refused(404_000);
    assert!(nowhere.detail().contains("/v2/metadata/objects"), "{nowhere}");
    let rule = api.patch("/v2/metadata/objects/customer", json!({"fields": []})).await;
    assert!(rule.detail().contains("/v2/") && !rule.detail().contains("/v1/"), "{rule}");
}

async fn batch_and_composite_speak_the_version(api: Api) {
    let (object, path) = visits(&api).await;
    let operations = json!({"operations": [
        {"op": "create", "data": {"title": "a", "begins": MOMENT}},
        {"op": "create", "data": {"title": "b", "begins": false}},
    ]});
    let batch = api.post(&format!("{path}/batch"), operations).await.expect(207);
    assert_eq!(batch.rows()[0]["data"]["begins"], MOMENT);
    assert_eq!(batch.rows()[1]["errors"][0]["field"], "begins");
    let name = object.name;
    let operations = json!({"operations": [
        {"ref": "first", "op": "create", "object": name, "data": {"title": "a", "held_on": DAY, "begins": MOMENT}},
        {"op": "create", "object": name, "data": {"title": "b", "held_on": "$first.held_on", "begins": "$first.begins"}},
        {"op": "create", "object": "customer", "data": customer()},
    ]});
    let composite = api.post("/v2/composite", operations).await.expect(200);
    let data = |i: usize| composite.rows()[i]["data"].clone();
    assert_eq!((&data(1)["held_on"], &data(1)["begins"]), (&json!(DAY), &json!(MOMENT)));
    assert_eq!(data(2)["tier"], "vip");
    let wrong = json!({"operations": [{"op": "create", "object": "customer", "data": {"name": unique("a"), "mobile": "13800138000", "tier": "x"}},
        {"op": "create", "object": "customer", "data": customer()}]});
    let reply = api.post("/v2/composite", wrong).await.refused(400_006);
    assert_eq!(reply.fault_codes(), [("operations.0.data.tier".to_owned(), 400_006)]);
}

async fn upserts_and_tags_work_alike(api: Api) {
    let key = unique("erp").replace(' ', "-");
    let path = format!("/v2/customers/by/external_id/{key}");
    let made = api.put(&path, customer()).await.expect(201);
    assert_eq!(made.header("location"), format!("/v2/customers/{}", made.id()));
    let again = api.put(&path, json!({"tier": "standard"})).await.expect(200);
    assert_eq!((&again.data()["tier"], again.header("etag")), (&json!("standard"), "\"2\""));
    let at = format!("/v2/customers/{}", made.id());
    let known = api.request("GET", &at).header("if-none-match", "\"2\"").send().await;
    assert_eq!(known.status, 304);
    let _ = api
        .request("PATCH", &at)
        .header("if-match", "\"1\"")
        .json(&json!({"tier": "vip"}))
        .send()
        .await
        .refused(412_000);
    let same = api.get(&path).await.expect(200);
    assert_eq!(same.data(), api.get(&at).await.expect(200).data());
}

async fn history_and_timeline_speak_the_version(api: Api) {
    let made = api.post("/v2/customers", customer()).await.expect(201);
    let _ = api.patch(&format!("/v1/customers/{}", made.id()), json!({"customer_type": "standard"})).await.expect(200);
    let newer = api.get(&format!("/v2/customers/{}/history", made.id())).await.expect(200);
    let older = api.get(&format!("/v1/customers/{}/history", made.id())).await.expect(200);
    assert_eq!(newer.rows()[0]["changes"], json!({"tier": ["vip", "standard"]}));
    assert_eq!(older.rows()[0]["changes"], json!({"customer_type": ["vip", "standard"]}));
    assert_eq!(newer.rows()[1]["changes"]["tier"], json!([null, "vip"]), "a create in version 2");
    assert_eq!(older.rows()[1]["changes"]["customer_type"], json!([null, "vip"]), "is kept in version 1's words");
    assert!(newer.rows()[0]["at"].is_i64() && older.rows()[0]["at"].is_string());
    let (object, path) = visits(&api).await;
    let visit = api.post(&path, json!({"title": "a", "held_on": DAY, "begins": MOMENT})).await.expect(201).id();
    let changed = api.patch(&format!("{path}/{visit}"), json!({"held_on": DAY + 86_400_000})).await.expect(200);
    assert_eq!(changed.data()["held_on"], DAY + 86_400_000);
    let newer = api.get(&format!("{path}/{visit}/timeline")).await.expect(200);
    assert_eq!(newer.rows()[0]["changes"], json!({"held_on": [DAY, DAY + 86_400_000]}));
    let older = api.get(&object.at(&format!("{visit}/history"))).await.expect(200);
    assert_eq!(older.rows()[0]["changes"], json!({"held_on": [DAY_TEXT, "2025-03-01"]}));
    assert_eq!(older.rows()[1]["changes"]["begins"], json!([null, MOMENT_TEXT]));
}

async fn a_key_is_bound_to_its_version(api: Api) {
    let key = unique("k").replace(' ', "-");
    let body = json!({"name": unique("Acme")});
    let post = |path: &str| api.request("POST", path).header("idempotency-key", &key).json(&body).send();
    let first = post("/v2/companies").await.expect(201);
    let again = post("/v2/companies").await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), again.data()), ("true", first.data()));
    assert_eq!(again.header("location"), first.header("location"));
    let _ = post("/v1/companies").await.refused(422_001);
}

async fn custom_fields_of_standard_objects_have_times_too(api: Api) {
    let name = format!("met_{}", kontor_testkit::serial());
    let path = "/v2/metadata/objects/company/fields";
    let mut made = api.post(path, json!({"name": name, "type": "datetime", "default": MOMENT})).await;
    while made.error_code() == 409_000 {
        made = api.post(path, json!({"name": name, "type": "datetime", "default": MOMENT})).await;
    }
    let made = made.expect(201);
    assert_eq!(made.header("location"), format!("{path}/{name}"));
    assert_eq!((&made.data()["default"], &made.data()["schema"]["type"]), (&json!(MOMENT), &json!("integer")));
    let older = api.get(&format!("/v1/metadata/objects/company/fields/{name}")).await.expect(200);
    assert_eq!(older.data()["default"], MOMENT_TEXT);
    let record = api.post("/v2/companies", json!({"name": "Acme"})).await.expect(201);
    assert_eq!(record.data()["custom"][&name], MOMENT);
    let record = api.post("/v2/companies", json!({"name": "Acme", "custom": {&name: 7}})).await.expect(201);
    let older = api.get(&format!("/v1/companies/{}", record.id())).await.expect(200);
    assert_eq!(older.data()["custom"][&name], "1970-01-01T00:00:00.007Z");
    let found =
        api.get(&format!("/v2/companies?filter[custom.{name}][lt]=8&filter[id]={}", record.id())).await.expect(200);
    assert_eq!(found.ids(), [record.id()]);
    while api.delete(&format!("{path}/{name}")).await.error_code() == 409_000 {}
}
