//! Cursors: stable while records come and go, and good for their own question only.

use kontor_testkit::{Api, both};
use serde_json::json;

use crate::support::{batch, notes};

both!(
    every_record_comes_once,
    records_that_come_and_go_do_not_disturb,
    a_cursor_goes_with_its_question,
    a_cursor_of_a_search_body,
    offsets_and_cursors_do_not_mix,
    rubbish_is_400005
);

async fn every_record_comes_once(api: Api) {
    let papers = notes(&api).await;
    let mut ids =
        batch(&api, &papers.path, (0..23).map(|i| json!({"title": format!("t{}", i % 3), "rank": i % 4}))).await;
    ids.sort();
    for sort in [
        "",
        "&sort=title",
        "&sort=-title,rank",
        "&sort=rank,-title",
        "&sort=-updated_at",
        "&sort=remark",
        "&sort=-remark,title",
    ] {
        let mut seen = Vec::new();
        let base = format!("{}?limit=5{sort}", papers.path);
        let mut next = base.clone();
        loop {
            let page = api.get(&next).await.expect(200);
            seen.extend(page.ids());
            assert_eq!(page.page()["has_more"].as_bool().unwrap(), page.page()["next_cursor"].is_string());
            let Some(cursor) = page.page()["next_cursor"].as_str() else { break };
            next = format!("{base}&cursor={cursor}");
        }
        let whole = api.get(&format!("{}?limit=500{sort}", papers.path)).await.expect(200).ids();
        assert_eq!(seen, whole, "{sort}");
        seen.sort();
        assert_eq!(seen, ids, "{sort}");
    }
}

async fn records_that_come_and_go_do_not_disturb(api: Api) {
    let papers = notes(&api).await;
    let ids = batch(&api, &papers.path, (0..9).map(|i| json!({"title": format!("t{i}")}))).await;
    let path = format!("{}?limit=3&sort=title", papers.path);
    let first = api.get(&path).await.expect(200);
    assert_eq!(first.texts("title"), ["t0", "t1", "t2"]);
    let _ = api.create(&papers.path, json!({"title": "t00"})).await;
    let _ = api.delete(&papers.at(&ids[2])).await.expect(200);
    let _ = api.delete(&papers.at(&ids[4])).await.expect(200);
    let cursor = first.page()["next_cursor"].as_str().unwrap();
    let second = api.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    assert_eq!(second.texts("title"), ["t3", "t5", "t6"]);
    // The same cursor again gives the same page, and another page size is allowed.
    assert_eq!(api.get(&format!("{path}&cursor={cursor}")).await.expect(200).ids(), second.ids());
    let wide = api.get(&format!("{}?limit=9&sort=title&cursor={cursor}", papers.path)).await.expect(200);
    assert_eq!(wide.texts("title"), ["t3", "t5", "t6", "t7", "t8"]);
}

async fn a_cursor_goes_with_its_question(api: Api) {
    let (papers, others) = (notes(&api).await, notes(&api).await);
    for paper in [&papers, &others] {
        let _ = batch(&api, &paper.path, (0..4).map(|i| json!({"title": format!("t{i}"), "rank": i}))).await;
    }
    let page = api.get(&format!("{}?limit=2&sort=rank&filter[rank][gte]=0", papers.path)).await.expect(200);
    let cursor = page.page()["next_cursor"].as_str().unwrap();
    for other in [
        format!("{}?limit=2&sort=-rank&filter[rank][gte]=0", papers.path),
        format!("{}?limit=2&sort=rank", papers.path),
        format!("{}?limit=2&sort=rank&filter[rank][gte]=1", papers.path),
        format!("{}?limit=2&sort=rank&filter[rank][gte]=0&q=t", papers.path),
        format!("{}?limit=2&sort=rank&filter[rank][gte]=0&deleted=true", papers.path),
        format!("{}?limit=2&sort=rank&filter[rank][gte]=0", others.path),
        "/v1/customers?limit=2&sort=name".to_owned(),
    ] {
        let _ = api.get(&format!("{other}&cursor={cursor}")).await.refused(400_005);
    }
    let fields = api
        .get(&format!("{}?limit=2&sort=rank&filter[rank][gte]=0&fields=title&cursor={cursor}", papers.path))
        .await
        .expect(200);
    assert_eq!(fields.texts("title"), ["t2", "t3"]);
}

async fn a_cursor_of_a_search_body(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(&api, &papers.path, (0..5).map(|i| json!({"title": format!("t{i}"), "rank": i}))).await;
    let body = |cursor: &serde_json::Value| json!({"filter": {"not": {"field": "rank", "value": 1}}, "sort": ["title"], "limit": 2, "cursor": cursor});
    let first = api.post(&papers.at("search"), body(&json!(null))).await.expect(200);
    assert_eq!(first.texts("title"), ["t0", "t2"]);
    let second = api.post(&papers.at("search"), body(&first.page()["next_cursor"])).await.expect(200);
    assert_eq!(
        (second.texts("title"), &second.page()["next_cursor"]),
        (vec!["t3".to_owned(), "t4".to_owned()], &json!(null))
    );
    let mut other = body(&first.page()["next_cursor"]);
    other["filter"]["not"]["value"] = json!(2);
    let _ = api.post(&papers.at("search"), other).await.refused(400_005);
}

async fn offsets_and_cursors_do_not_mix(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(&api, &papers.path, (0..3).map(|i| json!({"title": format!("t{i}")}))).await;
    let page = api.get(&format!("{}?limit=1", papers.path)).await.expect(200);
    let cursor = page.page()["next_cursor"].as_str().unwrap();
    let _ = api.get(&format!("{}?limit=1&offset=1&cursor={cursor}", papers.path)).await.refused(400_003);
    assert!(
        api.get(&format!("{}?limit=1&cursor={cursor}", papers.path)).await.expect(200).page().get("offset").is_none()
    );
    for offset in ["-1", "x", "1.5", "", "100001", "99999999999999999999"] {
        let _ = api.get(&format!("{}?offset={offset}", papers.path)).await.refused(400_004);
    }
}

async fn rubbish_is_400005(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(&api, &papers.path, (0..3).map(|i| json!({"title": format!("t{i}")}))).await;
    let page = api.get(&format!("{}?limit=1", papers.path)).await.expect(200);
    let cursor = page.page()["next_cursor"].as_str().unwrap();
    let mut bent = cursor.to_owned();
    bent.replace_range(3..4, if &bent[3..4] == "A" { "B" } else { "A" });
    let long = "A".repeat(1_500);
    for bad in ["x", "AAAA", "null", "%22", "..", &bent, &cursor[1..], &cursor[..cursor.len() - 2], &long] {
        let _ = api.get(&format!("{}?limit=1&cursor={bad}", papers.path)).await.refused(400_005);
    }
    let first = api.get(&format!("{}?limit=1&cursor=", papers.path)).await.expect(200);
    assert_eq!(first.page()["next_cursor"], page.page()["next_cursor"], "an empty cursor is the first page");
}
