//! Every error code is provoked, or stands in a list that says why not.

use kontor_model::ErrorCode;
use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, serial, unique};
use serde_json::{Value, json};

use crate::support::{customer, notes, plate, vehicles};

both!(every_code_is_provoked, the_lists_are_complete);
both_alone!(a_request_that_takes_too_long_is_504000);

/// Codes that other stories provoke, or that nothing here can.
const ELSEWHERE: &[(ErrorCode, &str)] = &[
    (ErrorCode::LikelyDuplicate, "duplicate rules come with record linkage"),
    (ErrorCode::PreconditionRequired, "no route demands If-Match yet"),
    (ErrorCode::RateLimited, "needs a server with limits: stories of limits"),
    (ErrorCode::QuotaUsedUp, "needs a server with limits: stories of limits"),
    (ErrorCode::Unexpected, "it would be a fault of the product: every story looks for it"),
    (ErrorCode::DatabaseTimeout, "needs a database that hangs: stories of faults"),
    (ErrorCode::TooSlow, "needs ten seconds of a slow body: stories of faults"),
    (ErrorCode::Upstream, "nothing is called upstream yet"),
    (ErrorCode::Unavailable, "needs a database that is away: stories of faults"),
    (ErrorCode::UpstreamTimeout, "needs a server with another time-out: a_request_that_takes_too_long_is_504000"),
    (ErrorCode::StorageFull, "needs a full disk: stories of faults"),
];

async fn every_code_is_provoked(api: Api) {
    for code in ErrorCode::ALL.iter().filter(|code| ELSEWHERE.iter().all(|(other, _)| other != *code)) {
        let reply = provoke(&api, *code).await;
        let _ = reply.refused(u64::from(code.number()));
    }
}

async fn the_lists_are_complete(api: Api) {
    let served =
        api.anonymous().request("GET", "/docs/errors").header("accept", "application/json").send().await.expect(200);
    for code in ErrorCode::ALL {
        assert!(served.text().contains(&code.number().to_string()), "{code:?} is in the catalogue");
    }
    let mut names: Vec<u32> = ELSEWHERE.iter().map(|(code, _)| code.number()).collect();
    names.dedup();
    assert_eq!(names.len(), ELSEWHERE.len());
}

/// A request that is refused with this code.
async fn provoke(api: &Api, code: ErrorCode) -> Reply {
    let post = |body: Value| api.post("/v1/customers", body);
    match code {
        ErrorCode::Malformed => api.request("POST", "/v1/customers").body("application/json", "{").send().await,
        ErrorCode::Invalid => post(json!({"name": 5, "mobile": 6})).await,
        ErrorCode::UnknownField => {
            let mut body = customer();
            body["nmae"] = json!("x");
            post(body).await
        }
        ErrorCode::BadQuery => api.get("/v1/customers?sort=nothing").await,
        ErrorCode::LimitOutOfRange => api.get("/v1/customers?limit=501").await,
        ErrorCode::BadCursor => api.get("/v1/customers?cursor=x").await,
        ErrorCode::EnumNotAllowed => {
            post(json!({"name": unique("a"), "mobile": "13800138000", "customer_type": "gold"})).await
        }
        ErrorCode::BadMobile => {
            post(json!({"name": unique("a"), "mobile": "0912-345-678", "customer_type": "vip"})).await
        }
        ErrorCode::DuplicateName => {
            let body = customer();
            let _ = post(body.clone()).await.expect(201);
            post(body).await
        }
        ErrorCode::NoCredential => api.anonymous().get("/v1/customers").await,
        ErrorCode::BadCredential => api.with_key("ak_x").get("/v1/customers").await,
        ErrorCode::ExpiredCredential => api.as_role("member", &["--days", "0"]).get("/v1/customers").await,
        ErrorCode::Forbidden => {
            api.as_role("read-only", &["--scopes", "crm:write"]).post("/v1/customers", customer()).await
        }
        ErrorCode::ScopeMissing => api.as_role("read-only", &[]).post("/v1/customers", customer()).await,
        ErrorCode::NoRoute => api.get("/v1/nothing").await,
        ErrorCode::NotFound => api.get("/v1/customers/4242").await,
        ErrorCode::MethodNotAllowed => api.put("/v1/customers", json!({})).await,
        ErrorCode::NotAcceptable => api.request("GET", "/v1/customers").header("accept", "text/html").send().await,
        ErrorCode::Conflict => metadata_at_once(api).await,
        ErrorCode::NotUnique => {
            let (vehicles, body) = (vehicles(api).await, json!({"plate": plate()}));
            let _ = api.create(&vehicles.path, body.clone()).await;
            api.post(&vehicles.path, body).await
        }
        ErrorCode::StillRunning => one_key_at_once(api).await,
        ErrorCode::VersionMoved => {
            let id = api.create("/v1/customers", customer()).await;
            let request = api.request("DELETE", &format!("/v1/customers/{id}")).header("if-match", "\"9\"");
            request.send().await
        }
        ErrorCode::TooLarge => {
            api.request("POST", "/v1/customers").body("application/json", vec![b' '; (1 << 20) + 1]).send().await
        }
        ErrorCode::UriTooLong => api.get(&format!("/v1/customers?q={}", "x".repeat(2_048))).await,
        ErrorCode::UnsupportedMediaType => api.request("POST", "/v1/customers").body("text/plain", "{}").send().await,
        ErrorCode::RuleRefused => api.patch("/v1/metadata/objects/customer", json!({"label": "x"})).await,
        ErrorCode::IdempotencyReused => {
            let key = serial();
            let post =
                |body: Value| api.request("POST", "/v1/customers").header("idempotency-key", &key).json(&body).send();
            let _ = post(customer()).await.expect(201);
            post(customer()).await
        }
        ErrorCode::HeadersTooLarge => {
            api.request("GET", "/v1/customers").header("x-long", &"x".repeat(33 << 10)).send().await
        }
        other => panic!("{other:?} is neither provoked nor in a list"),
    }
}

/// Changes of metadata at the same time: one of them is told to repeat.
async fn metadata_at_once(api: &Api) -> Reply {
    let papers = notes(api).await;
    let path = format!("{}/fields", papers.metadata());
    for round in 0..20 {
        let mut calls = tokio::task::JoinSet::new();
        for i in 0..8 {
            calls.spawn(
                api.request("POST", &path).json(&json!({"name": format!("f{round}_{i}"), "type": "text"})).send(),
            );
        }
        if let Some(refused) = calls.join_all().await.into_iter().find(|reply| reply.status >= 400) {
            return refused;
        }
    }
    panic!("no two changes of metadata ever met");
}

/// The same request while it is still being worked on.
async fn one_key_at_once(api: &Api) -> Reply {
    let papers = notes(api).await;
    let operations: Vec<Value> =
        (0..1_000).map(|i| json!({"op": "create", "data": {"title": format!("t{i}")}})).collect();
    let body = json!({"operations": operations});
    for _ in 0..20 {
        let key = serial();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..4 {
            calls.spawn(api.request("POST", &papers.at("batch")).header("idempotency-key", &key).json(&body).send());
        }
        if let Some(refused) = calls.join_all().await.into_iter().find(|reply| reply.status >= 400) {
            return refused;
        }
    }
    panic!("no two requests with one key ever met");
}

async fn a_request_that_takes_too_long_is_504000(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_REQUEST_TIMEOUT_MS", "1").start().await;
    let operations: Vec<Value> =
        (0..1_000).map(|_| json!({"op": "create", "object": "company", "data": {"name": "x"}})).collect();
    let reply = server.api().post("/v1/composite", json!({"operations": operations})).await;
    assert!(matches!(reply.error_code(), 504_000 | 500_301), "{reply}");
    reply.is_problem();
    assert!(!reply.header("retry-after").is_empty());
}
