//! Groups of the provider as roles.

use kontor_testkit::{Backend, both_alone, serial};
use serde_json::{Value, json};

use super::{Door, ada, me, server, user, with};
use crate::oauth::browser::Browser;

both_alone!(groups_give_and_take_roles, owners_are_made_here);

fn of(subject: &str, groups: Value) -> Value {
    with(ada(subject), json!({"roles": groups}))
}

async fn groups_give_and_take_roles(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let mapping = json!({"groups_claim": "roles", "default_role": "read-only",
        "group_roles": {"crm-admins": "admin", "crm-sales": "sales"}});
    let door = Door::new(&api, mapping).await;
    let subject = serial();
    let role = |browser: Browser| {
        let api = api.clone();
        async move { me(&api, &browser).await.expect(200).data()["role"].as_str().unwrap().to_owned() }
    };
    assert_eq!(role(door.enter(of(&subject, json!(["x", "crm-sales"]))).await).await, "sales");
    let up = door.enter(of(&subject, json!(["crm-sales", "crm-admins"]))).await;
    assert_eq!(me(&api, &up).await.data()["role"], "admin");
    // The record has it too, so that keys of the user follow.
    let admin = user(&api, &format!("{subject}@acme.example")).await.unwrap();
    let roles = api.get(&format!("/v1/roles/{}", admin["role_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(roles.data()["name"], "admin");
    let key = api.as_role("admin", &["--user", admin["id"].as_str().unwrap()]);
    let _ = key.post("/v1/contacts", json!({"last_name": "x"})).await.expect(201);
    // Without the group the role is gone, for sessions that are there and for keys.
    assert_eq!(role(door.enter(of(&subject, json!([]))).await).await, "read-only");
    let reply = crate::accounts::person::until(|| async {
        let reply = key.post("/v1/contacts", json!({"last_name": "x"})).await;
        (reply.status != 201).then_some(reply)
    })
    .await;
    let _ = reply.refused(403_000);
    crate::accounts::person::until(|| async { (me(&api, &up).await.data()["role"] == "read-only").then_some(()) })
        .await;
    let changes = api.get("/v1/audit?action=provider_role").await.expect(200);
    assert_eq!(changes.rows()[0]["changes"]["role"], json!(["admin", "read-only"]));
    // Nobody without a group comes in where nothing else is said.
    let _ = api.patch(&door.path(), json!({"default_role": null})).await.expect(200);
    for claims in [of(&subject, json!([])), of(&serial(), json!(["CRM-ADMINS"])), ada(&serial())] {
        assert!(door.refuse(claims).await.contains("None of your groups"));
    }
    // One group alone may be a text.
    assert_eq!(role(door.enter(of(&subject, json!("crm-sales"))).await).await, "sales");
}

async fn owners_are_made_here(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({"groups_claim": "roles", "group_roles": {"g": "read-only"}})).await;
    let owner_role = api.get("/v1/roles?filter[name]=owner").await.expect(200).ids()[0].clone();
    let owner = api.get(&format!("/v1/users?filter[role_id]={owner_role}")).await.expect(200).ids()[0].clone();
    let subject = serial();
    let address = json!({"email": format!("{subject}@acme.example")});
    let _ = api.patch(&format!("/v1/users/{owner}"), address).await.expect(200);
    // The last owner signs in, and stays what they are.
    let browser = door.enter(of(&subject, json!(["g"]))).await;
    let who = me(&api, &browser).await.expect(200);
    assert_eq!((&who.data()["user"]["id"], &who.data()["role"]), (&json!(owner), &json!("owner")));
    let record = api.get(&format!("/v1/users/{owner}")).await.expect(200);
    assert_eq!(record.data()["role_id"], json!(owner_role));
    for body in [json!({"group_roles": {"g": "owner"}}), json!({"default_role": "owner"})] {
        let _ = api.patch(&door.path(), body).await.refused(400_001);
    }
}
