//! Lines of documents, and what they come to.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::{at, customer, order, plain, product, read, some, tax_rate};

both!(
    what_a_line_leaves_out_is_the_products,
    totals_are_taxed_by_rate,
    amounts_have_the_minor_units_of_their_currency,
    an_unknown_sku_is_refused,
    quantities_are_above_zero,
    a_document_has_one_currency,
    a_total_that_is_expected_is_held_against_the_lines,
    lines_that_change_change_the_totals,
    a_batch_of_lines_is_summed_once,
    of_a_batch_the_good_lines_stay,
);

const TOTALS: [&str; 3] = ["subtotal", "tax_total", "total"];

async fn what_a_line_leaves_out_is_the_products(api: Api) {
    let (id, sku) = product(&api, "199.99", "EUR").await;
    let lines =
        json!([{"sku": sku, "quantity": 3}, {"product_id": id, "unit_price": "150", "description": "Old desk"}]);
    let made = order(&api, lines).await;
    assert_eq!(some(&made, TOTALS), ["749.97", "0", "749.97"].map(Value::from));
    let names = ["product_id", "sku", "description", "quantity", "unit_price", "currency", "net", "position"];
    assert_eq!(
        some(&made["lines"][0], names),
        [
            json!(id),
            json!(sku),
            json!(format!("Desk {sku}")),
            json!("3"),
            json!("199.99"),
            json!("EUR"),
            json!("599.97"),
            json!(1)
        ]
    );
    let second = some(&made["lines"][1], ["sku", "description", "quantity", "unit_price"]);
    assert_eq!(second, [sku.as_str(), "Old desk", "1", "150"].map(Value::from));
    // A line that gets another product gets its price and name with it.
    let (_, other) = product(&api, "10", "EUR").await;
    let path = at("order_lines", &made["lines"][0], "");
    let line = api.patch(&path, json!({"sku": other})).await.expect(200);
    let changed = some(line.data(), ["description", "unit_price", "quantity"]);
    assert_eq!(changed, [json!(format!("Desk {other}")), json!("10"), json!("3")]);
    assert_eq!(read(&api, "orders", &made).await["total"], "180");
    // A number and a product that do not belong together.
    let both = json!({"product_id": id, "sku": other});
    let refused = api.patch(&at("orders", &made, ""), json!({"lines": [both]})).await.refused(422_000);
    assert!(refused.detail().starts_with("sku_mismatch: line 1"), "{refused}");
}

async fn totals_are_taxed_by_rate(api: Api) {
    let (full, less) = (tax_rate(&api, "0.19").await, tax_rate(&api, "0.07").await);
    let line = |price: &str, tax: Option<&String>| json!({"unit_price": price, "tax_rate_id": tax});
    // By line the tax of the first three would be 0.06; it is that of their sum.
    let lines = json!([line("0.1", Some(&full)), line("0.1", Some(&full)), line("0.1", Some(&full)),
        {"unit_price": "14.70", "quantity": "2.1", "discount": "0.15", "tax_rate_id": less}, line("5", None)]);
    let made = order(&api, lines).await;
    assert_eq!(some(&made, TOTALS), ["31.54", "1.9", "33.44"].map(Value::from));
    let expected = json!([
        {"rate": "0.19", "tax_rate_id": full, "base": "0.3", "tax": "0.06"},
        {"rate": "0.07", "tax_rate_id": less, "base": "26.24", "tax": "1.84"},
        {"rate": "0", "tax_rate_id": null, "base": "5", "tax": "0"},
    ]);
    assert_eq!(made["tax_lines"], expected);
    assert_eq!(some(&made["lines"][3], ["total", "net"]), ["26.2395", "26.24"].map(Value::from));
}

async fn amounts_have_the_minor_units_of_their_currency(api: Api) {
    let tax = tax_rate(&api, "0.1").await;
    let customer = customer(&api).await;
    // Half-even: 12.5 yen are 12, 37.5 are 38; 0.1235 dinars are 0.124 (0.1235 is nearer to neither, 4 is even).
    for (currency, price, expected) in [
        ("JPY", "12.5", ["12", "1", "13"]),
        ("JPY", "37.5", ["38", "4", "42"]),
        ("KWD", "0.1235", ["0.124", "0.012", "0.136"]),
    ] {
        let body = json!({"customer_id": customer, "currency": currency, "lines": [{"unit_price": price, "tax_rate_id": tax}]});
        let made = api.post("/v1/invoices", body).await.expect(201);
        assert_eq!(some(made.data(), TOTALS), expected.map(Value::from), "{currency} {price}");
        assert_eq!(some(made.data(), ["currency", "amount_due"]), [currency, expected[2]].map(Value::from));
    }
}

async fn an_unknown_sku_is_refused(api: Api) {
    let body = json!({"customer_id": customer(&api).await, "lines": [plain("1"), {"sku": "no such thing"}]});
    for collection in ["orders", "invoices"] {
        let reply = api.post(&format!("/v1/{collection}"), body.clone()).await.refused(422_000);
        assert!(reply.detail().starts_with("unknown_sku: line 2: no product has the sku \"no such thing\""), "{reply}");
    }
    let made = order(&api, json!([plain("1")])).await;
    let line = json!({"order_id": made["id"], "sku": "no such thing"});
    let _ = api.post("/v1/order_lines", line).await.refused(422_000);
    assert_eq!(read(&api, "orders", &made).await["version"], made["version"]);
}

async fn quantities_are_above_zero(api: Api) {
    let customer = customer(&api).await;
    for quantity in ["0", "-1", "0.00001"] {
        let body = json!({"customer_id": customer, "lines": [{"unit_price": "1", "quantity": quantity}]});
        for collection in ["orders", "invoices"] {
            let reply = api.post(&format!("/v1/{collection}"), body.clone()).await.refused(400_001);
            assert_eq!(reply.faults()[0]["field"], "lines.0.quantity", "{quantity}");
        }
    }
    let body = json!({"customer_id": customer, "lines": [{"unit_price": "-1"}]});
    let reply = api.post("/v1/orders", body).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "lines.0.unit_price");
}

async fn a_document_has_one_currency(api: Api) {
    let (_, sku) = product(&api, "10", "USD").await;
    let customer = customer(&api).await;
    let with = |currency: Option<&str>, line: Value| {
        let mut body = json!({"customer_id": customer, "lines": [line]});
        if let Some(currency) = currency {
            body["currency"] = json!(currency);
        }
        body
    };
    // The product's price is in dollars; a line says euros, the workspace's currency; one says pounds.
    for line in [
        json!({"sku": sku}),
        json!({"unit_price": "1", "currency": "USD"}),
        json!({"unit_price": "1", "currency": "GBP"}),
    ] {
        let reply = api.post("/v1/orders", with(Some("EUR"), line)).await.refused(422_000);
        assert!(reply.detail().starts_with("currency_mismatch: line 1"), "{reply}");
    }
    let euros = json!({"unit_price": "1", "currency": "EUR"});
    let reply = api.post("/v1/orders", with(Some("USD"), euros)).await.refused(422_000);
    assert!(reply.detail().starts_with("currency_mismatch: line 1 is in EUR, the order in USD"), "{reply}");
    // A line that says nothing has its document's; a document that says nothing has its first line's.
    let made = api.post("/v1/orders", with(Some("USD"), json!({"unit_price": "1"}))).await.expect(201);
    assert_eq!(made.data()["lines"][0]["currency"], "USD");
    let made = api.post("/v1/orders", with(None, json!({"sku": sku}))).await.expect(201);
    assert_eq!(some(made.data(), ["currency", "total"]), ["USD", "10"].map(Value::from));
    let made = api.post("/v1/orders", with(None, json!({"unit_price": "1"}))).await.expect(201);
    assert_eq!(made.data()["currency"], "EUR");
    // The document alone cannot move to another.
    let reply = api.patch(&at("orders", made.data(), ""), json!({"currency": "USD"})).await.refused(422_000);
    assert!(reply.detail().contains("send the lines anew"), "{reply}");
    let anew = json!({"currency": "USD", "lines": [{"unit_price": "2"}]});
    let moved = api.patch(&at("orders", made.data(), ""), anew).await.expect(200);
    assert_eq!(some(moved.data(), ["currency", "total"]), ["USD", "2"].map(Value::from));
}

async fn a_total_that_is_expected_is_held_against_the_lines(api: Api) {
    let customer = customer(&api).await;
    let with = |expected: &str| json!({"customer_id": customer, "expected_total": expected, "lines": [plain("119")]});
    for expected in ["119", "119.01", "118.99"] {
        let made = api.post("/v1/orders", with(expected)).await.expect(201);
        assert_eq!(
            some(made.data(), ["total", "total_difference", "needs_review"]),
            [json!("119"), json!(null), json!(null)]
        );
    }
    for expected in ["119.0101", "118.98", "0", "-119"] {
        let reply = api.post("/v1/orders", with(expected)).await.refused(422_000);
        assert!(reply.detail().starts_with("total_mismatch: the lines come to 119 EUR"), "{reply}");
    }
}

async fn lines_that_change_change_the_totals(api: Api) {
    let made = order(&api, json!([plain("10"), plain("20")])).await;
    let path = at("orders", &made, "");
    let line = json!({"order_id": made["id"], "unit_price": "5", "quantity": 2});
    let added = api.post("/v1/order_lines", line).await.expect(201);
    let now = read(&api, "orders", &made).await;
    assert_eq!(some(&now, ["total", "version"]), [json!("40"), json!(2)]);
    let _ = api.patch(&at("order_lines", added.data(), ""), json!({"quantity": 4})).await.expect(200);
    assert_eq!(read(&api, "orders", &made).await["total"], "50");
    let _ = api.delete(&at("order_lines", added.data(), "")).await.expect(200);
    assert_eq!(read(&api, "orders", &made).await["total"], "30");
    let _ = api.post(&at("order_lines", added.data(), "restore"), json!({})).await.expect(200);
    assert_eq!(read(&api, "orders", &made).await["total"], "50");
    // Sent anew: the second stays, one is new, the others go.
    let kept = json!({"id": made["lines"][1]["id"], "unit_price": "21", "description": "Work"});
    let anew = api.patch(&path, json!({"lines": [kept, plain("0.5")]})).await.expect(200);
    assert_eq!((&anew.data()["total"], anew.data()["lines"].as_array().unwrap().len()), (&json!("21.5"), 2));
    assert_eq!(anew.data()["lines"][0]["id"], made["lines"][1]["id"]);
    // A line that moves to another order changes both.
    let other = order(&api, json!([])).await;
    assert_eq!(other["total"], "0");
    let _ =
        api.patch(&at("order_lines", &anew.data()["lines"][0], ""), json!({"order_id": other["id"]})).await.expect(200);
    assert_eq!(read(&api, "orders", &made).await["total"], "0.5");
    assert_eq!(read(&api, "orders", &other).await["total"], "21");
    // Totals are never sent.
    let reply = api.post("/v1/orders", json!({"total": "1"})).await.refused(400_001);
    assert_eq!(reply.faults()[0]["field"], "total");
}

async fn a_batch_of_lines_is_summed_once(api: Api) {
    let made = order(&api, json!([])).await;
    let (id, _) = product(&api, "0.35", "EUR").await;
    let line = json!({"op": "create", "data": {"order_id": made["id"], "product_id": id, "quantity": "0.5"}});
    let operations = vec![line; 400];
    let reply = api.post("/v1/order_lines/batch", json!({"atomic": true, "operations": operations})).await.expect(200);
    assert_eq!(reply.rows().len(), 400);
    // 0.175 → 0.18 (half-even) for each line.
    assert_eq!(some(&read(&api, "orders", &made).await, ["total", "version"]), [json!("72"), json!(2)]);
}

async fn of_a_batch_the_good_lines_stay(api: Api) {
    let made = order(&api, json!([plain("1")])).await;
    let create = |line: Value| {
        let mut data = line;
        data["order_id"] = made["id"].clone();
        json!({"op": "create", "data": data})
    };
    let operations = [
        create(plain("10")),
        create(json!({"sku": "no such thing"})),
        create(json!({"unit_price": "100", "currency": "GBP"})),
        create(plain("1000")),
    ];
    let reply = api.post("/v1/order_lines/batch", json!({"atomic": false, "operations": operations})).await.expect(207);
    assert_eq!(reply.column("status"), [201, 422, 422, 201].map(Value::from));
    assert_eq!(some(&read(&api, "orders", &made).await, ["total", "version"]), [json!("1011"), json!(2)]);
    // Of an order that is fixed none is taken, and those of others are.
    let other = order(&api, json!([plain("1")])).await;
    let _ = api.post(&at("orders", &other, "confirm"), json!({})).await.expect(200);
    let theirs = json!({"op": "create", "data": {"order_id": other["id"], "unit_price": "5"}});
    let operations = json!([theirs, create(plain("7")), theirs]);
    let reply = api.post("/v1/order_lines/batch", json!({"atomic": false, "operations": operations})).await.expect(207);
    assert_eq!(reply.column("status"), [422, 201, 422].map(Value::from));
    assert_eq!(read(&api, "orders", &made).await["total"], "1018");
    assert_eq!(read(&api, "orders", &other).await["total"], "1");
}
