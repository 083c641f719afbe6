//! Who may see, refuse and merge what.

use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

use super::{make, person, shown, with, word};

both!(
    what_the_caller_does_not_see_refuses_nothing,
    what_is_hidden_is_no_reason,
    a_merge_needs_the_rights_of_both,
    an_erased_person_leaves_no_key,
);

/// A user with a role of the space's own: object, action, reach, field mask.
async fn seller(api: &Api, permissions: &[(&str, &str, &str, Value)]) -> (Api, String) {
    let name = word("role").to_lowercase();
    let role = api.post("/v1/roles", json!({"name": name})).await.expect(201).id();
    for (object, action, reach, mask) in permissions {
        let body =
            json!({"role_id": role, "target_object": object, "action": action, "reach": reach, "field_mask": mask});
        let _ = api.post("/v1/permissions", body).await.expect(201);
    }
    let user = api.post("/v1/users", json!({"name": unique("Seller")})).await.expect(201).id();
    (api.as_role(&name, &["--user", &user]), user)
}

async fn what_the_caller_does_not_see_refuses_nothing(api: Api) {
    let (seller, user) = seller(&api, &[("contact", "*", "own", json!(null))]).await;
    let body = person();
    let hidden = api.create("/v1/contacts", body.clone()).await;
    let own = seller.create("/v1/contacts", body.clone()).await;
    assert_eq!(shown(&seller, &format!("/v1/contacts/{own}")).await, Vec::<String>::new());
    assert_eq!(shown(&api, &format!("/v1/contacts/{own}")).await, [hidden.clone()]);
    let reply = seller.post("/v1/contacts", body).await.refused(409_002);
    assert_eq!(reply.json["existing_ids"], json!([own]), "{user} sees its own");
    let _ = seller.get(&format!("/v1/contacts/{hidden}/duplicates")).await.refused(404_001);
    let _ = seller.post(&format!("/v1/contacts/{own}/merge"), json!({"with_id": hidden})).await.refused(404_001);
    let _ = seller.post(&format!("/v1/contacts/{hidden}/merge"), json!({"with_id": own})).await.refused(404_001);
}

async fn what_is_hidden_is_no_reason(api: Api) {
    let mask = json!({"hidden": ["email"]});
    let (seller, _) = seller(&api, &[("contact", "*", "all", mask)]).await;
    let body = with(person(), json!({"phone": format!("+4930{}", 4_000_000 + std::process::id() % 900_000)}));
    let (own, other) = (make(&api, "contacts", body.clone()).await, make(&api, "contacts", body.clone()).await);
    let reply = seller.get(&format!("/v1/contacts/{own}/duplicates")).await.expect(200);
    assert_eq!(reply.ids(), [other.clone()]);
    assert!(!reply.text().contains("\"email\"") && !reply.text().contains(body["email"].as_str().unwrap()), "{reply}");
    let chosen = json!({"with_id": other, "fields": {"email": "with"}});
    let _ = seller.post(&format!("/v1/contacts/{own}/merge"), chosen).await.refused(400_002);
}

async fn a_merge_needs_the_rights_of_both(api: Api) {
    let all = |action| ("contact", action, "all", json!(null));
    let (seller, user) = seller(
        &api,
        &[
            all("read"),
            all("update"),
            ("contact", "create", "all", json!(null)),
            ("contact", "delete", "own", json!(null)),
        ],
    )
    .await;
    let (mine, theirs) = (with(person(), json!({"owner_id": user})), person());
    let (mine, theirs) = (make(&api, "contacts", mine).await, make(&api, "contacts", theirs).await);
    let reply = seller.post(&format!("/v1/contacts/{mine}/merge"), json!({"with_id": theirs})).await.refused(403_000);
    assert!(reply.detail().contains("delete"), "{reply}");
    let merged = seller.post(&format!("/v1/contacts/{theirs}/merge"), json!({"with_id": mine})).await.expect(200);
    let merge = merged.data()["merge"]["id"].as_str().unwrap().to_owned();
    let reader = api.as_role("read-only", &[]);
    let (undo, at) = (json!({"merge_id": merge}), format!("/v1/contacts/{theirs}/unmerge"));
    let _ = reader.post(&at, undo.clone()).await.expect(403);
    let _ = reader.post(&format!("/v1/contacts/{theirs}/merge"), json!({"with_id": theirs})).await.expect(403);
    // The record that was taken in is another's now: who may not delete it may not take it out of the bin.
    let owner = api.post("/v1/users", json!({"name": unique("Other")})).await.expect(201).id();
    api.place().sql(&format!("UPDATE r_contacts SET owner_id = {owner} WHERE id = {mine}"));
    let _ = seller.post(&at, undo.clone()).await.refused(403_000);
    api.place().sql(&format!("UPDATE r_contacts SET owner_id = {user} WHERE id = {mine}"));
    let _ = seller.post(&at, undo).await.expect(200);
    let _ = api.get(&format!("/v1/contacts/{mine}")).await.expect(200);
}

async fn an_erased_person_leaves_no_key(api: Api) {
    let body = person();
    let (own, other) = (
        make(&api, "contacts", json!({"last_name": word("own"), "city": "Ulm"})).await,
        make(&api, "contacts", body.clone()).await,
    );
    let choice = json!({"with_id": other, "fields": {"last_name": "with", "city": "with"}});
    let merge = api.post(&format!("/v1/contacts/{own}/merge"), choice).await.expect(200).data()["merge"]["id"].clone();
    let keys = || api.place().texts(&format!("SELECT key FROM match_key WHERE record_id = {own} ORDER BY key"));
    let before = keys();
    let request = json!({"kind": "erasure", "subject": {"object": "contact", "id": own}});
    let made = api.post("/v1/privacy/requests", request).await.expect(202);
    for _ in 0..1_200 {
        if api.get(made.header("location")).await.expect(200).data()["state"] == "completed" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(before.len() >= 2 && keys().iter().all(|key| !before.contains(key)), "{before:?} {:?}", keys());
    let kept = api.get(&format!("/v1/merges/{}", merge.as_str().unwrap())).await.expect(200);
    assert!(kept.data()["before"].is_null(), "what the merge kept is gone, too: {kept}");
    let _ = api.create("/v1/contacts", body).await;
}
