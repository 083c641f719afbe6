//! A hidden field is no field; one that is read-only for a role stays as it is.

use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::{acting, deal, reads_all, role, user, word};

both!(a_hidden_field_is_no_field, what_is_hidden_survives, hidden_words_are_not_searched, a_locked_field_stays);

async fn hiding(api: &Api, object: &str, field: &str) -> Api {
    let me = user(api, None).await;
    let mask = json!({"hidden": [field]});
    let name = role(api, &[reads_all(), ("deal", "update", "all", json!(null)), (object, "*", "all", mask)]).await;
    acting(api, &me, &name)
}

async fn a_hidden_field_is_no_field(api: Api) {
    let mark = word("mark");
    let company = json!({"name": word("Acme"), "annual_revenue": "777", "external_id": mark});
    let company = api.post("/v1/companies?allow_duplicates=true", company).await.expect(201).id();
    let me = user(&api, None).await;
    let deal = deal(&api, &me, json!({"company_id": company, "next_step": mark})).await;
    let seller = hiding(&api, "company", "annual_revenue").await;
    let at = format!("/v1/companies/{company}");
    let absent = |value: &Value| value.get("annual_revenue").is_none();
    assert!(absent(seller.get(&at).await.expect(200).data()));
    assert!(absent(&seller.get(&format!("/v1/companies?filter[external_id]={mark}")).await.expect(200).rows()[0]));
    assert!(absent(seller.get(&format!("/v1/companies/by/external_id/{mark}")).await.expect(200).data()));
    let expanded = seller.get(&format!("/v1/deals/{deal}?expand=company")).await.expect(200);
    assert!(expanded.data()["company"].is_object() && absent(&expanded.data()["company"]));
    let history = seller.get(&format!("{at}/history")).await.expect(200);
    assert!(!history.text().contains("annual_revenue") && !history.text().contains("\"777"), "{history}");
    assert!(api.get(&format!("{at}/history")).await.expect(200).text().contains("annual_revenue"));

    let _ = seller.get(&format!("{at}?fields=annual_revenue")).await.refused(400_002);
    for query in
        ["filter[annual_revenue][gt]=1", "filter[annual_revenue]=777", "sort=annual_revenue", "sort=-annual_revenue"]
    {
        let _ = seller.get(&format!("/v1/companies?{query}")).await.refused(400_003);
    }
    for query in ["filter[company.annual_revenue][gt]=1", "sort=company.annual_revenue"] {
        let _ = seller.get(&format!("/v1/deals?{query}")).await.refused(400_003);
    }
    for body in [
        json!({"group_by": ["annual_revenue"], "measures": [{"fn": "count", "as": "n"}]}),
        json!({"measures": [{"fn": "max", "field": "annual_revenue", "as": "n"}]}),
        json!({"filter": {"not": {"field": "annual_revenue", "op": "gt", "value": "1"}}, "measures": [{"fn": "count", "as": "n"}]}),
    ] {
        let _ = seller.post("/v1/companies/aggregate", body).await.refused(400_003);
    }
    let _ = seller.patch(&at, json!({"annual_revenue": "1"})).await.refused(400_002);
    let _ = seller.post("/v1/companies", json!({"name": word("B"), "annual_revenue": "1"})).await.refused(400_002);
    let answered = seller.patch(&at, json!({"industry": "Retail"})).await.expect(200);
    assert!(absent(answered.data()), "{answered}");
    let refs = json!({"operations": [
        {"ref": "c", "op": "update", "object": "company", "id": company, "data": {"industry": "Oil"}},
        {"op": "update", "object": "deal", "id": deal, "data": {"next_step": "$c.annual_revenue"}}]});
    let _ = seller.post("/v1/composite", refs).await.refused(400_001);
    let fields = seller.get("/v1/metadata/objects/company/fields").await.expect(200);
    assert!(!fields.texts("name").contains(&"annual_revenue".to_owned()));
    assert_eq!(api.get(&at).await.expect(200).data()["annual_revenue"], "777");
}

async fn what_is_hidden_survives(api: Api) {
    let seller = hiding(&api, "company", "annual_revenue").await;
    let name = word("Keep");
    let company = json!({"name": name, "annual_revenue": "42", "industry": "Oil"});
    let company = api.post("/v1/companies?allow_duplicates=true", company).await.expect(201).id();
    let at = format!("/v1/companies/{company}");
    let _ = seller.put(&at, json!({"name": name})).await.expect(200);
    let after = api.get(&at).await.expect(200);
    assert_eq!((&after.data()["annual_revenue"], &after.data()["industry"]), (&json!("42"), &json!(null)));
}

async fn hidden_words_are_not_searched(api: Api) {
    let seller = hiding(&api, "contact", "email").await;
    let last = word("Roe");
    let contact = json!({"last_name": last, "email": format!("{last}@hidden.example")});
    let _ = api.post("/v1/contacts?allow_duplicates=true", contact).await.expect(201);
    let _ = seller.get("/v1/contacts?q=hidden").await.refused(403_000);
    let _ = seller.post("/v1/contacts/search", json!({"q": "hidden"})).await.refused(403_000);
    let _ = seller
        .post("/v1/contacts/aggregate", json!({"q": "hidden", "measures": [{"fn": "count", "as": "n"}]}))
        .await
        .refused(403_000);
    let found = seller.get(&format!("/v1/contacts?filter[last_name]={last}")).await.expect(200);
    assert_eq!(found.ids().len(), 1);
    let _ = seller.get(&format!("/v1/contacts/by/email/{last}@hidden.example")).await.refused(400_003);
}

async fn a_locked_field_stays(api: Api) {
    let me = user(&api, None).await;
    let name = role(&api, &[reads_all(), ("deal", "*", "all", json!({"read_only": ["amount"]}))]).await;
    let seller = acting(&api, &me, &name);
    let id = deal(&api, &me, json!({"amount": "10"})).await;
    let at = format!("/v1/deals/{id}");
    let read = seller.get(&at).await.expect(200);
    assert_eq!(read.data()["amount"], "10");
    let refused = seller.patch(&at, json!({"amount": "11"})).await.refused(403_000);
    assert!(refused.text().contains("amount"), "{refused}");
    let _ = seller.patch(&at, json!({"amount": null})).await.refused(403_000);
    let _ = seller.post("/v1/deals", json!({"name": "x", "amount": "1"})).await.refused(403_000);
    let mut whole = read.data().clone();
    whole["next_step"] = json!("call");
    let back = seller.put(&at, whole).await.expect(200);
    assert_eq!((&back.data()["amount"], &back.data()["next_step"]), (&json!("10"), &json!("call")));
    let short = seller.put(&at, json!({"name": "short"})).await.expect(200);
    assert_eq!(short.data()["amount"], "10", "leaving it out does not empty it");
}
