//! Two, or fifty, at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::{at, draft, open, order, plain, read, some};

both!(
    fifty_finalized_at_once_have_no_gap_and_no_double,
    thirty_orders_at_once_have_numbers_of_their_own,
    one_invoice_is_finalized_once,
    what_is_due_is_paid_once,
    what_was_paid_is_refunded_once,
    an_order_is_invoiced_once_by_two,
    a_line_is_credited_once,
    a_line_is_in_the_total_or_refused,
);

/// How many were done, and how many refused by a rule; nothing else comes.
fn done(replies: &[kontor_testkit::Reply]) -> (usize, usize) {
    let other = replies.iter().find(|r| r.status > 299 && r.error_code() != 422_000);
    assert!(other.is_none(), "{}", other.unwrap());
    let done = replies.iter().filter(|r| r.status < 300).count();
    (done, replies.len() - done)
}

async fn fifty_finalized_at_once_have_no_gap_and_no_double(api: Api) {
    let mut drafts = Vec::new();
    for number in 0..55 {
        // Every eleventh has nothing to invoice, and is refused.
        let lines = if number % 11 == 0 { json!([]) } else { json!([plain("1")]) };
        drafts.push(draft(&api, lines).await);
    }
    let day = json!({"issue_date": "2150-06-01"});
    let replies = join_all(drafts.iter().map(|d| {
        let (api, path, day) = (api.clone(), at("invoices", d, "finalize"), day.clone());
        async move { api.post(&path, day).await }
    }))
    .await;
    assert_eq!(done(&replies), (50, 5));
    let numbers: Vec<&str> = replies.iter().filter_map(|r| r.data()["number"].as_str()).collect();
    let distinct: BTreeSet<String> = numbers.iter().map(|n| (*n).to_owned()).collect();
    let expected: BTreeSet<String> = (1..=50).map(|n| format!("2150-{n:05}")).collect();
    assert_eq!(distinct, expected);
    assert_eq!(numbers.len(), 50);
}

async fn thirty_orders_at_once_have_numbers_of_their_own(api: Api) {
    let body = json!({"customer_id": super::customer(&api).await, "order_date": "2153-06-01", "lines": [plain("1")]});
    let replies = join_all((0..30).map(|_| api.post("/v1/orders", body.clone()))).await;
    assert_eq!(done(&replies), (30, 0));
    let numbers: BTreeSet<String> = replies.iter().map(|r| r.data()["number"].as_str().unwrap().to_owned()).collect();
    assert_eq!(numbers, (1..=30).map(|n| format!("O-2153-{n:05}")).collect());
    // Of an invoice's credit notes, made at once.
    let lines: Vec<Value> = (0..12).map(|_| plain("1")).collect();
    let invoice = open(&api, json!(lines)).await;
    let path = at("invoices", &invoice, "credit");
    let replies = join_all(invoice["lines"].as_array().unwrap().iter().map(|line| {
        let body = json!({"reason": "returned", "lines": [{"line_id": line["id"]}]});
        let (api, path) = (api.clone(), path.clone());
        async move { api.post(&path, body).await }
    }))
    .await;
    assert_eq!(done(&replies), (12, 0));
    let numbers: BTreeSet<String> = replies.iter().map(|r| r.data()["number"].as_str().unwrap().to_owned()).collect();
    assert_eq!(numbers.len(), 12);
    assert_eq!(some(&read(&api, "invoices", &invoice).await, ["status", "amount_due"]), ["paid", "0"].map(Value::from));
}

async fn one_invoice_is_finalized_once(api: Api) {
    let draft = draft(&api, json!([plain("1")])).await;
    let path = at("invoices", &draft, "finalize");
    let replies = join_all((0..8).map(|_| api.post(&path, json!({"issue_date": "2151-01-01"})))).await;
    assert_eq!(done(&replies), (1, 7));
    let next = super::draft(&api, json!([plain("1")])).await;
    let next = api.post(&at("invoices", &next, "finalize"), json!({"issue_date": "2151-01-01"})).await.expect(200);
    let first = read(&api, "invoices", &draft).await;
    assert_eq!([first["number"].clone(), next.data()["number"].clone()], ["2151-00001", "2151-00002"].map(Value::from));
}

async fn what_is_due_is_paid_once(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let path = at("invoices", &invoice, "pay");
    let body = json!({"invoice_id": invoice["id"], "amount": "4", "method": "card"});
    let pays = (0..6).map(|_| api.post(&path, json!({"amount": "4", "method": "card"})));
    let posts = (0..6).map(|_| api.post("/v1/payments", body.clone()));
    let (mut replies, more) = futures::join!(join_all(pays), join_all(posts));
    replies.extend(more);
    assert_eq!(done(&replies), (2, 10));
    assert_eq!(
        some(&read(&api, "invoices", &invoice).await, ["amount_paid", "amount_due"]),
        ["8", "2"].map(Value::from)
    );
}

async fn what_was_paid_is_refunded_once(api: Api) {
    let invoice = open(&api, json!([plain("10")])).await;
    let payment = api
        .post(&at("invoices", &invoice, "pay"), json!({"amount": "10", "method": "card"}))
        .await
        .expect(201)
        .data()
        .clone();
    let path = at("payments", &payment, "refund");
    let replies = join_all((0..6).map(|_| api.post(&path, json!({"amount": "6"})))).await;
    assert_eq!(done(&replies), (1, 5));
    assert_eq!(read(&api, "invoices", &invoice).await["amount_due"], "6");
}

async fn an_order_is_invoiced_once_by_two(api: Api) {
    let order = order(&api, json!([plain("1")])).await;
    let path = at("orders", &order, "invoice");
    let replies = join_all((0..6).map(|_| api.post(&path, json!({})))).await;
    assert_eq!(done(&replies), (1, 5));
    let found = api.get(&format!("/v1/invoices?filter[order_id]={}", order["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(found.rows().len(), 1);
}

async fn a_line_is_credited_once(api: Api) {
    let invoice = open(&api, json!([plain("10"), plain("1")])).await;
    let path = at("invoices", &invoice, "credit");
    let body = json!({"reason": "returned", "lines": [{"line_id": invoice["lines"][0]["id"]}]});
    let replies = join_all((0..6).map(|_| api.post(&path, body.clone()))).await;
    assert_eq!(done(&replies), (1, 5));
    assert_eq!(read(&api, "invoices", &invoice).await["amount_credited"], "10");
}

/// A line that comes while the invoice is finalized is part of it, or refused.
async fn a_line_is_in_the_total_or_refused(api: Api) {
    for _ in 0..5 {
        let draft = draft(&api, json!([plain("1")])).await;
        let line = json!({"invoice_id": draft["id"], "unit_price": "2"});
        let path = at("invoices", &draft, "finalize");
        let (finalized, lines) = futures::join!(
            api.post(&path, json!({})),
            join_all((0..4).map(|_| api.post("/v1/invoice_lines", line.clone())))
        );
        let _ = finalized.expect(200);
        let (added, refused) = done(&lines);
        assert_eq!(added + refused, 4);
        let now = read(&api, "invoices", &draft).await;
        assert_eq!(now["total"], (1 + 2 * added).to_string());
        assert_eq!(now["lines"].as_array().unwrap().len(), 1 + added);
    }
}
