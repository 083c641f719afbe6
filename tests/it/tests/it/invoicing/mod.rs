//! The business of `invoicing`: from order to money.

mod credits;
mod history;
mod invoices;
mod lines;
mod orders;
mod overdue;
mod parties;
mod payments;
mod races;
mod taxes;

use kontor_testkit::{Api, serial, unique};
use serde_json::{Value, json};

use crate::support;

/// A product that is not taxed: its id and number.
async fn product(api: &Api, price: &str, currency: &str) -> (String, String) {
    let sku = format!("SKU-{}", serial());
    let body =
        json!({"sku": sku, "name": format!("Desk {sku}"), "price": price, "currency": currency, "tax_class": "exempt"});
    (api.create("/v1/products", body).await, sku)
}

async fn customer(api: &Api) -> String {
    api.create("/v1/customers", support::customer()).await
}

async fn tax_rate(api: &Api, rate: &str) -> String {
    // Of a region, so that it is taken only where it is named.
    api.create("/v1/tax_rates", json!({"name": unique("tax"), "rate": rate, "region": "by hand"})).await
}

/// An order of a customer.
async fn order(api: &Api, lines: Value) -> Value {
    let body = json!({"customer_id": customer(api).await, "currency": "EUR", "lines": lines});
    api.post("/v1/orders", body).await.expect(201).data().clone()
}

/// A draft invoice of a customer.
async fn draft(api: &Api, lines: Value) -> Value {
    let body = json!({"customer_id": customer(api).await, "currency": "EUR", "lines": lines});
    api.post("/v1/invoices", body).await.expect(201).data().clone()
}

/// A finalized invoice.
async fn open(api: &Api, lines: Value) -> Value {
    let draft = draft(api, lines).await;
    api.post(&at("invoices", &draft, "finalize"), json!({})).await.expect(200).data().clone()
}

/// A line of something at a price.
fn plain(price: &str) -> Value {
    json!({"description": "Work", "unit_price": price})
}

/// `/v1/{collection}/{id}/{action}`
fn at(collection: &str, record: &Value, action: &str) -> String {
    format!("/v1/{collection}/{}/{action}", record["id"].as_str().unwrap()).trim_end_matches('/').to_owned()
}

async fn read(api: &Api, collection: &str, record: &Value) -> Value {
    api.get(&at(collection, record, "")).await.expect(200).data().clone()
}

/// These members of a record.
fn some<const N: usize>(record: &Value, names: [&str; N]) -> [Value; N] {
    names.map(|name| record[name].clone())
}

/// What was done to a record, oldest first.
async fn actions(api: &Api, collection: &str, record: &Value) -> Vec<String> {
    let mut found = api.get(&at(collection, record, "history")).await.expect(200).texts("action");
    found.reverse();
    found
}
