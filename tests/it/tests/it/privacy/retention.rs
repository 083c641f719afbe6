//! `/v1/privacy/retention`: rules by age, tried before they are let loose.

use std::time::{Duration, Instant};

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

both_alone!(old_records_go_and_young_ones_stay, wrong_rules_are_refused);

async fn old_records_go_and_young_ones_stay(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let contact = async |name: &str| api.create("/v1/contacts", json!({"last_name": name})).await;
    let lead = async |name: &str| {
        api.create("/v1/leads", json!({"last_name": name, "email": format!("{name}@example.org")})).await
    };
    let (old, young) = (contact("Old").await, contact("Young").await);
    let (cold, warm) = (lead("cold").await, lead("warm").await);
    for (table, id) in [("r_contacts", &old), ("r_leads", &cold)] {
        server.place().sql(&format!("UPDATE {table} SET updated_at = 1000 WHERE id = {id}"));
    }
    let rule = api.put("/v1/privacy/retention/contact", json!({"days": 30, "action": "delete"})).await.expect(200);
    assert_eq!((&rule.data()["object"], &rule.data()["last_run_at"]), (&json!("contact"), &json!(null)));
    let _ = api.put("/v1/privacy/retention/leads", json!({"days": 30, "action": "anonymise"})).await.expect(200);
    let dry = api.post("/v1/privacy/retention/run", json!({})).await.expect(200);
    assert_eq!(dry.texts("object"), ["contact", "lead"]);
    assert_eq!(dry.column("records"), [json!(1), json!(1)]);
    let _ = api.get(&format!("/v1/contacts/{old}")).await.expect(200);

    let started = api.post("/v1/privacy/retention/run", json!({"dry_run": false})).await.expect(202);
    let begun = Instant::now();
    let job = loop {
        let job = api.get(started.header("location")).await.expect(200).data().clone();
        if job["state"] == "succeeded" {
            break job;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(job["report"][0], json!({"object": "contact", "action": "delete", "records": 1}));
    let _ = api.get(&format!("/v1/contacts/{old}")).await.refused(404_001);
    let _ = api.get(&format!("/v1/contacts/{young}")).await.expect(200);
    let erased = api.get(&format!("/v1/leads/{cold}")).await.expect(200);
    assert!(erased.data()["email"].is_null() && erased.data()["last_name"] == json!(format!("erased {cold}")));
    assert_eq!(api.get(&format!("/v1/leads/{warm}")).await.expect(200).data()["email"], "warm@example.org");
    let rules = api.get("/v1/privacy/retention").await.expect(200);
    assert_eq!(rules.column("last_count"), [json!(1), json!(1)]);
    let dry = api.post("/v1/privacy/retention/run", json!({"dry_run": true})).await.expect(200);
    assert_eq!(dry.column("records"), [json!(0), json!(0)]);
    // What a rule does is in the audit, and the chain holds.
    assert_eq!(api.get(&format!("/v1/audit?record_id={old}")).await.expect(200).texts("action")[0], "delete");
    assert_eq!(api.get(&format!("/v1/audit?record_id={cold}")).await.expect(200).texts("action")[0], "erase");
    assert!(server.place().output(&["audit", "verify"]).status.success());
    let _ = api.delete("/v1/privacy/retention/contact").await.expect(200);
    let _ = api.delete("/v1/privacy/retention/contact").await.refused(404_001);
    assert_eq!(api.get("/v1/privacy/retention").await.expect(200).texts("object"), ["lead"]);
}

async fn wrong_rules_are_refused(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let set = async |object: &str, body| api.put(&format!("/v1/privacy/retention/{object}"), body).await;
    let rule = json!({"days": 30, "action": "delete"});
    let _ = set("nothing", rule.clone()).await.refused(404_001);
    let reply = set("invoice", rule.clone()).await.refused(400_001);
    assert!(reply.detail().contains("the law keeps invoices"), "{reply}");
    let _ = set("deal", json!({"days": 30, "action": "anonymise"})).await.refused(400_001);
    let _ = set("contact", json!({"days": 0, "action": "delete"})).await.refused(400_001);
    let _ = set("contact", json!({"days": 30, "action": "burn"})).await.refused(400_006);
    let _ = set("contact", json!({"days": 30, "action": "delete", "why": 1})).await.refused(400_002);
    let _ = api.as_role("member", &[]).put("/v1/privacy/retention/contact", rule).await.refused(403_001);
    let _ = api.post("/v1/privacy/retention/run", json!({"dry_run": 1})).await.refused(400_001);
    assert!(api.get("/v1/privacy/retention").await.expect(200).rows().is_empty());
}
