//! `/v1/{collection}/aggregate`.

use kontor_testkit::{Api, Definition, both, serial};
use serde_json::{Value, json};

use crate::support::batch;

both!(
    groups_and_measures,
    buckets_of_dates_and_times,
    having_sort_and_limit,
    decimals_stay_exact,
    sums_beyond_64_bits,
    over_a_relation,
    with_filters_and_text,
    what_does_not_fit_is_refused
);

async fn sales(api: &Api) -> Definition {
    let fields = json!([
        {"name": "title", "type": "text", "searched": true},
        {"name": "city", "type": "text"},
        {"name": "amount", "type": "money"},
        {"name": "units", "type": "integer"},
        {"name": "sold_on", "type": "date"},
        {"name": "sold_at", "type": "datetime"},
        {"name": "paid", "type": "bool"},
        {"name": "words", "type": "tags"},
    ]);
    let sales = api.object("sale", fields).await;
    let row = |title: &str, city: Value, amount: &str, units: i64, on: &str, at: &str, paid: bool| json!({"title": title, "city": city, "amount": amount, "units": units, "sold_on": on, "sold_at": at, "paid": paid});
    let rows = [
        row("one", json!("Berlin"), "10.10", 1, "2025-01-31", "2025-01-31T23:30:00Z", true),
        row("two", json!("Berlin"), "20.20", 2, "2025-02-01", "2025-02-01T12:00:00Z", false),
        row("three", json!("Paris"), "0.0001", 3, "2025-04-01", "2025-03-31T22:30:00Z", true),
        row("four", json!(null), "-5", 4, "2026-12-31", "2026-12-31T23:59:59.999Z", true),
    ];
    let _ = batch(api, &sales.path, rows).await;
    sales
}

async fn ask(api: &Api, sales: &Definition, body: Value) -> Vec<Value> {
    api.post(&sales.at("aggregate"), body).await.expect(200).rows().to_vec()
}

async fn groups_and_measures(api: Api) {
    let sales = sales(&api).await;
    let rows = ask(&api, &sales, json!({"group_by": ["city"], "sort": ["city"], "measures": [
        {"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}, {"fn": "avg", "field": "units", "as": "mean"},
        {"fn": "min", "field": "sold_on", "as": "first"}, {"fn": "max", "field": "title", "as": "last"}, {"fn": "count_distinct", "field": "paid", "as": "kinds"},
    ]})).await;
    assert_eq!(
        rows,
        [
            json!({"city": null, "n": 1, "total": "-5", "mean": "4", "first": "2026-12-31", "last": "four", "kinds": 1}),
            json!({"city": "Berlin", "n": 2, "total": "30.3", "mean": "1.5", "first": "2025-01-31", "last": "two", "kinds": 2}),
            json!({"city": "Paris", "n": 1, "total": "0.0001", "mean": "3", "first": "2025-04-01", "last": "three", "kinds": 1}),
        ]
    );
    let whole = ask(&api, &sales, json!({"measures": [{"fn": "count", "as": "n"}, {"fn": "count", "field": "city", "as": "cities"}, {"fn": "sum", "field": "units", "as": "units"}]})).await;
    assert_eq!(whole, [json!({"n": 4, "cities": 3, "units": 10})]);
    let nothing = ask(&api, &sales, json!({"filter": {"field": "city", "value": "Rome"}, "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]})).await;
    assert_eq!(nothing, [json!({"n": 0, "total": null})]);
}

async fn buckets_of_dates_and_times(api: Api) {
    let sales = sales(&api).await;
    let by = async |group: Value, key: &str| -> Vec<(String, i64)> {
        let rows =
            ask(&api, &sales, json!({"group_by": [group], "sort": [key], "measures": [{"fn": "count", "as": "n"}]}))
                .await;
        rows.iter().map(|row| (row[key].as_str().unwrap().to_owned(), row["n"].as_i64().unwrap())).collect()
    };
    let named = |rows: &[(&str, i64)]| rows.iter().map(|(day, n)| ((*day).to_owned(), *n)).collect::<Vec<_>>();
    for (bucket, expected) in [
        ("month", vec![("2025-01-01", 1), ("2025-02-01", 1), ("2025-04-01", 1), ("2026-12-01", 1)]),
        ("quarter", vec![("2025-01-01", 2), ("2025-04-01", 1), ("2026-10-01", 1)]),
        ("year", vec![("2025-01-01", 3), ("2026-01-01", 1)]),
        ("week", vec![("2025-01-27", 2), ("2025-03-31", 1), ("2026-12-28", 1)]),
        ("day", vec![("2025-01-31", 1), ("2025-02-01", 1), ("2025-04-01", 1), ("2026-12-31", 1)]),
    ] {
        assert_eq!(by(json!({"field": "sold_on", "bucket": bucket}), "sold_on").await, named(&expected), "{bucket}");
    }
    let berlin = by(json!({"field": "sold_at", "bucket": "month", "time_zone": "Europe/Berlin"}), "sold_at").await;
    assert_eq!(
        berlin,
        named(&[("2025-02-01", 2), ("2025-04-01", 1), ("2027-01-01", 1)]),
        "a day later in Berlin, in summer too"
    );
    let utc = by(json!({"field": "sold_at", "bucket": "month", "time_zone": "UTC"}), "sold_at").await;
    assert_eq!(utc, named(&[("2025-01-01", 1), ("2025-02-01", 1), ("2025-03-01", 1), ("2026-12-01", 1)]));
}

async fn having_sort_and_limit(api: Api) {
    let sales = sales(&api).await;
    let body = |having: Value, sort: Value, limit: i64| json!({"group_by": ["city"], "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}], "having": having, "sort": sort, "limit": limit});
    let cities = |rows: &[Value]| rows.iter().map(|row| row["city"].clone()).collect::<Vec<_>>();
    let rows = ask(&api, &sales, body(json!([{"field": "n", "op": "gt", "value": 1}]), json!([]), 10)).await;
    assert_eq!(cities(&rows), [json!("Berlin")]);
    let rows =
        ask(&api, &sales, body(json!([{"field": "total", "op": "lt", "value": "1"}]), json!(["-total"]), 10)).await;
    assert_eq!(cities(&rows), [json!("Paris"), json!(null)]);
    let rows = ask(&api, &sales, body(json!([]), json!(["-total"]), 2)).await;
    assert_eq!(cities(&rows), [json!("Berlin"), json!("Paris")]);
    let rows = ask(&api, &sales, body(json!([]), json!(["n", "-city"]), 3)).await;
    assert_eq!(cities(&rows), [json!("Paris"), json!(null), json!("Berlin")]);
}

async fn decimals_stay_exact(api: Api) {
    let sales = sales(&api).await;
    let rows = (0..10).map(|_| json!({"city": "Tenths", "amount": "0.1"}));
    let _ = batch(&api, &sales.path, rows).await;
    let filter = json!({"field": "city", "value": "Tenths"});
    let rows = ask(&api, &sales, json!({"filter": filter, "measures": [{"fn": "sum", "field": "amount", "as": "sum"}, {"fn": "avg", "field": "amount", "as": "mean"}, {"fn": "max", "field": "amount", "as": "most"}]})).await;
    assert_eq!(rows, [json!({"sum": "1", "mean": "0.1", "most": "0.1"})]);
}

async fn sums_beyond_64_bits(api: Api) {
    let sales = sales(&api).await;
    let rows = (0..3).map(|_| json!({"city": "Far", "units": i64::MAX, "amount": "900000000000000"}));
    let _ = batch(&api, &sales.path, rows).await;
    let body = json!({"filter": {"field": "city", "value": "Far"}, "measures": [{"fn": "sum", "field": "units", "as": "units"}, {"fn": "sum", "field": "amount", "as": "amount"}]});
    let reply = api.post(&sales.at("aggregate"), body).await.expect(200);
    assert!(reply.text().contains("27670116110564327421"), "{reply}");
    assert_eq!(reply.rows()[0]["amount"], "2700000000000000");
}

async fn over_a_relation(api: Api) {
    let marker = serial();
    for (kind, amount) in [("won", "100"), ("lost", "50")] {
        let stages = api.get(&format!("/v1/stages?filter[kind]={kind}&limit=1&sort=id")).await.expect(200);
        let stage = &stages.rows()[0];
        let body = json!({"name": marker, "pipeline_id": stage["pipeline_id"], "stage_id": stage["id"], "amount": amount, "next_step": marker});
        let _ = api.create("/v1/deals", body).await;
    }
    let body = json!({"filter": {"field": "name", "value": marker}, "group_by": ["stage.kind"], "sort": ["-total"], "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]});
    let rows = api.post("/v1/deals/aggregate", body).await.expect(200).rows().to_vec();
    assert_eq!(
        rows,
        [json!({"stage.kind": "won", "n": 1, "total": "100"}), json!({"stage.kind": "lost", "n": 1, "total": "50"})]
    );
}

async fn with_filters_and_text(api: Api) {
    let sales = sales(&api).await;
    let measures = json!([{"fn": "count", "as": "n"}]);
    let rows =
        ask(&api, &sales, json!({"q": "t", "filter": {"field": "paid", "value": true}, "measures": measures})).await;
    assert_eq!(rows, [json!({"n": 1})]);
    let id = api.get(&format!("{}?filter[title]=one", sales.path)).await.expect(200).ids()[0].clone();
    let _ = api.delete(&sales.at(&id)).await.expect(200);
    assert_eq!(ask(&api, &sales, json!({"measures": measures})).await, [json!({"n": 3})], "the bin is not counted");
}

async fn what_does_not_fit_is_refused(api: Api) {
    let sales = sales(&api).await;
    let n = json!([{"fn": "count", "as": "n"}]);
    for (body, code) in [
        (json!({}), 400_003),
        (json!({"measures": [{"fn": "sum", "field": "title", "as": "x"}]}), 400_003),
        (json!({"measures": [{"fn": "sum", "as": "x"}]}), 400_003),
        (json!({"measures": [{"fn": "total", "field": "units", "as": "x"}]}), 400_003),
        (json!({"measures": [{"fn": "count", "as": "x"}, {"fn": "sum", "field": "units", "as": "x"}]}), 400_003),
        (json!({"measures": n, "group_by": ["nothing"]}), 400_003),
        (json!({"measures": n, "group_by": ["words"]}), 400_003),
        (json!({"measures": n, "group_by": ["city", "city"]}), 400_003),
        (json!({"measures": n, "group_by": [{"field": "title", "bucket": "month"}]}), 400_003),
        (json!({"measures": n, "group_by": [{"field": "sold_on", "bucket": "decade"}]}), 400_003),
        (
            json!({"measures": n, "group_by": [{"field": "sold_at", "bucket": "day", "time_zone": "Mars/Olympus"}]}),
            400_003,
        ),
        (json!({"measures": n, "group_by": [{"field": "sold_on", "bucket": "day", "time_zone": "UTC"}]}), 400_003),
        (json!({"measures": n, "having": [{"field": "m", "op": "gt", "value": 1}]}), 400_003),
        (json!({"measures": n, "having": [{"field": "n", "op": "in", "value": [1]}]}), 400_003),
        (json!({"measures": n, "having": [{"field": "n", "op": "gt", "value": "x"}]}), 400_001),
        (json!({"measures": n, "sort": ["m"]}), 400_003),
        (json!({"measures": n, "limit": 0}), 400_004),
        (json!({"measures": n, "limit": 10_001}), 400_004),
        (json!({"measures": n, "grup_by": []}), 400_002),
        (json!({"measures": n, "q": "---"}), 400_003),
    ] {
        let reply = api.post(&sales.at("aggregate"), body.clone()).await;
        assert_eq!(reply.error_code(), code, "{body}: {reply}");
        reply.is_problem();
    }
}
