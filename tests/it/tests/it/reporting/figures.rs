//! The ready-made reports, on figures that can be added up by hand.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use super::rows;

both_alone!(the_funnel_counts_stays, a_forecast_adds_up, what_is_owed_ages, a_day_leaves_a_snapshot);

/// Ids of the stages of the first pipeline, by name.
async fn stages(api: &Api) -> Value {
    let stages = api.get("/v1/stages?limit=100&sort=position").await.expect(200);
    stages.rows().iter().map(|stage| (stage["name"].as_str().unwrap().to_owned(), stage["id"].clone())).collect()
}

async fn deal(api: &Api, data: Value) -> String {
    let mut whole = json!({"name": "D", "currency": "EUR"});
    whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    api.post("/v1/deals", whole).await.expect(201).id()
}

fn row<'a>(rows: &'a [Value], key: &str, value: &str) -> &'a Value {
    rows.iter().find(|row| row[key] == value).unwrap_or_else(|| panic!("no {value} in {rows:?}"))
}

async fn the_funnel_counts_stays(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let stages = stages(&api).await;
    for count in 0..4 {
        let id = deal(&api, json!({"stage_id": stages["Prospecting"]})).await;
        for stage in ["Engaging", "Proposal"].iter().take(count) {
            let _ = api.post(&format!("/v1/deals/{id}/move"), json!({"stage_id": stages[stage]})).await.expect(200);
        }
        if count == 3 {
            let _ = api.post(&format!("/v1/deals/{id}/win"), json!({})).await.expect(200);
        }
    }
    let funnel = rows(&api, json!({"kind": "funnel", "chart": "funnel"})).await;
    let deals: Vec<(&str, i64)> =
        funnel.iter().map(|row| (row["stage"].as_str().unwrap(), row["deals"].as_i64().unwrap())).collect();
    assert_eq!(deals, [("Prospecting", 4), ("Engaging", 3), ("Proposal", 2), ("Won", 1)]);
    assert_eq!(
        (&funnel[0]["of_previous"], &funnel[1]["of_previous"], &funnel[3]["of_first"]),
        (&Value::Null, &json!("75.00"), &json!("25.00"))
    );
}

async fn a_forecast_adds_up(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let stages = stages(&api).await;
    let open = |amount: &str, category: &str, day: &str| json!({"amount": amount, "probability": 50, "forecast_category": category, "expected_close_date": day, "stage_id": stages["Proposal"]});
    for (amount, category, day) in [
        ("100", "pipeline", "2026-01-10"),
        ("50.50", "pipeline", "2026-01-31"),
        ("200", "best_case", "2026-01-15"),
        ("300", "commit", "2026-01-20"),
        ("999", "omitted", "2026-01-20"),
        ("70", "commit", "2026-02-01"),
    ] {
        deal(&api, open(amount, category, day)).await;
    }
    let won = deal(&api, json!({"amount": "40", "stage_id": stages["Proposal"]})).await;
    let _ = api.post(&format!("/v1/deals/{won}/win"), json!({"close_date": "2026-01-05"})).await.expect(200);
    let definition = json!({"from": "2026-01-01", "to": "2026-03-31", "bucket": "month"});
    let forecast = rows(&api, json!({"kind": "forecast", "definition": definition})).await;
    let january = row(&forecast, "period", "2026-01-01");
    let of = |row: &Value| {
        ["pipeline", "best_case", "commit", "weighted", "won"].map(|name| row[name].as_str().unwrap().to_owned())
    };
    assert_eq!(of(january), ["150.5", "200", "300", "325.25", "40"]);
    assert_eq!(of(row(&forecast, "period", "2026-02-01")), ["0", "0", "70", "35", "0"]);
}

async fn what_is_owed_ages(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let customer = api
        .create("/v1/customers", json!({"name": "Ageing", "mobile": "13800138000", "customer_type": "standard"}))
        .await;
    for (amount, issued) in [("100", "2026-01-01"), ("10", "2026-02-15"), ("1", "2026-03-25")] {
        let draft = json!({"customer_id": customer, "currency": "EUR", "lines": [{"description": "x", "quantity": "1", "unit_price": amount}]});
        let id = api.post("/v1/invoices", draft).await.expect(201).id();
        let _ = api.post(&format!("/v1/invoices/{id}/finalize"), json!({"issue_date": issued})).await.expect(200);
    }
    // Due thirty days later: 31 January, 17 March, 24 April.
    let ageing = rows(&api, json!({"kind": "receivables_ageing", "definition": {"to": "2026-03-31"}})).await;
    assert_eq!(ageing.len(), 1, "{ageing:?}");
    let of = ["not_due", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "total"]
        .map(|name| ageing[0][name].as_str().unwrap());
    assert_eq!(of, ["1", "10", "100", "0", "0", "111"]);
}

async fn a_day_leaves_a_snapshot(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let stages = stages(&api).await;
    deal(&api, json!({"amount": "100", "probability": 50, "stage_id": stages["Proposal"]})).await;
    let begun = Instant::now();
    let snapshot = loop {
        let found = api.get("/v1/snapshots?expand=stage").await.expect(200);
        if let Some(row) = found.rows().first() {
            break row.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no snapshot was taken");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!((&snapshot["stage"]["name"], &snapshot["deal_count"]), (&json!("Proposal"), &json!(1)));
    assert_eq!((&snapshot["amount"], &snapshot["weighted_amount"]), (&json!("100"), &json!("50")));
    let _ = api.post("/v1/snapshots", json!({"taken_on": "2026-01-01"})).await.refused(403_000);
}
