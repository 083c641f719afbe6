//! `/v1/stages`, `/v1/pipelines`, `/v1/sales_quotas`: what can be said of them.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{deal, pipeline, read};

both!(
    a_stage_is_entered_with_what_it_asks_for,
    entry_rules_name_fields_of_deals,
    a_stage_with_deals_in_it_stays,
    what_ends_does_not_end_before_it_begins,
);

async fn a_stage_is_entered_with_what_it_asks_for(api: Api) {
    let own = pipeline(&api).await;
    let rules = json!({"entry_rules": {"required": ["amount", "expected_close_date"]}});
    let _ = api.patch(&format!("/v1/stages/{}", own.offer), rules).await.expect(200);
    let id = deal(&api, &own, json!({})).await;
    let at = format!("/v1/deals/{id}");
    let whole = "amount, expected_close_date";
    for (reply, missing) in [
        (api.post(&format!("{at}/move"), json!({"stage_id": own.offer})).await, whole),
        (api.patch(&at, json!({"stage_id": own.offer})).await, whole),
        (api.patch(&at, json!({"stage_id": own.offer, "amount": "5"})).await, "with expected_close_date"),
        (api.post("/v1/deals", json!({"name": unique("Deal"), "stage_id": own.offer})).await, whole),
    ] {
        let reply = reply.refused(422_000);
        assert!(reply.detail().starts_with("stage_entry") && reply.detail().ends_with(missing), "{reply}");
    }
    assert_eq!(read(&api, &at).await["version"], 1);
    let body = json!({"stage_id": own.offer, "amount": "5", "expected_close_date": "2026-12-31"});
    let _ = api.patch(&at, body).await.expect(200);
    // What is in it may lose what it came with: the rule is about entering.
    let _ = api.patch(&at, json!({"expected_close_date": null})).await.expect(200);
    // The sum of lines is an amount.
    let line = json!({"description": "Work", "quantity": "1", "unit_price": "9"});
    let body =
        json!({"name": unique("Deal"), "stage_id": own.offer, "expected_close_date": "2026-12-31", "lines": [line]});
    assert_eq!(api.post("/v1/deals", body).await.expect(201).data()["amount"], "9");
}

async fn entry_rules_name_fields_of_deals(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/stages/{}", own.offer);
    for bad in [
        json!({"required": ["amuont"]}),
        json!({"required": "amount"}),
        json!({"needed": ["amount"]}),
        json!(["amount"]),
        json!("amount"),
    ] {
        let refused = api.patch(&at, json!({"entry_rules": bad})).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], "entry_rules", "{bad}");
    }
    for good in [json!({"required": []}), json!({"required": ["company_id", "next_step"]}), json!(null)] {
        let _ = api.patch(&at, json!({"entry_rules": good})).await.expect(200);
    }
}

async fn a_stage_with_deals_in_it_stays(api: Api) {
    let own = pipeline(&api).await;
    let id = deal(&api, &own, json!({})).await;
    for path in [format!("/v1/stages/{}", own.new), format!("/v1/pipelines/{}", own.id)] {
        let refused = api.delete(&path).await.refused(422_000);
        assert!(refused.detail().starts_with("in_use"), "{refused}");
    }
    let _ = api.delete(&format!("/v1/deals/{id}")).await.expect(200);
    let _ = api.delete(&format!("/v1/stages/{}", own.new)).await.expect(200);
}

async fn what_ends_does_not_end_before_it_begins(api: Api) {
    let quota = |end: &str| json!({"period_start": "2026-01-01", "period_end": end, "amount": "100000"});
    let refused = api.post("/v1/sales_quotas", quota("2025-12-31")).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "period_end");
    let id = api.post("/v1/sales_quotas", quota("2026-03-31")).await.expect(201).id();
    let _ = api.patch(&format!("/v1/sales_quotas/{id}"), json!({"period_end": "2025-01-01"})).await.refused(400_001);
    let book = json!({"name": unique("Book"), "valid_from": "2026-02-01", "valid_until": "2026-01-31"});
    let refused = api.post("/v1/price_books", book).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "valid_until");
}
