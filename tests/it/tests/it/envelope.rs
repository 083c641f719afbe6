//! The three layers of answers, and what every answer carries (api.md 3 to 5).

use kontor_testkit::{Api, both};
use serde_json::json;

use crate::support::{NO_ID, customer, notes};

both!(
    a_record_has_the_common_fields,
    a_list_has_a_page,
    the_total_comes_when_asked,
    request_ids_come_back,
    refusals_are_problems,
    head_is_get_without_a_body,
    options_names_the_methods,
    answers_are_not_for_caches,
    only_json_is_answered
);

async fn a_record_has_the_common_fields(api: Api) {
    let made = api.post("/v1/customers", customer()).await.expect(201);
    let data = made.data();
    assert_eq!((&data["version"], &data["custom"]), (&json!(1), &json!({})));
    for name in ["created_at", "updated_at"] {
        let text = data[name].as_str().unwrap();
        assert!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.', "{name}: {text}");
    }
    let author = data["created_by"].as_str().unwrap();
    assert_eq!(data["updated_by"], author);
    assert!(data.get("external_id").is_some_and(serde_json::Value::is_null));
    let by_id: u64 = made.id().parse().unwrap();
    let created_ms = by_id >> 18;
    assert!(created_ms > 1_700_000_000_000, "an id begins with its time: {created_ms}");
}

async fn a_list_has_a_page(api: Api) {
    let papers = notes(&api).await;
    for i in 0..3 {
        let _ = api.create(&papers.path, json!({"title": format!("t{i}")})).await;
    }
    let reply = api.get(&format!("{}?limit=2", papers.path)).await.expect(200);
    assert!(reply.header("etag").starts_with("W/\""), "{}", reply.header("etag"));
    let page = reply.page();
    assert_eq!((&page["limit"], &page["offset"], &page["has_more"]), (&json!(2), &json!(0), &json!(true)));
    assert!(page["next_cursor"].is_string() && page.get("total").is_none());
    let last = api.get(&format!("{}?limit=3", papers.path)).await.expect(200);
    assert_eq!((&last.page()["has_more"], &last.page()["next_cursor"]), (&json!(false), &json!(null)));
    assert_eq!(api.get(&papers.path).await.expect(200).page()["limit"], 50);
    assert_eq!(last.texts("title"), ["t2", "t1", "t0"], "newest first");
}

async fn the_total_comes_when_asked(api: Api) {
    let papers = notes(&api).await;
    for i in 0..3 {
        let _ = api.create(&papers.path, json!({"title": format!("t{i}"), "rank": i})).await;
    }
    for count in ["exact", "estimate"] {
        let reply = api.get(&format!("{}?limit=1&count={count}&filter[rank][gte]=1", papers.path)).await.expect(200);
        assert_eq!(reply.page()["total"], 2, "{count}");
    }
    assert!(api.get(&format!("{}?count=none", papers.path)).await.expect(200).page().get("total").is_none());
    let _ = api.get(&format!("{}?count=all", papers.path)).await.refused(400_000);
}

async fn request_ids_come_back(api: Api) {
    let reply = api.request("GET", "/v1/customers").header("x-request-id", "my-own-1234").send().await.expect(200);
    assert_eq!(reply.header("x-request-id"), "my-own-1234");
    let refused = api
        .request("GET", "/v1/nowhere/at/all/here")
        .header("x-request-id", "my-own-1235")
        .send()
        .await
        .refused(404_000);
    assert_eq!(refused.json["meta"]["request_id"], "my-own-1235");
    let [one, two] = [api.get("/v1/customers?limit=1").await, api.get("/v1/customers?limit=1").await];
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    // Nothing that could break a log line or a header is taken over.
    let strange = "x".repeat(500);
    let reply = api.request("GET", "/v1/customers?limit=1").header("x-request-id", &strange).send().await.expect(200);
    assert_ne!(reply.header("x-request-id"), strange);
}

async fn refusals_are_problems(api: Api) {
    let _ = api.get("/v1/customers/4242").await.refused(404_001);
    let _ = api.get("/nowhere").await.refused(404_000);
    let _ = api.get("/v1/customers/").await.refused(404_000);
    let _ = api.get("//v1/customers").await.refused(404_000);
    let _ = api.get("/v1/customerss").await.refused(404_000);
    let _ = api.get(&format!("/v1/customers/{NO_ID}?fields=nmae")).await.refused(400_002);
    let reply = api.get("/v1/customers?sort=nmae").await.refused(400_003);
    assert!(reply.detail().contains("did you mean \"name\""), "{}", reply.detail());
}

async fn head_is_get_without_a_body(api: Api) {
    let id = api.create("/v1/customers", customer()).await;
    let head = api.request("HEAD", &format!("/v1/customers/{id}")).send().await;
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, "\"1\"", 0));
    let missing = api.request("HEAD", "/v1/customers/4242").send().await;
    assert_eq!((missing.status, missing.body.len()), (404, 0));
}

async fn options_names_the_methods(api: Api) {
    let reply = api.anonymous().request("OPTIONS", "/v1/customers").send().await;
    assert_eq!(reply.status, 204);
    assert!(reply.header("allow").contains("POST"), "{}", reply.header("allow"));
}

async fn answers_are_not_for_caches(api: Api) {
    let id = api.create("/v1/customers", customer()).await;
    for path in [format!("/v1/customers/{id}"), "/v1/customers".to_owned(), "/v1/customers/4242".to_owned()] {
        let reply = api.get(&path).await;
        let cache = reply.header("cache-control");
        assert!(cache.contains("private") || cache.contains("no-store"), "{path}: {cache}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    }
}

async fn only_json_is_answered(api: Api) {
    for accept in ["text/html", "application/xml", "application/json;q=0"] {
        let _ = api.request("GET", "/v1/customers").header("accept", accept).send().await.refused(406_000);
    }
    for accept in ["*/*", "application/*", "text/html, application/json;q=0.1"] {
        let _ = api.request("GET", "/v1/customers").header("accept", accept).send().await.expect(200);
    }
}
