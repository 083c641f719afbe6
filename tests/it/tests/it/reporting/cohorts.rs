//! Who began in the same time, and what they did since.

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

use super::{report, rows};

both!(cohorts_begin_with_a_first_event, cohorts_begin_with_a_date, cohorts_are_checked, buckets_are_the_callers);

async fn customer(api: &Api, name: &str) -> String {
    let body = json!({"name": unique(name), "mobile": "13800138000", "customer_type": "standard"});
    api.create("/v1/customers?allow_duplicates=true", body).await
}

async fn order(api: &Api, customer: &str, (day, amount, via): (&str, &str, &str), currency: &str) {
    let lines = json!([{"description": "x", "quantity": "1", "unit_price": amount}]);
    let body =
        json!({"customer_id": customer, "order_date": day, "ship_via": via, "currency": currency, "lines": lines});
    api.create("/v1/orders", body).await;
}

fn figures(row: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| row[*name].clone()).collect()
}

const FIRST: &[&str] = &["cohort", "members", "period_0", "period_1", "period_2"];

async fn cohorts_begin_with_a_first_event(api: Api) {
    let via = unique("Carrier");
    let [a, b, c] = [customer(&api, "A").await, customer(&api, "B").await, customer(&api, "C").await];
    for (customer, day, amount) in [
        (&a, "2026-01-05", "100"),
        (&b, "2026-01-10", "20"),
        (&b, "2026-01-30", "30.50"),
        (&b, "2026-02-28", "10"),
        (&c, "2026-02-01", "5"),
        (&a, "2026-03-31", "50"),
    ] {
        order(&api, customer, (day, amount, &via), "EUR").await;
    }
    order(&api, &c, ("2026-04-01", "7", &via), "USD").await;
    let asked = |more: Value| {
        let mut definition = json!({"member": "customer", "date": "order_date", "periods": 3,
            "filter": {"field": "ship_via", "value": via}});
        definition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"kind": "cohort", "target_object": "order", "definition": definition})
    };
    let members = rows(&api, asked(json!({}))).await;
    let members: Vec<_> = members.iter().map(|row| figures(row, FIRST)).collect();
    let january = vec![json!("2026-01-01"), json!(2), json!(2), json!(1), json!(1)];
    let february = vec![json!("2026-02-01"), json!(1), json!(1), json!(0), json!(1)];
    assert_eq!(members, [january, february]);
    let shares = rows(&api, asked(json!({"figures": "share"}))).await;
    assert_eq!(figures(&shares[0], FIRST)[2..], [json!("100.00"), json!("50.00"), json!("50.00")]);
    let counts = rows(&api, asked(json!({"measure": {"fn": "count"}}))).await;
    assert_eq!(figures(&counts[0], FIRST)[2..], [json!(3), json!(1), json!(1)]);
    let sums = rows(&api, asked(json!({"measure": {"fn": "sum", "field": "total"}}))).await;
    let sums: Vec<_> = sums.iter().map(|row| figures(row, &["cohort", "currency", "period_0", "period_2"])).collect();
    let texts = |texts: [&str; 4]| texts.map(|text| json!(text)).to_vec();
    let own = [["2026-01-01", "EUR", "150.5", "50"], ["2026-02-01", "EUR", "5", "0"], ["2026-02-01", "USD", "0", "7"]];
    assert_eq!(sums, own.map(texts), "amounts of two currencies are never added up");
    // The first day bounds when members began, and not what they did since.
    let later = rows(&api, asked(json!({"from": "2026-02-01", "bucket": "quarter"}))).await;
    assert_eq!(
        figures(&later[0], &["cohort", "members", "period_0", "period_1"]),
        [json!("2026-01-01"), json!(3), json!(3), json!(1)]
    );
    let february = rows(&api, asked(json!({"from": "2026-02-01"}))).await;
    assert_eq!(february.len(), 1, "{february:?}");
    let id = report(&api, asked(json!({}))).await;
    for (media, begin) in [
        ("text/csv", &b"cohort,members"[..]),
        ("image/svg+xml", b"<svg"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
    ] {
        let file = api.request("GET", &format!("/v1/reports/{id}/result")).header("accept", media).send().await;
        assert!(file.status == 200 && file.body.starts_with(begin), "{media}: {}", file.text());
    }
}

async fn cohorts_begin_with_a_date(api: Api) {
    let via = unique("Carrier");
    let [a, b] = [customer(&api, "A").await, customer(&api, "B").await];
    let today = api.get(&format!("/v1/customers/{a}")).await.expect(200).data()["created_at"].clone();
    order(&api, &a, (&today.as_str().unwrap()[..10], "1", &via), "EUR").await;
    order(&api, &a, ("2100-01-01", "1", &via), "EUR").await;
    let definition = json!({"member": "customer_id", "date": "order_date", "since": "customer.created_at", "bucket": "year",
        "filter": {"field": "ship_via", "value": via}, "periods": 2});
    let years = rows(&api, json!({"kind": "cohort", "target_object": "order", "definition": definition})).await;
    let customers = api.get("/v1/customers?limit=1&count=exact").await.expect(200).page()["total"].as_i64().unwrap();
    let last = years.last().unwrap();
    assert!(last["members"].as_i64().unwrap() >= 2 && last["members"].as_i64().unwrap() <= customers, "{last} {b}");
    assert_eq!(figures(last, &["period_0", "period_1"]), [json!(1), json!(0)], "one ordered, the other has not yet");
    // Each record is a member of its own: how many of those that came in were done in time.
    let word = unique("Report");
    for completed in [true, false, true] {
        let task = api.create("/v1/tasks", json!({"subject": word})).await;
        if completed {
            let _ = api.post(&format!("/v1/tasks/{task}/complete"), json!({})).await.expect(200);
        }
    }
    let definition = json!({"since": "created_at", "date": "completed_at", "filter": {"field": "subject", "value": word},
        "figures": "share", "periods": 1});
    let done = rows(&api, json!({"kind": "cohort", "target_object": "task", "definition": definition})).await;
    assert_eq!(figures(&done[0], &["members", "period_0"]), [json!(3), json!("66.67")]);
}

async fn cohorts_are_checked(api: Api) {
    let refused = async |data: Value| {
        let mut whole = json!({"name": "A report", "kind": "cohort"});
        whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        let reply = api.post("/v1/reports", whole).await;
        assert_eq!(reply.status, 400, "{reply}");
        reply.fault_codes().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let definition = json!({"member": "customer_id"});
    assert_eq!(refused(json!({"definition": definition})).await, ["target_object"]);
    let bad = json!({"member": "customer_id", "periods": 61, "bucket": "fortnight", "group_by": "city"});
    let mut fields = refused(json!({"target_object": "order", "definition": bad})).await;
    fields.sort();
    assert_eq!(fields, ["definition.bucket", "definition.group_by", "definition.periods"]);
    for (kind, definition, field) in [
        ("forecast", json!({"group_by": "stage_id"}), "definition.group_by"),
        ("forecast_accuracy", json!({"bucket": "day"}), "definition.bucket"),
        ("campaign_roi", json!({"model": "middle"}), "definition.model"),
    ] {
        assert_eq!(refused(json!({"kind": kind, "definition": definition})).await, [field]);
    }
    let unknown =
        json!({"kind": "cohort", "target_object": "order", "definition": {"member": "colour", "date": "order_date"}});
    let id = report(&api, unknown).await;
    let _ = api.get(&format!("/v1/reports/{id}/result")).await.refused(400_003);
}

async fn buckets_are_the_callers(api: Api) {
    let word = unique("Late");
    api.create("/v1/tasks", json!({"subject": word, "due_at": "2026-03-01T20:00:00Z"})).await;
    let definition = json!({"filter": {"field": "subject", "value": word},
        "group_by": [{"field": "due_at", "bucket": "day"}], "measures": [{"fn": "count", "as": "n"}]});
    let id = report(&api, json!({"target_object": "task", "definition": definition})).await;
    let path = format!("/v1/reports/{id}/result");
    let there = async |api: &Api, path: &str| api.get(path).await.expect(200).data()["rows"][0]["due_at"].clone();
    assert_eq!(there(&api, &path).await, "2026-03-01", "the workspace's own");
    let user = api.create("/v1/users", json!({"name": unique("Aroha"), "time_zone": "Pacific/Auckland"})).await;
    let aroha = api.as_role("admin", &["--user", &user]);
    assert_eq!(there(&aroha, &path).await, "2026-03-02", "the caller's own");
    assert_eq!(there(&aroha, &format!("{path}?time_zone=UTC")).await, "2026-03-01", "the one that is asked for");
}
