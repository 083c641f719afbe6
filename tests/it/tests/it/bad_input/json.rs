//! Bodies that are no JSON, or not the JSON that was meant.

use kontor_testkit::{Api, Reply, both};
use serde_json::json;

use crate::support::{customer, notes};

both!(
    malformed_json,
    duplicate_keys,
    deep_nesting,
    other_kinds_of_values,
    records_of_other_shapes,
    bodies_beyond_the_limit,
    a_million_values
);

async fn post(api: &Api, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    api.request("POST", path).body("application/json", body.into()).send().await
}

async fn malformed_json(api: Api) {
    let whole = customer().to_string();
    for cut in [1, 2, whole.len() / 2, whole.len() - 1] {
        let _ = post(&api, "/v1/customers", whole.as_bytes()[..cut].to_vec()).await.refused(400_000);
    }
    for bad in [
        "{",
        "}",
        "{}}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "nul",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{} {}",
        "\u{feff}{}",
        "{\"a\":1}//",
        "<xml/>",
        "a=b",
        "\0",
    ] {
        let reply = post(&api, "/v1/customers", bad).await.refused(400_000);
        assert!(!reply.detail().is_empty(), "{bad}");
        let _ = post(&api, "/v1/customers/search", bad).await.refused(400_000);
        let _ = post(&api, "/v1/composite", bad).await.refused(400_000);
        let _ = post(&api, "/v1/metadata/objects", bad).await.refused(400_000);
    }
    for bytes in
        [&b"{\"name\":\"\xff\"}"[..], b"{\"name\":\"\xc0\x80\"}", b"{\"name\":\"\xed\xa0\x80\"}", b"\xff\xfe{\x00}\x00"]
    {
        let _ = post(&api, "/v1/customers", bytes).await.refused(400_000);
    }
    let _ = api.request("POST", "/v1/customers").body("application/json", "").send().await.refused(400_000);
}

async fn duplicate_keys(api: Api) {
    for bad in [
        r#"{"name":"a","name":"b","mobile":"13800138000","customer_type":"vip"}"#,
        r#"{"name":"a","mobile":"13800138000","customer_type":"vip","custom":{"x":1,"x":2}}"#,
        r#"{"\u006eame":"a","name":"b"}"#,
    ] {
        let reply = post(&api, "/v1/customers", bad).await.refused(400_000);
        assert!(reply.detail().contains("duplicate"), "{}", reply.detail());
    }
}

async fn deep_nesting(api: Api) {
    for depth in [33, 10_000, 200_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let body = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let reply = post(&api, "/v1/customers", body).await;
            assert!(matches!(reply.error_code(), 400_000 | 413_000), "{depth}: {reply}");
            let _ = post(&api, "/v1/customers/search", format!("{{\"filter\":{}", open.repeat(depth)))
                .await
                .refused(400_000);
        }
    }
    let papers = api.object("box", json!([{"name": "content", "type": "json"}])).await;
    let nested = format!("{{\"content\":{}1{}}}", "[".repeat(30), "]".repeat(30));
    let _ = post(&api, &papers.path, nested).await.expect(201);
}

async fn other_kinds_of_values(api: Api) {
    for body in ["[]", "null", "true", "1", "\"text\""] {
        for path in [
            "/v1/customers",
            "/v1/customers/search",
            "/v1/customers/batch",
            "/v1/customers/aggregate",
            "/v1/composite",
            "/v1/metadata/objects",
            "/v1/exports",
        ] {
            let reply = post(&api, path, body).await;
            assert_eq!(reply.status, 400, "{reply}");
            reply.is_problem();
        }
    }
}

async fn records_of_other_shapes(api: Api) {
    for value in [json!(1), json!(true), json!([]), json!({}), json!(["a"]), json!({"a": 1})] {
        for field in
            ["name", "mobile", "customer_type", "email", "company_id", "credit_limit", "external_id", "owner_id"]
        {
            let mut body = customer();
            body[field] = value.clone();
            if field == "credit_limit" && value == json!(1) {
                continue;
            }
            let reply = api.post("/v1/customers", body).await;
            assert_eq!(reply.status, 400, "{field} {value}: {reply}");
            reply.is_problem();
            assert_eq!(reply.faults()[0]["field"], field);
        }
    }
    for custom in [json!([]), json!("x"), json!(1)] {
        let mut body = customer();
        body["custom"] = custom;
        let _ = api.post("/v1/customers", body).await.refused(400_001);
    }
    for name in
        ["", "custom.x", "a.b", "__proto__", "constructor", "NAME", "name ", "\u{0}", "space", "deleted_at", "version "]
    {
        let mut body = customer();
        body[name] = json!("x");
        let _ = api.post("/v1/customers", body).await.refused(400_002);
    }
}

async fn bodies_beyond_the_limit(api: Api) {
    let papers = notes(&api).await;
    let padded = |bytes: usize| format!("{{\"title\":\"a\"{}}}", " ".repeat(bytes - 13));
    let _ = post(&api, &papers.path, padded(1 << 20)).await.expect(201);
    for bytes in [(1 << 20) + 1, 8 << 20] {
        let _ = post(&api, &papers.path, padded(bytes)).await.refused(413_000);
    }
    assert_eq!(api.get(&papers.path).await.expect(200).rows().len(), 1);
}

async fn a_million_values(api: Api) {
    let values = vec!["1"; 1_000_000].join(",");
    let body = format!("{{\"filter\":{{\"field\":\"version\",\"op\":\"in\",\"value\":[{values}]}}}}");
    let reply = post(&api, "/v1/customers/search", body).await;
    assert!(matches!(reply.error_code(), 413_000 | 400_003), "{reply}");
    // As many as a body can hold.
    let values = vec!["1"; 500_000].join(",");
    let body = format!("{{\"filter\":{{\"field\":\"version\",\"op\":\"in\",\"value\":[{values}]}}}}");
    let _ = post(&api, "/v1/customers/search", body).await.refused(400_003);
    let keys: String = (0..60_000).map(|i| format!("\"k{i}\":1,")).collect();
    let reply = post(&api, "/v1/customers", format!("{{{keys}\"z\":1}}")).await.refused(400_001);
    assert!((100..110).contains(&reply.faults().len()), "{} faults", reply.faults().len());
}
