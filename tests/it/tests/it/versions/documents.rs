//! What no object's catalog writes: metadata, imports, exports, jobs, the OpenAPI document.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Part, both, unique};
use serde_json::{Value, json};

use super::{DAY, DAY_TEXT, MOMENT, visits};

both!(metadata_speak_the_version, an_import_and_an_export_speak_the_version, both_documents_are_served);

async fn metadata_speak_the_version(api: Api) {
    let newer = api.get("/v2/metadata/objects/customer/fields/tier").await.expect(200);
    assert_eq!((&newer.data()["name"], &newer.data()["path"]), (&json!("tier"), &json!("tier")));
    let _ = api.get("/v2/metadata/objects/customer/fields/customer_type").await.refused(404_001);
    let _ = api.get("/v1/metadata/objects/customer/fields/tier").await.refused(404_001);
    let names = |reply: &kontor_testkit::Reply| reply.texts("name");
    let (older, newer) = (
        api.get("/v1/metadata/objects/customer/fields").await.expect(200),
        api.get("/v2/metadata/objects/customer/fields").await.expect(200),
    );
    let renamed: Vec<String> =
        names(&older).into_iter().map(|n| if n == "customer_type" { "tier".to_owned() } else { n }).collect();
    assert_eq!(names(&newer), renamed);
    let _ = api.patch("/v2/metadata/objects/customer/fields/tier", json!({"label": "x"})).await.refused(422_000);
}

async fn ended(api: &Api, location: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = api.get(location).await.expect(200).data().clone();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn an_import_and_an_export_speak_the_version(api: Api) {
    let name = unique("tier");
    let rows = format!("name,mobile,tier\n{name} 1,13800138000,vip\n{name} 2,13800138000,gold\n");
    let form = [Part::json("options", &json!({"object": "customer"})), Part::file("file", "c.csv", rows)];
    let started = api.request("POST", "/v2/imports").form(&form).send().await.expect(202);
    assert!(started.header("location").starts_with("/v2/jobs/"), "{}", started.header("location"));
    assert!(started.data()["created_at"].is_i64(), "{started}");
    let job = ended(&api, started.header("location")).await;
    assert_eq!((&job["report"]["created"], &job["report"]["refused"]), (&json!(1), &json!(1)), "{job}");
    assert!(job["finished_at"].is_i64() && job["result_url"].as_str().unwrap().starts_with("/v2/jobs/"), "{job}");
    let older = api.get(&started.header("location").replacen("/v2/", "/v1/", 1)).await.expect(200);
    assert!(
        older.data()["finished_at"].is_string() && older.data()["result_url"].as_str().unwrap().starts_with("/v1/")
    );
    let refused = api.get(&format!("{}?status=refused", job["result_url"].as_str().unwrap())).await;
    assert!(refused.text().contains("\"tier\"") && !refused.text().contains("customer_type"), "{}", refused.text());
    // The older name is none of the file's columns' here.
    let mapping =
        json!({"object": "customer", "mapping": {"fields": {"customer_type": "t", "name": "n", "mobile": "m"}}});
    let form = [Part::json("options", &mapping), Part::file("file", "c.csv", "n,m,t\na,13800138000,vip\n")];
    let refused = api.request("POST", "/v2/imports").form(&form).send().await;
    assert_eq!(refused.status, 400, "{refused}");

    let (object, path) = visits(&api).await;
    let rows = format!("title,held_on,begins\na,{DAY},{MOMENT}\nb,2025-02-28,2025-02-28T13:00:00Z\n");
    let form = [Part::json("options", &json!({"object": object.name})), Part::file("file", "v.csv", rows)];
    let started = api.request("POST", "/v2/imports").form(&form).send().await.expect(202);
    let job = ended(&api, started.header("location")).await;
    assert_eq!((&job["report"]["created"], &job["report"]["refused"]), (&json!(2), &json!(0)), "{job}");
    let made = api.get(&format!("{path}?filter[held_on]={DAY}&filter[begins]={MOMENT}&count=exact")).await.expect(200);
    assert_eq!(made.page()["total"], 2);
    let filter = json!({"field": "begins", "op": "gte", "value": MOMENT});
    let body =
        json!({"object": object.name, "fields": ["title", "held_on", "begins"], "filter": filter, "sort": ["title"]});
    let started = api.post("/v2/exports", body).await.expect(202);
    let job = ended(&api, started.header("location")).await;
    let file = api.get(job["result_url"].as_str().unwrap()).await;
    assert_eq!(file.text(), format!("title,held_on,begins\r\na,{DAY},{MOMENT}\r\nb,{DAY},{MOMENT}\r\n"));
    let started = api.post("/v1/exports", json!({"object": object.name, "fields": ["held_on"]})).await.expect(202);
    let job = ended(&api, started.header("location")).await;
    let file = api.get(job["result_url"].as_str().unwrap()).await;
    assert_eq!(file.text(), format!("held_on\r\n{DAY_TEXT}\r\n{DAY_TEXT}\r\n"));
}

async fn both_documents_are_served(api: Api) {
    let (object, _) = visits(&api).await;
    for (version, kind) in [("v1", "string"), ("v2", "integer")] {
        let document = api.get(&format!("/openapi/{version}.json")).await.expect(200).json;
        let collection = object.path.trim_start_matches("/v1/");
        let reads = &document["paths"][format!("/{version}/{collection}/{{id}}")]["get"];
        assert!(reads.is_object(), "{version}");
        let schema = document["components"]["schemas"].as_object().unwrap();
        let record = schema
            .values()
            .find(|s| s["properties"]["object"]["const"] == object.name.as_str() && s["title"].is_string());
        assert_eq!(record.unwrap()["properties"]["created_at"]["type"], kind, "{version}");
        let anonymous = api.anonymous().get(&format!("/openapi/{version}.json")).await.expect(200);
        assert_eq!(anonymous.json["info"]["version"], version.trim_start_matches('v'));
        assert!(anonymous.json["paths"].as_object().unwrap().keys().any(|p| p == &format!("/{version}/customers")));
    }
    let page = api.anonymous().get("/docs/swagger-initializer.js").await.expect(200);
    assert!(page.text().contains("/openapi/v2.json"));
}
