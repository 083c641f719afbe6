//! Batches and composites.

use crate::house::House;

#[tokio::test]
async fn a_batch_refuses_each_in_its_place() {
    let house = House::build().await;
    house.post("/v1/contacts", r#"{"last_name": "Roe", "email": "a@b.example"}"#).await;
    let body = r#"{"operations": [
        {"op": "create", "data": {"last_name": "Poe"}},
        {"op": "creat", "data": {}},
        {"op": "create", "data": {"email": "no"}},
        {"op": "upsert", "by": "email", "value": "a@b.example", "data": {"score": 4}},
        {"op": "delete", "id": "104512398120374272"}]}"#;
    let reply = house.post("/v1/contacts/batch", body).await;
    assert_eq!(reply.status, 207, "{}", reply.text);
    let statuses: Vec<u64> =
        reply.json["data"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 400, 400, 200, 404]);
    assert_eq!(reply.json["data"][1]["error_code"], 400_006);
    assert_eq!(
        (&reply.json["data"][2]["error_code"], &reply.json["data"][3]["data"]["score"]),
        (&400_001.into(), &4.into())
    );
    let well =
        house.post("/v1/contacts/batch", r#"{"operations": [{"op": "create", "data": {"last_name": "Doe"}}]}"#).await;
    assert_eq!(well.status, 200);
}

#[tokio::test]
async fn an_atomic_batch_does_all_or_nothing() {
    let house = House::build().await;
    for second in [r#"{"op": "create", "data": {}}"#, r#"{"op": "create", "data": 1}"#] {
        let body = format!(
            r#"{{"atomic": true, "operations": [{{"op": "create", "data": {{"last_name": "Roe"}}}}, {second}]}}"#
        );
        let reply = house.post("/v1/contacts/batch", &body).await;
        assert_eq!(reply.code(), 400_001);
        assert!(reply.json["errors"][0]["field"].as_str().unwrap().starts_with("operations.1."), "{}", reply.text);
    }
    assert_eq!(house.get("/v1/contacts?count=exact").await.json["meta"]["page"]["total"], 0);
}

#[tokio::test]
async fn sizes_of_a_batch() {
    let house = House::build().await;
    assert_eq!(house.post("/v1/contacts/batch", r#"{"operations": []}"#).await.code(), 400_001);
    assert_eq!(house.post("/v1/contacts/batch", "{}").await.code(), 400_001);
    let many = vec![r#"{"op":"create","data":{"last_name":"x"}}"#; 1_001].join(",");
    assert_eq!(house.post("/v1/contacts/batch", &format!(r#"{{"operations": [{many}]}}"#)).await.code(), 413_000);
}

#[tokio::test]
async fn a_composite_is_one_transaction() {
    let house = House::build().await;
    let body = r#"{"operations": [
        {"ref": "acme", "op": "create", "object": "company", "data": {"name": "Acme"}},
        {"op": "create", "object": "contact", "data": {"company_id": "$acme.id"}}]}"#;
    let reply = house.post("/v1/composite", body).await;
    assert_eq!(reply.code(), 400_001, "{}", reply.text);
    assert_eq!(house.get("/v1/companies?count=exact").await.json["meta"]["page"]["total"], 0);
    let hidden = r#"{"operations": [{"op": "create", "object": "user", "data": {"name": "x"}}]}"#;
    assert_eq!(house.post("/v1/composite", hidden).await.code(), 400_002);
}
