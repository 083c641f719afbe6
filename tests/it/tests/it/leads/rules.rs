//! Who gets a lead, and how likely it is to buy: rules of a workspace, each story in one of its own.

use std::collections::BTreeMap;

use kontor_testkit::{Api, Backend, Server, both, both_alone, unique};
use serde_json::{Value, json};

use super::{act, lead, read};

both!(rules_say_what_can_be_asked);
both_alone!(leads_are_assigned_in_turn, many_leads_at_once_take_turns, leads_are_scored_with_reasons);

async fn rules_say_what_can_be_asked(api: Api) {
    let user = api.create("/v1/users", json!({"name": unique("User")})).await;
    let rule = |conditions: Value, users: Value| json!({"name": "r", "active": false, "conditions": conditions, "users": users});
    let bad = [
        json!({"field": "city"}),
        json!([{"field": "town", "value": "Rome"}]),
        json!([{"field": "city", "op": "like", "value": "Rome"}]),
        json!([{"field": "source", "op": "eq", "value": "radio"}]),
        json!([{"field": "status", "op": "gte", "value": "new"}]),
        json!([{"field": "city", "op": "in", "value": "Rome"}]),
        json!([{"field": "city", "op": "eq"}]),
    ];
    for conditions in bad {
        let refused = api.post("/v1/assignment_rules", rule(conditions.clone(), json!([user]))).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], "conditions", "{conditions}");
        let score = json!({"name": "s", "active": false, "points": 5, "conditions": conditions});
        let refused = api.post("/v1/score_rules", score).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], "conditions", "{conditions}");
    }
    for users in [json!([]), json!("x"), json!([7]), json!(["x"]), json!([crate::support::NO_ID])] {
        let refused = api.post("/v1/assignment_rules", rule(json!([]), users.clone())).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], "users", "{users}");
    }
    let _ = api.post("/v1/score_rules", json!({"name": "s", "points": 101})).await.refused(400_001);
    let good = rule(json!([{"field": "country", "op": "in", "value": ["de", "AT"]}]), json!([user]));
    let _ = api.create("/v1/assignment_rules", good).await;
}

/// Users of a workspace.
async fn users(api: &Api, count: usize) -> Vec<String> {
    let mut out = Vec::new();
    for _ in 0..count {
        out.push(api.create("/v1/users", json!({"name": unique("Seller")})).await);
    }
    out
}

async fn leads_are_assigned_in_turn(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let nobody = lead(&api, json!({})).await;
    let refused = act(&api, &nobody, "assign", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("no_assignment_rule"), "{refused}");
    let sellers = users(&api, 4).await;
    let conditions = json!([{"field": "country", "op": "in", "value": ["DE", "AT"]}, {"field": "estimated_value", "op": "gte", "value": "1000"}]);
    let rule = json!({"name": "German", "position": 1, "conditions": conditions, "users": sellers[..3]});
    let rule = api.create("/v1/assignment_rules", rule).await;
    let _ = api.create("/v1/assignment_rules", json!({"name": "Rest", "position": 2, "users": sellers[3..]})).await;
    let german = json!({"country": "DE", "estimated_value": "1000"});
    let mut owners = Vec::new();
    for _ in 0..6 {
        owners.push(read(&api, &lead(&api, german.clone()).await).await["owner_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(owners[..3], sellers[..3]);
    assert_eq!(owners[3..], sellers[..3]);
    for other in [
        json!({"country": "FR", "estimated_value": "1000"}),
        json!({"country": "DE", "estimated_value": "999.99"}),
        json!({}),
    ] {
        assert_eq!(read(&api, &lead(&api, other).await).await["owner_id"], json!(sellers[3]), "the second rule");
    }
    // Who is named is named.
    let named = lead(&api, json!({"country": "DE", "estimated_value": "1000", "owner_id": sellers[3]})).await;
    assert_eq!(read(&api, &named).await["owner_id"], json!(sellers[3]));
    // Who has left is left out; so is a rule that is off.
    let _ = api.patch(&format!("/v1/users/{}", sellers[0]), json!({"active": false})).await.expect(200);
    for _ in 0..4 {
        let owner = read(&api, &lead(&api, german.clone()).await).await["owner_id"].clone();
        assert!(owner == json!(sellers[1]) || owner == json!(sellers[2]), "{owner}");
    }
    let _ = api.patch(&format!("/v1/assignment_rules/{rule}"), json!({"active": false})).await.expect(200);
    assert_eq!(act(&api, &named, "assign", json!({})).await.expect(200).data()["owner_id"], json!(sellers[3]));
    assert_eq!(act(&api, &nobody, "assign", json!({})).await.expect(200).data()["owner_id"], json!(sellers[3]));
    // Whoever sells does not make the rules.
    let seller = api.as_role("sales", &["--user", &sellers[1]]);
    let _ = seller.post("/v1/assignment_rules", json!({"name": "Mine", "users": [sellers[1]]})).await.refused(403_000);
}

async fn many_leads_at_once_take_turns(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let sellers = users(&api, 3).await;
    let _ = api.create("/v1/assignment_rules", json!({"name": "All", "users": sellers})).await;
    let all = futures::future::join_all((0..15).map(|_| lead(&api, json!({})))).await;
    // And ten in one commit.
    let operations: Vec<Value> =
        (0..15).map(|_| json!({"op": "create", "data": {"last_name": unique("Roe")}})).collect();
    let _ = api.post("/v1/leads/batch", json!({"atomic": true, "operations": operations})).await.expect(200);
    assert_eq!(all.len(), 15);
    let mut turns: BTreeMap<String, usize> = BTreeMap::new();
    for owner in api.get("/v1/leads?limit=100").await.expect(200).texts("owner_id") {
        *turns.entry(owner).or_default() += 1;
    }
    assert_eq!(turns, sellers.iter().map(|seller| (seller.clone(), 10)).collect());
}

async fn leads_are_scored_with_reasons(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let old = lead(&api, json!({"country": "DE", "score": 42})).await;
    let data = read(&api, &old).await;
    assert_eq!((&data["score"], &data["score_model"]), (&json!(42), &json!(null)), "without rules it is what is sent");
    let refused = act(&api, &old, "score", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("no_score_rule"), "{refused}");
    for (name, conditions, points) in [
        ("German", json!([{"field": "country", "op": "eq", "value": "DE"}]), 30),
        ("Rich", json!([{"field": "estimated_value", "op": "gte", "value": "50000"}]), 80),
        ("Student", json!([{"field": "email", "op": "contains", "value": ".edu"}]), -50),
        ("Off", json!([]), 100),
    ] {
        let body = json!({"name": name, "conditions": conditions, "points": points, "active": name != "Off"});
        let _ = api.create("/v1/score_rules", body).await;
    }
    let at = lead(&api, json!({"country": "DE", "score": 99})).await;
    let data = read(&api, &at).await;
    assert_eq!((&data["score"], &data["score_model"]), (&json!(30), &json!("rules")));
    assert_eq!(data["score_reasons"], json!([{"rule": "German", "points": 30}]));
    let rich = api.patch(&at, json!({"estimated_value": "50000"})).await.expect(200).data().clone();
    assert_eq!(rich["score"], 100, "80 and 30 are cut at 100");
    assert_eq!(rich["score_reasons"].as_array().unwrap().len(), 2);
    let poor = api.patch(&at, json!({"estimated_value": null, "email": "a@uni.edu"})).await.expect(200).data().clone();
    assert_eq!(poor["score"], 0, "30 less 50 is cut at 0");
    assert_eq!(poor["score_reasons"], json!([{"rule": "German", "points": 30}, {"rule": "Student", "points": -50}]));
    // Those that were there before are scored when they are asked, or change.
    assert_eq!(read(&api, &old).await["score"], 42);
    assert_eq!(act(&api, &old, "score", json!({})).await.expect(200).data()["score"], 30);
    let done = api.get(&format!("{old}/history")).await.expect(200).texts("action");
    assert!(done.contains(&"score".to_owned()), "{done:?}");
}
