//! Filters of URLs and bodies (api.md 6).

use kontor_testkit::{Api, both, encode, query, serial, unique};
use serde_json::{Value, json};

use crate::support::{NO_ID, batch, notes};

both!(
    conditions_of_a_url_are_joined_by_and,
    bodies_nest_and_or_not,
    one_relation_further,
    what_is_wrong_is_named,
    null_and_not,
    lists_and_ranges,
    too_many_conditions
);

async fn conditions_of_a_url_are_joined_by_and(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(&api, &papers.path, (0..6).map(|i| json!({"title": format!("t{i}"), "rank": i}))).await;
    for (pairs, expected) in [
        (vec![("filter[rank][gte]", "2"), ("filter[rank][lt]", "5")], vec!["t2", "t3", "t4"]),
        (
            vec![("filter[rank][lt]", "5"), ("filter[title][ne]", "t1"), ("filter[rank][gte]", "1")],
            vec!["t2", "t3", "t4"],
        ),
        (vec![("filter[title][in]", "t1,t4,t9")], vec!["t1", "t4"]),
        (vec![("filter[rank][between]", "4,5")], vec!["t4", "t5"]),
        (vec![("filter[title]", "t3"), ("filter[rank]", "4")], vec![]),
    ] {
        let mut pairs = pairs;
        pairs.push(("sort", "rank"));
        let there = api.get(&query(&papers.path, &pairs)).await.expect(200).texts("title");
        pairs.reverse();
        let back = api.get(&query(&papers.path, &pairs)).await.expect(200).texts("title");
        assert_eq!((&there, &back), (&expected.iter().map(|t| (*t).to_owned()).collect(), &there), "{pairs:?}");
    }
}

async fn bodies_nest_and_or_not(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(&api, &papers.path, (0..6).map(|i| json!({"title": format!("t{i}"), "rank": i}))).await;
    let test = |op: &str, value: i64| json!({"field": "rank", "op": op, "value": value});
    for (filter, expected) in [
        (json!({"or": [test("eq", 1), test("eq", 4)]}), vec!["t1", "t4"]),
        (json!({"not": test("lt", 4)}), vec!["t4", "t5"]),
        (json!({"and": [test("gt", 0), {"or": [test("lt", 2), {"not": {"or": [test("lt", 5)]}}]}]}), vec!["t1", "t5"]),
        (json!({"field": "rank", "value": 3}), vec!["t3"]),
        (json!({"and": [{"field": "title", "op": "in", "value": ["t1", "t2"]}, test("ne", 2)]}), vec!["t1"]),
        (json!(null), vec!["t0", "t1", "t2", "t3", "t4", "t5"]),
    ] {
        let reply = api
            .post(&papers.at("search"), json!({"filter": filter, "sort": ["rank"], "count": "exact"}))
            .await
            .expect(200);
        assert_eq!(reply.texts("title"), expected, "{filter}");
        assert_eq!(reply.page()["total"], expected.len(), "{filter}");
    }
}

async fn one_relation_further(api: Api) {
    let city = serial();
    let [here, there] = [unique("Acme"), unique("Bolt")];
    let company = |name: &str, industry: &str| api.create("/v1/companies", json!({"name": name, "industry": industry}));
    let (here_id, there_id) = (company(&here, &city).await, company(&there, "elsewhere").await);
    let marker = serial();
    let contact = |n: u8, company: Value| {
        api.create("/v1/contacts", json!({"last_name": format!("{marker}{n}"), "title": marker, "company_id": company}))
    };
    let (one, two, three) =
        (contact(1, json!(here_id)).await, contact(2, json!(there_id)).await, contact(3, json!(null)).await);
    let find = async |name: &str, value: &str| {
        api.get(&query("/v1/contacts", &[(name, value), ("filter[title]", &marker), ("sort", "last_name")]))
            .await
            .expect(200)
            .ids()
    };
    assert_eq!(find("filter[company.industry]", &city).await, [one.clone()]);
    assert_eq!(find("filter[company.name][in]", &format!("{here},{there}")).await, [one.clone(), two.clone()]);
    assert_eq!(
        find("filter[company.industry][ne]", &city).await,
        [two.clone(), three.clone()],
        "not there includes nowhere"
    );
    assert_eq!(find("filter[company.id]", &here_id).await, [one.clone()]);
    assert_eq!(find("filter[company]", &here_id).await, [one.clone()]);
    assert_eq!(find("filter[company_id][is_null]", "true").await, [three.clone()]);
    let body = json!({"filter": {"and": [{"field": "title", "value": marker}, {"or": [{"field": "company.industry", "value": city}, {"field": "last_name", "value": format!("{marker}3")}]}]}, "sort": ["-company.name", "last_name"]});
    assert_eq!(api.post("/v1/contacts/search", body).await.expect(200).ids(), [one, three]);
    let reply = api.get("/v1/contacts?filter[company.parent.name]=x").await.refused(400_003);
    assert!(!reply.detail().is_empty());
    let _ = api.get("/v1/contacts?filter[compani.name]=x").await.refused(400_003);
    let _ = two;
}

async fn what_is_wrong_is_named(api: Api) {
    let papers = notes(&api).await;
    for (parameter, code, hint) in [
        ("filter[titel]=x", 400_003, "did you mean \"title\""),
        ("filter[rank][gtee]=1", 400_003, "did you mean \"gte\""),
        ("filter[rank][contains]=1", 400_003, "between"),
        ("filter[rank]=x", 400_001, "rank"),
        ("filter[created_at]=2025-02-30", 400_001, "created_at"),
        ("filter[owner_id]=x", 400_001, "owner_id"),
        ("filter[rank][between]=1", 400_003, "between"),
        ("filter[rank][is_null]=maybe", 400_003, "true or false"),
        ("filtre[rank]=1", 400_000, "filter"),
        ("filter=1", 400_000, "filter[field]"),
        ("filter[]=1", 400_003, "filter[field]"),
        ("filter[rank][eq][x]=1", 400_003, "filter[field]"),
        ("limt=1", 400_000, "did you mean \"limit\""),
        ("limit=1&limit=2", 400_000, "more than once"),
        ("expand=ownr", 400_003, "did you mean \"owner\""),
        ("fields=titel", 400_002, "did you mean \"title\""),
        ("sort=titel", 400_003, "did you mean \"title\""),
    ] {
        let reply = api.get(&format!("{}?{parameter}", papers.path)).await.refused(code);
        assert!(reply.detail().contains(hint), "{parameter}: {}", reply.detail());
    }
    for body in [
        json!({"filter": {"and": []}}),
        json!({"filter": {"field": "titel", "value": 1}}),
        json!({"filter": {"field": "rank", "op": "like", "value": 1}}),
        json!({"filter": []}),
        json!({"fitler": {}}),
        json!([]),
    ] {
        let reply = api.post(&papers.at("search"), body).await;
        assert_eq!(reply.status, 400, "{reply}");
        reply.is_problem();
    }
}

async fn null_and_not(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(
        &api,
        &papers.path,
        [json!({"title": "a", "remark": "x"}), json!({"title": "b", "remark": "y"}), json!({"title": "c"})],
    )
    .await;
    let find = async |pair: (&str, &str)| {
        api.get(&query(&papers.path, &[pair, ("sort", "title")])).await.expect(200).texts("title")
    };
    assert_eq!(find(("filter[remark][is_null]", "true")).await, ["c"]);
    assert_eq!(find(("filter[remark][is_null]", "false")).await, ["a", "b"]);
    assert_eq!(find(("filter[remark][ne]", "x")).await, ["b", "c"], "not x includes nothing at all");
    assert_eq!(find(("filter[remark][nin]", "x,z")).await, ["b", "c"]);
    let body = |filter: Value| json!({"filter": filter, "sort": ["title"]});
    let search = async |filter: Value| api.post(&papers.at("search"), body(filter)).await.expect(200).texts("title");
    assert_eq!(search(json!({"field": "remark", "value": null})).await, ["c"]);
    assert_eq!(search(json!({"field": "remark", "op": "ne", "value": null})).await, ["a", "b"]);
    assert_eq!(search(json!({"not": {"field": "remark", "op": "eq", "value": "x"}})).await, ["b", "c"]);
}

async fn lists_and_ranges(api: Api) {
    let papers = notes(&api).await;
    let ids = batch(&api, &papers.path, (0..3).map(|i| json!({"title": format!("t{i}"), "rank": i}))).await;
    let search = async |filter: Value| api.post(&papers.at("search"), json!({"filter": filter, "sort": ["id"]})).await;
    assert_eq!(
        search(json!({"field": "id", "op": "in", "value": [ids[2], ids[0], NO_ID, ids[0]]})).await.expect(200).ids(),
        [ids[0].clone(), ids[2].clone()]
    );
    assert!(search(json!({"field": "id", "op": "in", "value": []})).await.expect(200).rows().is_empty());
    assert_eq!(search(json!({"field": "rank", "op": "nin", "value": []})).await.expect(200).rows().len(), 3);
    assert!(search(json!({"field": "rank", "op": "between", "value": [2, 1]})).await.expect(200).rows().is_empty());
    let many: Vec<i64> = (0..10_000).collect();
    assert_eq!(search(json!({"field": "rank", "op": "in", "value": many})).await.expect(200).rows().len(), 3);
    let _ =
        search(json!({"field": "rank", "op": "in", "value": (0..10_001).collect::<Vec<i64>>()})).await.refused(400_003);
    // In a URL a list is separated by commas; a text with a comma is asked for in a body.
    let comma = api.create(&papers.path, json!({"title": "a,b"})).await;
    assert_eq!(
        search(json!({"field": "title", "op": "in", "value": ["a,b"]})).await.expect(200).ids(),
        [comma.clone()]
    );
    assert_eq!(api.get(&format!("{}?filter[title]={}", papers.path, encode("a,b"))).await.expect(200).ids(), [comma]);
}

async fn too_many_conditions(api: Api) {
    let papers = notes(&api).await;
    let tests: Vec<Value> = (0..201).map(|i| json!({"field": "rank", "value": i})).collect();
    let _ = api.post(&papers.at("search"), json!({"filter": {"or": tests}})).await.refused(400_003);
    let mut deep = json!({"field": "rank", "value": 1});
    for _ in 0..25 {
        deep = json!({"not": deep});
    }
    let _ = api.post(&papers.at("search"), json!({"filter": deep})).await.expect(200);
}
