//! `/v1/invoices/{id}/pay`, `/v1/payments`: money that comes and goes.

use kontor_testkit::{Api, both, serial};
use serde_json::{Value, json};

use super::{actions, at, draft, open, order, plain, read, some};

both!(
    an_invoice_is_paid_in_two_parts,
    more_than_is_due_is_refused,
    a_payment_posted_by_itself_counts_the_same,
    a_pending_payment_counts_when_it_succeeds,
    a_refund_makes_the_invoice_due_again,
    more_than_was_paid_is_not_refunded,
    a_settled_payment_does_not_change,
    the_same_gateway_payment_counts_once,
);

const STATE: [&str; 3] = ["status", "amount_paid", "amount_due"];

async fn an_invoice_is_paid_in_two_parts(api: Api) {
    let made = order(&api, json!([plain("100")])).await;
    let invoice = api.post(&at("orders", &made, "invoice"), json!({})).await.expect(201).data().clone();
    let _ = api.post(&at("invoices", &invoice, "finalize"), json!({})).await.expect(200);
    let first = json!({"amount": "40.50", "method": "bank_transfer", "received_at": "2026-05-04T10:00:00Z", "reference": "K 17"});
    let paid = api.post(&at("invoices", &invoice, "pay"), first).await.expect(201);
    assert_eq!(paid.header("location"), format!("/v1/payments/{}", paid.id()));
    let names = ["invoice_id", "amount", "currency", "method", "status", "received_at", "reference"];
    let expected = [
        invoice["id"].clone(),
        json!("40.5"),
        json!("EUR"),
        json!("bank_transfer"),
        json!("succeeded"),
        json!("2026-05-04T10:00:00.000Z"),
        json!("K 17"),
    ];
    assert_eq!(some(paid.data(), names), expected);
    let now = read(&api, "invoices", &invoice).await;
    assert_eq!(some(&now, STATE), ["open", "40.5", "59.5"].map(Value::from));
    assert_eq!(read(&api, "orders", &made).await["status"], "unpaid");
    let voided = api.post(&at("invoices", &invoice, "void"), json!({"reason": "x"})).await.refused(422_000);
    assert!(voided.detail().starts_with("invoice_paid: 40.5 EUR"), "{voided}");
    let second = json!({"amount": "59.5", "method": "cash"});
    let paid = api.post(&at("invoices", &invoice, "pay"), second.clone()).await.expect(201);
    assert!(paid.data()["received_at"].is_string());
    let now = read(&api, "invoices", &invoice).await;
    assert_eq!(some(&now, STATE), ["paid", "100", "0"].map(Value::from));
    assert!(now["paid_at"].is_string());
    assert_eq!(read(&api, "orders", &made).await["status"], "paid");
    let again = api.post(&at("invoices", &invoice, "pay"), second).await.refused(422_000);
    assert!(again.detail().starts_with("invoice_paid"), "{again}");
    let told = actions(&api, "invoices", &invoice).await;
    assert_eq!(told, ["create", "finalize", "pay", "pay"]);
    assert_eq!(actions(&api, "orders", &made).await, ["create", "invoice", "pay"]);
    let done = api.post(&at("orders", &made, "fulfil"), json!({})).await.expect(200);
    assert_eq!(done.data()["status"], "fulfilled");
}

async fn more_than_is_due_is_refused(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let pay = |amount: &str| json!({"amount": amount, "method": "card"});
    let reply = api.post(&at("invoices", &invoice, "pay"), pay("10.01")).await.refused(422_000);
    assert!(reply.detail().starts_with("overpayment: 10.01 EUR is more than the 10 EUR that are due"), "{reply}");
    let reply = api.post(&at("invoices", &invoice, "pay"), pay("0")).await.refused(422_000);
    assert!(reply.detail().starts_with("payment_amount"), "{reply}");
    let _ = api.post(&at("invoices", &invoice, "pay"), pay("-1")).await.refused(400_001);
    let _ = api.post(&at("invoices", &invoice, "pay"), json!({"amount": "1"})).await.refused(400_001);
    let _ =
        api.post(&at("invoices", &invoice, "pay"), json!({"amount": "1", "method": "shells"})).await.refused(400_006);
    let draft = draft(&api, json!([plain("10")])).await;
    let reply = api.post(&at("invoices", &draft, "pay"), pay("1")).await.refused(422_000);
    assert!(reply.detail().starts_with("invoice_draft"), "{reply}");
    assert_eq!(read(&api, "invoices", &invoice).await, invoice);
    // Of two in one set that are too much together, neither is done.
    let one = json!({"op": "create", "data": {"invoice_id": invoice["id"], "amount": "6", "method": "cash"}});
    let both = json!({"atomic": true, "operations": [one, one]});
    let reply = api.post("/v1/payments/batch", both).await.refused(422_000);
    assert!(reply.detail().contains("the 4 EUR that are due"), "{reply}");
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "10");
    let other = open(&api, json!([plain("3")])).await;
    let drafted = json!({"op": "create", "data": {"invoice_id": draft["id"], "amount": "1", "method": "cash"}});
    let theirs = json!({"op": "create", "data": {"invoice_id": other["id"], "amount": "1", "method": "cash"}});
    let mixed = json!({"atomic": false, "operations": [drafted, theirs]});
    let reply = api.post("/v1/payments/batch", mixed).await.expect(207);
    assert_eq!(reply.column("status"), [json!(422), json!(201)]);
    assert_eq!(read(&api, "invoices", &other).await["amount_due"], "2");
    let each = json!({"atomic": false, "operations": [one, one]});
    let reply = api.post("/v1/payments/batch", each).await.expect(207);
    assert_eq!(reply.column("status"), [json!(201), json!(422)]);
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "4");
}

async fn a_payment_posted_by_itself_counts_the_same(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let with = |amount: &str| json!({"invoice_id": invoice["id"], "amount": amount, "method": "cash"});
    let reply = api.post("/v1/payments", with("10.5")).await.refused(422_000);
    assert!(reply.detail().starts_with("overpayment"), "{reply}");
    let mut other = with("1");
    other["currency"] = json!("USD");
    let reply = api.post("/v1/payments", other).await.refused(422_000);
    assert!(reply.detail().starts_with("currency_mismatch"), "{reply}");
    let none = api.post("/v1/payments", json!({"invoice_id": invoice["id"], "method": "cash"})).await.refused(422_000);
    assert!(none.detail().starts_with("payment_amount"), "{none}");
    for status in ["refunded", "partially_refunded"] {
        let mut other = with("1");
        other["status"] = json!(status);
        let reply = api.post("/v1/payments", other).await.refused(422_000);
        assert!(reply.detail().starts_with("payment_status"), "{reply}");
    }
    let made = api.post("/v1/payments", with("10")).await.expect(201);
    assert_eq!(some(made.data(), ["status", "currency"]), ["succeeded", "EUR"].map(Value::from));
    assert_eq!(some(&read(&api, "invoices", &invoice).await, STATE), ["paid", "10", "0"].map(Value::from));
    let draft = draft(&api, json!([plain("10")])).await;
    let reply = api.post("/v1/payments", json!({"invoice_id": draft["id"], "amount": "1"})).await.refused(422_000);
    assert!(reply.detail().starts_with("invoice_not_open: the invoice is draft"), "{reply}");
    // Money of which nobody knows yet what it is for, until somebody does.
    let invoice = open(&api, json!([plain("10")])).await;
    let found = api.post("/v1/payments", json!({"amount": "10", "currency": "EUR"})).await.expect(201).data().clone();
    let _ = api.patch(&at("payments", &found, ""), json!({"invoice_id": invoice["id"]})).await.expect(200);
    assert_eq!(read(&api, "invoices", &invoice).await["status"], "paid");
}

async fn a_pending_payment_counts_when_it_succeeds(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let body = json!({"invoice_id": invoice["id"], "amount": "8", "status": "pending", "gateway": "stripe"});
    let made = api.post("/v1/payments", body.clone()).await.expect(201).data().clone();
    let other = api.post("/v1/payments", body).await.expect(201).data().clone();
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "10");
    let _ = api.patch(&at("payments", &made, ""), json!({"status": "succeeded"})).await.expect(200);
    assert_eq!(some(&read(&api, "invoices", &invoice).await, STATE), ["open", "8", "2"].map(Value::from));
    let reply = api.patch(&at("payments", &other, ""), json!({"status": "succeeded"})).await.refused(422_000);
    assert!(reply.detail().starts_with("overpayment"), "{reply}");
    let _ = api.patch(&at("payments", &other, ""), json!({"status": "failed"})).await.expect(200);
    let _ = api.delete(&at("payments", &other, "")).await.expect(200);
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "2");
}

async fn a_refund_makes_the_invoice_due_again(api: Api) {
    let made = order(&api, json!([plain("100")])).await;
    let invoice = api.post(&at("orders", &made, "invoice"), json!({})).await.expect(201).data().clone();
    let _ = api.post(&at("invoices", &invoice, "finalize"), json!({})).await.expect(200);
    let payment = api
        .post(&at("invoices", &invoice, "pay"), json!({"amount": "100", "method": "card"}))
        .await
        .expect(201)
        .data()
        .clone();
    let back =
        api.post(&at("payments", &payment, "refund"), json!({"amount": "30", "reason": "damaged"})).await.expect(200);
    let names = ["status", "refunded_amount", "refund_reason", "amount"];
    assert_eq!(some(back.data(), names), ["partially_refunded", "30", "damaged", "100"].map(Value::from));
    assert_eq!(some(&read(&api, "invoices", &invoice).await, STATE), ["open", "70", "30"].map(Value::from));
    assert_eq!(read(&api, "orders", &made).await["status"], "unpaid");
    let back = api.post(&at("payments", &payment, "refund"), json!({})).await.expect(200);
    assert_eq!(some(back.data(), ["status", "refunded_amount"]), ["refunded", "100"].map(Value::from));
    assert_eq!(some(&read(&api, "invoices", &invoice).await, STATE), ["open", "0", "100"].map(Value::from));
    let again = api.post(&at("payments", &payment, "refund"), json!({})).await.refused(422_000);
    assert!(again.detail().starts_with("payment_refunded"), "{again}");
    let _ = api.post(&at("invoices", &invoice, "pay"), json!({"amount": "100", "method": "card"})).await.expect(201);
    assert_eq!(read(&api, "orders", &made).await["status"], "paid");
    let told = actions(&api, "invoices", &invoice).await;
    assert_eq!(told, ["create", "finalize", "pay", "refund", "update", "pay"]);
    assert_eq!(actions(&api, "payments", &payment).await, ["create", "refund", "refund"]);
}

async fn more_than_was_paid_is_not_refunded(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let payment = api
        .post(&at("invoices", &invoice, "pay"), json!({"amount": "10", "method": "card"}))
        .await
        .expect(201)
        .data()
        .clone();
    let path = at("payments", &payment, "refund");
    let reply = api.post(&path, json!({"amount": "10.01"})).await.refused(422_000);
    assert!(reply.detail().starts_with("refund_too_large: 10.01 EUR is more than the 10 EUR that are left"), "{reply}");
    let _ = api.post(&path, json!({"amount": "6"})).await.expect(200);
    let reply = api.post(&path, json!({"amount": "4.01"})).await.refused(422_000);
    assert!(reply.detail().contains("the 4 EUR that are left"), "{reply}");
    let reply = api.post(&path, json!({"amount": "0"})).await.refused(422_000);
    assert!(reply.detail().starts_with("refund_amount"), "{reply}");
    let _ = api.post(&path, json!({"amount": "-1"})).await.refused(400_001);
    let pending = api.create("/v1/payments", json!({"amount": "1", "status": "pending"})).await;
    let reply = api.post(&format!("/v1/payments/{pending}/refund"), json!({})).await.refused(422_000);
    assert!(reply.detail().starts_with("payment_pending"), "{reply}");
}

async fn a_settled_payment_does_not_change(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let payment = api
        .post(&at("invoices", &invoice, "pay"), json!({"amount": "4", "method": "card"}))
        .await
        .expect(201)
        .data()
        .clone();
    let path = at("payments", &payment, "");
    let other = open(&api, json!([plain("10")])).await;
    for change in [
        json!({"amount": "5"}),
        json!({"status": "failed"}),
        json!({"currency": "USD"}),
        json!({"invoice_id": null}),
        json!({"invoice_id": other["id"]}),
    ] {
        let reply = api.patch(&path, change.clone()).await.refused(422_000);
        assert!(reply.detail().starts_with("settled_payment"), "{change}: {reply}");
    }
    let reply = api.delete(&path).await.refused(422_000);
    assert!(reply.detail().starts_with("settled_payment"), "{reply}");
    let _ = api.patch(&path, json!({"reference": "seen"})).await.expect(200);
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "6");
}

async fn the_same_gateway_payment_counts_once(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let body = json!({"invoice_id": invoice["id"], "amount": "4", "gateway": "stripe", "gateway_reference": serial()});
    let _ = api.post("/v1/payments", body.clone()).await.expect(201);
    let _ = api.post("/v1/payments", body).await.refused(409_001);
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "6");
}
