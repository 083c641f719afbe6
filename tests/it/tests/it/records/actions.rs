//! Actions and views of records: what holds for all of them, shown by the deal's and the quote's.

use kontor_testkit::{Api, both, serial};
use serde_json::{Value, json};

use crate::support::NO_ID;

both!(
    an_action_is_a_change_like_any_other,
    an_action_says_what_it_cannot_do,
    the_same_action_twice_is_done_once,
    an_action_needs_the_right_to_change,
    actions_are_in_the_metadata,
    version_two_has_actions_too
);

async fn deal(api: &Api) -> String {
    let made = api.post("/v1/deals", json!({"name": "Acted on", "amount": "10", "currency": "EUR"})).await.expect(201);
    format!("/v1/deals/{}", made.id())
}

async fn an_action_is_a_change_like_any_other(api: Api) {
    let at = deal(&api).await;
    let read = api.get(&at).await.expect(200);
    let stale = api.request("POST", &format!("{at}/win")).header("if-match", "\"999\"").json(&json!({})).send().await;
    assert_eq!(stale.refused(412_000).json["current_version"], read.data()["version"]);
    let won = api
        .request("POST", &format!("{at}/win"))
        .header("if-match", read.header("etag"))
        .json(&json!({"close_date": "2026-03-01"}))
        .send()
        .await
        .expect(200);
    assert_eq!(won.data()["close_date"], "2026-03-01");
    assert_eq!(won.header("etag"), format!("\"{}\"", won.data()["version"]));
    assert_eq!(api.get(&at).await.expect(200).data(), won.data());
    let history = api.get(&format!("{at}/history")).await.expect(200);
    assert_eq!(history.rows()[0]["action"], "win");
}

async fn an_action_says_what_it_cannot_do(api: Api) {
    let at = deal(&api).await;
    let unknown = api.post(&format!("{at}/wins"), json!({})).await.refused(404_000);
    assert!(unknown.detail().contains("\"win\""), "{unknown}");
    let _ = api.post(&format!("/v1/contacts/{NO_ID}/win"), json!({})).await.refused(404_000);
    let _ = api.get(&format!("{at}/win")).await.refused(404_000);
    let _ = api.delete(&format!("{at}/win")).await.refused(404_000);
    let _ = api.post(&format!("/v1/deals/{NO_ID}/win"), json!({})).await.refused(404_001);
    let _ = api.post("/v1/deals/x/win", json!({})).await.refused(404_001);
    let _ = api.post(&format!("{at}/win?now=1"), json!({})).await.refused(400_000);
    let faults = api.post(&format!("{at}/lose"), json!({"reasn": "price", "close_date": "soon"})).await;
    let mut fields: Vec<String> = faults.fault_codes().into_iter().map(|(field, _)| field).collect();
    fields.sort();
    assert_eq!(fields, ["close_date", "reasn", "reason"]);
    let _ = api.post(&format!("{at}/win"), json!([])).await.refused(400_000);
    let _ = api.post(&format!("{at}/win"), json!({})).await.expect(200);
    let again = api.post(&format!("{at}/win"), json!({})).await.refused(422_000);
    assert!(again.detail().contains("won"), "it names the state: {again}");
    assert_eq!(api.get(&at).await.expect(200).data()["version"], 2, "what was refused has done nothing");
}

async fn the_same_action_twice_is_done_once(api: Api) {
    let at = deal(&api).await;
    let key = serial();
    let send = || api.request("POST", &format!("{at}/win")).header("idempotency-key", &key).json(&json!({})).send();
    let (first, again) = (send().await.expect(200), send().await.expect(200));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.data(), again.data());
    let other = api
        .request("POST", &format!("{at}/win"))
        .header("idempotency-key", &key)
        .json(&json!({"close_date": "2026-01-01"}));
    let _ = other.send().await.refused(422_001);
}

async fn an_action_needs_the_right_to_change(api: Api) {
    let at = deal(&api).await;
    let reader = api.as_role("admin", &["--scopes", "deals:read"]);
    let _ = reader.post(&format!("{at}/win"), json!({})).await.refused(403_001);
    let writer = api.as_role("admin", &["--scopes", "deals:write"]);
    let _ = writer.post(&format!("{at}/win"), json!({})).await.expect(200);
    let read_only = api.as_role("read-only", &["--scopes", "crm:read,crm:write"]);
    let _ = read_only.post(&format!("{at}/reopen"), json!({})).await.refused(403_000);
}

async fn actions_are_in_the_metadata(api: Api) {
    let deal = api.get("/v1/metadata/objects/deal").await.expect(200);
    let actions = deal.data()["actions"].as_array().unwrap();
    let lose = actions.iter().find(|action| action["name"] == "lose").unwrap();
    let names: Vec<&Value> = lose["input"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
    assert_eq!((names, &lose["answer"]), (vec![&json!("reason"), &json!("close_date")], &json!({"object": "deal"})));
    assert_eq!((&deal.data()["lines"], &deal.data()["read_only"]), (&json!("deal_line"), &json!(false)));
    let report = api.get("/v1/metadata/objects/report").await.expect(200);
    assert_eq!(report.data()["views"][0]["name"], "result");
}

async fn version_two_has_actions_too(api: Api) {
    let at = deal(&api).await.replace("/v1/", "/v2/");
    let midnight = 1_772_323_200_000_i64;
    let won = api.post(&format!("{at}/win"), json!({"close_date": midnight})).await.expect(200);
    assert_eq!(won.data()["close_date"], midnight);
    assert!(won.data()["updated_at"].is_i64());
    let _ = api.post(&format!("{at}/reopen"), json!({})).await.expect(200);
}
