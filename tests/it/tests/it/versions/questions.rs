//! Lists, searches and aggregates of version 2.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{DAY, MOMENT, visits};
use crate::support::batch;

both!(
    an_offset_is_refused_and_cursors_go_on,
    a_cursor_belongs_to_its_version,
    filters_take_milliseconds,
    the_tier_is_filtered_sorted_and_grouped_by,
    aggregates_answer_in_milliseconds
);

async fn an_offset_is_refused_and_cursors_go_on(api: Api) {
    let (object, path) = visits(&api).await;
    let _ = batch(&api, &object.path, (0..5).map(|i| json!({"title": format!("v{i}")}))).await;
    for refused in [
        api.get(&format!("{path}?offset=0")).await,
        api.get(&format!("{path}?limit=2&offset=2")).await,
        api.post(&format!("{path}/search"), json!({"offset": 2})).await,
    ] {
        assert!(refused.refused(400_003).detail().contains("cursor"));
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("{path}?limit=2&sort=title&cursor={cursor}")).await.expect(200);
        assert!(page.page().get("offset").is_none(), "{page}");
        seen.extend(page.texts("title"));
        match page.page()["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["v0", "v1", "v2", "v3", "v4"]);
    let _ = api.get(&format!("{}?offset=1", object.path)).await.expect(200);
}

async fn a_cursor_belongs_to_its_version(api: Api) {
    let (object, path) = visits(&api).await;
    let _ = batch(&api, &object.path, (0..3).map(|i| json!({"title": format!("v{i}")}))).await;
    let newer =
        api.get(&format!("{path}?limit=1")).await.expect(200).page()["next_cursor"].as_str().unwrap().to_owned();
    let _ = api.get(&format!("{}?limit=1&cursor={newer}", object.path)).await.refused(400_005);
    let _ = api.get(&format!("{path}?limit=1&cursor={newer}")).await.expect(200);
}

async fn filters_take_milliseconds(api: Api) {
    let (object, path) = visits(&api).await;
    let records = [(0, "a"), (1, "b"), (2, "c")];
    let records = records.map(|(n, title)| {
        json!({"title": title, "held_on": format!("2025-02-2{}", 6 + n), "begins": format!("2025-02-2{}T13:00:00Z", 6 + n)})
    });
    let _ = batch(&api, &object.path, records).await;
    let hour = 3_600_000;
    let between = DAY - 2 * 24 * hour;
    for (filter, expected) in [
        (format!("filter[held_on]={DAY}"), vec!["c"]),
        (format!("filter[begins][gte]={MOMENT}"), vec!["c"]),
        (format!("filter[begins][lt]={}", MOMENT - hour), vec!["a", "b"]),
        (format!("filter[held_on][between]={between},{}", DAY - 24 * hour), vec!["a", "b"]),
        (format!("filter[held_on][in]={between},{DAY}"), vec!["a", "c"]),
        ("filter[created_at][gte]=1700000000000".to_owned(), vec!["a", "b", "c"]),
        ("filter[created_at][lt]=1700000000000".to_owned(), vec![]),
    ] {
        let found = api.get(&format!("{path}?sort=title&{filter}")).await.expect(200);
        assert_eq!(found.texts("title"), expected, "{filter}");
    }
    let search = json!({"filter": {"or": [{"field": "begins", "op": "eq", "value": MOMENT}, {"field": "held_on", "op": "in", "value": [between]}]}, "sort": ["title"]});
    assert_eq!(api.post(&format!("{path}/search"), search).await.expect(200).texts("title"), ["a", "c"]);
    let wrong = api.get(&format!("{path}?filter[held_on]={MOMENT}")).await.refused(400_001);
    assert!(wrong.detail().contains(&DAY.to_string()), "the nearest midnight is named: {wrong}");
    let _ = api.get(&format!("{path}?filter[begins][gte]=soon")).await.refused(400_001);
    let _ = api.get(&format!("{}?filter[begins][gte]={MOMENT}", object.path)).await.refused(400_001);
}

async fn the_tier_is_filtered_sorted_and_grouped_by(api: Api) {
    let name = unique("tiers");
    let records = ["vip", "standard", "vip"]
        .iter()
        .enumerate()
        .map(|(i, tier)| json!({"name": format!("{name} {i}"), "mobile": "13800138000", "customer_type": tier}));
    let ids = batch(&api, "/v1/customers", records).await;
    let these = format!("filter[id][in]={}", ids.join(","));
    let vips =
        api.get(&format!("/v2/customers?{these}&filter[tier]=vip&sort=-tier,name&fields=name,tier")).await.expect(200);
    assert_eq!(vips.ids(), [ids[0].clone(), ids[2].clone()]);
    assert_eq!(vips.texts("tier"), ["vip", "vip"]);
    for (wrong, code) in
        [("filter[customer_type]=vip", 400_003), ("sort=customer_type", 400_003), ("fields=customer_type", 400_002)]
    {
        let _ = api.get(&format!("/v2/customers?{wrong}")).await.refused(code);
    }
    let body = |path: &str| json!({"filter": {"field": "id", "op": "in", "value": ids}, "group_by": [path], "measures": [{"fn": "count", "as": "n"}], "sort": ["-n"]});
    let groups = api.post("/v2/customers/aggregate", body("tier")).await.expect(200);
    assert_eq!(groups.rows(), [json!({"tier": "vip", "n": 2}), json!({"tier": "standard", "n": 1})]);
    let _ = api.post("/v2/customers/aggregate", body("customer_type")).await.refused(400_003);
}

async fn aggregates_answer_in_milliseconds(api: Api) {
    let (object, path) = visits(&api).await;
    let records = [
        json!({"title": "a", "held_on": "2025-02-28", "begins": "2025-02-28T13:00:00Z"}),
        json!({"title": "b", "held_on": "2025-02-27", "begins": "2025-02-27T13:00:00Z"}),
    ];
    let _ = batch(&api, &object.path, records).await;
    let body = json!({
        "group_by": [{"field": "held_on", "bucket": "month"}, {"field": "begins", "bucket": "year", "time_zone": "UTC"}],
        "measures": [{"fn": "max", "field": "begins", "as": "last"}, {"fn": "min", "field": "held_on", "as": "first"}],
        "having": [{"field": "last", "op": "gte", "value": MOMENT}]});
    let groups = api.post(&format!("{path}/aggregate"), body.clone()).await.expect(200);
    let (february, year) = (1_738_368_000_000_i64, 1_735_689_600_000_i64);
    assert_eq!(
        groups.rows(),
        [json!({"held_on": february, "begins": year, "last": MOMENT, "first": DAY - 86_400_000})]
    );
    let mut older = body;
    older["having"][0]["value"] = json!(super::MOMENT_TEXT);
    let groups = api.post(&object.at("aggregate"), older).await.expect(200);
    let expected =
        json!({"held_on": "2025-02-01", "begins": "2025-01-01", "last": super::MOMENT_TEXT, "first": "2025-02-27"});
    assert_eq!(groups.rows(), [expected]);
    let keyed =
        json!({"group_by": ["begins"], "measures": [{"fn": "count", "as": "n"}], "sort": ["-begins"], "limit": 1});
    assert_eq!(
        api.post(&format!("{path}/aggregate"), keyed).await.expect(200).rows(),
        [json!({"begins": MOMENT, "n": 1})]
    );
}
