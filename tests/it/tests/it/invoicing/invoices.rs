//! `/v1/invoices`: from draft to number, and what does not change any more.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::{Value, json};

use super::{actions, at, customer, draft, open, plain, read, some};

both!(
    a_draft_is_finalized,
    the_due_date_follows_the_terms,
    what_cannot_be_finalized_is_refused_and_leaves_no_gap,
    a_finalized_invoice_never_changes,
    an_open_invoice_is_voided,
    an_open_invoice_is_written_off,
    a_draft_may_be_changed_and_deleted,
    numbers_of_the_series_are_not_sent,
);

async fn a_draft_is_finalized(api: Api) {
    let company =
        json!({"name": unique("Buyer"), "billing_street": "Ring 1", "billing_city": "Berlin", "billing_country": "DE"});
    let company = api.create("/v1/companies?allow_duplicates=true", company).await;
    let name = unique("Käufer");
    let buyer = json!({"name": name, "mobile": "13800138000", "customer_type": "vip", "company_id": company, "tax_id": "DE123456789"});
    let buyer = api.create("/v1/customers", buyer).await;
    let body = json!({"customer_id": buyer, "currency": "EUR", "lines": [plain("100")]});
    let made = api.post("/v1/invoices", body).await.expect(201).data().clone();
    assert_eq!(
        some(&made, ["status", "number", "billing_name", "amount_due"]),
        [json!("draft"), json!(null), json!(null), json!("100")]
    );
    let done = api.post(&at("invoices", &made, "finalize"), json!({"issue_date": "2111-02-01"})).await.expect(200);
    let names = [
        "status",
        "issue_date",
        "due_date",
        "billing_name",
        "billing_street",
        "billing_country",
        "billing_tax_id",
        "amount_due",
    ];
    let expected = ["open", "2111-02-01", "2111-03-03", name.as_str(), "Ring 1", "DE", "DE123456789", "100"];
    assert_eq!(some(done.data(), names), expected.map(Value::from));
    assert!(done.data()["number"].as_str().unwrap().starts_with("2111-"), "{done}");
    assert!(done.data()["finalized_at"].is_string());
    let again = api.post(&at("invoices", &made, "finalize"), json!({})).await.refused(422_000);
    assert!(again.detail().starts_with("invoice_open: the invoice 2111-"), "{again}");
    // What it says stays, whatever becomes of the customer.
    let _ = api
        .patch(&format!("/v1/customers/{buyer}"), json!({"name": unique("Other"), "tax_id": null}))
        .await
        .expect(200);
    assert_eq!(
        some(&read(&api, "invoices", &made).await, ["billing_name", "billing_tax_id"]),
        [json!(name), json!("DE123456789")]
    );
    assert_eq!(actions(&api, "invoices", &made).await, ["create", "finalize"]);
    // Nothing to pay: paid at once.
    let free = open(&api, json!([plain("0")])).await;
    assert_eq!(some(&free, ["status", "amount_due"]), ["paid", "0"].map(Value::from));
}

async fn the_due_date_follows_the_terms(api: Api) {
    for (terms, due) in
        [(json!("net_14"), "2112-01-15"), (json!("due_on_receipt"), "2112-01-01"), (json!(null), "2112-01-31")]
    {
        let mut buyer = crate::support::customer();
        buyer["payment_terms"] = terms;
        let buyer = api.create("/v1/customers", buyer).await;
        let body = json!({"customer_id": buyer, "issue_date": "2112-01-01", "lines": [plain("1")]});
        let made = api.post("/v1/invoices", body).await.expect(201).data().clone();
        let done = api.post(&at("invoices", &made, "finalize"), json!({})).await.expect(200);
        assert_eq!(done.data()["due_date"], due);
    }
    let body = json!({"customer_id": customer(&api).await, "due_date": "2112-06-01", "lines": [plain("1")]});
    let made = api.post("/v1/invoices", body).await.expect(201).data().clone();
    let late = api.post(&at("invoices", &made, "finalize"), json!({"issue_date": "2112-06-02"})).await.refused(422_000);
    assert!(late.detail().starts_with("due_before_issue"), "{late}");
    let done = api.post(&at("invoices", &made, "finalize"), json!({"issue_date": "2112-06-01"})).await.expect(200);
    assert_eq!(done.data()["due_date"], "2112-06-01");
}

async fn what_cannot_be_finalized_is_refused_and_leaves_no_gap(api: Api) {
    let day = json!({"issue_date": "2113-01-01"});
    let first = draft(&api, json!([plain("1")])).await;
    let first = api.post(&at("invoices", &first, "finalize"), day.clone()).await.expect(200).data()["number"].clone();
    for (lines, rule) in [
        (json!([]), "no_lines"),
        (json!([{"description": "?"}]), "price_missing: line 1"),
        (json!([plain("10"), plain("-10.01")]), "negative_total"),
    ] {
        let made = draft(&api, lines).await;
        let reply = api.post(&at("invoices", &made, "finalize"), day.clone()).await.refused(422_000);
        assert!(reply.detail().starts_with(rule), "{reply}");
    }
    let made = draft(&api, json!([plain("1")])).await;
    let _ = api.delete(&format!("/v1/customers/{}", made["customer_id"].as_str().unwrap())).await.refused(422_000);
    for year in ["1899-12-31", "2201-01-01"] {
        let reply = api.post(&at("invoices", &made, "finalize"), json!({"issue_date": year})).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "issue_date");
    }
    let second = api.post(&at("invoices", &made, "finalize"), day).await.expect(200).data()["number"].clone();
    let number = |value: &Value| value.as_str().unwrap().strip_prefix("2113-").unwrap().parse::<u32>().unwrap();
    assert_eq!(number(&second), number(&first) + 1);
    // A rebate is a line of its own.
    let rebate = open(&api, json!([plain("10"), plain("-2.5")])).await;
    assert_eq!(rebate["total"], "7.5");
}

async fn a_finalized_invoice_never_changes(api: Api) {
    let made = open(&api, json!([plain("10")])).await;
    let (path, line) = (at("invoices", &made, ""), &made["lines"][0]);
    for (field, value) in [
        ("customer_id", json!(customer(&api).await)),
        ("due_date", json!("2030-01-01")),
        ("number", json!("R-1")),
        ("status", json!("draft")),
        ("currency", json!("USD")),
        ("billing_name", json!("Someone else")),
        ("notes", json!("new")),
        ("expected_total", json!("10")),
    ] {
        let reply = api.patch(&path, json!({field: value})).await.refused(422_000);
        assert!(reply.detail().contains(field) || field == "currency", "{field}: {reply}");
        assert!(reply.detail().starts_with("finalized_invoice"), "{field}: {reply}");
    }
    for reply in [
        api.patch(&at("invoice_lines", line, ""), json!({"quantity": 2})).await,
        api.patch(&at("invoice_lines", line, ""), json!({"description": "Other"})).await,
        api.delete(&at("invoice_lines", line, "")).await,
        api.post("/v1/invoice_lines", json!({"invoice_id": made["id"], "unit_price": "1"})).await,
        api.patch(&path, json!({"lines": []})).await,
        api.delete(&path).await,
        api.post(&format!("{path}/purge"), json!({})).await,
    ] {
        let reply = reply.refused(422_000);
        assert!(reply.detail().starts_with("finalized_invoice"), "{reply}");
    }
    // Nor does a line move into it, or out.
    let other = draft(&api, json!([plain("1")])).await;
    let _ = api
        .patch(&at("invoice_lines", &other["lines"][0], ""), json!({"invoice_id": made["id"]}))
        .await
        .refused(422_000);
    let _ = api.patch(&at("invoice_lines", line, ""), json!({"invoice_id": other["id"]})).await.refused(422_000);
    let now = read(&api, "invoices", &made).await;
    assert_eq!(now, made);
    // What it is filed under is not what it says, and what was read may be sent back.
    let filed = api.patch(&path, json!({"external_id": serial()})).await.expect(200);
    assert_eq!(some(filed.data(), ["total", "number"]), some(&made, ["total", "number"]));
    let _ = api.patch(&path, json!({"status": "open", "due_date": made["due_date"]})).await.expect(200);
}

async fn an_open_invoice_is_voided(api: Api) {
    let made = draft(&api, json!([plain("10")])).await;
    let reason = json!({"reason": "twice"});
    let reply = api.post(&at("invoices", &made, "void"), reason.clone()).await.refused(422_000);
    assert!(reply.detail().starts_with("invoice_draft"), "{reply}");
    let made = open(&api, json!([plain("10")])).await;
    let missing = api.post(&at("invoices", &made, "void"), json!({})).await.refused(400_001);
    assert_eq!(missing.faults()[0]["field"], "reason");
    let done = api.post(&at("invoices", &made, "void"), reason.clone()).await.expect(200);
    assert_eq!(
        some(done.data(), ["status", "status_reason", "amount_due", "number"]),
        [json!("void"), json!("twice"), json!("0"), made["number"].clone()]
    );
    for (action, body) in [
        ("void", reason.clone()),
        ("write_off", reason.clone()),
        ("credit", reason),
        ("finalize", json!({})),
        ("pay", json!({"amount": "1", "method": "cash"})),
    ] {
        let reply = api.post(&at("invoices", &made, action), body).await.refused(422_000);
        assert!(reply.detail().starts_with("invoice_void"), "{action}: {reply}");
    }
    let _ = api.delete(&at("invoices", &made, "")).await.refused(422_000);
}

async fn an_open_invoice_is_written_off(api: Api) {
    let made = open(&api, json!([plain("10")])).await;
    let done = api.post(&at("invoices", &made, "write_off"), json!({"reason": "bankrupt"})).await.expect(200);
    assert_eq!(some(done.data(), ["status", "amount_due"]), ["uncollectible", "10"].map(Value::from));
    let _ = api.post(&at("invoices", &made, "write_off"), json!({"reason": "again"})).await.refused(422_000);
    let _ = api.post(&at("invoices", &made, "void"), json!({"reason": "again"})).await.refused(422_000);
    // Money that comes after all is money.
    let _ = api.post(&at("invoices", &made, "pay"), json!({"amount": "4", "method": "cash"})).await.expect(201);
    assert_eq!(
        some(&read(&api, "invoices", &made).await, ["status", "amount_due"]),
        ["uncollectible", "6"].map(Value::from)
    );
    let _ = api.post(&at("invoices", &made, "pay"), json!({"amount": "6", "method": "cash"})).await.expect(201);
    assert_eq!(some(&read(&api, "invoices", &made).await, ["status", "amount_due"]), ["paid", "0"].map(Value::from));
}

async fn a_draft_may_be_changed_and_deleted(api: Api) {
    let made = draft(&api, json!([plain("10")])).await;
    let path = at("invoices", &made, "");
    let changed = api.patch(&path, json!({"notes": "soon", "lines": [plain("12")]})).await.expect(200);
    assert_eq!(some(changed.data(), ["total", "amount_due"]), ["12", "12"].map(Value::from));
    for status in ["open", "paid", "void", "uncollectible"] {
        let reply = api.patch(&path, json!({"status": status})).await.refused(422_000);
        assert!(reply.detail().starts_with("invoice_status"), "{reply}");
        let reply = api.post("/v1/invoices", json!({"customer_id": made["customer_id"], "status": status})).await;
        let _ = reply.refused(422_000);
    }
    let _ = api.delete(&path).await.expect(200);
    let _ = api.post(&format!("{path}/finalize"), json!({})).await.refused(404_001);
    let _ = api.post(&format!("{path}/restore"), json!({})).await.expect(200);
}

async fn numbers_of_the_series_are_not_sent(api: Api) {
    let customer = customer(&api).await;
    let with = |number: &str| json!({"customer_id": customer, "number": number, "lines": [plain("1")]});
    let reply = api.post("/v1/invoices", with("2114-00001")).await.refused(422_000);
    assert!(reply.detail().starts_with("reserved_number"), "{reply}");
    // A number of one's own stays.
    let own = format!("R-{}", serial());
    let made = api.post("/v1/invoices", with(&own)).await.expect(201).data().clone();
    let done = api.post(&at("invoices", &made, "finalize"), json!({"issue_date": "2114-01-01"})).await.expect(200);
    assert_eq!(done.data()["number"], json!(own));
    let _ = api.post("/v1/invoices", with(&own)).await.refused(409_001);
}
