//! Documents that were written elsewhere: an import whose mapping has a history takes them as they are.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Part, both, serial};
use serde_json::{Value, json};

use super::{customer, product, some};

both!(invoices_come_in_as_they_were, without_history_states_are_refused);

async fn import(api: &Api, object: &str, fields: Value, history: bool, content: String) -> Value {
    let mut mapping = json!({"object": object, "key": "external_id", "format": "csv", "fields": fields});
    if history {
        mapping["history"] = json!({"created_at": {"from": "date", "date": "%Y-%m-%d"}});
    }
    let form =
        [Part::json("options", &json!({"object": object, "mapping": mapping})), Part::file("file", "old.csv", content)];
    let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
    let (path, begun) = (started.header("location").to_owned(), Instant::now());
    loop {
        let job = api.get(&path).await.expect(200).data().clone();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn invoice_fields(customer: &str) -> Value {
    json!({"external_id": "id", "number": "number", "status": "status", "issue_date": {"from": "date", "date": "%Y-%m-%d"},
        "customer_id": {"const": customer}, "currency": {"const": "EUR"}, "expected_total": "total"})
}

async fn invoices_come_in_as_they_were(api: Api) {
    let (word, customer) = (serial(), customer(&api).await);
    let (_, sku) = product(&api, "10", "EUR").await;
    let rows = format!(
        "id,number,status,date,total\n{word}-1,2152-00001,paid,2152-01-05,20\n{word}-2,2152-00003,open,2152-01-06,20.5\n{word}-3,,void,2152-01-07,30\n"
    );
    let job = import(&api, "invoice", invoice_fields(&customer), true, rows).await;
    assert_eq!((job["state"].as_str(), job["report"]["created"].as_u64()), (Some("succeeded"), Some(3)), "{job}");
    // Their lines come after them, also those of products that are gone.
    let fields = json!({"external_id": "id", "quantity": "quantity", "unit_price": "price", "sku": "sku",
        "invoice_id": {"from": "invoice", "lookup": {"object": "invoice", "by": "external_id"}, "missing": "refuse"}});
    let lines = format!(
        "id,invoice,sku,quantity,price,date\n{word}-a,{word}-1,{sku},1,10,2152-01-05\n{word}-b,{word}-1,gone,1,10,2152-01-05\n{word}-c,{word}-2,gone,2,10,2152-01-06\n{word}-d,{word}-3,gone,1,10,2152-01-07\n"
    );
    let job = import(&api, "invoice_line", fields, true, lines).await;
    assert_eq!((job["report"]["created"].as_u64(), job["report"]["refused"].as_u64()), (Some(4), Some(0)), "{job}");
    let read =
        async |n: u32| api.get(&format!("/v1/invoices/by/external_id/{word}-{n}")).await.expect(200).data().clone();
    let names = ["number", "status", "total", "amount_due", "total_difference", "needs_review"];
    assert_eq!(
        some(&read(1).await, names),
        [json!("2152-00001"), json!("paid"), json!("20"), json!("0"), json!(null), json!(null)]
    );
    // Half a euro of 20 is noted; 20 of 10 is looked at by somebody.
    assert_eq!(
        some(&read(2).await, names),
        [json!("2152-00003"), json!("open"), json!("20"), json!("20"), json!("0.5"), json!(null)]
    );
    let third = read(3).await;
    assert_eq!(
        some(&third, names),
        [json!("2152-00002"), json!("void"), json!("10"), json!("0"), json!("20"), json!(true)]
    );
    assert_eq!(third["created_at"], "2152-01-07T00:00:00.000Z");
    // What came in is fixed like any other, and the series goes on where the numbers end.
    let open = read(2).await;
    let _ = api.patch(&super::at("invoices", &open, ""), json!({"notes": "x"})).await.refused(422_000);
    let _ = api.post(&super::at("invoices", &open, "pay"), json!({"amount": "20", "method": "cash"})).await.expect(201);
    let next = super::draft(&api, json!([super::plain("1")])).await;
    let next =
        api.post(&super::at("invoices", &next, "finalize"), json!({"issue_date": "2152-05-01"})).await.expect(200);
    assert_eq!(next.data()["number"], "2152-00004");
}

async fn without_history_states_are_refused(api: Api) {
    let (word, customer) = (serial(), customer(&api).await);
    let rows = format!(
        "id,number,status,date,total\n{word}-1,R-{word},paid,2152-01-05,20\n{word}-2,S-{word},draft,2152-01-06,20\n"
    );
    let job = import(&api, "invoice", invoice_fields(&customer), false, rows).await;
    assert_eq!((job["report"]["created"].as_u64(), job["report"]["refused"].as_u64()), (Some(1), Some(1)), "{job}");
    let results = api.get(job["result_url"].as_str().unwrap()).await.text();
    assert!(results.contains("invoice_status"), "{results}");
}
