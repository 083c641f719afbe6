//! `/v1/invoices/{id}/credit` and `/v1/credit_notes`.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::{actions, at, open, plain, product, read, some, tax_rate};

both!(
    an_invoice_is_credited_whole,
    lines_are_credited_in_parts_to_the_cent,
    more_than_was_charged_is_not_credited,
    what_is_asked_is_checked,
    a_paid_invoice_is_credited_and_refunded,
    a_credit_note_never_changes,
);

fn reason() -> Value {
    json!({"reason": "returned"})
}

async fn an_invoice_is_credited_whole(api: Api) {
    let tax = tax_rate(&api, "0.19").await;
    let (_, sku) = product(&api, "100", "EUR").await;
    let invoice =
        open(&api, json!([{"sku": sku, "quantity": 2, "tax_rate_id": tax, "discount": "0.1"}, plain("5")])).await;
    assert_eq!(invoice["total"], "219.2");
    let reply = api.post(&at("invoices", &invoice, "credit"), reason()).await.expect(201);
    let note = reply.data();
    assert_eq!(reply.header("location"), format!("/v1/credit_notes/{}", reply.id()));
    assert!(note["number"].as_str().unwrap().starts_with("CN-20"), "{note}");
    let names = [
        "invoice_id",
        "customer_id",
        "currency",
        "reason",
        "subtotal",
        "tax_total",
        "total",
        "billing_name",
        "tax_lines",
    ];
    let expected = [
        invoice["id"].clone(),
        invoice["customer_id"].clone(),
        json!("EUR"),
        json!("returned"),
        json!("185"),
        json!("34.2"),
        json!("219.2"),
        invoice["billing_name"].clone(),
        invoice["tax_lines"].clone(),
    ];
    assert_eq!(some(note, names), expected);
    let names = ["sku", "quantity", "unit_price", "discount", "tax_rate_id", "net", "invoice_line_id"];
    let line = &invoice["lines"][0];
    assert_eq!(
        some(&note["lines"][0], names),
        [json!(sku), json!("2"), json!("100"), json!("0.1"), json!(tax), json!("180"), line["id"].clone()]
    );
    let now = read(&api, "invoices", &invoice).await;
    assert_eq!(
        some(&now, ["status", "amount_credited", "amount_due", "total"]),
        ["paid", "219.2", "0", "219.2"].map(Value::from)
    );
    let again = api.post(&at("invoices", &invoice, "credit"), reason()).await.refused(422_000);
    assert!(again.detail().starts_with("invoice_credited"), "{again}");
    assert_eq!(actions(&api, "invoices", &invoice).await, ["create", "finalize", "credit"]);
}

async fn lines_are_credited_in_parts_to_the_cent(api: Api) {
    let tax = tax_rate(&api, "0.19").await;
    // 3 × 0.335 = 1.005 → 1.00; each by itself would be 0.34.
    let invoice = open(&api, json!([{"unit_price": "0.335", "quantity": 3, "tax_rate_id": tax}, plain("5")])).await;
    assert_eq!(some(&invoice, ["subtotal", "total"]), ["6", "6.19"].map(Value::from));
    let one = json!({"reason": "broken", "lines": [{"line_id": invoice["lines"][0]["id"], "quantity": 1}]});
    let mut totals = Vec::new();
    for _ in 0..3 {
        let note = api.post(&at("invoices", &invoice, "credit"), one.clone()).await.expect(201);
        totals.push(note.data()["subtotal"].as_str().unwrap().to_owned());
    }
    assert_eq!(totals, ["0.34", "0.33", "0.33"]);
    let now = read(&api, "invoices", &invoice).await;
    assert_eq!(some(&now, ["status", "amount_credited", "amount_due"]), ["open", "1.19", "5"].map(Value::from));
    let reply = api.post(&at("invoices", &invoice, "credit"), one).await.refused(422_000);
    assert!(reply.detail().starts_with("credit_too_large: line 1: 1 cannot be credited, 0 are left"), "{reply}");
    let rest = api.post(&at("invoices", &invoice, "credit"), reason()).await.expect(201);
    assert_eq!((&rest.data()["total"], rest.data()["lines"].as_array().unwrap().len()), (&json!("5"), 1));
}

async fn more_than_was_charged_is_not_credited(api: Api) {
    let invoice = open(&api, json!([plain("100"), plain("-20")])).await;
    let line = |index: usize| json!([{"line_id": invoice["lines"][index]["id"]}]);
    let whole = json!({"reason": "returned", "lines": line(0)});
    let reply = api.post(&at("invoices", &invoice, "credit"), whole).await.refused(422_000);
    assert!(reply.detail().starts_with("credit_too_large: 100 EUR is more than the 80 EUR that are left"), "{reply}");
    let too_much = json!({"reason": "x", "lines": [{"line_id": invoice["lines"][0]["id"], "quantity": "1.0001"}]});
    let reply = api.post(&at("invoices", &invoice, "credit"), too_much).await.refused(422_000);
    assert!(reply.detail().starts_with("credit_too_large: line 1"), "{reply}");
    assert_eq!(read(&api, "invoices", &invoice).await, invoice);
    let draft = super::draft(&api, json!([plain("1")])).await;
    let reply = api.post(&at("invoices", &draft, "credit"), reason()).await.refused(422_000);
    assert!(reply.detail().starts_with("invoice_draft"), "{reply}");
}

async fn what_is_asked_is_checked(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let other = open(&api, json!([plain("10")])).await;
    let (own, id) = (&invoice["lines"][0]["id"], &other["lines"][0]["id"]);
    let path = at("invoices", &invoice, "credit");
    for (lines, field) in [
        (json!([]), "lines"),
        (json!({"line_id": own}), "lines"),
        (json!([own]), "lines.0"),
        (json!([{"line_id": own, "price": 1}]), "lines.0"),
        (json!([{"line_id": id}]), "lines.0.line_id"),
        (json!([{"line_id": "4242"}]), "lines.0.line_id"),
        (json!([{}]), "lines.0.line_id"),
        (json!([{"line_id": own, "quantity": 0}]), "lines.0.quantity"),
        (json!([{"line_id": own, "quantity": "-1"}]), "lines.0.quantity"),
        (json!([{"line_id": own, "quantity": "much"}]), "lines.0.quantity"),
        (json!([{"line_id": own, "quantity": "0.5"}, {"line_id": own}]), "lines.1.line_id"),
    ] {
        let reply = api.post(&path, json!({"reason": "x", "lines": lines})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], field, "{lines}");
    }
    let reply = api.post(&path, json!({})).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "reason");
}

async fn a_paid_invoice_is_credited_and_refunded(api: Api) {
    let invoice = open(&api, json!([plain("60"), plain("40")])).await;
    let payment = api
        .post(&at("invoices", &invoice, "pay"), json!({"amount": "100", "method": "card"}))
        .await
        .expect(201)
        .data()
        .clone();
    let part = json!({"reason": "returned", "lines": [{"line_id": invoice["lines"][1]["id"]}]});
    let _ = api.post(&at("invoices", &invoice, "credit"), part).await.expect(201);
    let names = ["status", "amount_paid", "amount_credited", "amount_due"];
    assert_eq!(some(&read(&api, "invoices", &invoice).await, names), ["paid", "100", "40", "-40"].map(Value::from));
    let _ = api.post(&at("payments", &payment, "refund"), json!({"amount": "40"})).await.expect(200);
    assert_eq!(some(&read(&api, "invoices", &invoice).await, names), ["paid", "60", "40", "0"].map(Value::from));
    let _ = api.post(&at("payments", &payment, "refund"), json!({"amount": "10"})).await.expect(200);
    assert_eq!(some(&read(&api, "invoices", &invoice).await, names), ["open", "50", "40", "10"].map(Value::from));
}

async fn a_credit_note_never_changes(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let note = api.post(&at("invoices", &invoice, "credit"), reason()).await.expect(201).data().clone();
    assert_eq!(read(&api, "credit_notes", &note).await, note);
    let found = api.get(&format!("/v1/credit_notes?filter[invoice_id]={}", invoice["id"].as_str().unwrap())).await;
    assert_eq!(found.expect(200).ids(), [note["id"].as_str().unwrap()]);
    for reply in [
        api.patch(&at("credit_notes", &note, ""), json!({"reason": "x"})).await,
        api.delete(&at("credit_notes", &note, "")).await,
        api.post("/v1/credit_notes", json!({"invoice_id": invoice["id"]})).await,
        api.patch(&at("credit_note_lines", &note["lines"][0], ""), json!({"net": "1"})).await,
    ] {
        assert!([403_000, 405_000].contains(&reply.error_code()), "{reply}");
    }
    assert_eq!(read(&api, "credit_notes", &note).await, note);
}
