use kontor_testkit::{Api, both, unique};
use serde_json::json;

use crate::support::NO_ID;

both!(no_sale_is_done_at_once, requests_are_for_administrators, wrong_requests_are_refused);

async fn no_sale_is_done_at_once(api: Api) {
    let id = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let path = format!("/v1/contacts/{id}");
    assert_eq!(api.get(&path).await.expect(200).data()["do_not_sell"], false);
    let body = json!({"kind": "do_not_sell", "subject": {"object": "contact", "id": id}});
    let made = api.post("/v1/privacy/requests", body).await.expect(201);
    assert_eq!((&made.data()["state"], &made.data()["archive_url"]), (&json!("completed"), &json!(null)));
    assert_eq!(made.data()["certificate"]["statement"]["subject"]["id"], json!(id));
    assert_eq!(api.get(&path).await.expect(200).data()["do_not_sell"], true);
    assert_eq!(api.get(made.header("location")).await.expect(200).data(), made.data());
    let listed = api.get("/v1/privacy/requests?limit=500").await.expect(200);
    assert!(listed.ids().contains(&made.id()));
    let actions = api.get(&format!("/v1/audit?record_id={id}")).await.expect(200).texts("action");
    assert!(actions.contains(&"privacy_request".to_owned()), "{actions:?}");
}

async fn requests_are_for_administrators(api: Api) {
    let id = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let body = json!({"kind": "access", "subject": {"object": "contact", "id": id}});
    let member = api.as_role("member", &[]);
    let pretender = api.as_role("member", &["--scopes", "admin"]);
    for (caller, code) in [(&member, 403_001), (&pretender, 403_000)] {
        let _ = caller.post("/v1/privacy/requests", body.clone()).await.refused(code);
        let _ = caller.get("/v1/privacy/requests").await.refused(code);
        let _ = caller.get(&format!("/v1/privacy/requests/{NO_ID}")).await.refused(code);
        let _ = caller.get(&format!("/v1/privacy/requests/{NO_ID}/archive")).await.refused(code);
    }
    let _ = api.get(&format!("/v1/privacy/requests/{NO_ID}")).await.refused(404_001);
    let _ = api.get(&format!("/v1/privacy/requests/{NO_ID}/archive")).await.refused(404_001);
}

async fn wrong_requests_are_refused(api: Api) {
    let deal = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let id = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let ask = async |body| api.post("/v1/privacy/requests", body).await;
    let about = |object: &str, id: &str| json!({"object": object, "id": id});
    let _ = ask(json!({"kind": "access", "subject": about("contact", NO_ID)})).await.refused(404_001);
    let _ = ask(json!({"kind": "access", "subject": about("contcat", &id)})).await.refused(400_002);
    let _ = ask(json!({"kind": "access", "subject": about("company", &deal)})).await.refused(400_006);
    let _ = ask(json!({"kind": "forget", "subject": about("contact", &id)})).await.refused(400_006);
    let reply = ask(json!({"kind": "access", "why": 1})).await.refused(400_001);
    assert_eq!(reply.faults().len(), 3, "{reply}");
}
