//! Full text (`q`): words by their beginnings, without case and diacritics; Chinese by any part.

use kontor_testkit::{Api, both, encode};
use serde_json::json;

use crate::support::{batch, notes, vehicles};

both!(
    words_are_found,
    the_index_follows_changes,
    searched_fields_only,
    q_goes_with_filters_and_pages,
    rubbish_is_harmless
);

async fn words_are_found(api: Api) {
    let papers = notes(&api).await;
    let titles = [
        "Müller & Söhne GmbH",
        "Mullet fishing",
        "张晓明",
        "晓东 明",
        "ABC株式会社 東京",
        "École Normale",
        "Acme Corp Berlin",
        "Corp of Acme",
        "İstanbul",
        "Straße 17",
    ];
    let _ = batch(&api, &papers.path, titles.map(|title| json!({"title": title}))).await;
    for (q, expected) in [
        ("müller", vec![0]),
        ("MULLER", vec![0]),
        ("mull", vec![0, 1]),
        ("ull", vec![]),
        ("gmbh sohne", vec![0]),
        ("晓明", vec![2]),
        ("张", vec![2]),
        ("晓", vec![2, 3]),
        ("明晓", vec![]),
        ("株式", vec![4]),
        ("abc 東京", vec![4]),
        ("ecole", vec![5]),
        ("\"acme corp\"", vec![6]),
        ("acme corp", vec![6, 7]),
        ("corp acme xyz", vec![]),
        ("istanbul", vec![8]),
        ("17", vec![9]),
    ] {
        let reply = api.get(&format!("{}?q={}&sort=id", papers.path, encode(q))).await.expect(200);
        assert_eq!(reply.texts("title"), expected.iter().map(|i| titles[*i].to_owned()).collect::<Vec<_>>(), "{q}");
        let ranked = api.post(&papers.at("search"), json!({"q": q, "count": "exact"})).await.expect(200);
        assert_eq!(ranked.page()["total"], expected.len(), "{q}");
    }
}

async fn the_index_follows_changes(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "alpha"})).await;
    let find = async |q: &str| api.get(&format!("{}?q={q}", papers.path)).await.expect(200).rows().len();
    assert_eq!((find("alpha").await, find("beta").await), (1, 0));
    let _ = api.patch(&papers.at(&id), json!({"title": "beta"})).await.expect(200);
    assert_eq!((find("alpha").await, find("beta").await), (0, 1));
    let _ = api.delete(&papers.at(&id)).await.expect(200);
    assert_eq!(find("beta").await, 0);
    let _ = api.post(&papers.at(&format!("{id}/restore")), json!({})).await.expect(200);
    assert_eq!(find("beta").await, 1);
    let _ = api.post(&papers.at(&format!("{id}/purge")), json!({})).await.expect(200);
    assert_eq!(find("beta").await, 0);
}

async fn searched_fields_only(api: Api) {
    let papers = notes(&api).await;
    let _ = api.create(&papers.path, json!({"title": "visible", "remark": "hidden"})).await;
    assert!(api.get(&format!("{}?q=hidden", papers.path)).await.expect(200).rows().is_empty());
    let bare = api.object("bare", json!([{"name": "amount", "type": "integer"}])).await;
    let _ = api.get(&format!("{}?q=x", bare.path)).await.refused(400_003);
}

async fn q_goes_with_filters_and_pages(api: Api) {
    let vehicles = vehicles(&api).await;
    let stem = kontor_testkit::serial();
    let _ = batch(&api, &vehicles.path, (0..7).map(|i| json!({"plate": format!("{stem} {i}"), "doors": i}))).await;
    let base = format!("{}?q={stem}&filter[doors][gte]=2&limit=2", vehicles.path);
    for sort in ["", "&sort=-doors"] {
        let mut seen = Vec::new();
        let mut next = format!("{base}{sort}&count=exact");
        loop {
            let page = api.get(&next).await.expect(200);
            assert_eq!(page.page()["total"], 5);
            seen.extend(page.ids());
            let Some(cursor) = page.page()["next_cursor"].as_str() else { break };
            next = format!("{base}{sort}&count=exact&cursor={cursor}");
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (5, 5), "{sort}");
    }
}

async fn rubbish_is_harmless(api: Api) {
    let papers = notes(&api).await;
    let _ = api.create(&papers.path, json!({"title": "a"})).await;
    for q in [
        "a\"b",
        "a OR b",
        "NEAR(a b)",
        "a*",
        "-a",
        "a:b",
        "^a",
        "(a",
        "a & | ! b",
        "'; drop table x; --",
        "a AND NOT b",
        "{a}",
    ] {
        let _ = api.get(&format!("{}?q={}", papers.path, encode(q))).await.expect(200);
    }
    for q in ["", " ", "---", "%", "\"", "\"\"", "\\", "'"] {
        let _ = api.get(&format!("{}?q={}", papers.path, encode(q))).await.refused(400_003);
    }
}
