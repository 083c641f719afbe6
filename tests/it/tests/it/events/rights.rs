//! A reader gets events of what it may read, and no field that it may not.

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

use super::{about, types};
use crate::permissions::{acting, deal, reads_all, role, user, word};

both!(
    others_records_are_not_told_of,
    a_hidden_field_is_in_no_event,
    a_scope_opens_its_objects,
    another_space_has_a_log_of_its_own
);

async fn others_records_are_not_told_of(api: Api) {
    let me = user(&api, None).await;
    let other = user(&api, None).await;
    let name = role(&api, &[("deal", "*", "own", json!(null))]).await;
    let seller = acting(&api, &me, &name);
    let (mine, theirs) = (deal(&api, &me, json!({})).await, deal(&api, &other, json!({})).await);
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let subjects = format!("deals/{mine},deals/{theirs},companies/{company}");
    assert_eq!(about(&api, &subjects, 3).await.len(), 3);
    let seen = about(&seller, &subjects, 1).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0]["subject"], json!(format!("deals/{mine}")));
    // A record that changes hands takes its events along.
    let _ = api.patch(&format!("/v1/deals/{mine}"), json!({"owner_id": other})).await.expect(200);
    let _ = about(&api, &subjects, 4).await;
    assert!(about(&seller, &subjects, 0).await.is_empty());
}

async fn a_hidden_field_is_in_no_event(api: Api) {
    let me = user(&api, None).await;
    let mask = json!({"hidden": ["annual_revenue"]});
    let name = role(&api, &[reads_all(), ("company", "*", "all", mask)]).await;
    let seller = acting(&api, &me, &name);
    let company = api.create("/v1/companies", json!({"name": word("Acme"), "annual_revenue": "777"})).await;
    let path = format!("/v1/companies/{company}");
    let _ = api.patch(&path, json!({"annual_revenue": "778", "industry": "Oil"})).await.expect(200);
    let subject = format!("companies/{company}");
    let all = about(&api, &subject, 2).await;
    assert_eq!(all[1]["data"]["changed"]["annual_revenue"], json!(["777", "778"]));
    let seen = about(&seller, &subject, 2).await;
    assert_eq!(seen[1]["data"]["changed"], json!({"industry": [null, "Oil"]}));
    let text = Value::Array(seen).to_string();
    assert!(!text.contains("annual_revenue") && !text.contains("\"777") && !text.contains("\"778"), "{text}");
}

async fn a_scope_opens_its_objects(api: Api) {
    let reader = api.as_role("admin", &["--scopes", "companies:read"]);
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let contact = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let subjects = format!("companies/{company},contacts/{contact}");
    let _ = about(&api, &subjects, 2).await;
    assert_eq!(types(&about(&reader, &subjects, 1).await), ["kontor.company.created"]);
    let nothing = api.as_role("admin", &["--scopes", "openid"]);
    assert!(about(&nothing, &subjects, 0).await.is_empty());
    let _ = api.anonymous().get("/v1/events").await.refused(401_000);
    let _ = api.anonymous().get("/v1/events/stream").await.refused(401_000);
}

async fn another_space_has_a_log_of_its_own(api: Api) {
    let contact = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let subject = format!("contacts/{contact}");
    let _ = about(&api, &subject, 1).await;
    let made = api.post("/v1/sandboxes", json!({"name": unique("log"), "from": "empty"})).await.expect(202);
    let sandbox = made.id();
    let begun = std::time::Instant::now();
    while api.get(&format!("/v1/sandboxes/{sandbox}")).await.expect(200).data()["state"] != "ready" {
        assert!(begun.elapsed() < super::PATIENCE);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let key = api.post(&format!("/v1/sandboxes/{sandbox}/keys"), json!({"name": "log"})).await.expect(201);
    let inside = api.with_key(key.data()["key"].as_str().unwrap());
    assert!(about(&inside, &subject, 0).await.is_empty());
    let own = inside.create("/v1/contacts", json!({"last_name": unique("Doe")})).await;
    let seen = about(&inside, &format!("contacts/{own}"), 1).await;
    assert_eq!(seen[0]["source"], json!(format!("urn:kontor:space:{sandbox}")));
    let _ = api.delete(&format!("/v1/sandboxes/{sandbox}")).await.expect(202);
}
