//! Lines are sent and answered with their document.

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

both!(
    lines_come_with_their_document,
    lines_sent_anew_replace_those_that_are_there,
    a_wrong_line_is_named_and_nothing_is_done,
    a_line_moves_the_version_of_its_document,
    a_list_has_lines_when_it_is_asked_for_them
);

async fn quote(api: &Api, lines: Value) -> Value {
    api.post("/v1/quotes", json!({"currency": "EUR", "lines": lines})).await.expect(201).data().clone()
}

fn at(document: &Value) -> String {
    format!("/v1/quotes/{}", document["id"].as_str().unwrap())
}

fn line(description: &str, price: &str) -> Value {
    json!({"description": description, "quantity": "2", "unit_price": price})
}

fn told(document: &Value) -> Vec<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    document["lines"].as_array().unwrap().iter().map(|line| (text(line, "description"), text(line, "total"))).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

async fn lines_come_with_their_document(api: Api) {
    let made = quote(&api, json!([line("a", "10"), line("b", "2.50")])).await;
    assert_eq!(told(&made), pairs(&[("a", "20"), ("b", "5")]));
    assert_eq!(made["subtotal"], "25");
    assert_eq!(api.get(&at(&made)).await.expect(200).data(), &made);
    let lines =
        api.get(&format!("/v1/quote_lines?filter[quote_id]={}&sort=position", made["id"].as_str().unwrap())).await;
    assert_eq!(json!(lines.expect(200).rows()), made["lines"]);
    assert!(api.get(&format!("{}?fields=number", at(&made))).await.expect(200).data().get("lines").is_none());
    assert_eq!(api.get(&format!("{}?fields=lines", at(&made))).await.expect(200).data()["lines"], made["lines"]);
    let bare = quote(&api, Value::Null).await;
    assert_eq!(bare["lines"], json!([]));
}

async fn lines_sent_anew_replace_those_that_are_there(api: Api) {
    let made = quote(&api, json!([line("a", "10"), line("b", "1")])).await;
    let kept = &made["lines"][1]["id"];
    let mut second = line("b, changed", "3");
    second["id"] = kept.clone();
    let changed = api.patch(&at(&made), json!({"lines": [second, line("c", "4")]})).await.expect(200);
    assert_eq!(told(changed.data()), pairs(&[("b, changed", "6"), ("c", "8")]));
    assert_eq!((&changed.data()["lines"][0]["id"], &changed.data()["subtotal"]), (kept, &json!("14")));
    let untouched = api.patch(&at(&made), json!({"notes": "x"})).await.expect(200);
    assert_eq!(untouched.data()["lines"], changed.data()["lines"]);
    let none = api.patch(&at(&made), json!({"lines": []})).await.expect(200);
    assert_eq!((told(none.data()).len(), &none.data()["subtotal"]), (0, &json!("0")));
    // What was read may be sent back.
    let again = quote(&api, json!([line("a", "10")])).await;
    let same = api.put(&at(&again), again.clone()).await.expect(200);
    assert_eq!(told(same.data()), told(&again));
    assert_eq!(same.data()["lines"][0]["id"], again["lines"][0]["id"]);
}

async fn a_wrong_line_is_named_and_nothing_is_done(api: Api) {
    let made = quote(&api, json!([line("a", "10")])).await;
    let mut foreign = line("x", "1");
    foreign["id"] = quote(&api, json!([line("other", "1")])).await["lines"][0]["id"].clone();
    let wrong = json!({"lines": [line("ok", "1"), {"quantity": "many", "colour": 1}, 7, foreign]});
    let reply = api.patch(&at(&made), wrong).await;
    let mut fields: Vec<String> = reply.refused(400_001).fault_codes().into_iter().map(|(field, _)| field).collect();
    fields.sort();
    assert_eq!(fields, ["lines.1.colour", "lines.1.quantity", "lines.2", "lines.3.id"]);
    assert_eq!(api.get(&at(&made)).await.expect(200).data(), &made);
    assert_eq!(api.patch(&at(&made), json!({"lines": {}})).await.fault_codes()[0].0, "lines");
    let many = json!({"lines": vec![line("x", "1"); 1_001]});
    assert_eq!(api.patch(&at(&made), many).await.fault_codes()[0].0, "lines");
    let number = unique("lineless");
    let contact = api.post("/v1/contacts", json!({"last_name": number, "lines": []})).await;
    let _ = contact.refused(400_002);
}

async fn a_line_moves_the_version_of_its_document(api: Api) {
    let made = quote(&api, json!([line("a", "10")])).await;
    let line_at = format!("/v1/quote_lines/{}", made["lines"][0]["id"].as_str().unwrap());
    let _ = api.patch(&line_at, json!({"unit_price": "7"})).await.expect(200);
    let after = api.get(&at(&made)).await.expect(200);
    assert_eq!((&after.data()["subtotal"], &after.data()["version"]), (&json!("14"), &json!(2)));
    let stale = api.request("PATCH", &at(&made)).header("if-match", "\"1\"").json(&json!({"notes": "x"})).send().await;
    let _ = stale.refused(412_000);
    let _ = api.delete(&line_at).await.expect(200);
    assert_eq!(api.get(&at(&made)).await.expect(200).data()["subtotal"], "0");
    let _ = api.post(&format!("{line_at}/restore"), json!({})).await.expect(200);
    assert_eq!(api.get(&at(&made)).await.expect(200).data()["subtotal"], "14");
    let operations = json!([
        {"op": "create", "object": "quote_line", "data": {"quote_id": made["id"], "quantity": "1", "unit_price": "1"}},
        {"op": "create", "object": "quote_line", "data": {"quote_id": made["id"], "quantity": "1", "unit_price": "2"}}]);
    let _ = api.post("/v1/composite", json!({"operations": operations})).await.expect(200);
    assert_eq!(api.get(&at(&made)).await.expect(200).data()["subtotal"], "17");
}

async fn a_list_has_lines_when_it_is_asked_for_them(api: Api) {
    let number = unique("Q");
    let made = api
        .post("/v1/quotes", json!({"number": number, "currency": "EUR", "lines": [line("a", "1"), line("b", "2")]}))
        .await
        .expect(201);
    let path = kontor_testkit::query("/v1/quotes", &[("filter[number]", &number)]);
    assert!(api.get(&path).await.expect(200).rows()[0].get("lines").is_none());
    assert_eq!(api.get(&format!("{path}&expand=lines")).await.expect(200).rows(), [made.data().clone()]);
    let both = api.get(&format!("{path}&expand=lines,deal")).await.expect(200);
    assert_eq!((&both.rows()[0]["lines"], &both.rows()[0]["deal"]), (&made.data()["lines"], &Value::Null));
}
