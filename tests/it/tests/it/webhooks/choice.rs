//! Which events an endpoint is told of.

use kontor_testkit::{Backend, both_alone, unique};
use serde_json::json;

use super::{Sink, endpoint, quick};

both_alone!(types_filters_and_fields, nobody_is_told_what_its_maker_may_not_read, words_of_version_2);

async fn types_filters_and_fields(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sinks = [Sink::accepting().await, Sink::accepting().await, Sink::accepting().await, Sink::accepting().await];
    let filter = json!({"or": [{"field": "city", "op": "eq", "value": "Berlin"}, {"field": "city", "op": "starts_with", "value": "Ham"}]});
    let chosen = [
        json!({}),
        json!({"event_types": ["kontor.company.*"]}),
        json!({"event_types": ["kontor.company.*"], "filter": filter}),
        json!({"event_types": ["kontor.company.updated"], "fields": ["industry"]}),
    ];
    for (sink, more) in sinks.iter().zip(chosen) {
        endpoint(&api, &sink.url, more).await;
    }
    super::contact(&api).await;
    for city in ["Berlin", "Hamburg", "Köln"] {
        let company = api.create("/v1/companies", json!({"name": unique("Acme"), "city": city})).await;
        let path = format!("/v1/companies/{company}");
        let _ = api.patch(&path, json!({"phone": "+49 30 1234567"})).await.expect(200);
        let _ = api.patch(&path, json!({"industry": "Oil"})).await.expect(200);
    }
    // The endpoint that is told of everything is told of the others' making too.
    let all = sinks[0].wait(10).await;
    assert!(all.iter().any(|got| got.json()["type"] == "kontor.contact.created"));
    assert_eq!(sinks[1].wait(9).await.len(), 9);
    let cities = sinks[2].wait(6).await;
    assert!(cities.iter().all(|got| got.json()["data"]["record"]["city"] != "Köln"), "{cities:?}");
    let fields = sinks[3].wait(3).await;
    assert!(fields.iter().all(|got| got.json()["data"]["changed"].get("industry").is_some()));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!((sinks[1].got().len(), sinks[2].got().len(), sinks[3].got().len()), (9, 6, 3));
}

async fn nobody_is_told_what_its_maker_may_not_read(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let narrow = api.as_role("admin", &["--scopes", "webhook_endpoints:write,companies:read"]);
    let (sink, whole) = (Sink::accepting().await, Sink::accepting().await);
    endpoint(&narrow, &sink.url, json!({"event_types": ["kontor.contact.*", "kontor.company.*"]})).await;
    let (id, _) =
        endpoint(&api, &whole.url, json!({"event_types": ["kontor.contact.created", "kontor.company.created"]})).await;
    super::contact(&api).await;
    api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    assert_eq!(whole.wait(2).await.len(), 2);
    let got = sink.wait(1).await;
    assert!(got.iter().all(|one| one.json()["type"] == "kontor.company.created"), "{got:?}");
    // Who changes an endpoint lends it its own rights, and not those of who made it.
    let _ = narrow.patch(&format!("/v1/webhook_endpoints/{id}"), json!({"description": "mine"})).await.expect(200);
    let rights = api.get(&format!("/v1/webhook_endpoints/{id}")).await.expect(200).data()["rights"].clone();
    assert_eq!(rights["scopes"], json!(["companies:read", "webhook_endpoints:write"]));
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    super::contact(&api).await;
    api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let got = whole.wait(3).await;
    assert_eq!(got[2].json()["type"], "kontor.company.created");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(whole.got().len(), 3);
}

async fn words_of_version_2(backend: Backend) {
    let server = quick(backend).start().await;
    let api = server.api();
    let sink = Sink::accepting().await;
    endpoint(&api, &sink.url, json!({"event_types": ["kontor.customer.*"], "version": "v2"})).await;
    let customer = json!({"name": unique("客户"), "mobile": "13800138000", "customer_type": "standard"});
    let _ = api.create("/v1/customers", customer).await;
    let event = sink.wait(1).await[0].json();
    assert_eq!(event["data"]["record"]["tier"], "standard");
    assert!(event["data"]["record"]["created_at"].is_i64() && event["time"].is_string());
}
