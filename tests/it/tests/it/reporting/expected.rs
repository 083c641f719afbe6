//! What was expected and what came of it; what the pipeline looked like on a day.

use std::time::{Duration, Instant};

use kontor_model::time::parse_date;
use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

use super::{report, rows};

both_alone!(what_was_expected_is_held_against_what_came, forecasts_are_of_owners_teams_and_territories);

/// Ids of the open stages of the first pipeline and of the won one, by name.
async fn stages(api: &Api) -> Value {
    let stages = api.get("/v1/stages?limit=100&sort=position").await.expect(200);
    stages.rows().iter().map(|stage| (stage["name"].as_str().unwrap().to_owned(), stage["id"].clone())).collect()
}

/// The records of a list once there are any.
async fn some(api: &Api, path: &str) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let found = api.get(path).await.expect(200).rows().to_vec();
        if !found.is_empty() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing in {path}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Makes deals at once, so that no snapshot is taken in between; their ids.
async fn deals(api: &Api, all: &[Value]) -> Vec<String> {
    let operations: Vec<Value> = all.iter().map(|data| json!({"op": "create", "data": data})).collect();
    let made = api.post("/v1/deals/batch", json!({"atomic": true, "operations": operations})).await.expect(200);
    made.rows().iter().map(|one| one["data"]["id"].as_str().unwrap().to_owned()).collect()
}

async fn what_was_expected_is_held_against_what_came(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let stages = stages(&api).await;
    let deal = |amount: &str, probability: u32, category: &str, day: &str| {
        json!({"name": "D", "currency": "EUR", "amount": amount, "probability": probability, "forecast_category": category,
            "expected_close_date": day, "stage_id": stages["Proposal"]})
    };
    let made = deals(
        &api,
        &[
            deal("100", 80, "commit", "2026-02-10"),
            deal("200", 25, "best_case", "2026-02-28"),
            deal("400", 10, "pipeline", "2026-03-31"),
            deal("999", 50, "omitted", "2026-02-10"),
        ],
    )
    .await;
    some(&api, "/v1/snapshots").await;
    let taken = some(&api, "/v1/forecast_snapshots?sort=closes_in").await;
    assert_eq!(taken.len(), 2, "{taken:?}");
    let of = |row: &Value| {
        ["closes_in", "commit_amount", "best_case_amount", "pipeline_amount", "weighted_amount"]
            .map(|n| row[n].as_str().unwrap().to_owned())
    };
    assert_eq!(of(&taken[0]), ["2026-02-01", "100", "200", "0", "130"]);
    assert_eq!(of(&taken[1]), ["2026-03-01", "0", "0", "400", "40"]);
    let _ = api.post("/v1/forecast_snapshots", json!({"taken_on": "2026-01-01"})).await.refused(403_000);

    // What was seen this morning was seen on 1 March, and on 1 February; since then the pipeline has moved on.
    let day = |text: &str| parse_date(text).unwrap();
    server.place().sql(&format!("UPDATE r_snapshots SET taken_on = {}", day("2026-03-01")));
    server.place().sql(&format!("UPDATE r_forecast_snapshots SET taken_on = {}", day("2026-02-01")));
    let won = api.post(&format!("/v1/deals/{}/win", made[0]), json!({"close_date": "2026-02-12"})).await.expect(200);
    assert_eq!(won.data()["forecast_category"], "closed");
    let then = api.get("/v1/snapshots?filter[taken_on]=2026-03-01&expand=stage").await.expect(200);
    let looked = |row: &Value| (row["stage"]["name"].clone(), row["deal_count"].clone(), row["amount"].clone());
    assert_eq!(then.rows().iter().map(looked).collect::<Vec<_>>(), [(json!("Proposal"), json!(4), json!("1699"))]);
    assert!(api.get("/v1/snapshots?filter[taken_on]=2026-03-02").await.expect(200).rows().is_empty());
    let pipeline = json!({"filter": {"field": "taken_on", "value": "2026-03-01"}, "group_by": ["stage.name"],
        "measures": [{"fn": "sum", "field": "amount", "as": "amount"}]});
    let then = rows(&api, json!({"target_object": "snapshot", "definition": pipeline})).await;
    assert_eq!(then, [json!({"stage.name": "Proposal", "amount": "1699"})]);

    let definition = json!({"from": "2026-02-01", "to": "2026-02-28"});
    let accuracy = json!({"kind": "forecast_accuracy", "definition": definition});
    let february = rows(&api, accuracy.clone()).await;
    let of = ["period", "taken_on", "currency", "commit", "best_case", "weighted", "won", "difference", "accuracy"];
    assert_eq!(february.len(), 1, "{february:?}");
    let figures = of.map(|name| february[0][name].as_str().unwrap_or_default());
    assert_eq!(figures, ["2026-02-01", "2026-02-01", "EUR", "100", "200", "130", "100", "-30", "70.00"]);
    let quarter = json!({"kind": "forecast_accuracy", "definition": {"bucket": "quarter", "group_by": "pipeline_id"}});
    let quarter = rows(&api, quarter).await;
    let own: Vec<&Value> = quarter.iter().filter(|row| row["period"] == "2026-01-01").collect();
    assert_eq!((own[0]["weighted"].as_str(), own[0]["won"].as_str()), (Some("170"), Some("100")), "{quarter:?}");
    assert!(own[0]["pipeline_id"].is_string());
    let id = report(&api, accuracy).await;
    let csv = api.request("GET", &format!("/v1/reports/{id}/result")).header("accept", "text/csv").send().await;
    assert!(csv.text().contains("2026-02-01,2026-02-01,EUR,100,200,130,100,-30,70.00"), "{}", csv.text());
}

async fn forecasts_are_of_owners_teams_and_territories(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let stages = stages(&api).await;
    let team = api.create("/v1/teams", json!({"name": "North"})).await;
    let territory = api.create("/v1/territories", json!({"name": "Alps"})).await;
    let mut users = Vec::new();
    for name in ["Ada", "Ben"] {
        users.push(api.create("/v1/users", json!({"name": name, "team_id": team})).await);
    }
    for (owner, amount, territory) in [(0, "100", Some(&territory)), (1, "40", None), (1, "2", Some(&territory))] {
        let deal = json!({"name": "D", "currency": "EUR", "amount": amount, "forecast_category": "commit", "owner_id": users[owner],
            "expected_close_date": "2026-01-15", "stage_id": stages["Proposal"], "territory_id": territory});
        api.create("/v1/deals", deal).await;
    }
    let quota = async |more: Value| {
        let mut body = json!({"period_start": "2026-01-01", "period_end": "2026-01-31", "currency": "EUR"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.post("/v1/sales_quotas", body).await
    };
    for (owner, amount) in [(0, "60"), (1, "70")] {
        let _ = quota(json!({"owner_id": users[owner], "amount": amount})).await.expect(201);
    }
    let _ = quota(json!({"territory_id": territory, "amount": "90"})).await.expect(201);
    let both = quota(json!({"territory_id": territory, "team_id": team, "amount": "1"})).await;
    assert_eq!(both.fault_codes()[0].0, "territory_id");
    let asked = async |group: &str| {
        let definition = json!({"from": "2026-01-01", "to": "2026-01-31", "group_by": group});
        let rows = rows(&api, json!({"kind": "forecast", "definition": definition})).await;
        let of = |row: &Value| ["commit", "quota"].map(|name| row[name].as_str().unwrap().to_owned());
        let mut figures: Vec<(Value, [String; 2])> = rows.iter().map(|row| (row[group].clone(), of(row))).collect();
        figures.sort_by_key(|(key, _)| key.to_string());
        figures
    };
    let two = |commit: &str, quota: &str| [commit.to_owned(), quota.to_owned()];
    let (ada, ben) = (json!(users[0]), json!(users[1]));
    assert_eq!(asked("owner_id").await, [(ada, two("100", "60")), (ben, two("42", "70"))]);
    assert_eq!(asked("owner.team_id").await, [(json!(team), two("142", "130"))], "the quotas of its members together");
    let _ = quota(json!({"team_id": team, "amount": "500"})).await.expect(201);
    assert_eq!(asked("owner.team_id").await, [(json!(team), two("142", "500"))], "its own");
    let territories = asked("territory_id").await;
    assert_eq!(territories, [(json!(territory), two("102", "90")), (Value::Null, two("40", "0"))]);
}
