//! Orders: several keys, both directions, null as the smallest, texts by code point; the same on both back ends.

use kontor_testkit::{Api, both, serial};
use serde_json::json;

use crate::support::{batch, notes, plate, vehicles};

both!(
    several_keys_in_both_directions,
    null_is_the_smallest,
    texts_are_sorted_by_code_point,
    by_a_field_of_a_relation,
    decimals_are_numbers,
    what_cannot_be_sorted_by
);

async fn several_keys_in_both_directions(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(
        &api,
        &papers.path,
        [("b", 1), ("a", 1), ("c", 2), ("d", 0)].map(|(title, rank)| json!({"title": title, "rank": rank})),
    )
    .await;
    for (sort, expected) in [
        ("rank,title", "dabc"),
        ("-rank,title", "cabd"),
        ("rank,-title", "dbac"),
        ("-rank,-title", "cbad"),
        ("title", "abcd"),
        ("-id", "dcab"),
    ] {
        let titles = api.get(&format!("{}?sort={sort}", papers.path)).await.expect(200).texts("title").concat();
        assert_eq!(titles, expected, "{sort}");
        let keys: Vec<&str> = sort.split(',').collect();
        let body = json!({"sort": keys});
        assert_eq!(api.post(&papers.at("search"), body).await.expect(200).texts("title").concat(), expected, "{sort}");
    }
}

async fn null_is_the_smallest(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(
        &api,
        &papers.path,
        [json!({"title": "a", "rank": -5}), json!({"title": "b", "rank": null}), json!({"title": "c", "rank": 5})],
    )
    .await;
    for (sort, expected) in [("rank", "bac"), ("-rank", "cab")] {
        let mut titles = String::new();
        let mut next = format!("{}?sort={sort}&limit=1", papers.path);
        loop {
            let page = api.get(&next).await.expect(200);
            titles.push_str(&page.texts("title").concat());
            let Some(cursor) = page.page()["next_cursor"].as_str() else { break };
            next = format!("{}?sort={sort}&limit=1&cursor={cursor}", papers.path);
        }
        assert_eq!(titles, expected, "{sort}, page by page");
    }
}

async fn texts_are_sorted_by_code_point(api: Api) {
    let papers = notes(&api).await;
    let mut texts =
        ["b", "B", "a", "Z", "ä", "é", "z", "Ω", "中", "!", "0", "10", "9", "_", "a b", "ab", "a-b", "😀", "\u{FFFD}"];
    let _ = batch(&api, &papers.path, texts.map(|t| json!({"title": t}))).await;
    texts.sort_unstable();
    assert_eq!(api.get(&format!("{}?sort=title", papers.path)).await.expect(200).texts("title"), texts);
    texts.reverse();
    assert_eq!(api.get(&format!("{}?sort=-title", papers.path)).await.expect(200).texts("title"), texts);
}

async fn by_a_field_of_a_relation(api: Api) {
    let marker = serial();
    let mut ids = Vec::new();
    for (n, company) in [(1, Some("B")), (2, None), (3, Some("A"))] {
        let mut body = json!({"last_name": format!("{marker} {n}"), "title": marker});
        if let Some(company) = company {
            body["company_id"] =
                json!(api.create("/v1/companies", json!({"name": format!("{company} {marker}")})).await);
        }
        ids.push(api.create("/v1/contacts", body).await);
    }
    let [b, none, a] = [&ids[0], &ids[1], &ids[2]];
    let path = format!("/v1/contacts?filter[title]={marker}&sort=");
    assert_eq!(api.get(&format!("{path}company.name")).await.expect(200).ids(), [none.clone(), a.clone(), b.clone()]);
    let page = api.get(&format!("{path}-company.name&limit=2")).await.expect(200);
    assert_eq!(page.ids(), [b.clone(), a.clone()]);
    let cursor = page.page()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(
        api.get(&format!("{path}-company.name&limit=2&cursor={cursor}")).await.expect(200).ids(),
        [none.clone()]
    );
}

async fn decimals_are_numbers(api: Api) {
    let vehicles = vehicles(&api).await;
    let prices = ["9", "10", "-1", "0.5", "100.25", "10.0001"];
    let _ = batch(&api, &vehicles.path, prices.map(|price| json!({"plate": plate(), "price": price}))).await;
    let sorted = api.get(&format!("{}?sort=price", vehicles.path)).await.expect(200).texts("price");
    assert_eq!(sorted, ["-1", "0.5", "9", "10", "10.0001", "100.25"]);
    assert_eq!(
        api.get(&format!("{}?filter[price][gt]=10&sort=price", vehicles.path)).await.expect(200).texts("price"),
        ["10.0001", "100.25"]
    );
}

async fn what_cannot_be_sorted_by(api: Api) {
    for sort in [
        "tags",
        "nothing",
        "",
        "-",
        "--name",
        "name,,id",
        "custom",
        "company.nothing",
        "company.company.name",
        "name,first_name,last_name,email,city,country",
    ] {
        let reply = api.get(&format!("/v1/contacts?sort={sort}")).await.refused(400_003);
        assert!(!reply.detail().is_empty(), "{sort}");
    }
}
