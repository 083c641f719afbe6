//! Lines of deals: products, prices, currencies and what they sum up to.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::{Value, json};

use super::{deal, pipeline, product, read};

both!(
    a_deal_with_lines_is_worth_their_sum,
    a_line_takes_what_it_lacks_from_its_product,
    an_unknown_sku_is_refused,
    what_is_no_longer_sold_is_refused,
    a_quantity_is_more_than_nothing,
    a_price_that_is_sent_is_kept,
    another_product_brings_another_price,
    tiers_of_a_price_book,
    prices_are_exchanged_at_the_newest_rate,
    currencies_that_do_not_meet_are_refused,
    a_line_by_itself_changes_its_deal,
);

/// A deal with these lines and more.
async fn with_lines(api: &Api, lines: Value, more: Value) -> kontor_testkit::Reply {
    let mut body = json!({"name": unique("Deal"), "lines": lines});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.post("/v1/deals", body).await
}

async fn a_deal_with_lines_is_worth_their_sum(api: Api) {
    let lines = json!([
        {"description": "One", "quantity": "3", "unit_price": "9.99", "discount": "0.1"},
        {"description": "Two", "quantity": "1", "unit_price": "100"},
    ]);
    let made = with_lines(&api, lines, json!({"amount": "7", "probability": 50})).await.expect(201);
    let data = made.data();
    // 26.973 is 26.97 in euro.
    assert_eq!((&data["amount"], &data["weighted_amount"]), (&json!("126.97"), &json!("63.485")));
    assert_eq!((&data["lines"][0]["total"], &data["lines"][1]["position"]), (&json!("26.973"), &json!(2)));
    let at = format!("/v1/deals/{}", made.id());
    // It is derived, and not sent.
    assert_eq!(api.patch(&at, json!({"amount": "1"})).await.expect(200).data()["amount"], "126.97");
    let one =
        json!({"lines": [{"id": data["lines"][1]["id"], "description": "Two", "quantity": "2", "unit_price": "100"}]});
    let patched = api.patch(&at, one).await.expect(200).data().clone();
    assert_eq!((&patched["amount"], &patched["weighted_amount"]), (&json!("200"), &json!("100")));
    assert_eq!(patched["lines"].as_array().unwrap().len(), 1);
    // Without lines nothing says what it is worth, until somebody does.
    let empty = api.patch(&at, json!({"lines": []})).await.expect(200).data().clone();
    assert_eq!((&empty["amount"], &empty["weighted_amount"]), (&json!(null), &json!(null)));
    assert_eq!(api.patch(&at, json!({"amount": "12"})).await.expect(200).data()["weighted_amount"], "6");
}

async fn a_line_takes_what_it_lacks_from_its_product(api: Api) {
    let (id, sku) = product(&api, "12.50", "EUR").await;
    let name = read(&api, &format!("/v1/products/{id}")).await["name"].clone();
    for line in [json!({"sku": sku, "quantity": "2"}), json!({"product_id": id, "quantity": "2"})] {
        let made = with_lines(&api, json!([line]), json!({})).await.expect(201);
        let line = &made.data()["lines"][0];
        assert_eq!((&line["product_id"], &line["sku"], &line["description"]), (&json!(id), &json!(sku), &name));
        assert_eq!(
            (&line["unit_price"], &line["total"], &line["currency"]),
            (&json!("12.5"), &json!("25"), &json!("EUR"))
        );
        assert_eq!((&made.data()["amount"], &made.data()["currency"]), (&json!("25"), &json!("EUR")));
    }
    // A line of nothing that is sold.
    let made = with_lines(&api, json!([{"description": "Travel", "unit_price": "80"}]), json!({})).await.expect(201);
    assert_eq!((&made.data()["amount"], &made.data()["lines"][0]["product_id"]), (&json!("80"), &json!(null)));
}

async fn an_unknown_sku_is_refused(api: Api) {
    let sku = format!("NO-{}", serial());
    let refused = with_lines(&api, json!([{"sku": sku}]), json!({"external_id": sku})).await.refused(422_000);
    assert!(refused.detail().starts_with("unknown_sku") && refused.detail().contains(&sku), "{refused}");
    let _ = api.get(&format!("/v1/deals/by/external_id/{sku}")).await.refused(404_001);
    let deal = with_lines(&api, json!([]), json!({})).await.expect(201).id();
    let refused = api.post("/v1/deal_lines", json!({"deal_id": deal, "sku": sku})).await.refused(422_000);
    assert!(refused.detail().contains(&sku), "{refused}");
}

async fn what_is_no_longer_sold_is_refused(api: Api) {
    let (id, sku) = product(&api, "5", "EUR").await;
    let made = with_lines(&api, json!([{"sku": sku}]), json!({})).await.expect(201);
    let _ = api.patch(&format!("/v1/products/{id}"), json!({"active": false})).await.expect(200);
    for line in [json!({"sku": sku}), json!({"product_id": id, "unit_price": "5"})] {
        let refused = with_lines(&api, json!([line]), json!({})).await.refused(422_000);
        assert!(refused.detail().starts_with("inactive_product"), "{refused}");
    }
    // What was offered before may still change.
    let line = made.data()["lines"][0]["id"].as_str().unwrap();
    let _ = api.patch(&format!("/v1/deal_lines/{line}"), json!({"quantity": "4"})).await.expect(200);
    assert_eq!(read(&api, &format!("/v1/deals/{}", made.id())).await["amount"], "20");
}

async fn a_quantity_is_more_than_nothing(api: Api) {
    for quantity in ["0", "-1", "-0.0001"] {
        for path in ["/v1/deals", "/v1/quotes"] {
            let line = json!({"description": "x", "unit_price": "1", "quantity": quantity});
            let body = json!({"name": "x", "lines": [line]});
            let body = if path == "/v1/quotes" { json!({"lines": body["lines"]}) } else { body };
            let refused = api.post(path, body).await.refused(400_001);
            assert_eq!(refused.faults()[0]["field"], "lines.0.quantity", "{refused}");
        }
    }
    let refused = with_lines(&api, json!([{"description": "x", "unit_price": "-1"}]), json!({})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "lines.0.unit_price");
}

async fn a_price_that_is_sent_is_kept(api: Api) {
    let (_, sku) = product(&api, "100", "EUR").await;
    let made = with_lines(&api, json!([{"sku": sku, "unit_price": "0"}]), json!({})).await.expect(201);
    assert_eq!((&made.data()["lines"][0]["unit_price"], &made.data()["amount"]), (&json!("0"), &json!("0")));
    let line = format!("/v1/deal_lines/{}", made.data()["lines"][0]["id"].as_str().unwrap());
    let _ = api.patch(&line, json!({"unit_price": "70"})).await.expect(200);
    assert_eq!(api.patch(&line, json!({"quantity": "2"})).await.expect(200).data()["total"], "140");
    // Without one it is the product's again.
    assert_eq!(api.patch(&line, json!({"unit_price": null})).await.expect(200).data()["total"], "200");
}

async fn another_product_brings_another_price(api: Api) {
    let ((_, one), (two, sku)) = (product(&api, "10", "EUR").await, product(&api, "30", "EUR").await);
    let made = with_lines(&api, json!([{"sku": one, "quantity": "2"}]), json!({})).await.expect(201);
    let line = format!("/v1/deal_lines/{}", made.data()["lines"][0]["id"].as_str().unwrap());
    let changed = api.patch(&line, json!({"product_id": two})).await.expect(200).data().clone();
    assert_eq!((&changed["sku"], &changed["unit_price"], &changed["total"]), (&json!(sku), &json!("30"), &json!("60")));
    let back = api.patch(&line, json!({"sku": one, "unit_price": "11"})).await.expect(200).data().clone();
    assert_eq!((&back["unit_price"], &back["total"]), (&json!("11"), &json!("22")));
    assert_ne!(back["product_id"], changed["product_id"]);
    assert_eq!(read(&api, &format!("/v1/deals/{}", made.id())).await["amount"], "22");
}

async fn tiers_of_a_price_book(api: Api) {
    let (id, sku) = product(&api, "100", "EUR").await;
    let book = api.create("/v1/price_books", json!({"name": unique("Book")})).await;
    for (min, price) in [("10", "90"), ("100", "75.5")] {
        let entry = json!({"price_book_id": book, "product_id": id, "min_quantity": min, "unit_price": price});
        let _ = api.create("/v1/price_book_entries", entry).await;
    }
    let price = async |quantity: &str| {
        let body = json!({"price_book_id": book, "lines": [{"sku": sku, "quantity": quantity}]});
        let made = api.post("/v1/quotes", body).await.expect(201);
        made.data()["lines"][0]["unit_price"].as_str().unwrap().to_owned()
    };
    assert_eq!(price("9.9999").await, "100", "no tier is reached: the product's own");
    assert_eq!((price("10").await, price("99").await, price("100").await), ("90".into(), "90".into(), "75.5".into()));
    // Deals have price books, too.
    let made = with_lines(&api, json!([{"sku": sku, "quantity": "10"}]), json!({"price_book_id": book})).await;
    assert_eq!(made.expect(201).data()["amount"], "900");
    // A book that does not hold today says nothing.
    for ended in [
        json!({"valid_until": "2020-01-01"}),
        json!({"valid_until": null, "valid_from": "2199-01-01"}),
        json!({"valid_from": null, "active": false}),
    ] {
        let _ = api.patch(&format!("/v1/price_books/{book}"), ended).await.expect(200);
        assert_eq!(price("100").await, "100");
    }
}

async fn prices_are_exchanged_at_the_newest_rate(api: Api) {
    // Currencies that no other story exchanges.
    let (_, sku) = product(&api, "100", "XPF").await;
    let rate = async |base: &str, quote: &str, rate: &str, day: &str| {
        let body = json!({"base_currency": base, "quote_currency": quote, "rate": rate, "valid_on": day});
        api.create("/v1/exchange_rates", body).await
    };
    let price = async |currency: &str| {
        let made = api.post("/v1/quotes", json!({"currency": currency, "lines": [{"sku": sku}]})).await;
        (made.status, made.data()["lines"][0]["unit_price"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(price("XPF").await, (201, "100".to_owned()));
    assert_eq!(price("XCD").await.0, 422);
    let _ = rate("XPF", "XCD", "0.02", "2020-01-01").await;
    let _ = rate("XPF", "XCD", "0.025", "2021-01-01").await;
    let _ = rate("XPF", "XCD", "9", "2199-01-01").await;
    assert_eq!(price("XCD").await, (201, "2.5".to_owned()), "the newest that holds today");
    // The other way round, and newer.
    let _ = rate("XCD", "XPF", "50", "2022-01-01").await;
    assert_eq!(price("XCD").await, (201, "2".to_owned()));
}

async fn currencies_that_do_not_meet_are_refused(api: Api) {
    let (_, sku) = product(&api, "100", "XAF").await;
    let refused = api.post("/v1/quotes", json!({"currency": "XOF", "lines": [{"sku": sku}]})).await.refused(422_000);
    let detail = refused.detail();
    assert!(detail.starts_with("currency_mismatch") && detail.contains("XAF") && detail.contains("XOF"), "{refused}");
    // Also when the line's is the workspace's.
    for own in ["JPY", "EUR"] {
        let line = json!({"description": "x", "unit_price": "1", "currency": own});
        let refused = api.post("/v1/quotes", json!({"currency": "XOF", "lines": [line]})).await.refused(422_000);
        assert!(refused.detail().contains(own) && refused.detail().contains("XOF"), "{refused}");
    }
    // A document that has lines does not change its currency under them.
    let made = with_lines(&api, json!([{"description": "x", "unit_price": "1"}]), json!({"currency": "XOF"}))
        .await
        .expect(201);
    assert_eq!(made.data()["lines"][0]["currency"], "XOF", "what names none has the document's");
    let at = format!("/v1/deals/{}", made.id());
    let refused = api.patch(&at, json!({"currency": "XAF"})).await.refused(422_000);
    assert!(refused.detail().starts_with("currency_mismatch"), "{refused}");
    let anew = json!({"currency": "XAF", "lines": [{"description": "x", "unit_price": "2"}]});
    let data = api.patch(&at, anew).await.expect(200).data().clone();
    assert_eq!((&data["lines"][0]["currency"], &data["amount"]), (&json!("XAF"), &json!("2")));
}

async fn a_line_by_itself_changes_its_deal(api: Api) {
    let own = pipeline(&api).await;
    let (one, two) = (deal(&api, &own, json!({})).await, deal(&api, &own, json!({})).await);
    let line = json!({"deal_id": one, "description": "x", "unit_price": "40"});
    let id = api.create("/v1/deal_lines", line).await;
    let at = |id: &str| format!("/v1/deals/{id}");
    let data = read(&api, &at(&one)).await;
    assert_eq!((&data["amount"], &data["weighted_amount"], &data["version"]), (&json!("40"), &json!("4"), &json!(2)));
    let _ = api.patch(&format!("/v1/deal_lines/{id}"), json!({"deal_id": two})).await.expect(200);
    assert_eq!(read(&api, &at(&one)).await["amount"], json!(null));
    assert_eq!(read(&api, &at(&two)).await["amount"], "40");
    let _ = api.delete(&format!("/v1/deal_lines/{id}")).await.expect(200);
    assert_eq!(read(&api, &at(&two)).await["amount"], json!(null));
}
