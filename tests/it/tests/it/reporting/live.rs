//! Live reports: what is kept is what counting gives.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both_alone};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::report;
use crate::events::PATIENCE;
use crate::permissions::{acting, role, user};

both_alone!(
    what_is_kept_is_what_counting_gives,
    who_does_not_see_all_is_answered_of_what_they_see,
    what_cannot_be_kept_is_refused
);

/// The result of a report once it is read from counters and `is` so.
pub async fn kept(api: &Api, report: &str, is: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let result = api.get(&format!("/v1/reports/{report}/result")).await.expect(200);
        if result.data()["live"] == true && is(&result.data()["rows"]) {
            return result.data()["rows"].clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{result}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Something that is done to one of the records that there are.
#[derive(Debug, Clone)]
enum Deed {
    Deal { amount: Option<u32>, month: Option<u8>, currency: bool },
    Amount(usize, Option<u32>),
    Month(usize, Option<u8>),
    Move(usize, usize),
    Win(usize),
    BinDeal(usize),
    RestoreDeal(usize),
    PurgeDeal(usize),
    Contact(u8),
    City(usize, Option<u8>),
    BinContact(usize),
    RestoreContact(usize),
    Merge(usize, usize),
    Purge(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let place = 0..64_usize;
    let amount = proptest::option::of(0..2_000_000_u32);
    let month = proptest::option::of(1..5_u8);
    prop_oneof![
        4 => (amount.clone(), month.clone(), any::<bool>())
            .prop_map(|(amount, month, currency)| Deed::Deal { amount, month, currency }),
        3 => (place.clone(), amount).prop_map(|(n, amount)| Deed::Amount(n, amount)),
        2 => (place.clone(), month).prop_map(|(n, month)| Deed::Month(n, month)),
        3 => (place.clone(), 0..8_usize).prop_map(|(n, stage)| Deed::Move(n, stage)),
        1 => place.clone().prop_map(Deed::Win),
        2 => place.clone().prop_map(Deed::BinDeal),
        2 => place.clone().prop_map(Deed::RestoreDeal),
        1 => place.clone().prop_map(Deed::PurgeDeal),
        3 => (0..4_u8).prop_map(Deed::Contact),
        2 => (place.clone(), proptest::option::of(0..4_u8)).prop_map(|(n, city)| Deed::City(n, city)),
        1 => place.clone().prop_map(Deed::BinContact),
        1 => place.clone().prop_map(Deed::RestoreContact),
        2 => (place.clone(), place.clone()).prop_map(|(a, b)| Deed::Merge(a, b)),
        1 => place.prop_map(Deed::Purge),
    ]
}

/// The records that there are, in the bin or out of it.
struct World {
    api: Api,
    stages: Vec<String>,
    deals: Vec<String>,
    contacts: Vec<String>,
}

fn one(all: &[String], place: usize) -> Option<&String> {
    all.get(place % all.len().max(1))
}

fn cents(amount: Option<u32>) -> Value {
    amount.map_or(Value::Null, |cents| json!(format!("{}.{:02}", cents / 100, cents % 100)))
}

fn day(month: Option<u8>) -> Value {
    month.map_or(Value::Null, |month| json!(format!("2027-0{month}-15")))
}

fn city(city: Option<u8>) -> Value {
    city.map_or(Value::Null, |city| json!(["Berlin", "berlin", "Ärzen", "Zürich"][usize::from(city)]))
}

impl World {
    /// Does it; what the rules refuse is no change either.
    async fn does(&mut self, deed: Deed) {
        let api = self.api.clone();
        let to = |object: &str, id: Option<&String>, what: &str| Some(format!("/v1/{object}/{}{what}", id?));
        let (path, method, body) = match deed {
            Deed::Deal { amount, month, currency } => {
                let body = json!({"name": "D", "amount": cents(amount), "expected_close_date": day(month),
                    "currency": if currency { "EUR" } else { "USD" }});
                self.deals.push(api.create("/v1/deals", body).await);
                return;
            }
            Deed::Contact(of) => {
                let name = format!("Roe {}", self.contacts.len());
                let body = json!({"last_name": name, "city": city(Some(of))});
                let made = api.post("/v1/contacts?allow_duplicates=true", body).await.expect(201);
                self.contacts.push(made.id());
                return;
            }
            Deed::Amount(n, amount) => {
                (to("deals", one(&self.deals, n), ""), "PATCH", json!({"amount": cents(amount)}))
            }
            Deed::Month(n, month) => {
                (to("deals", one(&self.deals, n), ""), "PATCH", json!({"expected_close_date": day(month)}))
            }
            Deed::Move(n, stage) => {
                (to("deals", one(&self.deals, n), "/move"), "POST", json!({"stage_id": one(&self.stages, stage)}))
            }
            Deed::Win(n) => (to("deals", one(&self.deals, n), "/win"), "POST", json!({})),
            Deed::BinDeal(n) => (to("deals", one(&self.deals, n), ""), "DELETE", Value::Null),
            Deed::RestoreDeal(n) => (to("deals", one(&self.deals, n), "/restore"), "POST", json!({})),
            Deed::PurgeDeal(n) => (to("deals", one(&self.deals, n), "/purge"), "POST", json!({})),
            Deed::City(n, of) => (to("contacts", one(&self.contacts, n), ""), "PATCH", json!({"city": city(of)})),
            Deed::BinContact(n) => (to("contacts", one(&self.contacts, n), ""), "DELETE", Value::Null),
            Deed::RestoreContact(n) => (to("contacts", one(&self.contacts, n), "/restore"), "POST", json!({})),
            Deed::Merge(a, b) => {
                (to("contacts", one(&self.contacts, a), "/merge"), "POST", json!({"with_id": one(&self.contacts, b)}))
            }
            Deed::Purge(n) => (to("contacts", one(&self.contacts, n), "/purge"), "POST", json!({})),
        };
        let Some(path) = path else { return };
        let request = api.request(method, &path);
        let reply = if body.is_null() { request.send().await } else { request.json(&body).send().await };
        assert!(reply.status < 500, "{reply}");
    }
}

async fn what_is_kept_is_what_counting_gives(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let stages = api.get("/v1/stages?limit=100&sort=position").await.expect(200).ids();
    let mut world = World { api: api.clone(), stages, deals: Vec::new(), contacts: Vec::new() };
    // Some before there is anything to be kept.
    let mut runner = TestRunner::deterministic();
    let deeds = |runner: &mut TestRunner, count: usize| {
        let strategy = proptest::collection::vec(deed(), count);
        strategy.new_tree(runner).unwrap().current()
    };
    for deed in deeds(&mut runner, 30) {
        world.does(deed).await;
    }
    let questions = [
        (
            "deal",
            json!({"group_by": [{"field": "expected_close_date", "bucket": "month"}, "stage_id"],
            "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"},
                {"fn": "avg", "field": "amount", "as": "mean"}, {"fn": "count", "field": "amount", "as": "priced"}]}),
        ),
        (
            "deal",
            json!({"filter": {"and": [{"field": "amount", "op": "gte", "value": "1000"}, {"not": {"field": "currency", "value": "USD"}}]},
            "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]}),
        ),
        (
            "deal",
            json!({"group_by": ["currency", {"field": "created_at", "bucket": "day", "time_zone": "Asia/Tokyo"}],
            "measures": [{"fn": "sum", "field": "amount", "as": "total"}], "sort": ["-total"], "limit": 1}),
        ),
        ("contact", json!({"group_by": ["city"], "measures": [{"fn": "count", "as": "n"}], "sort": ["-n"]})),
    ];
    let mut reports = Vec::new();
    for (object, definition) in &questions {
        reports.push(report(&api, json!({"target_object": object, "definition": definition, "live": true})).await);
    }
    let funnel = report(&api, json!({"kind": "funnel", "live": true})).await;
    let counted = report(&api, json!({"kind": "funnel"})).await;
    for round in 0..3 {
        for deed in deeds(&mut runner, 60) {
            world.does(deed).await;
        }
        let mut before = Vec::new();
        for (id, (object, definition)) in reports.iter().zip(&questions) {
            let asked = api.post(&format!("/v1/{object}s/aggregate"), definition.clone()).await.expect(200);
            let asked = Value::Array(asked.rows().to_vec());
            before.push(kept(&api, id, |rows| *rows == asked).await);
        }
        let asked = api.get(&format!("/v1/reports/{counted}/result")).await.expect(200).data()["rows"].clone();
        assert!(asked.as_array().is_some_and(|stages| !stages.is_empty()), "{asked}");
        before.push(kept(&api, &funnel, |rows| *rows == asked).await);
        // Counted anew from the records it is the same.
        for id in reports.iter().chain([&funnel]) {
            let _ = api.post(&format!("/v1/reports/{id}/rebuild"), json!({})).await.expect(200);
            let path = format!("/v1/reports/{id}/result");
            let state = api.get(&path).await.expect(200);
            assert!(round > 0 || state.data()["rows"].is_array(), "{state}");
        }
        for (id, before) in reports.iter().chain([&funnel]).zip(before) {
            assert_eq!(kept(&api, id, |_| true).await, before);
        }
    }
    // No longer live, it is computed.
    let _ = api.patch(&format!("/v1/reports/{}", reports[0]), json!({"live": false})).await.expect(200);
    let result = api.get(&format!("/v1/reports/{}/result", reports[0])).await.expect(200);
    assert_eq!(result.data()["live"], false);
    let _ = api.post(&format!("/v1/reports/{}/rebuild", reports[0]), json!({})).await.refused(422_000);
}

async fn who_does_not_see_all_is_answered_of_what_they_see(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    for (owner, amount) in [(&me, "10"), (&me, "5"), (&other, "500")] {
        api.create("/v1/deals", json!({"name": "D", "owner_id": owner, "amount": amount, "currency": "EUR"})).await;
    }
    let definition = json!({"measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]});
    let id = report(&api, json!({"target_object": "deal", "definition": definition, "live": true})).await;
    assert_eq!(kept(&api, &id, |_| true).await, json!([{"n": 3, "total": "515"}]));
    let path = format!("/v1/reports/{id}/result");
    let all = json!(null);
    let own = role(&api, &[("deal", "*", "own", all.clone()), ("report", "read", "all", all.clone())]).await;
    let seen = acting(&api, &me, &own).get(&path).await.expect(200);
    assert_eq!((&seen.data()["rows"], &seen.data()["live"]), (&json!([{"n": 2, "total": "15"}]), &json!(false)));
    // A field that is not there for a role is not there in what is kept.
    let mask = json!({"hidden": ["amount"]});
    let blind = role(&api, &[("deal", "read", "all", mask), ("report", "read", "all", all)]).await;
    let _ = acting(&api, &me, &blind).get(&path).await.refused(400_003);
    // With bounds or in other words it is computed.
    let newer = api.get(&path.replacen("/v1/", "/v2/", 1)).await.expect(200);
    assert_eq!(newer.data()["live"], false);
}

async fn what_cannot_be_kept_is_refused(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let count = json!([{"fn": "count", "as": "n"}]);
    for (kind, definition) in [
        ("aggregate", json!({"filter": {"field": "stage.kind", "value": "won"}, "measures": count})),
        ("aggregate", json!({"group_by": ["owner.name"], "measures": count})),
        ("aggregate", json!({"measures": [{"fn": "max", "field": "amount", "as": "most"}]})),
        ("aggregate", json!({"group_by": [{"field": "created_at", "bucket": "day"}], "measures": count})),
        ("aggregate", json!({"q": "acme", "measures": count})),
        ("funnel", json!({"from": "2026-01-01"})),
        ("win_rate", json!({})),
    ] {
        let body = json!({"name": "R", "kind": kind, "target_object": "deal", "definition": definition, "live": true});
        let refused = api.post("/v1/reports", body.clone()).await;
        assert_eq!((refused.status, refused.fault_codes()[0].0.as_str()), (400, "live"), "{body}: {refused}");
        let id = report(&api, json!({"kind": kind, "target_object": "deal", "definition": definition})).await;
        assert_eq!(api.patch(&format!("/v1/reports/{id}"), json!({"live": true})).await.status, 400);
    }
}
