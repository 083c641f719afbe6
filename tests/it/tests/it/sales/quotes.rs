//! `/v1/quotes`: from a draft to an order.

use std::time::Duration;

use kontor_testkit::{Api, Backend, Server, both, both_alone, serial, unique};
use serde_json::{Value, json};

use super::{actions, product, read};
use crate::support::customer;

both!(
    a_quote_is_numbered_and_summed,
    sums_are_rounded_half_even_for_each_line,
    a_sent_quote_does_not_change,
    a_quote_becomes_an_order_once,
    of_many_acceptances_at_once_one_makes_an_order,
    a_rejected_quote_is_revised,
    a_version_is_revised_once,
    a_quote_runs_out,
    a_wrong_state_is_named,
);
both_alone!(numbers_are_taken_once);

/// A draft with one line of 3 × 10.
async fn draft(api: &Api, more: Value) -> String {
    let mut body = json!({"lines": [{"description": "Chair", "quantity": "3", "unit_price": "10"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("/v1/quotes/{}", api.create("/v1/quotes", body).await)
}

async fn sent(api: &Api, more: Value) -> String {
    let at = draft(api, more).await;
    let _ = act(api, &at, "send", json!({})).await.expect(200);
    at
}

async fn act(api: &Api, at: &str, action: &str, body: Value) -> kontor_testkit::Reply {
    api.post(&format!("{at}/{action}"), body).await
}

async fn a_quote_is_numbered_and_summed(api: Api) {
    let empty = api.post("/v1/quotes", json!({})).await.expect(201);
    let data = empty.data();
    let number = data["number"].as_str().unwrap();
    let year = &data["created_at"].as_str().unwrap()[..4];
    assert!(number.starts_with(&format!("Q-{year}-")) && number.len() == 12, "{number}");
    assert_eq!((&data["total"], &data["currency"], &data["revision"]), (&json!("0"), &json!("EUR"), &json!(1)));
    assert_eq!(data["status"], "draft");
    let rate = api.create("/v1/tax_rates", json!({"name": unique("VAT"), "rate": "0.19"})).await;
    let (_, sku) = product(&api, "9.99", "EUR").await;
    let lines = json!([
        {"sku": sku, "quantity": "3", "discount": "0.1", "tax_rate_id": rate},
        {"description": "Free of tax", "unit_price": "5"},
    ]);
    let data =
        api.patch(&format!("/v1/quotes/{}", empty.id()), json!({"lines": lines})).await.expect(200).data().clone();
    assert_eq!(
        (&data["subtotal"], &data["tax_total"], &data["total"]),
        (&json!("31.97"), &json!("5.12"), &json!("37.09"))
    );
    // Totals are derived, never sent.
    let refused = api.post("/v1/quotes", json!({"total": "1"})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["code"], "read_only");
    let own = unique("OWN");
    assert_eq!(api.post("/v1/quotes", json!({"number": own})).await.expect(201).data()["number"], json!(own));
    let _ = api.post("/v1/quotes", json!({"number": own})).await.refused(409_001);
}

async fn sums_are_rounded_half_even_for_each_line(api: Api) {
    let sums = async |currency: &str, prices: &[&str]| {
        let lines: Vec<Value> = prices.iter().map(|price| json!({"description": "x", "unit_price": price})).collect();
        let made = api.post("/v1/quotes", json!({"currency": currency, "lines": lines})).await.expect(201);
        made.data()["total"].as_str().unwrap().to_owned()
    };
    assert_eq!(sums("EUR", &["0.125", "0.135"]).await, "0.26", "0.12 and 0.14");
    assert_eq!(sums("JPY", &["0.5", "1.5"]).await, "2", "0 and 2");
    assert_eq!(sums("KWD", &["0.0005", "0.0015"]).await, "0.002", "0 and 0.002");
}

async fn numbers_are_taken_once(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let all = futures::future::join_all((0..12).map(|_| api.post("/v1/quotes", json!({})))).await;
    let mut numbers: Vec<String> =
        all.into_iter().map(|made| made.expect(201).data()["number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    let year = numbers[0].split('-').nth(1).unwrap().to_owned();
    assert_eq!(numbers, (1..=12).map(|number| format!("Q-{year}-{number:05}")).collect::<Vec<_>>());
    // Those that somebody has taken by hand are passed over.
    for number in [13, 14] {
        let _ = api.create("/v1/quotes", json!({"number": format!("Q-{year}-{number:05}")})).await;
    }
    let next = api.post("/v1/quotes", json!({})).await.expect(201);
    assert_eq!(next.data()["number"], json!(format!("Q-{year}-00015")));
}

async fn a_sent_quote_does_not_change(api: Api) {
    let at = draft(&api, json!({})).await;
    let refused = api.patch(&at, json!({"status": "sent"})).await.refused(422_000);
    assert!(refused.detail().starts_with("quote_state"), "{refused}");
    let empty = format!("/v1/quotes/{}", api.create("/v1/quotes", json!({})).await);
    let refused = act(&api, &empty, "send", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("quote_empty"), "{refused}");
    let sent = act(&api, &at, "send", json!({})).await.expect(200).data().clone();
    assert!(sent["status"] == "sent" && sent["sent_at"].is_string(), "{sent}");
    let line = sent["lines"][0]["id"].as_str().unwrap();
    let id = sent["id"].as_str().unwrap();
    for reply in [
        api.patch(&at, json!({"notes": "cheaper"})).await,
        api.patch(&at, json!({"valid_until": "2199-01-01"})).await,
        api.patch(&at, json!({"status": "draft"})).await,
        api.patch(&at, json!({"lines": []})).await,
        api.patch(&at, json!({"lines": [{"description": "x", "unit_price": "1"}]})).await,
        api.patch(&format!("/v1/quote_lines/{line}"), json!({"unit_price": "1"})).await,
        api.delete(&format!("/v1/quote_lines/{line}")).await,
        api.post("/v1/quote_lines", json!({"quote_id": id, "description": "x", "unit_price": "1"})).await,
        api.delete(&at).await,
    ] {
        let reply = reply.refused(422_000);
        assert!(reply.detail().starts_with("quote_state") && reply.detail().contains("sent"), "{reply}");
    }
    assert_eq!(read(&api, &at).await, sent, "nothing has changed");
    // Who looks after it may.
    let user = api.create("/v1/users", json!({"name": unique("User")})).await;
    let _ = api.patch(&at, json!({"owner_id": user})).await.expect(200);
}

async fn a_quote_becomes_an_order_once(api: Api) {
    let who = api.create("/v1/customers", customer()).await;
    let (product_id, sku) = product(&api, "20", "EUR").await;
    let rate = api.create("/v1/tax_rates", json!({"name": unique("VAT"), "rate": "0.07"})).await;
    let lines = json!([
        {"sku": sku, "quantity": "2", "discount": "0.5", "tax_rate_id": rate},
        {"description": "Fitting", "unit_price": "15"},
    ]);
    let at = sent(&api, json!({"customer_id": who, "lines": lines})).await;
    let order = act(&api, &at, "accept", json!({})).await.expect(201);
    let order = read(&api, &format!("/v1/orders/{}", order.id())).await;
    let quote = read(&api, &at).await;
    assert_eq!((&order["quote_id"], &order["customer_id"]), (&quote["id"], &json!(who)));
    assert_eq!((&quote["status"], &order["currency"]), (&json!("accepted"), &json!("EUR")));
    for sum in ["subtotal", "tax_total", "total"] {
        assert_eq!(order[sum], quote[sum], "{sum}");
    }
    let [first, second] = order["lines"].as_array().unwrap().as_slice() else { panic!("{order}") };
    assert_eq!((&first["product_id"], &first["sku"]), (&json!(product_id), &json!(sku)));
    assert_eq!(
        (&first["unit_price"], &first["total"], &first["tax_rate_id"]),
        (&json!("20"), &json!("20"), &json!(rate))
    );
    assert_eq!((&second["description"], &second["total"]), (&json!("Fitting"), &json!("15")));
    assert!(actions(&api, &at).await.contains(&"accept".to_owned()));
    let refused = act(&api, &at, "accept", json!({})).await.refused(422_000);
    assert!(refused.detail().contains("accepted"), "{refused}");
    let id = quote["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/orders?filter[quote_id]={id}")).await.expect(200).rows().len(), 1);
}

async fn of_many_acceptances_at_once_one_makes_an_order(api: Api) {
    let who = api.create("/v1/customers", customer()).await;
    let at = sent(&api, json!({"customer_id": who})).await;
    let all = futures::future::join_all((0..6).map(|_| act(&api, &at, "accept", json!({})))).await;
    let mut codes: Vec<u16> = all.iter().map(|reply| reply.status).collect();
    codes.sort_unstable();
    assert_eq!(codes, [201, 422, 422, 422, 422, 422]);
    let id = at.rsplit('/').next().unwrap();
    assert_eq!(api.get(&format!("/v1/orders?filter[quote_id]={id}")).await.expect(200).rows().len(), 1);
}

async fn a_rejected_quote_is_revised(api: Api) {
    let at = sent(&api, json!({"notes": "Delivery in May"})).await;
    let quote = act(&api, &at, "reject", json!({"reason": "Too dear"})).await.expect(200).data().clone();
    assert_eq!((&quote["status"], &quote["reject_reason"]), (&json!("rejected"), &json!("Too dear")));
    let next = act(&api, &at, "revise", json!({})).await.expect(201).data().clone();
    let number = quote["number"].as_str().unwrap();
    assert_eq!((&next["number"], &next["revision"]), (&json!(format!("{number}-R2")), &json!(2)));
    assert_eq!(
        (&next["revises_id"], &next["status"], &next["notes"]),
        (&quote["id"], &json!("draft"), &quote["notes"])
    );
    assert_eq!((&next["total"], &next["lines"][0]["description"]), (&json!("30"), &json!("Chair")));
    assert_ne!(next["lines"][0]["id"], quote["lines"][0]["id"]);
    // A draft changes, and goes the same way.
    let again = format!("/v1/quotes/{}", next["id"].as_str().unwrap());
    let _ = api.patch(&again, json!({"lines": [{"description": "Stool", "unit_price": "8"}]})).await.expect(200);
    let _ = act(&api, &again, "send", json!({})).await.expect(200);
    let third = act(&api, &again, "revise", json!({})).await.expect(201).data().clone();
    assert_eq!(third["number"], json!(format!("{number}-R3")));
    assert_eq!(read(&api, &again).await["status"], "expired", "what is replaced can no longer be accepted");
    let _ = act(&api, &again, "accept", json!({})).await.refused(422_000);
}

async fn a_version_is_revised_once(api: Api) {
    let at = sent(&api, json!({})).await;
    let all = futures::future::join_all((0..4).map(|_| act(&api, &at, "revise", json!({})))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 201).count(), 1, "{all:?}");
    let refused = act(&api, &at, "revise", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("quote_revised") && refused.detail().contains("-R2"), "{refused}");
}

async fn a_quote_runs_out(api: Api) {
    let key = serial();
    // It comes from elsewhere, as it is.
    let body = json!({"external_id": key, "status": "sent", "valid_until": "2020-02-29"});
    let at = format!("/v1/quotes/{}", api.create("/v1/quotes", body).await);
    let held = format!(
        "/v1/quotes/{}",
        api.create("/v1/quotes", json!({"status": "sent", "valid_until": "2199-12-31"})).await
    );
    let mut quote = read(&api, &at).await;
    for _ in 0..100 {
        if quote["status"] != "sent" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        quote = read(&api, &at).await;
    }
    assert_eq!(quote["status"], "expired");
    assert_eq!(actions(&api, &at).await.iter().filter(|action| *action == "expire").count(), 1);
    assert_eq!(read(&api, &held).await["status"], "sent");
    let refused = act(&api, &at, "accept", json!({})).await.refused(422_000);
    assert!(refused.detail().contains("expired"), "{refused}");
    let late = draft(&api, json!({"valid_until": "2020-02-29"})).await;
    let refused = act(&api, &late, "send", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("quote_expired"), "{refused}");
}

async fn a_wrong_state_is_named(api: Api) {
    let at = draft(&api, json!({})).await;
    for action in ["accept", "reject", "revise"] {
        let refused = act(&api, &at, action, json!({})).await.refused(422_000);
        assert!(refused.detail().starts_with("quote_state: the quote is draft"), "{refused}");
    }
    let _ = act(&api, &at, "send", json!({})).await.expect(200);
    let refused = act(&api, &at, "send", json!({})).await.refused(422_000);
    assert!(refused.detail().contains("is sent"), "{refused}");
    let _ = act(&api, &at, "reject", json!({})).await.expect(200);
    let refused = act(&api, &at, "accept", json!({})).await.refused(422_000);
    assert!(refused.detail().contains("is rejected"), "{refused}");
}
