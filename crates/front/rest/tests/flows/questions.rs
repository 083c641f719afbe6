//! Lists, searches, aggregates.

use crate::house::House;

async fn filled() -> House {
    let house = House::build().await;
    let body = r#"{"operations": [
        {"ref": "acme", "op": "create", "object": "company", "data": {"name": "Acme", "city": "Berlin"}},
        {"op": "create", "object": "contact", "data": {"last_name": "Roe", "score": 1, "company_id": "$acme.id"}},
        {"op": "create", "object": "contact", "data": {"last_name": "Doe", "score": 2}},
        {"op": "create", "object": "contact", "data": {"last_name": "Poe", "score": 3, "company_id": "$acme.id"}}]}"#;
    let reply = house.post("/v1/composite", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json["data"][0]["status"], 201);
    house
}

async fn names(house: &House, query: &str) -> String {
    let reply = house.get(&format!("/v1/contacts?{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    reply.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["last_name"].as_str().unwrap())
        .collect::<Vec<_>>()
        .join(",")
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let house = filled().await;
    assert_eq!(names(&house, "sort=score").await, "Roe,Doe,Poe");
    assert_eq!(names(&house, "sort=-score&limit=2").await, "Poe,Doe");
    assert_eq!(names(&house, "filter[score][gte]=2&sort=score").await, "Doe,Poe");
    assert_eq!(names(&house, "filter%5Bscore%5D%5Bin%5D=1,3&sort=score").await, "Roe,Poe");
    assert_eq!(names(&house, "filter[company.city]=Berlin&sort=score").await, "Roe,Poe");
    assert_eq!(names(&house, "filter[company][is_null]=true").await, "Doe");
    assert_eq!(names(&house, "q=poe").await, "Poe");
    let first = house.get("/v1/contacts?sort=score&limit=2&count=exact&expand=company").await;
    let page = &first.json["meta"]["page"];
    assert_eq!(
        (&page["has_more"], &page["total"], &page["limit"]),
        (&true.into(), &3.into(), &2.into()),
        "{}",
        first.text
    );
    assert_eq!(first.json["data"][0]["company"]["name"], "Acme");
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(names(&house, &format!("sort=score&limit=2&cursor={cursor}")).await, "Poe");
    assert_eq!(house.get(&format!("/v1/contacts?sort=-score&cursor={cursor}")).await.code(), 400_005);
}

#[tokio::test]
async fn lists_carry_a_weak_tag() {
    let house = filled().await;
    let first = house.get("/v1/contacts").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(house.send("GET /v1/contacts", &known, "").await.status, 304);
    house.post("/v1/contacts", r#"{"last_name": "New"}"#).await;
    assert_eq!(house.send("GET /v1/contacts", &known, "").await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_question() {
    let house = filled().await;
    for (query, code) in [
        ("limit=501", 400_004),
        ("limit=0", 400_004),
        ("limit=99999999999", 400_004),
        ("limt=1", 400_000),
        ("limit=1&limit=1", 400_000),
        ("q=%FF", 400_000),
        ("sort=scor", 400_003),
        ("filter[scor]=1", 400_003),
        ("filter[score][gtt]=1", 400_003),
        ("expand=compny", 400_003),
        ("fields=nme", 400_002),
        ("cursor=x", 400_005),
    ] {
        assert_eq!(house.get(&format!("/v1/contacts?{query}")).await.code(), code, "{query}");
    }
    assert_eq!(house.get("/v1/contacts?cursor=&offset=0").await.status, 200, "an empty cursor is the first page");
    let long = house.send(&format!("TRACE /v1/contacts?q={}", "x".repeat(2_100)), &[], "").await;
    assert_eq!(long.code(), 405_000, "a method that is not there comes before what it would say");
    let long = house.get(&format!("/v1/contacts?q={}", "x".repeat(2_100))).await;
    assert!(
        long.code() == 414_000 && long.json["detail"].as_str().unwrap().contains("POST /v1/contacts/search"),
        "{}",
        long.text
    );
    for (body, code) in [
        ("{", 400_000),
        ("[]", 400_000),
        (r#"{"limt": 1}"#, 400_002),
        (r#"{"limit": 501}"#, 400_004),
        (r#"{"limit": "a"}"#, 400_004),
    ] {
        assert_eq!(house.post("/v1/contacts/search", body).await.code(), code, "{body}");
    }
}

#[tokio::test]
async fn searches_and_aggregates() {
    let house = filled().await;
    let body = r#"{"filter": {"or": [{"field": "score", "op": "eq", "value": 1}, {"not": {"field": "score", "op": "lt", "value": 3}}]}, "sort": ["-score"]}"#;
    let found = house.post("/v1/contacts/search", body).await;
    assert_eq!(found.json["data"].as_array().map(Vec::len), Some(2), "{}", found.text);
    let body = r#"{"group_by": ["company.city"], "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "score", "as": "total"}], "sort": ["-n"]}"#;
    let groups = house.post("/v1/contacts/aggregate", body).await;
    assert_eq!(
        (&groups.json["data"][0]["company.city"], &groups.json["data"][0]["n"]),
        (&"Berlin".into(), &2.into()),
        "{}",
        groups.text
    );
}
