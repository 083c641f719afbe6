//! Objects made, renamed and retired at run time.

use kontor_testkit::{Api, both, serial};
use serde_json::{Value, json};

use super::settled;
use crate::support::{notes, vehicles};

both!(
    a_reference_to_a_retired_object_stays_retired,
    the_vehicle_of_the_contract,
    an_object_is_renamed_with_its_data,
    an_object_is_retired_and_its_name_is_free,
    what_is_wrong_is_named,
    standard_objects_stay,
    objects_are_listed_and_read,
    only_those_who_may
);

async fn the_vehicle_of_the_contract(api: Api) {
    let name = format!("vehicle_{}", serial());
    let body = json!({"name": name, "plural": format!("{name}_list"), "label": "Vehicle", "name_field": "plate", "fields": [
        {"name": "plate", "type": "text", "max": 16, "required": true, "unique": true, "searched": true},
        {"name": "keeper", "type": "reference", "object": "contact", "indexed": true}, {"name": "bought_on", "type": "date"}, {"name": "price", "type": "money"},
        {"name": "fuel", "type": "enum", "values": ["petrol", "diesel", "electric"]}]});
    let made = settled(async || api.post("/v1/metadata/objects", body.clone()).await).await.expect(201);
    assert!(made.header("location").ends_with(&format!("/v1/metadata/objects/{name}")), "{}", made.header("location"));
    let definition = made.data();
    assert_eq!(
        (&definition["name"], &definition["label"], &definition["custom"], &definition["service"]),
        (&json!(name), &json!("Vehicle"), &json!(true), &json!("custom"))
    );
    let keeper = api.create("/v1/contacts", json!({"last_name": serial()})).await;
    let path = format!("/v1/{name}_list");
    let record = json!({"plate": "B-KO 123", "keeper_id": keeper, "bought_on": "2024-02-29", "price": "19999.90", "fuel": "electric"});
    let made = api.post(&path, record.clone()).await.expect(201);
    for (field, value) in record.as_object().unwrap() {
        assert_eq!(made.data()[field], if field == "price" { json!("19999.9") } else { value.clone() }, "{field}");
    }
    assert_eq!(
        (&made.data()["object"], made.header("location")),
        (&json!(name), format!("{path}/{}", made.id()).as_str())
    );
    let _ = api.post(&path, record).await.refused(409_001);
    let _ = api.post(&path, json!({"plate": "x".repeat(17)})).await.refused(400_001);
    let _ = api.post(&path, json!({"plate": "y", "fuel": "steam"})).await.refused(400_006);
    assert_eq!(
        api.get(&format!("{path}?q=ko&filter[keeper_id]={keeper}&filter[fuel]=electric"))
            .await
            .expect(200)
            .rows()
            .len(),
        1
    );
    // The reference answers as a record, in a list and alone, and reaches one field further.
    let city = serial();
    let _ = api.patch(&format!("/v1/contacts/{keeper}"), json!({"city": city})).await.expect(200);
    let listed = api.get(&format!("{path}?filter[keeper.city]={city}&expand=keeper")).await.expect(200);
    assert_eq!(listed.rows()[0]["keeper"]["id"], json!(keeper));
    let alone = api.get(&format!("{path}/{}?expand=keeper", made.id())).await.expect(200);
    assert_eq!(alone.data()["keeper"]["city"], json!(city));
}

async fn an_object_is_renamed_with_its_data(api: Api) {
    let vehicles = vehicles(&api).await;
    let id = api.create(&vehicles.path, json!({"plate": "a"})).await;
    let name = format!("car_{}", serial());
    let body = json!({"name": name, "plural": format!("{name}s"), "label": "Car"});
    let reply = settled(async || api.patch(&vehicles.metadata(), body.clone()).await).await.expect(200);
    assert_eq!((&reply.data()["name"], &reply.data()["label"]), (&json!(name), &json!("Car")));
    let read = api.get(&format!("/v1/{name}s/{id}")).await.expect(200);
    assert_eq!((&read.data()["plate"], &read.data()["object"]), (&json!("a"), &json!(name)));
    assert_eq!(api.get(&format!("/v1/{name}s?q=a")).await.expect(200).ids(), [id]);
    let _ = api.get(&vehicles.path).await.refused(404_000);
    let _ = api.post(&format!("/v1/{name}s"), json!({"plate": "a"})).await.refused(409_001);
}

async fn an_object_is_retired_and_its_name_is_free(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "old"})).await;
    let _ = settled(async || api.delete(&papers.metadata()).await).await.expect(200);
    let _ = api.get(&papers.path).await.refused(404_000);
    let _ = api.get(&papers.metadata()).await.refused(404_001);
    let body = json!({"name": papers.name, "plural": format!("{}s", papers.name), "fields": [{"name": "title", "type": "text"}]});
    let _ = settled(async || api.post("/v1/metadata/objects", body.clone()).await).await.expect(201);
    assert!(api.get(&papers.path).await.expect(200).rows().is_empty(), "a new object begins empty");
    let _ = api.get(&papers.at(&id)).await.refused(404_001);
    let field = json!({"name": "parent", "type": "reference", "object": papers.name});
    let other = api.object("holder", json!([field])).await;
    let reply = settled(async || api.delete(&papers.metadata()).await).await.refused(422_000);
    assert!(reply.detail().contains(&other.name), "{}", reply.detail());
}

async fn a_reference_to_a_retired_object_stays_retired(api: Api) {
    let papers = notes(&api).await;
    let holder = api
        .object(
            "holder",
            json!([{"name": "label", "type": "text"}, {"name": "paper", "type": "reference", "object": papers.name}]),
        )
        .await;
    let reference = format!("{}/fields/paper", holder.metadata());
    let _ = settled(async || api.delete(&reference).await).await.expect(200);
    let _ = settled(async || api.delete(&papers.metadata()).await).await.expect(200);
    let reply = settled(async || api.patch(&reference, json!({"retired": false})).await).await.refused(422_000);
    assert!(reply.detail().contains(&papers.name), "{}", reply.detail());
    let _ = api.create(&holder.path, json!({"label": "goes on"})).await;
}

async fn what_is_wrong_is_named(api: Api) {
    let name = || format!("x_{}", serial());
    let object = |name: &str, fields: Value| json!({"name": name, "fields": fields});
    for (body, code) in [
        (json!({}), 400_001),
        (json!([]), 400_000),
        (object("Vehicle", json!([])), 400_001),
        (object("a__b", json!([])), 400_001),
        (object(&"a".repeat(41), json!([])), 400_001),
        (object("drop table x; --", json!([])), 400_001),
        (json!({"name": "customer", "plural": name()}), 409_001),
        (json!({"name": name(), "plural": "metadata"}), 409_001),
        (json!({"name": name(), "plural": "customers"}), 409_001),
        (object(&name(), json!([{"name": "a", "type": "texxt"}])), 400_001),
        (object(&name(), json!([{"name": "a"}])), 400_001),
        (object(&name(), json!([{"name": "id", "type": "text"}])), 409_001),
        (object(&name(), json!([{"name": "a", "type": "text"}, {"name": "a", "type": "date"}])), 409_001),
        (object(&name(), json!([{"name": "a", "type": "enum", "values": []}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "enum", "values": ["x", "x"]}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "reference", "object": "nothing"}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "reference"}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "json", "unique": true}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "integer", "searched": true}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "integer", "default": "x"}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "text", "max": 4_001}])), 400_001),
        (object(&name(), json!([{"name": "a", "type": "text", "uniqe": true}])), 400_002),
        (json!({"name": name(), "fields": "x"}), 400_001),
        (json!({"name": name(), "name_field": "nothing"}), 400_001),
    ] {
        let reply = settled(async || api.post("/v1/metadata/objects", body.clone()).await).await;
        assert_eq!(reply.error_code(), code, "{body}: {reply}");
        reply.is_problem();
    }
    let bad = object(
        &name(),
        json!([{"name": "ok", "type": "text"}, {"name": "B", "type": "text"}, {"name": "c", "type": "x"}]),
    );
    let reply = api.post("/v1/metadata/objects", bad).await.refused(400_001);
    let fields: Vec<String> = reply.fault_codes().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["fields.1.name", "fields.2.type"]);
}

async fn standard_objects_stay(api: Api) {
    let label = json!({"label": "Client"});
    let object = "/v1/metadata/objects/customer";
    let name = "/v1/metadata/objects/customer/fields/name";
    for path in [object, name] {
        let _ = settled(async || api.patch(path, label.clone()).await).await.refused(422_000);
        let _ = settled(async || api.delete(path).await).await.refused(422_000);
    }
    let nothing = "/v1/metadata/objects/nothing";
    let _ = settled(async || api.patch(nothing, label.clone()).await).await.refused(404_001);
}

async fn objects_are_listed_and_read(api: Api) {
    let papers = notes(&api).await;
    let all = api.get("/v1/metadata/objects").await.expect(200);
    for name in ["customer", "contact", "company", "deal", &papers.name] {
        assert!(all.texts("name").iter().any(|n| n == name), "{name}");
    }
    let custom = api.get("/v1/metadata/objects?custom=true").await.expect(200).texts("name");
    assert!(custom.contains(&papers.name) && !custom.contains(&"customer".to_owned()));
    let one = api.get(&papers.metadata()).await.expect(200);
    let fields = one.data()["fields"].as_array().unwrap();
    let title = fields.iter().find(|f| f["name"] == "title").unwrap();
    assert_eq!(
        (&title["type"], &title["max"], &title["required"], &title["path"]),
        (&json!("text"), &json!(40), &json!(true), &json!("title"))
    );
    assert!(title["operators"].as_array().unwrap().contains(&json!("starts_with")));
    let tag = one.header("etag").to_owned();
    assert!(!tag.is_empty());
    let again = api.request("GET", &papers.metadata()).header("if-none-match", &tag).send().await;
    assert_eq!(again.status, 304);
    let field = api.get(&format!("{}/fields/title", papers.metadata())).await.expect(200);
    assert_eq!(field.data(), title);
    assert_eq!(api.get(&format!("{}/fields", papers.metadata())).await.expect(200).data(), &one.data()["fields"]);
    assert_eq!(api.get("/v1/metadata/objects/customers").await.expect(200).data()["name"], "customer");
    let _ = api.get("/v1/metadata/objects/nothing").await.refused(404_001);
    let _ = api.get("/v1/metadata/objects/customer/fields/nothing").await.refused(404_001);
}

async fn only_those_who_may(api: Api) {
    let papers = notes(&api).await;
    let member = api.as_role("member", &[]);
    let body = json!({"name": format!("x_{}", serial()), "fields": []});
    let _ = member.post("/v1/metadata/objects", body.clone()).await.refused(403_001);
    let _ = member.delete(&papers.metadata()).await.refused(403_001);
    let scoped = api.as_role("member", &["--scopes", "crm:read,metadata:write"]);
    let _ = scoped.post("/v1/metadata/objects", body).await.refused(403_000);
    let _ = scoped.get(&papers.metadata()).await.expect(200);
}
