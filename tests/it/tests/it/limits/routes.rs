//! Kinds of routes with limits of their own.

use kontor_testkit::{Backend, both_alone};
use serde_json::json;

use super::{limited, said, wait};
use crate::support::customer;

both_alone!(
    searching_is_limited_beside_reading,
    a_key_can_have_its_own_by_kind,
    gates_are_limited_by_address,
    metadata_and_bulk_have_their_own
);

const LIST: &str = "/v1/customers?limit=1";
const SEARCH: &str = "/v1/customers/search";

async fn searching_is_limited_beside_reading(backend: Backend) {
    let server = limited(backend).env("KONTOR_RATE_SEARCH_PER_SECOND", "1").env("KONTOR_RATE_SEARCH_BURST", "3");
    let server = server.start().await;
    let api = server.api().as_role("admin", &[]);
    let first = api.post(SEARCH, json!({"limit": 1})).await.expect(200);
    let policy = first.header("ratelimit-policy");
    assert!(policy.contains("\"key\";q=100;w=10, \"day\";q=50000;w=86400, \"search\";q=3;w=3, \"space\""), "{policy}");
    assert_eq!(said(&first, "search", "r"), 2);
    let refused = loop {
        let reply = api.post(SEARCH, json!({"limit": 1})).await;
        if reply.status == 429 {
            break reply.refused(429_000);
        }
    };
    assert!(refused.detail().starts_with("this credential, searching and aggregating, may send 1 "), "{refused}");
    assert_eq!(said(&refused, "search", "r"), 0);
    // Reading goes on, and says nothing of searches; another key searches; a refused search took nothing of the key.
    let read = api.get(LIST).await.expect(200);
    assert!(!read.header("ratelimit-policy").contains("search"), "{read}");
    let _ = server.api().post(SEARCH, json!({"limit": 1})).await.expect(200);
    wait(&refused).await;
    let _ = api.post("/v1/customers/aggregate", json!({"measures": [{"fn": "count", "as": "n"}]})).await.expect(200);
    let metrics = api.anonymous().get("/metrics").await.text();
    assert!(metrics.contains("rate_limit_refusals_total{limit=\"search\"}"));
    assert!(!metrics.contains("rate_limit_refusals_total{limit=\"search\"} 0\n"));
}

async fn a_key_can_have_its_own_by_kind(backend: Backend) {
    let server = limited(backend).start().await;
    let api = server.api().as_role("admin", &["--route-limits", "search=1:7,bulk=0:1"]);
    let reply = api.post(SEARCH, json!({"limit": 1})).await.expect(200);
    assert!(reply.header("ratelimit-policy").contains("\"search\";q=7;w=7"), "{reply}");
    let batch = json!({"operations": [{"op": "create", "data": customer()}]});
    let reply = api.post("/v1/customers/batch", batch).await.expect(200);
    assert!(!reply.header("ratelimit-policy").contains("bulk"), "{reply}");
    let other = server.api().as_role("admin", &[]).post(SEARCH, json!({"limit": 1})).await.expect(200);
    assert!(other.header("ratelimit-policy").contains("\"search\";q=50;w=10"), "{other}");
    let output =
        server.place().output(&["keys", "create", "--name", "x", "--role", "admin", "--route-limits", "lists=1:2"]);
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("search=20:200"),
        "{output:?}"
    );
}

async fn metadata_and_bulk_have_their_own(backend: Backend) {
    let server = limited(backend).start().await;
    let api = server.api().as_role("admin", &[]);
    let batch = json!({"operations": [{"op": "create", "data": customer()}]});
    let reply = api.post("/v1/customers/batch", batch).await.expect(200);
    assert!(reply.header("ratelimit-policy").contains("\"bulk\";q=20;w=10"), "{reply}");
    let reply = api.post("/v2/metadata/objects", json!({})).await;
    assert!(reply.header("ratelimit-policy").contains("\"metadata\";q=40;w=20"), "{reply}");
    let reply = api.get("/v1/metadata/objects").await.expect(200);
    assert!(!reply.header("ratelimit-policy").contains("metadata"), "{reply}");
}

async fn gates_are_limited_by_address(backend: Backend) {
    let server = limited(backend)
        .env("KONTOR_RATE_SIGN_IN_PER_SECOND", "1")
        .env("KONTOR_RATE_SIGN_IN_BURST", "4")
        .env("KONTOR_RATE_TOKEN_PER_SECOND", "1")
        .env("KONTOR_RATE_TOKEN_BURST", "5")
        .start()
        .await;
    let api = server.api().anonymous();
    let page = api.get("/sign-in").await;
    assert_eq!(page.header("ratelimit-policy"), "\"ip\";q=500;w=10, \"sign_in\";q=4;w=4", "{page}");
    let refused = loop {
        let reply = api.get("/oauth/authorize").await;
        if reply.status == 429 {
            break reply;
        }
    };
    assert!(refused.detail().contains("at the sign-in pages"), "{refused}");
    // The token endpoints have their own.
    let form = || api.request("POST", "/oauth/token").body("application/x-www-form-urlencoded", "grant_type=x").send();
    let token = form().await;
    assert!(token.status != 429 && token.header("ratelimit-policy").contains("\"token\";q=5;w=5"), "{token}");
    let refused = loop {
        let reply = form().await;
        if reply.status == 429 {
            break reply;
        }
    };
    assert!(refused.detail().contains("at the token endpoints"), "{refused}");
    // What is open beside them is not theirs, nor is who has a key.
    let _ = api.get("/oauth/jwks").await.expect(200);
    let _ = server.api().get(LIST).await.expect(200);
}
