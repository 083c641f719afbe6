//! The states of a lead.

use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{act, lead, read};

both!(a_lead_is_qualified_once, a_lead_is_disqualified_for_a_reason, a_lead_goes_its_ways, a_lead_is_given_to_a_user,);

async fn a_lead_is_qualified_once(api: Api) {
    let at = lead(&api, json!({})).await;
    assert_eq!(read(&api, &at).await["status"], "new");
    assert_eq!(act(&api, &at, "qualify", json!({})).await.expect(200).data()["status"], "qualified");
    let refused = act(&api, &at, "qualify", json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("lead_state") && refused.detail().contains("qualified"), "{refused}");
    let done = api.get(&format!("{at}/history")).await.expect(200).texts("action");
    assert_eq!(done.iter().filter(|action| *action == "qualify").count(), 1);
}

async fn a_lead_is_disqualified_for_a_reason(api: Api) {
    let at = lead(&api, json!({})).await;
    let refused = act(&api, &at, "disqualify", json!({})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "reason");
    let refused = api.patch(&at, json!({"status": "unqualified"})).await.refused(422_000);
    assert!(refused.detail().starts_with("unqualified_reason"), "{refused}");
    let data = act(&api, &at, "disqualify", json!({"reason": "A student"})).await.expect(200).data().clone();
    assert_eq!((&data["status"], &data["unqualified_reason"]), (&json!("unqualified"), &json!("A student")));
    for (action, body) in [("qualify", json!({})), ("disqualify", json!({"reason": "x"})), ("convert", json!({}))] {
        let refused = act(&api, &at, action, body).await.refused(422_000);
        assert!(refused.detail().contains("unqualified"), "{refused}");
    }
    // It may be taken up again.
    let _ = api.patch(&at, json!({"status": "working"})).await.expect(200);
    let _ = act(&api, &at, "qualify", json!({})).await.expect(200);
}

async fn a_lead_goes_its_ways(api: Api) {
    let at = lead(&api, json!({})).await;
    for to in ["working", "nurturing", "qualified", "working"] {
        assert_eq!(api.patch(&at, json!({"status": to})).await.expect(200).data()["status"], to);
    }
    for (to, word) in [("new", "not new again"), ("converted", "convert")] {
        let refused = api.patch(&at, json!({"status": to})).await.refused(422_000);
        assert!(refused.detail().starts_with("lead_state") && refused.detail().contains(word), "{refused}");
    }
    let _ = act(&api, &at, "convert", json!({})).await.expect(200);
    let refused = api.patch(&at, json!({"status": "working"})).await.refused(422_000);
    assert!(refused.detail().contains("is converted"), "{refused}");
    for action in ["qualify", "assign", "score"] {
        let refused = act(&api, &at, action, json!({})).await.refused(422_000);
        assert!(refused.detail().contains("is converted"), "{refused}");
    }
    // What else is known of the person may still be put right.
    let _ = api.patch(&at, json!({"city": "Berlin"})).await.expect(200);
}

async fn a_lead_is_given_to_a_user(api: Api) {
    let at = lead(&api, json!({})).await;
    let user = api.create("/v1/users", json!({"name": unique("User")})).await;
    let gone = api.create("/v1/users", json!({"name": unique("User"), "active": false})).await;
    assert_eq!(act(&api, &at, "assign", json!({"owner_id": user})).await.expect(200).data()["owner_id"], json!(user));
    let refused = act(&api, &at, "assign", json!({"owner_id": gone})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "owner_id");
    let _ = act(&api, &at, "assign", json!({"owner_id": crate::support::NO_ID})).await.refused(404_001);
    assert_eq!(read(&api, &at).await["owner_id"], json!(user));
}
