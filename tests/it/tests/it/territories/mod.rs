//! `/v1/territories`: which part of the market companies, leads and deals belong to.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::{Value, json};

both_alone!(
    a_record_goes_where_it_is_covered,
    a_deal_goes_with_its_company,
    territories_that_change_are_gone_through,
    a_territory_says_what_can_be_asked
);

async fn started(backend: Backend) -> (Server, Api) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    (server, api)
}

async fn territory(api: &Api, name: &str, position: u32, covers: Value) -> String {
    api.create("/v1/territories", json!({"name": name, "position": position, "covers": covers})).await
}

fn in_city(city: &str) -> Value {
    json!({"field": "city", "op": "eq", "value": city})
}

/// Where a record is, and whether by hand.
async fn place(api: &Api, path: &str) -> (Value, Value) {
    let record = api.get(path).await.expect(200).data().clone();
    (record["territory_id"].clone(), record["territory_fixed"].clone())
}

async fn until(api: &Api, path: &str, territory: &Value) {
    let begun = Instant::now();
    while place(api, path).await.0 != *territory {
        assert!(begun.elapsed() < Duration::from_secs(60), "{path} is not in {territory}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_record_goes_where_it_is_covered(backend: Backend) {
    let (_server, api) = started(backend).await;
    let both = json!({"company": in_city("Vienna"), "lead": {"field": "country", "op": "in", "value": ["AT", "CH"]}});
    let alps = territory(&api, "Alps", 2, both).await;
    let big = json!({"company": {"and": [in_city("vienna"), {"field": "size", "op": "gt", "value": 1000}]}});
    let key = territory(&api, "Key accounts", 1, big).await;
    let company = api.create("/v1/companies", json!({"name": "Small", "city": "Vienna"})).await;
    let path = format!("/v1/companies/{company}");
    assert_eq!(place(&api, &path).await, (json!(alps), json!(false)));
    let _ = api.patch(&path, json!({"size": 2000})).await.expect(200);
    assert_eq!(place(&api, &path).await.0, json!(key), "the first that covers it, whatever the case");
    let _ = api.patch(&path, json!({"city": "Rome"})).await.expect(200);
    assert_eq!(place(&api, &path).await.0, Value::Null);
    // By hand it stays, until it is taken out again.
    let _ = api.patch(&path, json!({"territory_id": alps})).await.expect(200);
    assert_eq!(place(&api, &path).await, (json!(alps), json!(true)));
    let _ = api.patch(&path, json!({"city": "Vienna"})).await.expect(200);
    assert_eq!(place(&api, &path).await, (json!(alps), json!(true)));
    let _ = api.patch(&path, json!({"territory_id": null})).await.expect(200);
    assert_eq!(place(&api, &path).await, (json!(key), json!(false)));
    let named = api.create("/v1/companies", json!({"name": "Named", "city": "Vienna", "territory_id": key})).await;
    assert_eq!(place(&api, &format!("/v1/companies/{named}")).await, (json!(key), json!(true)));
    let lead = api.create("/v1/leads", json!({"last_name": "Roe", "country": "CH"})).await;
    assert_eq!(place(&api, &format!("/v1/leads/{lead}")).await.0, json!(alps));
    // What comes out of the bin is as it was.
    let _ = api.delete(&format!("/v1/companies/{named}")).await.expect(200);
    let _ = api.post(&format!("/v1/companies/{named}/restore"), json!({})).await.expect(200);
    assert_eq!(place(&api, &format!("/v1/companies/{named}")).await, (json!(key), json!(true)));
    let inside = api.delete(&format!("/v1/territories/{alps}")).await.refused(422_000);
    assert!(inside.detail().starts_with("in_use") && inside.detail().contains("leads"), "{inside}");
}

async fn a_deal_goes_with_its_company(backend: Backend) {
    let (_server, api) = started(backend).await;
    let alps = territory(&api, "Alps", 2, json!({"company": in_city("Vienna")})).await;
    let large = json!({"deal": {"and": [{"field": "company.city", "value": "Vienna"}, {"field": "amount", "op": "gte", "value": "1000"}]}});
    let large = territory(&api, "Large", 1, large).await;
    let company = api.create("/v1/companies", json!({"name": "C", "city": "Vienna"})).await;
    let deal =
        api.create("/v1/deals", json!({"name": "D", "company_id": company, "amount": "10", "currency": "EUR"})).await;
    let path = format!("/v1/deals/{deal}");
    assert_eq!(place(&api, &path).await.0, json!(alps), "its company's");
    let _ = api.patch(&path, json!({"amount": "1000"})).await.expect(200);
    assert_eq!(place(&api, &path).await.0, json!(large), "covered by itself, by what its company has");
    // Won deals stay where they were won.
    let _ = api.post(&format!("{path}/win"), json!({})).await.expect(200);
    let _ = api.patch(&path, json!({"amount": "5"})).await.expect(200);
    assert_eq!(place(&api, &path).await.0, json!(large));
    let alone = api.create("/v1/deals", json!({"name": "D", "amount": "2000", "currency": "EUR"})).await;
    assert_eq!(place(&api, &format!("/v1/deals/{alone}")).await.0, Value::Null);
}

async fn territories_that_change_are_gone_through(backend: Backend) {
    let (_server, api) = started(backend).await;
    let mut companies = Vec::new();
    for city in ["Vienna", "Rome", "Oslo"] {
        companies.push(api.create("/v1/companies", json!({"name": city, "city": city})).await);
    }
    let at = |place: usize| format!("/v1/companies/{}", companies[place]);
    let _ = api.patch(&at(2), json!({"territory_id": null, "territory_fixed": true})).await.expect(200);
    let cities = json!({"company": {"field": "city", "op": "in", "value": ["Vienna", "Oslo"]}});
    let north = territory(&api, "North", 1, cities).await;
    until(&api, &at(0), &json!(north)).await;
    let own = format!("/v1/territories/{north}");
    let begun = Instant::now();
    while api.get(&own).await.expect(200).data()["assigned_at"].is_null() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not gone through");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(place(&api, &at(1)).await.0, Value::Null);
    assert_eq!(place(&api, &at(2)).await.0, Value::Null, "fixed where it is: nowhere");
    let changed = api.patch(&own, json!({"covers": {"company": in_city("Rome")}})).await.expect(200);
    assert_eq!(changed.data()["assigned_at"], Value::Null);
    until(&api, &at(1), &json!(north)).await;
    until(&api, &at(0), &Value::Null).await;
    // Records that have come past it, as by hand, are found when somebody asks.
    while api.get(&own).await.expect(200).data()["assigned_at"].is_null() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = api.post(&format!("{own}/assign"), json!({})).await.expect(200);
    assert_eq!(asked.data()["assigned_at"], Value::Null);
    let reader = api.as_role("sales", &[]);
    let _ = reader.post(&format!("{own}/assign"), json!({})).await.refused(403_000);
    let _ = api.patch(&own, json!({"active": false})).await.expect(200);
    until(&api, &at(1), &Value::Null).await;
    let _ = api.delete(&own).await.expect(200);
}

async fn a_territory_says_what_can_be_asked(backend: Backend) {
    let (_server, api) = started(backend).await;
    let refused = async |covers: Value| {
        let reply = api.post("/v1/territories", json!({"name": "T", "covers": covers})).await;
        assert_eq!(reply.status, 400, "{reply}");
        reply.fault_codes()[0].0.clone()
    };
    assert_eq!(refused(json!([])).await, "covers");
    assert_eq!(refused(json!({"contact": in_city("Rome")})).await, "covers.contact");
    assert_eq!(refused(json!({"company": {"field": "colour", "value": 1}})).await, "covers.company");
    assert_eq!(refused(json!({"company": {"field": "city", "op": "like", "value": "R"}})).await, "covers.company.op");
    assert_eq!(refused(json!({"deal": {"field": "company.colour", "value": "R"}})).await, "covers.deal");
    assert_eq!(refused(json!({"lead": {"and": []}})).await, "covers.lead");
    let europe = api.create("/v1/territories", json!({"name": "Europe"})).await;
    let alps = api.create("/v1/territories", json!({"name": "Alps", "parent_id": europe})).await;
    let turned = api.patch(&format!("/v1/territories/{europe}"), json!({"parent_id": alps})).await.refused(422_000);
    assert!(turned.detail().starts_with("territory_hierarchy"), "{turned}");
    let above = api.delete(&format!("/v1/territories/{europe}")).await.refused(422_000);
    assert!(above.detail().starts_with("in_use"), "{above}");
}
