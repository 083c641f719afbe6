//! Who has been invoiced is not deleted.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{at, open, order, plain};
use crate::support;

both!(a_customer_with_documents_stays, a_company_with_documents_stays);

async fn a_customer_with_documents_stays(api: Api) {
    let invoice = open(&api, json!([plain("1")])).await;
    let path = format!("/v1/customers/{}", invoice["customer_id"].as_str().unwrap());
    let reply = api.delete(&path).await.refused(422_000);
    let expected = "customer_has_documents: 1 invoice of the customer stands in the way";
    assert!(reply.detail().starts_with(expected), "{reply}");
    let body = json!({"customer_id": invoice["customer_id"]});
    let orders = [api.create("/v1/orders", body.clone()).await, api.create("/v1/orders", body).await];
    let reply = api.delete(&path).await.refused(422_000);
    assert!(reply.detail().contains("1 invoice and 2 orders of the customer stand in the way"), "{reply}");
    for order in orders {
        let _ = api.delete(&format!("/v1/orders/{order}")).await.expect(200);
    }
    let _ = api.delete(&path).await.refused(422_000);
    let _ = api.get(&path).await.expect(200);
    // Without documents it goes.
    let gone = order(&api, json!([])).await;
    let _ = api.delete(&at("orders", &gone, "")).await.expect(200);
    let _ = api.delete(&format!("/v1/customers/{}", gone["customer_id"].as_str().unwrap())).await.expect(200);
}

async fn a_company_with_documents_stays(api: Api) {
    let company = api.create("/v1/companies?allow_duplicates=true", json!({"name": unique("Firm")})).await;
    let mut body = support::customer();
    body["company_id"] = json!(company);
    let customer = api.create("/v1/customers", body).await;
    let invoice = api.create("/v1/invoices", json!({"customer_id": customer})).await;
    let _ = api.create("/v1/orders", json!({"company_id": company})).await;
    let path = format!("/v1/companies/{company}");
    let reply = api.delete(&path).await.refused(422_000);
    let expected = "company_has_documents: 1 invoice and 1 order of the company stand in the way";
    assert!(reply.detail().starts_with(expected), "{reply}");
    // In one set neither the company goes nor its customer.
    let operations = json!([{"op": "delete", "object": "company", "id": company}, {"op": "delete", "object": "customer", "id": customer}]);
    let _ = api.post("/v1/composite", json!({"operations": operations})).await.refused(422_000);
    let _ = api.get(&format!("/v1/customers/{customer}")).await.expect(200);
    let _ = api.delete(&format!("/v1/invoices/{invoice}")).await.expect(200);
    let reply = api.delete(&path).await.refused(422_000);
    assert!(reply.detail().contains("1 order of the company stands in the way"), "{reply}");
}
