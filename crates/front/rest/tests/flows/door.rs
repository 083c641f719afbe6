//! What the door says by itself.

use crate::house::House;
use kontor_rest::routes;

#[tokio::test]
async fn routes_and_methods() {
    let house = House::build().await;
    for line in
        ["GET /", "GET /v1/", "GET /v1//contacts", "GET /v1/users", "GET /v1/contcts", "POST /v1/contacts/7/win"]
    {
        assert_eq!(house.send(line, &[], "").await.code(), 404_000, "{line}");
    }
    assert!(house.get("/v1/contcts").await.json["detail"].as_str().unwrap().contains("did you mean \"contacts\""));
    let put = house.send("PUT /v1/contacts", &[], "{}").await;
    assert_eq!((put.code(), put.header("allow")), (405_000, "GET, HEAD, POST, OPTIONS"));
    let options = house.send("OPTIONS /v1/contacts/7", &[("authorization", "")], "").await;
    assert_eq!((options.status, options.header("allow")), (204, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
    for id in ["x", "0", "-1", "07", "%20", "99999999999999999999"] {
        assert_eq!(house.get(&format!("/v1/contacts/{id}")).await.code(), 404_001, "{id}");
    }
    assert_eq!(house.get("/v1/contacts/%FF").await.code(), 400_000);
}

#[tokio::test]
async fn every_signed_route_asks_for_a_credential_and_is_there() {
    let house = House::build().await;
    for route in routes::RECORDS.iter().chain(routes::OTHERS) {
        let path = route
            .path
            .replace("{collection}", "contacts")
            .replace("{id}", "7")
            .replace("{object}", "contact")
            .replace(['{', '}'], "");
        let line = format!("{} {path}", route.method);
        let reply = house.send(&line, &[("authorization", "")], "").await;
        assert_eq!((reply.code(), reply.header("www-authenticate")), (401_000, "Bearer"), "{line}");
        assert_eq!(house.send(&line, &[("authorization", "Bearer nobody")], "").await.code(), 401_001, "{line}");
        let bulk = ["/v1/imports", "/v1/exports", "/v1/jobs"].iter().any(|start| path.starts_with(start));
        let reply = house.send(&line, &[], "").await;
        assert!(bulk || !reply.text.contains("404000"), "{line}: {}", reply.text);
    }
    let query = house.send("GET /v1/contacts?access_token=admin", &[("authorization", "")], "").await;
    assert_eq!(query.code(), 401_001);
}

#[tokio::test]
async fn types_and_sizes() {
    let house = House::build().await;
    let post = |headers: &'static [(&str, &str)], body: String| {
        let house = &house;
        async move { house.send("POST /v1/contacts", headers, &body).await }
    };
    assert_eq!(post(&[("content-type", "text/plain")], "{}".into()).await.code(), 415_000);
    assert_eq!(post(&[("content-encoding", "gzip")], "{}".into()).await.code(), 415_000);
    assert_eq!(post(&[("accept", "text/html")], "{}".into()).await.code(), 406_000);
    assert_eq!(post(&[], format!("{{\"last_name\": \"{}\"}}", "x".repeat(1 << 20))).await.code(), 413_000);
    assert_eq!(post(&[], format!("{}{}", "[".repeat(200_000), "]".repeat(200_000))).await.code(), 400_000);
    let large = "x".repeat(33_000);
    let reply = house.send("GET /v1/contacts", &[("x-large", &large)], "").await;
    assert_eq!(reply.code(), 431_000);
}

#[tokio::test]
async fn ids_headers_and_compression() {
    let house = House::build().await;
    let mine = house.send("GET /v1/contacts", &[("x-request-id", "mine-1")], "").await;
    assert_eq!((mine.header("x-request-id"), &mine.json["meta"]["request_id"]), ("mine-1", &"mine-1".into()));
    assert_eq!((mine.header("x-content-type-options"), mine.header("referrer-policy")), ("nosniff", "no-referrer"));
    let other = house.send("GET /v1/contacts", &[("x-request-id", "a b")], "").await;
    assert_eq!(other.header("x-request-id").len(), 24);
    for i in 0..20 {
        house.post("/v1/contacts", &format!("{{\"last_name\": \"n{i}\"}}")).await;
    }
    let plain = house.get("/v1/contacts").await;
    assert!(plain.header("content-encoding").is_empty() && plain.text.len() > 2_000);
    for encoding in ["gzip", "zstd"] {
        let packed = house.send("GET /v1/contacts", &[("accept-encoding", encoding)], "").await;
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), (encoding, "accept-encoding"));
    }
    assert!(house.send("GET /healthz", &[("accept-encoding", "gzip")], "").await.header("content-encoding").is_empty());
}

#[tokio::test]
async fn failures_show_nothing() {
    let mut config = kontor_config::Config::default();
    config.request.timeout_ms = 200;
    let house = House::with(config).await;
    let panic = house.get("/broken/panic").await;
    assert!(panic.code() == 500_000 && !panic.text.contains("secret"));
    assert_eq!(house.get("/broken/text").await.code(), 400_000);
    assert_eq!(house.get("/broken/slow").await.code(), 504_000);
}

#[tokio::test]
async fn health() {
    let house = House::build().await;
    let open = [("authorization", "")];
    assert_eq!(house.send("GET /healthz", &open, "").await.status, 200);
    let ready = house.send("GET /readyz", &open, "").await;
    assert_eq!((ready.status, &ready.json["checks"]["database"]["status"]), (200, &"ok".into()), "{}", ready.text);
    house.ready.stop();
    let stopping = house.send("GET /readyz", &open, "").await;
    assert_eq!((stopping.status, stopping.header("retry-after")), (503, "1"));
    let metrics = house.send("GET /metrics", &open, "").await;
    assert!(
        metrics.text.contains("http_requests_total{route=\"/readyz\",method=\"GET\",status=\"503\"}"),
        "{}",
        metrics.text
    );
}
