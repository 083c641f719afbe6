//! Which tax a line has when none is named. A rate of the whole workspace is in everybody's way, so these have servers
//! of their own.

use kontor_testkit::{Api, Backend, Server, both_alone, unique};
use serde_json::{Value, json};

use crate::support;

both_alone!(a_line_has_the_rate_of_its_products_class_and_of_the_customers_country);

async fn rate(api: &Api, rate: &str, more: Value) -> String {
    let mut body = json!({"name": unique("tax"), "rate": rate, "tax_class": "standard"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    api.create("/v1/tax_rates", body).await
}

async fn customer_in(api: &Api, country: &str) -> String {
    let company = json!({"name": unique("Firm"), "country": country});
    let company = api.create("/v1/companies?allow_duplicates=true", company).await;
    let mut body = support::customer();
    body["company_id"] = json!(company);
    api.create("/v1/customers", body).await
}

async fn a_line_has_the_rate_of_its_products_class_and_of_the_customers_country(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let product = async |sku: &str, class: &str| {
        api.create(
            "/v1/products",
            json!({"sku": sku, "name": sku, "price": "100", "currency": "EUR", "tax_class": class}),
        )
        .await
    };
    product("desk", "standard").await;
    product("book", "reduced").await;
    let taxed = async |customer: &str, more: Value| {
        let mut body = json!({"customer_id": customer, "lines": [{"sku": "desk"}, {"sku": "book"}]});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        api.post("/v1/orders", body).await.expect(201).data().clone()
    };
    let rates = |order: &Value| [0, 1].map(|line: usize| order["lines"][line]["tax_rate_id"].clone());
    let (berlin, paris, nowhere) = (
        customer_in(&api, "DE").await,
        customer_in(&api, "FR").await,
        api.create("/v1/customers", support::customer()).await,
    );
    let before = taxed(&berlin, json!({})).await;
    assert_eq!(rates(&before), [json!(null), json!(null)], "no rates, no tax");

    let german = rate(&api, "0.19", json!({"country": "DE"})).await;
    let general = rate(&api, "0.1", json!({})).await;
    // None of these: past, to come, off, of a region.
    for other in [
        json!({"country": "DE", "valid_until": "2020-12-31"}),
        json!({"country": "DE", "valid_from": "2199-01-01"}),
        json!({"country": "DE", "active": false}),
        json!({"country": "DE", "region": "Helgoland"}),
        json!({"tax_class": "reduced", "country": "FR", "active": false}),
    ] {
        let _ = rate(&api, "0.5", other).await;
    }
    let made = taxed(&berlin, json!({})).await;
    assert_eq!(rates(&made), [json!(german), json!(null)]);
    assert_eq!(made["tax_total"], "19");
    assert_eq!(rates(&taxed(&paris, json!({})).await)[0], json!(general));
    assert_eq!(rates(&taxed(&nowhere, json!({})).await)[0], json!(general));
    // Where it is shipped to goes before where the customer sits.
    assert_eq!(rates(&taxed(&paris, json!({"shipping_country": "DE"})).await)[0], json!(german));
    let old = taxed(&berlin, json!({"order_date": "2020-06-01"})).await;
    assert_ne!(rates(&old)[0], json!(null), "the rate of that day");
    assert_eq!(old["tax_total"], "50", "{old}");

    // A rate that is named stays; without one the line takes it again.
    let named = json!({"lines": [{"sku": "desk", "tax_rate_id": general}]});
    let path = format!("/v1/orders/{}", made["id"].as_str().unwrap());
    let named = api.patch(&path, named).await.expect(200);
    assert_eq!(named.data()["tax_total"], "10");
    let line = named.data()["lines"][0]["id"].as_str().unwrap().to_owned();
    let _ = api.patch(&format!("/v1/order_lines/{line}"), json!({"quantity": 2})).await.expect(200);
    assert_eq!(api.get(&path).await.expect(200).data()["tax_total"], "20");
    let again = api.patch(&format!("/v1/order_lines/{line}"), json!({"tax_rate_id": null})).await.expect(200);
    assert_eq!(again.data()["tax_rate_id"], json!(german));
    // The older order is as it was; its invoice is what the order says.
    let invoice =
        api.post(&format!("/v1/orders/{}/invoice", before["id"].as_str().unwrap()), json!({})).await.expect(201);
    assert_eq!(invoice.data()["tax_total"], "0");
    // A rate in the bin cannot be charged; what was finalized stays.
    let open = api.post(&format!("{path}/invoice"), json!({})).await.expect(201).id();
    let _ = api.delete(&format!("/v1/tax_rates/{german}")).await.expect(200);
    let reply = api.patch(&format!("/v1/invoices/{open}"), json!({"notes": "x"})).await.refused(422_000);
    assert!(reply.detail().starts_with("unknown_tax_rate: the tax rate of line 1"), "{reply}");
}
