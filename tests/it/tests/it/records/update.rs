//! PUT replaces, PATCH merges (api.md 6).

use kontor_testkit::{Api, both};
use serde_json::json;

use crate::support::{NO_ID, customer, notes, plate, vehicles};

both!(
    patch_keeps_what_it_does_not_name,
    put_empties_what_it_does_not_name,
    null_empties_and_required_may_not,
    what_does_not_change_makes_no_version,
    system_fields_are_not_sent,
    a_reference_must_lead_somewhere,
    patch_takes_merge_patch_json,
    an_update_of_nothing_is_404,
    custom_values_of_a_standard_object_merge,
    text_is_kept_in_nfc
);

async fn patch_keeps_what_it_does_not_name(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "rank": 7, "remark": "r"})).await;
    let reply = api.patch(&papers.at(&id), json!({"title": "b"})).await.expect(200);
    let data = reply.data();
    assert_eq!(
        (&data["title"], &data["rank"], &data["remark"], &data["version"]),
        (&json!("b"), &json!(7), &json!("r"), &json!(2))
    );
    assert_eq!(reply.header("etag"), "\"2\"");
    assert!(data["updated_at"].as_str() >= data["created_at"].as_str());
}

async fn put_empties_what_it_does_not_name(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "rank": 7, "remark": "r", "external_id": "e-1"})).await;
    let data = api.put(&papers.at(&id), json!({"title": "b"})).await.expect(200).data().clone();
    assert_eq!(
        (&data["title"], &data["rank"], &data["remark"]),
        (&json!("b"), &json!(5), &json!(null)),
        "the default comes back, the rest goes"
    );
    assert_eq!((&data["external_id"], &data["id"]), (&json!(null), &json!(id)));
    assert!(data["owner_id"].is_string(), "the owner stays: {data}");
    let reply = api.put(&papers.at(&id), json!({"rank": 1})).await.refused(400_001);
    assert_eq!(reply.faults()[0]["code"], "required");
}

async fn null_empties_and_required_may_not(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "rank": 7, "remark": "r"})).await;
    let data = api.patch(&papers.at(&id), json!({"remark": null, "rank": null})).await.expect(200).data().clone();
    assert_eq!((&data["remark"], &data["rank"]), (&json!(null), &json!(null)));
    for empty in [json!(null), json!("")] {
        let _ = api.patch(&papers.at(&id), json!({"title": empty})).await.refused(400_001);
    }
}

async fn what_does_not_change_makes_no_version(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    for body in [json!({"title": "a"}), json!({})] {
        assert_eq!(api.patch(&papers.at(&id), body).await.expect(200).data()["version"], 1);
    }
    assert_eq!(api.get(&papers.at(&format!("{id}/history"))).await.expect(200).rows().len(), 1);
}

async fn system_fields_are_not_sent(api: Api) {
    let papers = notes(&api).await;
    for (name, value) in [
        ("id", json!("104512398120374272")),
        ("version", json!(9)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("created_by", json!("104512398120374272")),
    ] {
        let reply = api.post(&papers.path, json!({"title": "a", name: value})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["code"], "read_only", "{name}");
    }
    // What was read may be sent back whole.
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let mut whole = api.get(&papers.at(&id)).await.expect(200).data().clone();
    whole["title"] = json!("b");
    assert_eq!(api.put(&papers.at(&id), whole).await.expect(200).data()["version"], 2);
    let _ = api.patch(&papers.at(&id), json!({"id": "104512398120374272"})).await.refused(400_001);
}

async fn a_reference_must_lead_somewhere(api: Api) {
    let vehicles = vehicles(&api).await;
    let contact = api.create("/v1/contacts", json!({"last_name": plate()})).await;
    let customer = api.create("/v1/customers", customer()).await;
    let keeper = |id: &str| json!({"plate": plate(), "keeper_id": id});
    let id = api.create(&vehicles.path, keeper(&contact)).await;
    for wrong in [NO_ID, &customer, "9223372036854775807"] {
        let reply = api.post(&vehicles.path, keeper(wrong)).await.refused(400_001);
        assert_eq!(
            (&reply.faults()[0]["field"], &reply.faults()[0]["code"]),
            (&json!("keeper_id"), &json!("not_found")),
            "{wrong}"
        );
    }
    for malformed in ["x", "0", "-1", "99999999999999999999", "1 OR 1=1"] {
        let reply = api.patch(&vehicles.at(&id), json!({"keeper_id": malformed})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "keeper_id", "{malformed}");
    }
    let _ = api.delete(&format!("/v1/contacts/{contact}")).await.expect(200);
    let _ = api.post(&vehicles.path, keeper(&contact)).await.refused(400_001);
    // A reference that was there before is no reason to refuse a change of something else.
    let _ = api.patch(&vehicles.at(&id), json!({"doors": 5})).await.expect(200);
}

async fn patch_takes_merge_patch_json(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let body = json!({"title": "b"}).to_string();
    let _ = api
        .request("PATCH", &papers.at(&id))
        .body("application/merge-patch+json", body.clone())
        .send()
        .await
        .expect(200);
    let _ =
        api.request("PUT", &papers.at(&id)).body("application/merge-patch+json", body).send().await.refused(415_000);
}

async fn an_update_of_nothing_is_404(api: Api) {
    for id in [NO_ID, "x", "0", "-5", "99999999999999999999999", "%2e%2e", "1;drop"] {
        let path = format!("/v1/customers/{id}");
        let _ = api.get(&path).await.refused(404_001);
        let _ = api.put(&path, customer()).await.refused(404_001);
        let _ = api.patch(&path, json!({"email": null})).await.refused(404_001);
        let _ = api.delete(&path).await.refused(404_001);
        for action in ["restore", "purge"] {
            let _ = api.post(&format!("{path}/{action}"), json!({})).await.refused(404_001);
        }
        for list in ["history", "timeline"] {
            let _ = api.get(&format!("{path}/{list}")).await.refused(404_001);
        }
    }
}

async fn custom_values_of_a_standard_object_merge(api: Api) {
    let [one, two] = [
        crate::metadata::custom_field(&api, "customer", json!({"type": "integer"})).await,
        crate::metadata::custom_field(&api, "customer", json!({"type": "text"})).await,
    ];
    let mut body = customer();
    body["custom"] = json!({&one: 3, &two: "x"});
    let id = api.create("/v1/customers", body).await;
    let path = format!("/v1/customers/{id}");
    let data = api.patch(&path, json!({"custom": {&one: 4}})).await.expect(200).data().clone();
    assert_eq!((&data["custom"][&one], &data["custom"][&two]), (&json!(4), &json!("x")));
    let data = api.patch(&path, json!({"custom": {&two: null}})).await.expect(200).data().clone();
    assert_eq!((&data["custom"][&one], &data["custom"][&two]), (&json!(4), &json!(null)));
    let reply = api.patch(&path, json!({"custom": {"nowhere": 1}})).await.refused(400_002);
    assert_eq!(reply.faults()[0]["field"], "custom.nowhere");
    let found = api.get(&format!("/v1/customers?filter[custom.{one}][gt]=3&fields=custom.{one}")).await.expect(200);
    assert_eq!(found.ids(), [id]);
    assert_eq!(found.rows()[0]["custom"], json!({&one: 4}));
}

async fn text_is_kept_in_nfc(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "Ame\u{301}lie"})).await;
    assert_eq!(api.get(&papers.at(&id)).await.expect(200).data()["title"], "Am\u{e9}lie");
    let found = api.get(&format!("{}?filter[title]=Ame%CC%81lie", papers.path)).await.expect(200);
    assert_eq!(found.ids(), [id]);
}
