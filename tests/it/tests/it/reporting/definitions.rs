//! What a report may ask, and how its result is answered.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{report, rows};
use crate::support::NO_ID;

both!(
    a_question_is_checked_when_it_is_saved,
    a_result_is_json_csv_a_sheet_or_a_chart,
    a_result_is_of_what_the_reader_sees,
    a_dashboard_shows_its_reports
);

async fn a_question_is_checked_when_it_is_saved(api: Api) {
    let refused = async |data: serde_json::Value| {
        let mut whole = json!({"name": "A report"});
        whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        let reply = api.post("/v1/reports", whole).await;
        assert_eq!(reply.status, 400, "{reply}");
        reply.fault_codes().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let count = json!({"measures": [{"fn": "count", "as": "n"}]});
    assert_eq!(refused(json!({"definition": count})).await, ["target_object"]);
    assert_eq!(refused(json!({"target_object": "dael", "definition": count})).await, ["target_object"]);
    let bad = json!({"measures": [{"fn": "summ"}], "group": []});
    let fields = refused(json!({"target_object": "deal", "definition": bad})).await;
    assert_eq!(fields, ["definition.group", "definition.measures.0.fn"]);
    assert_eq!(refused(json!({"kind": "win_rate", "definition": {"from": "soon"}})).await, ["definition.from"]);
    let turned = json!({"from": "2026-02-01", "to": "2026-01-01"});
    assert_eq!(refused(json!({"kind": "funnel", "definition": turned})).await, ["definition.to"]);
    // What fits the form and not the object shows when it is asked.
    let id = report(
        &api,
        json!({"target_object": "deal", "definition": {"group_by": ["colour"], "measures": [{"fn": "count"}]}}),
    )
    .await;
    let _ = api.get(&format!("/v1/reports/{id}/result")).await.refused(400_003);
    let _ = api.get(&format!("/v1/reports/{id}/result?time_zone=Nowhere")).await.refused(400_001);
    let _ = api.get(&format!("/v1/reports/{id}/result?zone=UTC")).await.refused(400_000);
    let empty = report(&api, json!({})).await;
    assert_eq!(api.get(&format!("/v1/reports/{empty}/result")).await.fault_codes()[0].0, "definition");
}

async fn a_result_is_json_csv_a_sheet_or_a_chart(api: Api) {
    let word = unique("Report");
    for (name, city) in [("a", "Berlin"), ("b", "Berlin"), ("c", "Paris")] {
        api.create("/v1/contacts", json!({"last_name": format!("{word} {name}"), "city": city})).await;
    }
    let definition = json!({"filter": {"field": "last_name", "op": "starts_with", "value": word},
        "group_by": ["city"], "measures": [{"fn": "count", "as": "n"}], "sort": ["-n"]});
    let id = report(
        &api,
        json!({"name": "By \"city\"", "target_object": "contact", "chart": "bar", "definition": definition}),
    )
    .await;
    let path = format!("/v1/reports/{id}/result");
    let read = api.get(&path).await.expect(200);
    assert_eq!(read.data()["columns"], json!(["city", "n"]));
    assert_eq!(read.data()["rows"], json!([{"city": "Berlin", "n": 2}, {"city": "Paris", "n": 1}]));
    let csv = api.request("GET", &path).header("accept", "text/csv").send().await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv"));
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"By__city_.csv\"");
    assert_eq!(csv.text().replace('\r', ""), "city,n\nBerlin,2\nParis,1\n");
    let svg = api.request("GET", &path).header("accept", "image/*").send().await;
    assert!(svg.header("content-type") == "image/svg+xml" && svg.text().contains("Berlin: 2"), "{}", svg.text());
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let xlsx = api.request("GET", &path).header("accept", sheet).send().await;
    assert!(xlsx.status == 200 && xlsx.body.starts_with(b"PK"));
    let _ = api.request("GET", &path).header("accept", "audio/ogg").send().await.refused(406_000);
    let _ = api.get(&format!("/v1/reports/{NO_ID}/result")).await.refused(404_001);
    let _ = api.get(&format!("/v1/reports/{id}/results")).await.refused(404_000);
    let _ = api.request("DELETE", &path).send().await.refused(404_000);
}

async fn a_result_is_of_what_the_reader_sees(api: Api) {
    let word = unique("Seen");
    api.create("/v1/contacts", json!({"last_name": word})).await;
    let definition = json!({"filter": {"field": "last_name", "value": word}, "measures": [{"fn": "count", "as": "n"}]});
    let id = report(&api, json!({"target_object": "contact", "definition": definition})).await;
    let path = format!("/v1/reports/{id}/result");
    assert_eq!(api.get(&path).await.expect(200).data()["rows"][0]["n"], 1);
    let reader = api.as_role("read-only", &["--scopes", "reports:read"]);
    let _ = reader.get(&path).await.refused(403_001);
}

async fn a_dashboard_shows_its_reports(api: Api) {
    let definition = json!({"measures": [{"fn": "count", "as": "n"}]});
    let first = report(&api, json!({"name": "First", "target_object": "product", "definition": definition})).await;
    let second = report(&api, json!({"name": "Second", "kind": "win_rate"})).await;
    let nothing = json!({"name": "D", "layout": [{"report_id": NO_ID}]});
    assert_eq!(api.post("/v1/dashboards", nothing).await.fault_codes()[0].0, "layout.0.report_id");
    let layout =
        json!([{"report_id": first, "x": 0, "y": 0, "width": 6, "height": 4}, {"report_id": second, "x": 6, "y": 0}]);
    let dashboard = api.create("/v1/dashboards", json!({"name": "D", "layout": layout})).await;
    let path = format!("/v1/dashboards/{dashboard}/data");
    let tiles = api.get(&path).await.expect(200).data()["tiles"].clone();
    assert_eq!((&tiles[0]["name"], &tiles[1]["name"]), (&json!("First"), &json!("Second")));
    assert!(tiles[0]["result"]["rows"][0]["n"].is_i64(), "{tiles}");
    // One that is gone leaves its place empty.
    let _ = api.delete(&format!("/v1/reports/{first}")).await.expect(200);
    let tiles = api.get(&path).await.expect(200).data()["tiles"].clone();
    assert_eq!((&tiles[0]["error"]["error_code"], &tiles[0]["report_id"]), (&json!(404_001), &json!(first)));
    assert!(tiles[1]["result"].is_object());
    assert!(!rows(&api, json!({"kind": "sla_attainment"})).await.iter().any(|row| row["attainment"].is_null()));
}
