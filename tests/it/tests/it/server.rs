//! The life of a server, and what it answers without a credential.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::json;

use crate::support::{customer, notes};

both!(health_and_readiness, metrics_are_for_prometheus, the_documents_are_served, an_error_page_for_every_code);
both_alone!(
    data_are_there_after_an_end_and_a_restart,
    the_lock_names_the_holder,
    a_setting_that_is_wrong_ends_the_start
);

async fn health_and_readiness(api: Api) {
    let anonymous = api.anonymous();
    assert_eq!(anonymous.get("/healthz").await.json, json!({"status": "ok"}));
    let ready = anonymous.get("/readyz").await.expect(200);
    assert_eq!(ready.json["checks"]["database"]["status"], "ok");
}

async fn metrics_are_for_prometheus(api: Api) {
    let _ = api.get("/v1/customers?limit=1").await.expect(200);
    let reply = api.anonymous().get("/metrics").await.expect(200);
    assert!(reply.header("content-type").starts_with("text/plain"), "{}", reply.header("content-type"));
    assert!(reply.text().contains("/v1/{collection}"), "routes are labelled by their template");
}

async fn the_documents_are_served(api: Api) {
    let anonymous = api.anonymous();
    let docs = anonymous.get("/docs").await;
    assert!(matches!(docs.status, 200 | 301..=308), "{docs}");
    let document = anonymous.get("/openapi/v1.json").await.expect(200);
    assert!(document.json["openapi"].as_str().unwrap().starts_with("3.1"));
    let tag = document.header("etag").to_owned();
    let again = anonymous.request("GET", "/openapi/v1.json").header("if-none-match", &tag).send().await;
    assert_eq!(again.status, 304);
    let _ = anonymous.get("/docs/../v1/customers").await;
    for path in ["/docs/%2e%2e/%2e%2e/etc/passwd", "/docs/..%2f..%2fetc%2fpasswd", "/docs/nothing.js"] {
        let reply = anonymous.get(path).await;
        assert!((400..500).contains(&reply.status), "{reply}");
    }
}

async fn an_error_page_for_every_code(api: Api) {
    let request = api.anonymous().request("GET", "/docs/errors").header("accept", "application/json");
    let reply = request.send().await.expect(200);
    let served = if reply.json.is_array() { reply.json.as_array().unwrap() } else { reply.rows() };
    let numbers: Vec<u64> = served.iter().map(|entry| entry["error_code"].as_u64().unwrap()).collect();
    let all: Vec<u64> = kontor_model::ErrorCode::ALL.iter().map(|code| u64::from(code.number())).collect();
    assert_eq!(numbers, all);
    let page = api.anonymous().request("GET", "/docs/errors").header("accept", "text/html").send().await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("id=\"400100\""), "a place for every code");
}

async fn data_are_there_after_an_end_and_a_restart(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let papers = notes(&api).await;
    let body = customer();
    let key = "kept-over-a-restart";
    let made = api.request("POST", "/v1/customers").header("idempotency-key", key).json(&body).send().await.expect(201);
    let paper = api.create(&papers.path, json!({"title": "searchable"})).await;
    let page = api.get("/v1/stages?limit=2&sort=id").await.expect(200);
    let status = server.terminate().await;
    assert!(status.success(), "{status}");
    let server = server.restart().await;
    let api = server.api();
    assert_eq!(api.get(&format!("/v1/customers/{}", made.id())).await.expect(200).data(), made.data());
    assert_eq!(api.get(&format!("{}?q=searchable", papers.path)).await.expect(200).ids(), [paper]);
    let replay =
        api.request("POST", "/v1/customers").header("idempotency-key", key).json(&body).send().await.expect(201);
    assert_eq!((replay.header("idempotent-replayed"), replay.id()), ("true", made.id()));
    let cursor = page.page()["next_cursor"].as_str().unwrap();
    let _ = api.get(&format!("/v1/stages?limit=2&sort=id&cursor={cursor}")).await.expect(200);
}

async fn the_lock_names_the_holder(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let lock = std::fs::read_to_string(server.place().data().join("kontor.lock")).unwrap();
    let lines: Vec<&str> = lock.lines().collect();
    assert_eq!(lines, [server.pid().unwrap().to_string().as_str(), server.url()]);
    if backend == Backend::Sqlite {
        let second = server.place().output(&["up", "--listen", "127.0.0.1:0"]);
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        assert!(
            !second.status.success()
                && said.contains(&server.pid().unwrap().to_string())
                && said.contains(server.url()),
            "{said}"
        );
    }
    let _ = server.api().get("/v1/customers").await.expect(200);
}

async fn a_setting_that_is_wrong_ends_the_start(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    for (flag, named) in [
        ("--set=request.timeout_ms=soon", "request.timeout_ms"),
        ("--set=request.timeot_ms=5", "request.timeot_ms"),
        ("--set=workspace.time_zone=Mars", "workspace.time_zone"),
    ] {
        let output = server.place().output(&["migrate", flag]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(named), "{said}");
    }
}
