//! `GET /v1/customers/{id}/statement`

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{customer, finalized, firm, is_pdf};

both_alone!(a_customer_gets_a_statement);

async fn a_customer_gets_a_statement(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let buyer = customer(&api, json!({})).await;
    let old = super::draft(&api, &buyer).await;
    let _ = api.post(&format!("{old}/finalize"), json!({"issue_date": "2026-01-10"})).await.expect(200);
    let pay = |amount: &str, at: &str| json!({"amount": amount, "method": "bank_transfer", "received_at": at});
    let _ = api.post(&format!("{old}/pay"), pay("63.87", "2026-02-01T10:00:00Z")).await.expect(201);
    let second = super::draft(&api, &buyer).await;
    let _ = api.post(&format!("{second}/finalize"), json!({"issue_date": "2026-03-05"})).await.expect(200);
    let payment = api.post(&format!("{second}/pay"), pay("500", "2026-03-20T10:00:00Z")).await.expect(201);
    let void = finalized(&api, &buyer).await;
    let _ = api.post(&format!("{void}/void"), json!({"reason": "wrong"})).await.expect(200);
    let path = format!("/v1/customers/{buyer}/statement");
    let march = api.get(&format!("{path}?from=2026-03-01&until=2026-03-31")).await.expect(200);
    let shown = march.data();
    assert_eq!(
        ["opening_balance", "charges", "credits", "closing_balance", "currency"].map(|name| shown[name].clone()),
        [json!("900"), json!("963.87"), json!("500"), json!("1363.87"), json!("EUR")]
    );
    let entries: Vec<_> =
        shown["entries"].as_array().unwrap().iter().map(|entry| (&entry["type"], &entry["balance"])).collect();
    assert_eq!(entries, [(&json!("invoice"), &json!("1863.87")), (&json!("payment"), &json!("1363.87"))]);
    // What was given back is owed again, and what was credited is not.
    let _ = api.post(&format!("/v1/payments/{}/refund", payment.id()), json!({"amount": "100"})).await.expect(200);
    let _ = api.post(&format!("{old}/credit"), json!({"reason": "kept"})).await.expect(201);
    let now = api.get(&format!("{path}?from=2026-01-01&until=2199-12-31")).await.expect(200);
    let due: f64 = api.get(&second).await.expect(200).data()["amount_due"].as_str().unwrap().parse().unwrap();
    let back: f64 = api.get(&old).await.expect(200).data()["amount_due"].as_str().unwrap().parse().unwrap();
    let closing: f64 = now.data()["closing_balance"].as_str().unwrap().parse().unwrap();
    assert!((closing - (due + back)).abs() < 0.001, "{closing} is not {due} and {back}");
    assert_eq!(now.data()["opening_balance"], json!("0"));
    // On paper it needs who issues it.
    let pdf = |more: &str| api.request("GET", &format!("{path}{more}")).header("accept", "application/pdf");
    assert!(pdf("").send().await.refused(422_000).detail().starts_with("legal_entity_missing: "));
    let _ = firm(&api).await;
    let _ = is_pdf(pdf("?from=2026-01-01&language=en").send().await);
    let _ = api.get(&format!("{path}?from=2026-03-02&until=2026-03-01")).await.refused(400_001);
    let _ = api.get(&format!("{path}?from=soon")).await.refused(400_001);
    let none = api.get(&format!("{path}?currency=USD")).await.expect(200);
    assert_eq!((none.data()["closing_balance"].clone(), none.data()["entries"].clone()), (json!("0"), json!([])));
    let scopes = ["--scopes", "customers:read"];
    let _ = api.as_role("finance", &scopes).get(&path).await.refused(403_001);
    let _ = api.get(&format!("/v1/customers/{}/statement", crate::support::NO_ID)).await.refused(404_001);
}
