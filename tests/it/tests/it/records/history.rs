//! `/v1/{collection}/{id}/history` and `/timeline`.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use crate::support::notes;

both!(every_change_is_an_entry, an_entry_says_who_and_in_which_request, pages_of_entries, the_timeline_has_activities);

async fn every_change_is_an_entry(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "rank": 1})).await;
    let _ = api.patch(&papers.at(&id), json!({"title": "b", "remark": "r"})).await.expect(200);
    let _ = api.delete(&papers.at(&id)).await.expect(200);
    let reply = api.get(&papers.at(&format!("{id}/history"))).await.expect(200);
    assert_eq!(reply.texts("action"), ["delete", "update", "create"]);
    assert_eq!(reply.column("version"), [json!(3), json!(2), json!(1)]);
    assert_eq!(reply.rows()[1]["changes"], json!({"title": ["a", "b"], "remark": [null, "r"]}));
    let made = &reply.rows()[2]["changes"];
    assert_eq!((&made["title"], &made["rank"]), (&json!([null, "a"]), &json!([null, 1])));
}

async fn an_entry_says_who_and_in_which_request(api: Api) {
    let papers = notes(&api).await;
    let made = api
        .request("POST", &papers.path)
        .header("x-request-id", "story-77")
        .json(&json!({"title": "a"}))
        .send()
        .await
        .expect(201);
    let member = api.as_role("member", &[]);
    let _ = member.patch(&papers.at(&made.id()), json!({"title": "b"})).await.expect(200);
    let rows = api.get(&papers.at(&format!("{}/history", made.id()))).await.expect(200).rows().to_vec();
    assert_eq!((&rows[1]["request_id"], &rows[1]["user_id"]), (&json!("story-77"), &made.data()["created_by"]));
    assert_ne!(rows[0]["key_id"], rows[1]["key_id"]);
}

async fn pages_of_entries(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    for rank in 10..17 {
        let _ = api.patch(&papers.at(&id), json!({"rank": rank})).await.expect(200);
    }
    for list in ["history", "timeline"] {
        let path = papers.at(&format!("{id}/{list}"));
        let mut versions = Vec::new();
        let mut next = format!("{path}?limit=3");
        loop {
            let page = api.get(&next).await.expect(200);
            versions.extend(page.column("version"));
            match page.page()["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}?limit=3&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(versions, (1..=8).rev().map(|v| json!(v)).collect::<Vec<_>>(), "{list}");
        let _ = api.get(&format!("{path}?cursor=AAAA")).await.refused(400_005);
        let _ = api.get(&format!("{path}?limit=501")).await.refused(400_004);
    }
}

async fn the_timeline_has_activities(api: Api) {
    let contact = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let call = api
        .create(
            "/v1/calls",
            json!({"subject": unique("Call"), "related_to_id": contact, "related_to_object": "contact"}),
        )
        .await;
    let _ = api.create("/v1/tasks", json!({"subject": unique("Elsewhere")})).await;
    let rows = api.get(&format!("/v1/contacts/{contact}/timeline")).await.expect(200).rows().to_vec();
    assert_eq!(rows.iter().map(|row| row["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["activity", "change"]);
    assert_eq!((&rows[0]["record"]["id"], &rows[0]["record"]["object"]), (&json!(call), &json!("call")));
    let history = api.get(&format!("/v1/contacts/{contact}/history")).await.expect(200);
    assert_eq!(history.rows().len(), 1);
}
