//! Deals that were sold elsewhere come in as they were.

use std::time::Duration;

use kontor_testkit::{Api, Part, both, serial};
use serde_json::{Value, json};

use super::{pipeline, read};

both!(an_import_with_history_keeps_what_it_brings);

async fn import(api: &Api, mapping: &Value, content: String) -> Value {
    let options = json!({"object": "deal", "mapping": mapping});
    let form = [Part::json("options", &options), Part::file("file", "deals.csv", content)];
    let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
    let job = started.header("location").to_owned();
    for _ in 0..200 {
        let job = read(api, &job).await;
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import does not end");
}

async fn an_import_with_history_keeps_what_it_brings(api: Api) {
    let own = pipeline(&api).await;
    // A stage asks for a date that nobody wrote down elsewhere.
    let rules = json!({"entry_rules": {"required": ["expected_close_date"]}});
    let _ = api.patch(&format!("/v1/stages/{}", own.offer), rules).await.expect(200);
    let key = serial();
    let row = |stage: &str, day: &str| format!("id,stage,day,since\n{key},{stage},{day},2016-10-20\n");
    let fields =
        json!({"external_id": "id", "name": {"template": "Deal {id}"}, "stage_id": "stage", "close_date": "day"});
    let plain = json!({"object": "deal", "key": "external_id", "format": "csv", "fields": fields});
    let mut with = plain.clone();
    with["history"] = json!({"created_at": {"from": "since", "date": "%Y-%m-%d"}});
    let at = format!("/v1/deals/by/external_id/{key}");
    let done = |job: &Value| {
        (job["report"]["created"].clone(), job["report"]["updated"].clone(), job["report"]["refused"].clone())
    };
    let job = import(&api, &plain, row(&own.offer, "")).await;
    assert_eq!(job["report"]["refused"], 1, "{job}");
    let job = import(&api, &with, row(&own.offer, "")).await;
    assert_eq!(done(&job), (json!(1), json!(0), json!(0)), "{job}");
    let deal = read(&api, &at).await;
    assert_eq!(
        (&deal["created_at"], &deal["stage_entered_at"]),
        (&json!("2016-10-20T00:00:00.000Z"), &deal["created_at"])
    );
    // Lost without a reason, and then won after all: so it was there.
    let job = import(&api, &plain, row(&own.lost, "2017-03-01")).await;
    assert_eq!(job["report"]["refused"], 1, "{job}");
    for (stage, day, probability) in [(&own.lost, "2017-03-01", 0), (&own.won, "2017-04-01", 100)] {
        let job = import(&api, &with, row(stage, day)).await;
        assert_eq!(done(&job), (json!(0), json!(1), json!(0)), "{job}");
        let deal = read(&api, &at).await;
        assert_eq!(
            (&deal["stage_id"], &deal["close_date"], &deal["probability"]),
            (&json!(stage), &json!(day), &json!(probability))
        );
    }
}
