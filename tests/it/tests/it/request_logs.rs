//! `/v1/request_logs`: who called what, in which version, with which outcome.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, serial};
use serde_json::{Value, json};

use crate::support::{add_space, customer};

both!(
    a_caller_sees_its_own_lines,
    an_administrator_sees_who_calls_which_version,
    filters_narrow_and_pages_go_on,
    live_spaces_keep_no_bodies
);
both_alone!(a_sandbox_keeps_bodies_without_secrets, nothing_is_kept_when_it_is_off);

/// The lines of a question, asked until there are enough of them: they come up to a second behind the answers.
async fn lines(api: &Api, query: &str, enough: usize) -> Reply {
    let begun = Instant::now();
    loop {
        let reply = api.get(&format!("/v1/request_logs?{query}")).await.expect(200);
        if reply.rows().len() >= enough {
            return reply;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{query}: {reply}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A name that finds one request again.
fn marked(api: &Api, method: &str, path: &str) -> (kontor_testkit::Request, String) {
    let id = format!("it-{}", serial());
    (api.request(method, path).header("x-request-id", &id), id)
}

async fn a_caller_sees_its_own_lines(api: Api) {
    let member = api.as_role("member", &[]);
    let (request, id) = marked(&member, "GET", "/v1/customers/4242");
    let _ = request.send().await.refused(404_001);
    let found = lines(&member, &format!("request_id={id}"), 1).await;
    let line = &found.rows()[0];
    let said = ["method", "route", "status", "error_code", "error_type", "version", "downstream"]
        .map(|name| line[name].clone());
    let error_type = said[4].clone();
    assert_eq!(
        said,
        [
            json!("GET"),
            json!("/v1/{collection}/{id}"),
            json!(404),
            json!(404_001),
            error_type,
            json!("v1"),
            Value::Null
        ]
    );
    assert!(
        line["error_type"].is_string() && line["duration_ms"].as_f64().unwrap() > 0.0 && line["retry_count"] == 0,
        "{line}"
    );
    assert!(line["at"].is_string() && line["credential"].is_string());
    let (request, id) = marked(&api, "GET", "/v1/customers?limit=1");
    let _ = request.send().await.expect(200);
    let theirs = lines(&api, &format!("request_id={id}"), 1).await.rows()[0]["credential"].as_str().unwrap().to_owned();
    assert_eq!(member.get(&format!("/v1/request_logs?request_id={id}")).await.expect(200).rows().len(), 0);
    let _ = member.get(&format!("/v1/request_logs?credential={theirs}")).await.refused(403_000);
    let own = line["credential"].as_str().unwrap();
    let mine = member.get(&format!("/v1/request_logs?credential={own}")).await.expect(200);
    assert!(mine.texts("credential").iter().all(|credential| credential == own) && !mine.rows().is_empty());
    let _ = api.anonymous().get("/v1/request_logs").await.refused(401_000);
}

async fn an_administrator_sees_who_calls_which_version(api: Api) {
    let (older, newer) = (api.as_role("member", &[]), api.as_role("member", &[]));
    let (first, first_id) = marked(&older, "GET", "/v1/customers?limit=1");
    let (second, second_id) = marked(&newer, "GET", "/v2/customers?limit=1");
    let _ = (first.send().await.expect(200), second.send().await.expect(200));
    let of = |reply: Reply| reply.rows()[0]["credential"].as_str().unwrap().to_owned();
    let (a, b) = (
        of(lines(&api, &format!("version=v1&request_id={first_id}"), 1).await),
        of(lines(&api, &format!("version=v2&request_id={second_id}"), 1).await),
    );
    assert_ne!(a, b);
    assert_eq!(lines(&api, &format!("credential={b}"), 1).await.texts("route")[0], "/v2/{collection}");
    assert_eq!(api.get(&format!("/v1/request_logs?credential={a}&version=v2")).await.expect(200).rows().len(), 0);
    let there = api.get(&format!("/v2/request_logs?credential={b}")).await.expect(200);
    assert!(there.rows()[0]["at"].is_i64(), "version 2 has its times as numbers: {there}");
}

async fn filters_narrow_and_pages_go_on(api: Api) {
    let caller = api.as_role("member", &[]);
    for _ in 0..3 {
        let _ = caller.get("/v1/customers?limit=1").await.expect(200);
    }
    let _ = caller.get("/v1/customers?limit=501").await.refused(400_004);
    let _ = caller.post("/v1/customers", json!({})).await;
    let all = lines(&caller, "route=/v1/{collection}", 5).await;
    assert_eq!(all.rows().len(), 5);
    for (query, count) in [
        ("method=get&route=/v1/{collection}", 4),
        ("method=POST", 1),
        ("status=200&route=/v1/{collection}", 3),
        ("error_code=400004", 1),
        ("status=200&error_code=400004", 0),
        ("route=/v1/{collection}&since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z", 5),
        ("route=/v1/{collection}&since=4102444800000", 0),
        ("until=1577836800000", 0),
    ] {
        assert_eq!(caller.get(&format!("/v1/request_logs?{query}")).await.expect(200).rows().len(), count, "{query}");
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page =
            caller.get(&format!("/v1/request_logs?route=/v1/{{collection}}&limit=2&cursor={cursor}")).await.expect(200);
        seen.extend(page.ids());
        cursor = page.page()["next_cursor"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((seen, cursor), (all.ids(), String::new()), "newest first, none twice");
    for (query, code) in [
        ("status=x", 400_003),
        ("version=v9", 400_003),
        ("since=soon", 400_003),
        ("cursor=x", 400_005),
        ("limit=501", 400_004),
        ("who=x", 400_000),
        ("credential=x", 400_003),
    ] {
        let _ = caller.get(&format!("/v1/request_logs?{query}")).await.refused(code);
    }
}

async fn live_spaces_keep_no_bodies(api: Api) {
    let (request, id) = marked(&api, "POST", "/v1/customers");
    let _ = request.json(&customer()).send().await.expect(201);
    let found = lines(&api, &format!("request_id={id}"), 1).await;
    assert_eq!((&found.rows()[0]["request_body"], &found.rows()[0]["response_body"]), (&Value::Null, &Value::Null));
}

async fn a_sandbox_keeps_bodies_without_secrets(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    add_space(&server, "sandbox");
    let api = server.api().as_role("admin", &["--space", "sandbox"]);
    for round in 0..2 {
        let mut body = customer();
        body["password"] = json!("hunter2");
        body["name"] = json!("ak_00000000000000000000000000000000");
        body["tax_id"] = json!("kept as it is");
        let (request, id) = marked(&api, "POST", "/v1/customers");
        let refused = request.json(&body).send().await;
        assert_eq!(refused.status, 400, "{refused}");
        let line = lines(&api, &format!("request_id={id}"), 1).await.rows()[0].clone();
        let (sent, answered) = (line["request_body"].as_str().unwrap(), line["response_body"].as_str().unwrap());
        assert!(sent.contains("kept as it is") && sent.contains("[masked]"), "{round}: {sent}");
        assert!(answered.contains("error_code"), "{round}: {answered}");
        for body in [sent, answered] {
            assert!(!body.contains("hunter2") && !body.contains("ak_0"), "{round}: {body}");
        }
    }
    let (request, id) = marked(&api, "GET", "/v1/customers?limit=1");
    let _ = request.send().await.expect(200);
    let line = lines(&api, &format!("request_id={id}"), 1).await.rows()[0].clone();
    assert!(line["request_body"].is_null() && line["response_body"].as_str().unwrap().contains("\"data\""), "{line}");
}

async fn nothing_is_kept_when_it_is_off(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_REQUEST_LOG_ENABLED", "off").start().await;
    let api = server.api();
    let _ = api.get("/v1/customers").await.expect(200);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(api.get("/v1/request_logs").await.expect(200).rows().len(), 0);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
