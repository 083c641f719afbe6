//! `/v1/orders`: states and actions.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::{actions, at, customer, order, plain, product, read, some, tax_rate};

both!(
    an_order_is_numbered_by_year,
    an_order_is_confirmed_fulfilled_and_then_fixed,
    an_order_is_confirmed_with_customer_lines_and_prices,
    an_order_is_cancelled_until_it_is_invoiced,
    an_order_is_invoiced_once,
    states_are_reached_by_actions_only,
    an_order_with_invoices_is_not_deleted,
);

async fn an_order_is_numbered_by_year(api: Api) {
    let year = |date: &'static str| json!({"order_date": date});
    let first = api.post("/v1/orders", year("2101-03-01")).await.expect(201).data()["number"].clone();
    let second = api.post("/v1/orders", year("2101-12-31")).await.expect(201).data()["number"].clone();
    let number = |value: &Value| value.as_str().unwrap().strip_prefix("O-2101-").unwrap().parse::<u32>().unwrap();
    assert_eq!(number(&second), number(&first) + 1);
    assert_eq!(first.as_str().unwrap().len(), "O-2101-00001".len());
    // A number that came by hand is not given again.
    let next = format!("O-2101-{:05}", number(&second) + 1);
    let _ = api.post("/v1/orders", json!({"number": next})).await.expect(201);
    let third = api.post("/v1/orders", year("2101-01-01")).await.expect(201).data()["number"].clone();
    assert_eq!(number(&third), number(&second) + 2);
}

async fn an_order_is_confirmed_fulfilled_and_then_fixed(api: Api) {
    let made = order(&api, json!([plain("10")])).await;
    assert_eq!(some(&made, ["status", "confirmed_at"]), [json!("unpaid"), json!(null)]);
    let early = api.post(&at("orders", &made, "fulfil"), json!({})).await.refused(422_000);
    assert!(early.detail().starts_with("order_not_confirmed"), "{early}");
    let confirmed = api.post(&at("orders", &made, "confirm"), json!({})).await.expect(200);
    assert!(confirmed.data()["confirmed_at"].is_string() && confirmed.data()["order_date"].is_string());
    let again = api.post(&at("orders", &made, "confirm"), json!({})).await.refused(422_000);
    assert!(again.detail().starts_with("order_confirmed"), "{again}");
    // From now on it says what was agreed.
    let line = &made["lines"][0];
    for refused in [
        api.patch(&at("order_lines", line, ""), json!({"quantity": 2})).await,
        api.delete(&at("order_lines", line, "")).await,
        api.post("/v1/order_lines", json!({"order_id": made["id"], "unit_price": "1"})).await,
        api.patch(&at("orders", &made, ""), json!({"lines": []})).await,
        api.patch(&at("orders", &made, ""), json!({"customer_id": customer(&api).await})).await,
        api.patch(&at("orders", &made, ""), json!({"currency": "USD"})).await,
    ] {
        let refused = refused.refused(422_000);
        assert!(refused.detail().starts_with("confirmed_order"), "{refused}");
    }
    let _ = api.patch(&at("orders", &made, ""), json!({"notes": "ring twice", "ship_via": "Post"})).await.expect(200);
    let done = api.post(&at("orders", &made, "fulfil"), json!({"shipped_date": "2026-05-04"})).await.expect(200);
    assert_eq!(
        some(done.data(), ["status", "shipped_date", "total"]),
        ["fulfilled", "2026-05-04", "10"].map(Value::from)
    );
    for action in ["fulfil", "cancel", "confirm"] {
        let reply = api.post(&at("orders", &made, action), json!({})).await.refused(422_000);
        assert!(reply.detail().starts_with("order_fulfilled: the order O-"), "{action}: {reply}");
    }
    let kept = api.delete(&at("orders", &made, "")).await.refused(422_000);
    assert!(kept.detail().starts_with("order_kept"), "{kept}");
    let told = actions(&api, "orders", &made).await;
    assert_eq!(told, ["create", "confirm", "update", "fulfil"]);
}

async fn an_order_is_confirmed_with_customer_lines_and_prices(api: Api) {
    let confirm = async |body: Value| {
        let made = api.post("/v1/orders", body).await.expect(201).data().clone();
        api.post(&at("orders", &made, "confirm"), json!({})).await.refused(422_000).detail().to_owned()
    };
    assert!(confirm(json!({"lines": [plain("1")]})).await.starts_with("customer_missing"));
    let id = customer(&api).await;
    assert!(confirm(json!({"customer_id": id})).await.starts_with("no_lines"));
    assert!(
        confirm(json!({"customer_id": id, "lines": [plain("1"), {"description": "?"}]}))
            .await
            .starts_with("price_missing: line 2")
    );
}

async fn an_order_is_cancelled_until_it_is_invoiced(api: Api) {
    let made = order(&api, json!([plain("10")])).await;
    let done = api.post(&at("orders", &made, "cancel"), json!({"reason": "changed their mind"})).await.expect(200);
    assert_eq!(some(done.data(), ["status", "cancel_reason"]), ["cancelled", "changed their mind"].map(Value::from));
    for action in ["cancel", "confirm", "fulfil", "invoice"] {
        let reply = api.post(&at("orders", &made, action), json!({})).await.refused(422_000);
        assert!(reply.detail().starts_with("order_cancelled"), "{action}: {reply}");
    }
    let made = order(&api, json!([plain("10")])).await;
    let invoice = api.post(&at("orders", &made, "invoice"), json!({})).await.expect(201).data().clone();
    let reply = api.post(&at("orders", &made, "cancel"), json!({})).await.refused(422_000);
    assert!(reply.detail().contains("delete the draft first"), "{reply}");
    let _ = api.delete(&at("invoices", &invoice, "")).await.expect(200);
    let _ = api.post(&at("orders", &made, "cancel"), json!({})).await.expect(200);
}

async fn an_order_is_invoiced_once(api: Api) {
    let tax = tax_rate(&api, "0.19").await;
    let (_, sku) = product(&api, "100", "EUR").await;
    let lines = json!([{"sku": sku, "tax_rate_id": tax, "discount": "0.1"}, plain("7")]);
    let made = order(&api, lines).await;
    let reply = api.post(&at("orders", &made, "invoice"), json!({})).await.expect(201);
    let invoice = reply.data().clone();
    assert_eq!(reply.header("location"), format!("/v1/invoices/{}", reply.id()));
    assert_eq!(
        some(&invoice, ["status", "number", "order_id", "customer_id", "total", "amount_due", "owner_id"]),
        [
            json!("draft"),
            json!(null),
            made["id"].clone(),
            made["customer_id"].clone(),
            json!("114.1"),
            json!("114.1"),
            made["owner_id"].clone()
        ]
    );
    let names = ["position", "sku", "description", "quantity", "unit_price", "discount", "tax_rate_id", "net"];
    for line in 0..2 {
        assert_eq!(some(&invoice["lines"][line], names), some(&made["lines"][line], names));
    }
    let order = read(&api, "orders", &made).await;
    assert!(order["confirmed_at"].is_string() && order["invoiced_at"].is_string(), "{order}");
    let again = api.post(&at("orders", &made, "invoice"), json!({})).await.refused(422_000);
    assert!(again.detail().starts_with("order_invoiced") && again.detail().contains("draft"), "{again}");
    let _ = api.post(&at("invoices", &invoice, "finalize"), json!({})).await.expect(200);
    let _ = api.post(&at("orders", &made, "invoice"), json!({})).await.refused(422_000);
    let _ = api.post(&at("invoices", &invoice, "void"), json!({"reason": "wrong customer"})).await.expect(200);
    let anew = api.post(&at("orders", &made, "invoice"), json!({})).await.expect(201);
    assert_ne!(anew.id(), invoice["id"]);
    let _ = api.post(&at("orders", &made, "invoice"), json!({})).await.refused(422_000);
}

async fn states_are_reached_by_actions_only(api: Api) {
    for status in ["paid", "fulfilled", "cancelled"] {
        let reply = api.post("/v1/orders", json!({"status": status})).await.refused(422_000);
        assert!(reply.detail().starts_with("order_status"), "{reply}");
    }
    let made = order(&api, json!([plain("1")])).await;
    for status in ["paid", "fulfilled", "cancelled"] {
        let reply = api.patch(&at("orders", &made, ""), json!({"status": status})).await.refused(422_000);
        assert!(reply.detail().starts_with("order_status"), "{reply}");
    }
    let _ = api.patch(&at("orders", &made, ""), json!({"status": "unpaid"})).await.expect(200);
    let _ = api.post("/v1/orders", json!({"status": "lost"})).await.refused(400_006);
    let unknown = api.post(&at("orders", &made, "confirm"), json!({"when": "now"})).await.refused(400_002);
    assert_eq!(unknown.faults()[0]["field"], "when");
    let _ = api.post("/v1/orders/4242/confirm", json!({})).await.refused(404_001);
    let _ = api.post(&at("orders", &made, "win"), json!({})).await.refused(404_000);
    let stale =
        api.request("POST", &at("orders", &made, "confirm")).header("if-match", "\"7\"").json(&json!({})).send();
    let _ = stale.await.refused(412_000);
}

async fn an_order_with_invoices_is_not_deleted(api: Api) {
    let made = order(&api, json!([plain("1")])).await;
    let _ = api.delete(&at("orders", &made, "")).await.expect(200);
    let _ = api.post(&at("orders", &made, "restore"), json!({})).await.expect(200);
    let _ = api.post(&at("orders", &made, "invoice"), json!({})).await.expect(201);
    let reply = api.delete(&at("orders", &made, "")).await.refused(422_000);
    assert!(reply.detail().starts_with("order_invoiced: the order has 1 invoice"), "{reply}");
}
