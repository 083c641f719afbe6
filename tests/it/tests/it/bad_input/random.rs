//! Whatever comes: an answer of the contract, never a 5xx.

use kontor_testkit::{Api, Reply, both};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::notes;

both!(random_query_strings, random_bodies_of_records, random_questions, random_bytes);

const ROUNDS: usize = 150;

/// The same cases at every run, so that one that fails can be told again; `KONTOR_TEST_SEED` gives others.
fn runner() -> TestRunner {
    let seed: u64 = std::env::var("KONTOR_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn cases<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = runner();
    (0..ROUNDS).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[track_caller]
fn is_an_answer(reply: &Reply, sent: &str) {
    assert!(reply.status < 500, "{sent}: {reply}");
    if reply.status >= 400 {
        reply.is_problem();
    }
}

fn path_of_a_field() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("title".to_owned()),
        Just("rank".to_owned()),
        Just("owner.name".to_owned()),
        Just("created_at".to_owned()),
        Just("id".to_owned()),
        "[a-z_.]{0,12}",
        ".{0,6}"
    ]
}

fn operator() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "eq",
            "ne",
            "lt",
            "gte",
            "in",
            "nin",
            "contains",
            "starts_with",
            "is_null",
            "between"
        ])
        .prop_map(str::to_owned),
        ".{0,6}"
    ]
}

/// Any JSON of a few levels.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        ".{0,20}".prop_map(Value::from),
        Just(json!("2025-02-30")),
        Just(json!("104512398120374272")),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::hash_map("[a-z_]{0,8}", inner, 0..5).prop_map(|map| json!(map))
        ]
    })
}

async fn random_query_strings(api: Api) {
    let papers = notes(&api).await;
    let _ = api.create(&papers.path, json!({"title": "a"})).await;
    let name = prop_oneof![
        proptest::sample::select(vec![
            "limit", "offset", "sort", "fields", "expand", "count", "q", "cursor", "deleted", "filter"
        ])
        .prop_map(str::to_owned),
        (path_of_a_field(), operator()).prop_map(|(path, op)| format!("filter[{path}][{op}]")),
        path_of_a_field().prop_map(|path| format!("filter[{path}]")),
        ".{0,8}",
    ];
    let value =
        prop_oneof!["[0-9,-]{0,6}", path_of_a_field(), ".{0,12}", Just("true".to_owned()), Just("exact".to_owned())];
    for pairs in cases(proptest::collection::vec((name, value), 0..5)) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = api.get(&kontor_testkit::query(&papers.path, &pairs)).await;
        is_an_answer(&reply, &format!("{pairs:?}"));
    }
    for text in cases("[ -~]{0,60}") {
        let reply = api.raw_get(&format!("{}?{}", papers.path, text.replace([' ', '#'], "+"))).await;
        assert!(reply.status != 0 && reply.status < 500, "{text}: {}", reply.head);
    }
}

async fn random_bodies_of_records(api: Api) {
    let things = api.object("thing", json!([
        {"name": "a", "type": "text"}, {"name": "b", "type": "integer"}, {"name": "c", "type": "decimal"}, {"name": "d", "type": "date"}, {"name": "e", "type": "datetime"},
        {"name": "f", "type": "bool"}, {"name": "g", "type": "tags"}, {"name": "h", "type": "json"}, {"name": "i", "type": "email"}, {"name": "j", "type": "phone"}, {"name": "k", "type": "url"},
    ])).await;
    let member = (prop_oneof!["[a-k]", "[a-z_]{0,10}"], any_json());
    let bodies = cases(
        proptest::collection::vec(member, 0..6)
            .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>()),
    );
    for body in bodies {
        let body = Value::Object(body);
        let reply = api.post(&things.path, body.clone()).await;
        is_an_answer(&reply, &body.to_string());
        if reply.status == 201 {
            let read = api.get(&things.at(&reply.id())).await.expect(200);
            assert_eq!(read.data(), reply.data(), "{body}");
            let _ = api.put(&things.at(&reply.id()), read.data().clone()).await.expect(200);
        }
        is_an_answer(&api.put(&things.at("by/external_id/x"), body.clone()).await, &body.to_string());
        is_an_answer(
            &api.post(&things.at("batch"), json!({"operations": [{"op": "create", "data": body}, body]})).await,
            &body.to_string(),
        );
    }
    // Everything that was let in can be read again, by every way.
    let _ = api.get(&format!("{}?limit=500&sort=-a&count=exact", things.path)).await.expect(200);
}

async fn random_questions(api: Api) {
    let papers = notes(&api).await;
    let _ = api.create(&papers.path, json!({"title": "a"})).await;
    let test = (path_of_a_field(), operator(), any_json())
        .prop_map(|(field, op, value)| json!({"field": field, "op": op, "value": value}));
    let filter = test.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|all| json!({"and": all})),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|any| json!({"or": any})),
            inner.prop_map(|one| json!({"not": one}))
        ]
    });
    let question = (filter, proptest::collection::vec(path_of_a_field(), 0..3), any_json(), operator());
    for (filter, sort, rubbish, word) in cases(question) {
        let search = json!({"filter": filter, "sort": sort, "q": word});
        is_an_answer(&api.post(&papers.at("search"), search.clone()).await, &search.to_string());
        let plain = json!({"filter": filter});
        is_an_answer(&api.post(&papers.at("search"), plain.clone()).await, &plain.to_string());
        let aggregate = json!({"group_by": sort, "measures": [{"fn": "count", "as": word}, {"fn": "max", "field": "rank", "as": "m"}], "having": [{"field": "m", "op": "gt", "value": rubbish}]});
        is_an_answer(&api.post(&papers.at("aggregate"), aggregate.clone()).await, &aggregate.to_string());
        for path in [papers.at("search"), papers.at("aggregate"), papers.at("batch"), "/v1/composite".to_owned()] {
            is_an_answer(&api.post(&path, rubbish.clone()).await, &format!("{path} {rubbish}"));
        }
        // Of definitions only those that cannot be right: what is made stays.
        let definition = json!({"name": "Not a name", "fields": rubbish});
        is_an_answer(&api.post("/v1/metadata/objects", definition.clone()).await, &definition.to_string());
    }
}

async fn random_bytes(api: Api) {
    for bytes in cases(proptest::collection::vec(any::<u8>(), 0..200)) {
        let reply = api.request("POST", "/v1/customers").body("application/json", bytes.clone()).send().await;
        is_an_answer(&reply, &format!("{bytes:?}"));
        let media = String::from_utf8_lossy(&bytes).chars().filter(|c| c.is_ascii_graphic()).collect::<String>();
        let reply = api
            .request("POST", "/v1/imports")
            .body(&format!("multipart/form-data; boundary={media}"), bytes.clone())
            .send()
            .await;
        is_an_answer(&reply, &media);
    }
}
