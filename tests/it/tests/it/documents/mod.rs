//! Documents: on paper, as electronic invoices, in letters, behind links. Legal entities are the whole workspace's, so
//! that each story has a server of its own.

mod dunning;
mod entities;
mod papers;
mod quotes;
mod sending;
mod statements;

use kontor_testkit::{Api, Reply, unique};
use serde_json::{Value, json};

/// A firm in Hamburg, the default one.
async fn firm(api: &Api) -> Value {
    let body = json!({
        "name": "Nord GmbH", "is_default": true, "address_street": "Hafenstraße 12", "address_city": "Hamburg",
        "address_postal_code": "20457", "address_country": "DE", "vat_id": "DE123456789",
        "registration_number": "HRB 4711", "contact_name": "Ida Krause", "email": "rechnung@nord.example",
        "phone": "+49 40 1234567", "iban": "DE75512108001245126199", "bic": "HAFEDE2HXXX", "language": "de",
    });
    api.post("/v1/legal_entities", body).await.expect(201).data().clone()
}

/// A customer with an address in Munich.
async fn customer(api: &Api, more: Value) -> String {
    let company = json!({"name": unique("Süd AG"), "billing_street": "Ring 1", "billing_city": "München",
        "billing_postal_code": "80331", "billing_country": "DE"});
    let company = api.create("/v1/companies", company).await;
    let mut body = crate::support::customer();
    let own = json!({"company_id": company, "email": "einkauf@sued.example", "tax_id": "DE987654321"});
    body.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    // The same firm again and again.
    api.post("/v1/customers?allow_duplicates=true", body).await.expect(201).id()
}

async fn rate(api: &Api, rate: &str, more: Value) -> String {
    let mut body = json!({"name": unique("VAT"), "rate": rate, "region": "by hand"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.create("/v1/tax_rates", body).await
}

/// A draft of 3 × 290.00 less a tenth, and 30.00, at 19 and 7 per cent.
async fn draft(api: &Api, customer: &str) -> String {
    let (full, reduced) = (rate(api, "0.19", json!({})).await, rate(api, "0.07", json!({})).await);
    let body = json!({
        "customer_id": customer, "currency": "EUR", "buyer_reference": "04011000-12345-34",
        "lines": [
            {"description": "Schreibtisch", "quantity": "3", "unit": "piece", "unit_price": "290", "discount": "0.1", "tax_rate_id": full},
            {"description": "Handbuch", "unit_price": "30", "unit": "hour", "tax_rate_id": reduced},
        ],
    });
    format!("/v1/invoices/{}", api.create("/v1/invoices", body).await)
}

/// A finalized invoice: its path.
async fn finalized(api: &Api, customer: &str) -> String {
    let path = draft(api, customer).await;
    let _ = api.post(&format!("{path}/finalize"), json!({"issue_date": "2026-11-21"})).await.expect(200);
    path
}

/// A PDF that was answered.
#[track_caller]
fn is_pdf(reply: Reply) -> Reply {
    let reply = reply.expect(200);
    assert_eq!(reply.header("content-type"), "application/pdf");
    assert!(reply.body.starts_with(b"%PDF-1.") && reply.body.trim_ascii_end().ends_with(b"%%EOF"), "{reply}");
    reply
}

/// The text of the first element of this name.
fn element(xml: &str, name: &str) -> String {
    let rest =
        xml.split_once(&format!("<{name}>")).or_else(|| xml.split_once(&format!("<{name} "))).map(|(_, rest)| rest);
    let rest = rest.unwrap_or_else(|| panic!("no {name} in {xml}"));
    let rest = rest.split_once("</").unwrap().0;
    rest.rsplit_once('>').map_or(rest, |(_, text)| text).to_owned()
}
