//! `fields` and `expand`.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::json;

both!(only_the_fields_that_were_asked_for, references_come_as_records, what_is_in_the_bin_is_null, too_much_is_refused);

async fn only_the_fields_that_were_asked_for(api: Api) {
    let marker = serial();
    let id = api.create("/v1/contacts", json!({"last_name": marker, "first_name": "Maria", "city": "Berlin"})).await;
    let names = |value: &serde_json::Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let one = api.get(&format!("/v1/contacts/{id}?fields=city,last_name")).await.expect(200);
    assert_eq!(names(one.data()), ["city", "id", "last_name", "object"]);
    assert_eq!(one.header("etag"), "\"1\"");
    let list = api.get(&format!("/v1/contacts?filter[last_name]={marker}&fields=city")).await.expect(200);
    assert_eq!(names(&list.rows()[0]), ["city", "id", "object"]);
    let search = api
        .post(
            "/v1/contacts/search",
            json!({"filter": {"field": "last_name", "value": marker}, "fields": ["first_name"]}),
        )
        .await
        .expect(200);
    assert_eq!(names(&search.rows()[0]), ["first_name", "id", "object"]);
    for bad in ["fields=nothing", "fields=company.name", "fields=custom.nothing"] {
        let _ = api.get(&format!("/v1/contacts/{id}?{bad}")).await.refused(400_002);
    }
}

async fn references_come_as_records(api: Api) {
    let (marker, name) = (serial(), unique("Acme"));
    let company = api.create("/v1/companies", json!({"name": name})).await;
    for n in 0..2 {
        let _ = api
            .create(
                "/v1/contacts",
                json!({"last_name": format!("{marker}{n}"), "title": marker, "company_id": company}),
            )
            .await;
    }
    let alone = api.create("/v1/contacts", json!({"last_name": format!("{marker}2"), "title": marker})).await;
    let list =
        api.get(&format!("/v1/contacts?filter[title]={marker}&sort=last_name&expand=company,owner")).await.expect(200);
    for row in &list.rows()[..2] {
        assert_eq!(
            (&row["company"]["name"], &row["company"]["id"], &row["company_id"]),
            (&json!(name), &json!(company), &json!(company))
        );
        assert_eq!((&row["owner"]["object"], &row["owner"]["id"]), (&json!("user"), &row["owner_id"]));
    }
    assert!(list.rows()[2]["company"].is_null());
    let one = api.get(&format!("/v1/contacts/{alone}?fields=last_name&expand=owner")).await.expect(200);
    assert!(one.data()["owner"]["name"].is_string() && one.data().get("company").is_none());
}

async fn what_is_in_the_bin_is_null(api: Api) {
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let contact = api.create("/v1/contacts", json!({"last_name": serial(), "company_id": company})).await;
    let _ = api.delete(&format!("/v1/companies/{company}")).await.expect(200);
    let read = api.get(&format!("/v1/contacts/{contact}?expand=company")).await.expect(200);
    assert_eq!((&read.data()["company"], &read.data()["company_id"]), (&json!(null), &json!(company)));
}

async fn too_much_is_refused(api: Api) {
    let reply = api.get("/v1/contacts?expand=compny").await.refused(400_003);
    assert!(reply.detail().contains("did you mean \"company\""), "{}", reply.detail());
    for bad in ["company.parent", "", "company,,owner", "id", "custom", "last_name"] {
        let _ = api.get(&format!("/v1/contacts?expand={bad}")).await.refused(400_003);
    }
}
