//! `/v1/{collection}/batch`.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use crate::support::{NO_ID, notes, plate, vehicles};

both!(
    all_well_is_200,
    what_can_be_done_is_done,
    atomic_is_all_or_nothing,
    operations_see_the_ones_before,
    a_thousand_and_not_one_more,
    malformed_operations_are_named,
    one_unique_value_twice_in_a_batch,
    if_match_in_a_batch
);

fn statuses(reply: &kontor_testkit::Reply) -> Vec<u64> {
    reply.rows().iter().map(|row| row["status"].as_u64().unwrap()).collect()
}

async fn all_well_is_200(api: Api) {
    let vehicles = vehicles(&api).await;
    let [old, gone] = [
        api.create(&vehicles.path, json!({"plate": plate()})).await,
        api.create(&vehicles.path, json!({"plate": plate()})).await,
    ];
    let (new, by) = (plate(), plate());
    let reply = api
        .post(
            &vehicles.at("batch"),
            json!({"atomic": true, "operations": [
                {"op": "create", "data": {"plate": new}},
                {"op": "update", "id": old, "if_match": 1, "data": {"doors": 5}},
                {"op": "upsert", "by": "plate", "value": by, "data": {"doors": 3}},
                {"op": "upsert", "by": "plate", "value": new, "data": {"doors": 4}},
                {"op": "delete", "id": gone},
            ]}),
        )
        .await
        .expect(200);
    assert_eq!(statuses(&reply), [201, 200, 201, 200, 200]);
    let rows = reply.rows();
    assert_eq!(
        (&rows[0]["data"]["plate"], &rows[1]["data"]["doors"], &rows[2]["data"]["plate"]),
        (&json!(new), &json!(5), &json!(by))
    );
    assert_eq!((&rows[3]["data"]["id"], &rows[4]["data"]["deleted"]), (&rows[0]["data"]["id"], &json!(true)));
    let left = api.get(&format!("{}?sort=id", vehicles.path)).await.expect(200);
    assert_eq!(left.texts("plate"), [api.get(&vehicles.at(&old)).await.data()["plate"].as_str().unwrap(), &new, &by]);
}

async fn what_can_be_done_is_done(api: Api) {
    let papers = notes(&api).await;
    let reply = api
        .post(
            &papers.at("batch"),
            json!({"operations": [
                {"op": "create", "data": {"title": "a"}},
                {"op": "create", "data": {"titel": "b"}},
                {"op": "update", "id": NO_ID, "data": {"title": "c"}},
                {"op": "create", "data": {"title": "d", "rank": "x"}},
                {"op": "create", "data": {"title": "e"}},
            ]}),
        )
        .await
        .expect(207);
    assert_eq!(statuses(&reply), [201, 400, 404, 400, 201]);
    let rows = reply.rows();
    assert_eq!(
        (&rows[1]["error_code"], &rows[2]["error_code"], &rows[3]["error_code"]),
        (&json!(400_001), &json!(404_001), &json!(400_001))
    );
    assert!(rows[1]["errors"].as_array().unwrap().iter().any(|fault| fault["field"] == "titel"), "{}", rows[1]);
    assert!(!rows[3]["detail"].as_str().unwrap().is_empty() && rows[3]["errors"][0]["value"] == "x", "{}", rows[3]);
    assert_eq!(api.get(&format!("{}?sort=id", papers.path)).await.expect(200).texts("title"), ["a", "e"]);
}

async fn atomic_is_all_or_nothing(api: Api) {
    let papers = notes(&api).await;
    let old = api.create(&papers.path, json!({"title": "old"})).await;
    let reply = api
        .post(
            &papers.at("batch"),
            json!({"atomic": true, "operations": [
                {"op": "create", "data": {"title": "a"}},
                {"op": "update", "id": old, "data": {"title": "new"}},
                {"op": "create", "data": {"title": "b", "rank": "x"}},
            ]}),
        )
        .await
        .refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "operations.2.data.rank");
    assert_eq!(api.get(&papers.path).await.expect(200).texts("title"), ["old"]);
    let reply = api
        .post(
            &papers.at("batch"),
            json!({"atomic": true, "operations": [
                {"op": "create", "data": {"title": "a"}},
                {"op": "delete", "id": NO_ID},
            ]}),
        )
        .await
        .refused(404_001);
    assert!(reply.detail().contains("operations.1"), "{}", reply.detail());
    assert_eq!(api.get(&papers.path).await.expect(200).rows().len(), 1);
}

async fn operations_see_the_ones_before(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a", "rank": 1})).await;
    let reply = api
        .post(
            &papers.at("batch"),
            json!({"atomic": true, "operations": [
                {"op": "update", "id": id, "data": {"rank": 2}},
                {"op": "update", "id": id, "if_match": 2, "data": {"title": "b"}},
                {"op": "delete", "id": id},
                {"op": "restore", "id": id},
            ]}),
        )
        .await
        .expect(200);
    assert_eq!(reply.rows()[3]["data"]["version"], 5);
    let data = api.get(&papers.at(&id)).await.expect(200).data().clone();
    assert_eq!((&data["rank"], &data["title"], &data["version"]), (&json!(2), &json!("b"), &json!(5)));
    assert_eq!(api.get(&papers.at(&format!("{id}/history"))).await.expect(200).rows().len(), 5);
}

async fn a_thousand_and_not_one_more(api: Api) {
    let papers = notes(&api).await;
    let operations = |n: usize| -> Vec<Value> {
        (0..n).map(|i| json!({"op": "create", "data": {"title": format!("t{i}")}})).collect()
    };
    let _ = api.post(&papers.at("batch"), json!({"operations": operations(1_001)})).await.refused(413_000);
    assert!(api.get(&papers.path).await.expect(200).rows().is_empty());
    let reply = api.post(&papers.at("batch"), json!({"operations": operations(1_000)})).await.expect(200);
    let titles: Vec<&str> = reply.rows().iter().map(|row| row["data"]["title"].as_str().unwrap()).collect();
    assert!(titles.iter().enumerate().all(|(i, title)| *title == format!("t{i}")), "in order");
    assert_eq!(api.get(&format!("{}?limit=1&count=exact", papers.path)).await.expect(200).page()["total"], 1_000);
    let _ = api.post(&papers.at("batch"), json!({"operations": []})).await.refused(400_001);
}

async fn malformed_operations_are_named(api: Api) {
    let papers = notes(&api).await;
    for (operation, code) in [
        (json!({"op": "creat", "data": {}}), 400_006),
        (json!({"data": {}}), 400_001),
        (json!({"op": "create"}), 400_001),
        (json!({"op": "update", "data": {}}), 400_001),
        (json!({"op": "create", "data": {"title": "a"}, "extra": 1}), 400_002),
        (json!("create"), 400_001),
        (json!({"op": "delete", "id": "x"}), 404_001),
        (json!({"op": "upsert", "by": "title", "value": "x", "data": {}}), 400_003),
    ] {
        let body = json!({"atomic": true, "operations": [{"op": "create", "data": {"title": "a"}}, operation]});
        let _ = api.post(&papers.at("batch"), body.clone()).await.refused(code);
        let mut loose = body;
        loose["atomic"] = json!(false);
        let reply = api.post(&papers.at("batch"), loose).await.expect(207);
        assert_eq!(
            (&reply.rows()[0]["status"], &reply.rows()[1]["error_code"]),
            (&json!(201), &json!(code)),
            "{operation}"
        );
    }
    for body in [
        json!({}),
        json!({"operations": {}}),
        json!({"operations": null}),
        json!({"operations": [{"op": "create", "data": {"title": "a"}}], "atomc": true}),
    ] {
        let reply = api.post(&papers.at("batch"), body).await;
        assert_eq!(reply.status, 400, "{reply}");
    }
}

async fn one_unique_value_twice_in_a_batch(api: Api) {
    let vehicles = vehicles(&api).await;
    let (one, two) = (plate(), plate());
    let operations = json!([{"op": "create", "data": {"plate": one}}, {"op": "create", "data": {"plate": one}}, {"op": "create", "data": {"plate": two}}]);
    let _ = api.post(&vehicles.at("batch"), json!({"atomic": true, "operations": operations})).await.refused(409_001);
    let reply = api.post(&vehicles.at("batch"), json!({"operations": operations})).await.expect(207);
    assert_eq!(statuses(&reply), [201, 409, 201]);
    assert_eq!(reply.rows()[1]["existing_ids"][0], reply.rows()[0]["data"]["id"]);
    // Values may change hands within one batch.
    let ids: Vec<&Value> = [0, 2].iter().map(|i| &reply.rows()[*i]["data"]["id"]).collect();
    let swap = json!([{"op": "update", "id": ids[0], "data": {"plate": plate()}}, {"op": "update", "id": ids[1], "data": {"plate": one}}]);
    let _ = api.post(&vehicles.at("batch"), json!({"atomic": true, "operations": swap})).await.expect(200);
}

async fn if_match_in_a_batch(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let reply = api
        .post(
            &papers.at("batch"),
            json!({"operations": [
                {"op": "update", "id": id, "if_match": 9, "data": {"title": "b"}},
                {"op": "update", "id": id, "if_match": 1, "data": {"title": "c"}},
            ]}),
        )
        .await
        .expect(207);
    assert_eq!(statuses(&reply), [412, 200]);
    assert_eq!(reply.rows()[0]["current_version"], 1);
    assert_eq!(api.get(&papers.at(&id)).await.expect(200).data()["title"], "c");
}
