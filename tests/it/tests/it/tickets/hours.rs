//! Business hours that a clock can run by.

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

both!(an_empty_week_is_refused, what_is_no_week_is_refused, sound_hours_are_kept);

fn hours(hours: Value) -> Value {
    json!({"name": unique("Hours"), "time_zone": "Europe/Berlin", "hours": hours})
}

async fn an_empty_week_is_refused(api: Api) {
    for empty in [json!({}), json!({"monday": [], "friday": []}), json!(null)] {
        let reply = api.post("/v1/business_hours", hours(empty)).await.refused(400_001);
        assert_eq!(reply.fault_codes(), [("hours".to_owned(), 400_001)], "{reply}");
    }
    let none = json!({"name": unique("Hours")});
    let reply = api.post("/v1/business_hours", none).await.refused(400_001);
    assert_eq!(reply.fault_codes(), [("hours".to_owned(), 400_001)], "{reply}");
    let id = api.create("/v1/business_hours", hours(json!({"monday": [["09:00", "17:00"]]}))).await;
    let _ = api.patch(&format!("/v1/business_hours/{id}"), json!({"hours": {}})).await.refused(400_001);
}

async fn what_is_no_week_is_refused(api: Api) {
    for (bad, field, word) in [
        (hours(json!({"monday": [["17:00", "09:00"]]})), "hours", "17:00 is not before 09:00"),
        (hours(json!({"monday": [["09:00", "12:00"], ["11:00", "13:00"]]})), "hours", "overlap"),
        (hours(json!({"mondays": [["09:00", "12:00"]]})), "hours", "no weekday"),
        (hours(json!({"monday": [["09:00", "25:00"]]})), "hours", "must have intervals"),
        (hours(json!("nine to five")), "hours", "must be an object"),
        (
            json!({"name": "x", "hours": {"monday": [["09:00", "17:00"]]}, "time_zone": "Europe/Atlantis"}),
            "time_zone",
            "time zone database",
        ),
        (
            json!({"name": "x", "hours": {"monday": [["09:00", "17:00"]]}, "holidays": ["2026-02-30"]}),
            "holidays",
            "2026-02-30",
        ),
        (
            json!({"name": "x", "hours": {"monday": [["09:00", "17:00"]]}, "holidays": ["2201-01-01"]}),
            "holidays",
            "1900 to 2200",
        ),
        (
            json!({"name": "x", "hours": {"monday": [["09:00", "17:00"]]}, "holidays": {"christmas": true}}),
            "holidays",
            "array of dates",
        ),
    ] {
        let reply = api.post("/v1/business_hours", bad.clone()).await.refused(400_001);
        let faults = reply.faults();
        assert_eq!((faults.len(), &faults[0]["field"]), (1, &json!(field)), "{bad}: {reply}");
        assert!(reply.detail().contains(word), "{bad}: {reply}");
    }
    let all = json!({"name": "x", "hours": {}, "time_zone": "Mars", "holidays": [1]});
    assert_eq!(api.post("/v1/business_hours", all).await.refused(400_001).faults().len(), 3, "all at once");
}

async fn sound_hours_are_kept(api: Api) {
    let week = json!({"saturday": [["10:00", "14:00"]], "monday": [["09:00", "12:00"], ["12:00", "24:00"]]});
    let mut body = hours(week.clone());
    body["holidays"] = json!(["2026-12-25", "2027-01-01"]);
    let made = api.post("/v1/business_hours", body).await.expect(201);
    assert_eq!((&made.data()["hours"], &made.data()["holidays"]), (&week, &json!(["2026-12-25", "2027-01-01"])));
}
