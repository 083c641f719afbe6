//! Fields added, renamed, restricted and retired at run time; their data are kept.

use kontor_testkit::{Api, Definition, both, serial};
use serde_json::{Value, json};

use super::{custom_field, settled};
use crate::support::{batch, customer, notes, vehicles};

both!(
    a_retired_field_and_its_successor,
    the_field_that_names_records_is_renamed,
    a_field_is_added_renamed_and_keeps_its_data,
    a_field_is_retired_and_comes_back,
    unique_is_refused_with_the_offending_records,
    unique_holds_from_then_on,
    an_index_changes_no_answer,
    enum_values_in_use_stay,
    what_cannot_be_changed,
    a_default_fills_new_records,
    an_address_is_a_group_of_fields,
    a_unique_custom_field_is_an_upsert_key
);

fn field(object: &Definition, name: &str) -> String {
    format!("{}/fields/{name}", object.metadata())
}

async fn add(api: &Api, object: &Definition, body: Value) {
    let _ = settled(async || api.post(&format!("{}/fields", object.metadata()), body.clone()).await).await.expect(201);
}

async fn change(api: &Api, path: &str, body: Value) -> kontor_testkit::Reply {
    settled(async || api.patch(path, body.clone()).await).await
}

async fn a_field_is_added_renamed_and_keeps_its_data(api: Api) {
    let papers = notes(&api).await;
    let old = api.create(&papers.path, json!({"title": "old"})).await;
    add(&api, &papers, json!({"name": "pages", "type": "integer"})).await;
    assert_eq!(api.get(&papers.at(&old)).await.expect(200).data()["pages"], json!(null));
    let id = api.create(&papers.path, json!({"title": "new", "pages": 9})).await;
    let renamed =
        change(&api, &field(&papers, "pages"), json!({"name": "sheets", "label": "Sheets"})).await.expect(200);
    assert_eq!(renamed.data()["name"], "sheets");
    let data = api.get(&papers.at(&id)).await.expect(200).data().clone();
    assert_eq!((&data["sheets"], data.get("pages")), (&json!(9), None));
    assert_eq!(api.get(&format!("{}?filter[sheets]=9", papers.path)).await.expect(200).ids(), [id.clone()]);
    let _ = api.patch(&papers.at(&id), json!({"pages": 1})).await.refused(400_002);
    // A new field of the old name begins empty.
    add(&api, &papers, json!({"name": "pages", "type": "text"})).await;
    let data = api.get(&papers.at(&id)).await.expect(200).data().clone();
    assert_eq!((&data["pages"], &data["sheets"]), (&json!(null), &json!(9)));
}

async fn a_field_is_retired_and_comes_back(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "remark": "keep me"})).await;
    let reply = settled(async || api.delete(&field(&papers, "remark")).await).await.expect(200);
    assert_eq!(reply.data()["retired"], true);
    assert!(api.get(&papers.at(&id)).await.expect(200).data().get("remark").is_none());
    let _ = api.patch(&papers.at(&id), json!({"remark": "x"})).await.refused(400_002);
    let _ = api.get(&format!("{}?sort=remark", papers.path)).await.refused(400_003);
    let _ = api.put(&papers.at(&id), json!({"title": "b"})).await.expect(200);
    let _ = change(&api, &field(&papers, "remark"), json!({"retired": false})).await.expect(200);
    assert_eq!(api.get(&papers.at(&id)).await.expect(200).data()["remark"], "keep me", "also over a PUT meanwhile");
}

async fn a_retired_field_and_its_successor(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "remark": "old"})).await;
    let _ = settled(async || api.delete(&field(&papers, "remark")).await).await.expect(200);
    add(&api, &papers, json!({"name": "remark", "type": "text"})).await;
    let _ = api.patch(&papers.at(&id), json!({"remark": "new"})).await.expect(200);
    // The one in use is meant; the other cannot come back beside it.
    let _ = change(&api, &field(&papers, "remark"), json!({"label": "In use"})).await.expect(200);
    assert_eq!(api.get(&papers.at(&id)).await.expect(200).data()["remark"], "new");
    let _ = change(&api, &field(&papers, "remark"), json!({"name": "second"})).await.expect(200);
    let _ = change(&api, &field(&papers, "remark"), json!({"retired": false})).await.expect(200);
    let data = api.get(&papers.at(&id)).await.expect(200).data().clone();
    assert_eq!((&data["remark"], &data["second"]), (&json!("old"), &json!("new")));
    let _ = settled(async || api.delete(&field(&papers, "second")).await).await.expect(200);
    add(&api, &papers, json!({"name": "second", "type": "integer"})).await;
    let _ = change(&api, &field(&papers, "second"), json!({"name": "third"})).await.expect(200);
    let _ = change(&api, &field(&papers, "third"), json!({"name": "second"})).await.expect(200);
    let _ = api.get(&papers.at(&id)).await.expect(200);
}

async fn the_field_that_names_records_is_renamed(api: Api) {
    let vehicles = vehicles(&api).await;
    let id = api.create(&vehicles.path, json!({"plate": "a"})).await;
    let _ = change(&api, &field(&vehicles, "plate"), json!({"name": "number"})).await.expect(200);
    assert_eq!(api.get(&vehicles.metadata()).await.expect(200).data()["name_field"], "number");
    assert_eq!(api.get(&vehicles.at("by/number/a")).await.expect(200).id(), id);
    let _ = settled(async || api.delete(&field(&vehicles, "number")).await).await.expect(200);
    let _ = api.get(&vehicles.at(&id)).await.expect(200);
    let _ = api.get(&vehicles.metadata()).await.expect(200);
}

async fn unique_is_refused_with_the_offending_records(api: Api) {
    let papers = notes(&api).await;
    let ids =
        batch(&api, &papers.path, ["x", "y", "x", "z"].map(|remark| json!({"title": "t", "remark": remark}))).await;
    let reply = change(&api, &field(&papers, "remark"), json!({"unique": true})).await.refused(409_001);
    let mut named: Vec<String> =
        reply.json["existing_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    named.sort();
    assert_eq!(named, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(reply.faults()[0]["value"], "x");
    assert_eq!(api.get(&field(&papers, "remark")).await.expect(200).data()["unique"], false, "nothing was changed");
    let _ = api.create(&papers.path, json!({"title": "t", "remark": "x"})).await;
}

async fn unique_holds_from_then_on(api: Api) {
    let papers = notes(&api).await;
    let ids =
        batch(&api, &papers.path, [json!({"title": "a", "remark": "x"}), json!({"title": "b"}), json!({"title": "c"})])
            .await;
    let _ = change(&api, &field(&papers, "remark"), json!({"unique": true})).await.expect(200);
    let reply = api.post(&papers.path, json!({"title": "d", "remark": "x"})).await.refused(409_001);
    assert_eq!(reply.json["existing_ids"], json!([ids[0]]));
    let _ = api.patch(&papers.at(&ids[1]), json!({"remark": "x"})).await.refused(409_001);
    let _ = api.create(&papers.path, json!({"title": "no remark at all"})).await;
    assert_eq!(api.get(&papers.at("by/remark/x")).await.expect(200).id(), ids[0]);
    let _ = change(&api, &field(&papers, "remark"), json!({"unique": false})).await.expect(200);
    let _ = api.create(&papers.path, json!({"title": "d", "remark": "x"})).await;
}

async fn an_index_changes_no_answer(api: Api) {
    let vehicles = vehicles(&api).await;
    let rows = (0..20).map(|i| json!({"plate": format!("p{i}"), "doors": i % 5, "price": format!("{i}.5")}));
    let _ = batch(&api, &vehicles.path, rows).await;
    let questions = [
        "filter[doors]=3&sort=plate",
        "filter[doors][in]=1,2&sort=-price",
        "filter[price][between]=3,9&sort=price",
        "sort=-doors,plate&limit=7",
    ];
    let mut before = Vec::new();
    for question in questions {
        before.push(api.get(&format!("{}?{question}", vehicles.path)).await.expect(200).ids());
    }
    for name in ["doors", "price"] {
        let _ = change(&api, &field(&vehicles, name), json!({"indexed": true})).await.expect(200);
    }
    for (question, ids) in questions.iter().zip(before) {
        assert_eq!(api.get(&format!("{}?{question}", vehicles.path)).await.expect(200).ids(), ids, "{question}");
    }
}

async fn enum_values_in_use_stay(api: Api) {
    let vehicles = vehicles(&api).await;
    let id = api.create(&vehicles.path, json!({"plate": "a", "fuel": "diesel"})).await;
    let path = field(&vehicles, "fuel");
    let reply = change(&api, &path, json!({"values": ["petrol", "electric"]})).await.refused(422_000);
    assert_eq!(reply.json["existing_ids"], json!([id]));
    let _ = change(&api, &path, json!({"values": ["diesel", "electric", "hydrogen"]})).await.expect(200);
    let _ = api.patch(&vehicles.at(&id), json!({"fuel": "petrol"})).await.refused(400_006);
    let _ = api.patch(&vehicles.at(&id), json!({"fuel": "hydrogen"})).await.expect(200);
    let _ = change(&api, &path, json!({"values": ["hydrogen"]})).await.expect(200);
}

async fn what_cannot_be_changed(api: Api) {
    let papers = notes(&api).await;
    for (body, code) in [
        (json!({"type": "text"}), 400_001),
        (json!({"name": "title"}), 409_001),
        (json!({"name": "Rank"}), 400_001),
        (json!({"name": "created_at"}), 409_001),
        (json!({"indexd": true}), 400_002),
        (json!({"searched": true}), 400_001),
        (json!({"default": "x"}), 400_001),
        (json!({"required": "yes"}), 400_001),
        (json!({"retired": "yes"}), 400_001),
    ] {
        let reply = change(&api, &field(&papers, "rank"), body.clone()).await;
        assert_eq!(reply.error_code(), code, "{body}: {reply}");
    }
    let _ = change(&api, &field(&papers, "nothing"), json!({"label": "x"})).await.refused(404_001);
}

async fn a_default_fills_new_records(api: Api) {
    let papers = notes(&api).await;
    let data = api.post(&papers.path, json!({"title": "a"})).await.expect(201).data().clone();
    assert_eq!(data["rank"], 5);
    let data = api.post(&papers.path, json!({"title": "a", "rank": null})).await.expect(201).data().clone();
    assert_eq!(data["rank"], json!(null), "null is said, not left out");
    let _ = change(&api, &field(&papers, "rank"), json!({"default": 9, "required": true})).await.expect(200);
    assert_eq!(api.post(&papers.path, json!({"title": "a"})).await.expect(201).data()["rank"], 9);
    let _ = api.post(&papers.path, json!({"title": "a", "rank": null})).await.refused(400_001);
}

async fn an_address_is_a_group_of_fields(api: Api) {
    let papers = notes(&api).await;
    add(&api, &papers, json!({"name": "home", "type": "address"})).await;
    let id = api.create(&papers.path, json!({"title": "a", "home_city": "北京", "home_country": "cn"})).await;
    let data = api.get(&papers.at(&id)).await.expect(200).data().clone();
    assert_eq!(
        (&data["home_city"], &data["home_country"], &data["home_street"]),
        (&json!("北京"), &json!("CN"), &json!(null))
    );
    let _ = api.patch(&papers.at(&id), json!({"home_country": "XX"})).await.refused(400_001);
}

async fn a_unique_custom_field_is_an_upsert_key(api: Api) {
    let name = custom_field(&api, "customer", json!({"type": "text", "unique": true, "max": 40})).await;
    let (value, mut body) = (serial(), customer());
    let path = format!("/v1/customers/by/custom.{name}/{value}");
    let made = api.put(&path, body.clone()).await.expect(201);
    assert_eq!(made.data()["custom"][&name], value);
    body["customer_type"] = json!("vip");
    assert_eq!(api.put(&path, body).await.expect(200).id(), made.id());
    assert_eq!(api.get(&path).await.expect(200).data()["customer_type"], "vip");
    let mut second = customer();
    second["custom"] = json!({&name: value});
    let reply = api.post("/v1/customers", second).await.refused(409_001);
    assert_eq!(reply.faults()[0]["field"], format!("custom.{name}"));
}
