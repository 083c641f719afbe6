//! What Okta and Entra ID send.

use kontor_testkit::{Api, both, encode, serial};
use serde_json::json;

use super::{GROUP, USER, address, directory, get, id, patch, refused, send, user};
use crate::accounts::person::{Person, until};

both!(
    okta_provisions_a_user,
    entra_provisions_a_user,
    a_user_who_is_deactivated_is_out_and_may_come_back,
    a_user_who_is_deleted_is_not_there_and_keeps_their_records,
    groups_get_and_lose_members,
    members_of_a_team_reach_its_records,
    roles_by_their_names,
    what_is_done_is_in_the_audit,
    versions_are_tags
);

async fn okta_provisions_a_user(api: Api) {
    let okta = directory(&api);
    let name = address();
    // It looks for the user first, by name.
    let look = async || {
        get(&okta, &format!("Users?filter={}&startIndex=1&count=100", encode(&format!("userName eq \"{name}\"")))).await
    };
    let none = look().await.expect(200);
    assert_eq!((&none.json["totalResults"], &none.json["Resources"]), (&json!(0), &json!([])));
    let body = json!({
        "schemas": [USER], "userName": name, "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": true, "value": name, "type": "work"}], "displayName": "Ada Lovelace", "locale": "en-US",
        "externalId": format!("00u{}", serial()), "groups": [], "password": "1mz050nq", "active": true,
    });
    let made = send(&okta, "POST", "Users", &body).await.expect(201);
    assert_eq!(made.header("content-type"), "application/scim+json");
    let place = made.json["meta"]["location"].as_str().unwrap();
    assert_eq!(made.header("location"), place);
    assert!(place.ends_with(&format!("/scim/v2/Users/{}", id(&made.json))), "{made}");
    assert!(!made.text().contains("1mz050nq") && made.json.get("groups").is_none(), "{made}");
    let found = look().await.expect(200);
    assert_eq!(found.json["Resources"][0], made.json);
    // It replaces the whole user, and deactivates without a path.
    let whole = json!({"schemas": [USER], "id": id(&made.json), "userName": name, "name": {"givenName": "Augusta", "familyName": "King"},
        "emails": [{"primary": true, "value": name, "type": "work"}], "active": true, "meta": {"resourceType": "User"}});
    let path = format!("Users/{}", id(&made.json));
    let replaced = send(&okta, "PUT", &path, &whole).await.expect(200);
    assert_eq!(
        (&replaced.json["displayName"], replaced.json.get("locale")),
        (&json!("Augusta King"), None),
        "{replaced}"
    );
    assert!(replaced.json.get("externalId").is_none(), "{replaced}");
    let gone = patch(&okta, &path, json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
    assert_eq!(gone.json["active"], false);
    // The record is the space's user.
    let record = api.get(&format!("/v1/users/{}", id(&made.json))).await.expect(200);
    assert_eq!((&record.data()["name"], &record.data()["active"]), (&json!("Augusta King"), &json!(false)));
    let again = send(&okta, "POST", "Users", &body).await;
    refused(&again, 409, Some("uniqueness"));
}

async fn entra_provisions_a_user(api: Api) {
    let entra = directory(&api);
    let name = address();
    let body = json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": format!("e{}", serial()), "userName": name.to_uppercase(), "active": true, "displayName": "Ada",
        "emails": [{"primary": true, "type": "work", "value": name}], "meta": {"resourceType": "User"},
        "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
        "roles": [], "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines"},
    });
    let made = send(&entra, "POST", "Users", &body).await.expect(201).json;
    assert_eq!((&made["userName"], &made["schemas"]), (&json!(name), &json!([USER])));
    let path = format!("Users/{}", id(&made));
    let operations = json!([
        {"op": "Replace", "path": "displayName", "value": "Augusta"},
        {"op": "Add", "path": "title", "value": "Countess"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": format!("new.{name}")},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44 20 7946 0958"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Looms"},
        {"op": "Add", "value": {"name.familyName": "King"}},
    ]);
    let changed = patch(&entra, &path, operations).await.expect(200).json;
    assert_eq!((&changed["displayName"], &changed["title"]), (&json!("Augusta"), &json!("Countess")));
    assert_eq!(changed["emails"], json!([{"value": format!("new.{name}"), "type": "work", "primary": true}]));
    assert_eq!(
        (&changed["name"]["familyName"], &changed["phoneNumbers"][0]["value"]),
        (&json!("King"), &json!("+442079460958"))
    );
    // Booleans come as strings.
    for (text, active) in [("False", false), ("True", true)] {
        let reply = patch(&entra, &path, json!([{"op": "Replace", "path": "active", "value": text}])).await.expect(200);
        assert_eq!(reply.json["active"], active);
    }
    let filter = encode(&format!("externalId eq \"{}\"", made["externalId"].as_str().unwrap()));
    let found = get(&entra, &format!("Users?filter={filter}&attributes=id,userName")).await.expect(200);
    assert_eq!(found.json["Resources"], json!([{"schemas": [USER], "id": id(&made), "userName": name}]));
}

async fn a_user_who_is_deactivated_is_out_and_may_come_back(api: Api) {
    let okta = directory(&api);
    let ada = Person::new(&api, "admin").await;
    let made = ada.post("/v1/api_keys", json!({"name": "of ada", "role": "read-only"})).await.expect(201);
    let key = api.with_key(made.data()["key"].as_str().unwrap());
    let _ = key.get("/v1/contacts?limit=1").await.expect(200);
    // A user whom no directory has made is found by the address, and taken over.
    let found =
        get(&okta, &format!("Users?filter={}", encode(&format!("userName eq \"{}\"", ada.email)))).await.expect(200);
    assert_eq!((&found.json["totalResults"], id(&found.json["Resources"][0])), (&json!(1), ada.user.as_str()));
    let path = format!("Users/{}", ada.user);
    let _ = patch(&okta, &path, json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
    // At once, in the process that was told.
    let _ = ada.get("/v1/me").await.refused(401_001);
    let _ = key.get("/v1/contacts?limit=1").await.refused(401_001);
    let _ = patch(&okta, &path, json!([{"op": "replace", "value": {"active": true}}])).await.expect(200);
    // Who comes back signs in again; keys go on.
    let _ = ada.get("/v1/me").await.refused(401_001);
    let _ = ada.again().await;
    until(|| async { (key.get("/v1/contacts?limit=1").await.status == 200).then_some(()) }).await;
}

async fn a_user_who_is_deleted_is_not_there_and_keeps_their_records(api: Api) {
    let okta = directory(&api);
    let name = address();
    let ada = user(&okta, &name).await;
    let path = format!("Users/{}", id(&ada));
    let team = send(
        &okta,
        "POST",
        "Groups",
        &json!({"schemas": [GROUP], "displayName": format!("T {}", serial()), "members": [{"value": id(&ada)}]}),
    )
    .await
    .expect(201)
    .json;
    let company = api.create("/v1/companies", json!({"name": "Kept", "owner_id": id(&ada)})).await;
    let gone = api.request("DELETE", &format!("/scim/v2/{path}")).send().await;
    assert_eq!((gone.status, gone.text().as_str()), (204, ""));
    for method in ["GET", "DELETE"] {
        refused(&okta.request(method, &format!("/scim/v2/{path}")).send().await, 404, None);
    }
    refused(&patch(&okta, &path, json!([{"op": "replace", "value": {"active": true}}])).await, 404, None);
    let found = get(&okta, &format!("Users?filter={}", encode(&format!("userName eq \"{name}\"")))).await.expect(200);
    assert_eq!(found.json["totalResults"], 0);
    assert_eq!(get(&okta, &format!("Groups/{}", id(&team))).await.expect(200).json["members"], json!([]));
    let kept = api.get(&format!("/v1/companies/{company}")).await.expect(200);
    assert_eq!(kept.data()["owner_id"], json!(id(&ada)));
    // Someone of the same name is someone new.
    let other = user(&okta, &name).await;
    assert_ne!(id(&other), id(&ada));
    // Taken out of the bin the user is still not active.
    let _ = api.post(&format!("/v1/users/{}/restore", id(&ada)), json!({})).await;
    let _ = api.delete(&format!("/v1/users/{}", id(&other))).await.expect(200);
    let restored = api.request("POST", &format!("/v1/users/{}/restore", id(&ada))).send().await.expect(200);
    assert_eq!(restored.data()["active"], false);
}

async fn groups_get_and_lose_members(api: Api) {
    let entra = directory(&api);
    let (one, two, three) =
        (user(&entra, &address()).await, user(&entra, &address()).await, user(&entra, &address()).await);
    let name = format!("Sales {}", serial());
    let body =
        json!({"schemas": [GROUP], "displayName": name, "externalId": serial(), "members": [{"value": id(&one)}]});
    let made = send(&entra, "POST", "Groups", &body).await.expect(201);
    let path = format!("Groups/{}", id(&made.json));
    let members = async || -> Vec<String> {
        let group = get(&entra, &path).await.expect(200).json;
        group["members"].as_array().unwrap().iter().map(|m| m["value"].as_str().unwrap().to_owned()).collect()
    };
    let add = json!([{"op": "Add", "path": "members", "value": [{"value": id(&two)}, {"value": id(&three)}, {"value": id(&one)}]}]);
    let _ = patch(&entra, &path, add).await.expect(200);
    assert_eq!(members().await, [id(&one), id(&two), id(&three)]);
    // A user is in the groups, and in several at a time.
    let second = send(
        &entra,
        "POST",
        "Groups",
        &json!({"displayName": format!("B {}", serial()), "members": [{"value": id(&two)}]}),
    )
    .await
    .expect(201)
    .json;
    let shown = get(&entra, &format!("Users/{}", id(&two))).await.expect(200).json;
    let groups: Vec<&str> = shown["groups"].as_array().unwrap().iter().map(|g| g["value"].as_str().unwrap()).collect();
    assert!(groups.contains(&id(&made.json)) && groups.contains(&id(&second)) && groups.len() == 2, "{shown}");
    // Entra ID names the member in the value, Okta in the path.
    let _ = patch(&entra, &path, json!([{"op": "Remove", "path": "members", "value": [{"value": id(&one)}]}]))
        .await
        .expect(200);
    assert_eq!(members().await, [id(&two), id(&three)]);
    let by_path = format!("members[value eq \"{}\"]", id(&three));
    let _ = patch(&entra, &path, json!([{"op": "remove", "path": by_path}, {"op": "replace", "path": "displayName", "value": format!("{name} x")}])).await.expect(200);
    assert_eq!(members().await, [id(&two)]);
    let found = get(
        &entra,
        &format!("Groups?excludedAttributes=members&filter={}", encode(&format!("displayName eq \"{name} X\""))),
    )
    .await
    .expect(200);
    assert_eq!((&found.json["totalResults"], found.json["Resources"][0].get("members")), (&json!(1), None), "{found}");
    refused(
        &patch(&entra, &path, json!([{"op": "add", "path": "members", "value": [{"value": "4242"}]}])).await,
        400,
        Some("invalidValue"),
    );
    refused(
        &send(&entra, "POST", "Groups", &json!({"displayName": format!("{name} x")})).await,
        409,
        Some("uniqueness"),
    );
    let replaced =
        send(&entra, "PUT", &path, &json!({"displayName": name, "members": [{"value": id(&one)}]})).await.expect(200);
    assert_eq!((&replaced.json["displayName"], members().await), (&json!(name), vec![id(&one).to_owned()]));
    assert_eq!(entra.request("DELETE", &format!("/scim/v2/{path}")).send().await.status, 204);
    refused(&get(&entra, &path).await, 404, None);
    assert!(get(&entra, &format!("Users/{}", id(&one))).await.expect(200).json.get("groups").is_none());
}

/// A team that a directory keeps gives the reach that any team gives.
async fn members_of_a_team_reach_its_records(api: Api) {
    let okta = directory(&api);
    let (ada, bob) = (Person::new(&api, "manager").await, user(&okta, &address()).await);
    let company = api.create("/v1/companies", json!({"name": "Of Bob", "owner_id": id(&bob)})).await;
    let path = format!("/v1/companies/{company}");
    // A manager deletes records of the teams only.
    let _ = ada.delete(&path).await.refused(403_000);
    let both = json!([{"value": id(&bob)}, {"value": ada.user}]);
    let team = send(&okta, "POST", "Groups", &json!({"displayName": format!("T {}", serial()), "members": both}))
        .await
        .expect(201)
        .json;
    until(|| async { (ada.delete(&path).await.status == 200).then_some(()) }).await;
    let _ =
        patch(&okta, &format!("Groups/{}", id(&team)), json!([{"op": "remove", "path": "members"}])).await.expect(200);
    let other = api.create("/v1/companies", json!({"name": "Of Bob", "owner_id": id(&bob)})).await;
    let path = format!("/v1/companies/{other}");
    until(|| async {
        let reply = ada.delete(&path).await;
        if reply.status == 200 {
            let _ = api.request("POST", &format!("{path}/restore")).send().await.expect(200);
        }
        (reply.error_code() == 403_000).then_some(())
    })
    .await;
}

async fn roles_by_their_names(api: Api) {
    let okta = directory(&api);
    let body = json!({"schemas": [USER], "userName": address(), "roles": [{"value": "sales", "primary": "True"}]});
    let ada = send(&okta, "POST", "Users", &body).await.expect(201).json;
    assert_eq!(ada["roles"], json!([{"value": "sales"}]));
    let path = format!("Users/{}", id(&ada));
    let _ = patch(&okta, &path, json!([{"op": "replace", "path": "roles", "value": [{"value": "support"}]}]))
        .await
        .expect(200);
    let record = api.get(&format!("/v1/users/{}?expand=role", id(&ada))).await.expect(200);
    assert_eq!(record.data()["role"]["name"], "support", "{record}");
    refused(
        &patch(&okta, &path, json!([{"op": "add", "path": "roles", "value": [{"value": "emperor", "primary": true}]}]))
            .await,
        400,
        Some("invalidValue"),
    );
    // What says nothing of a role takes none away.
    let kept = send(&okta, "PUT", &path, &json!({"schemas": [USER], "userName": ada["userName"]})).await.expect(200);
    assert_eq!(kept.json["roles"], json!([{"value": "support"}]));
    let none = patch(&okta, &path, json!([{"op": "replace", "path": "roles", "value": []}])).await.expect(200);
    assert!(none.json.get("roles").is_none(), "{none}");
}

async fn what_is_done_is_in_the_audit(api: Api) {
    let okta = directory(&api);
    let ada = user(&okta, &address()).await;
    let path = format!("Users/{}", id(&ada));
    let _ = patch(&okta, &path, json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
    let entries = api.get(&format!("/v1/audit?record_id={}", id(&ada))).await.expect(200);
    assert_eq!(entries.texts("action").len(), 3, "{entries}");
    assert!(
        ["create", "update", "end_sessions"]
            .iter()
            .all(|action| entries.texts("action").contains(&(*action).to_owned()))
    );
    assert!(entries.rows().iter().all(|entry| entry["credential"] == "api_key" && entry["key_id"].is_string()));
}

async fn versions_are_tags(api: Api) {
    let okta = directory(&api);
    let ada = user(&okta, &address()).await;
    let path = format!("/scim/v2/Users/{}", id(&ada));
    let read = okta.get(&path).await.expect(200);
    let tag = read.header("etag").to_owned();
    assert_eq!(read.json["meta"]["version"], json!(tag));
    let known = okta.request("GET", &path).header("if-none-match", &tag).send().await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let change = |tag: &str, title: &str| {
        let body =
            json!({"schemas": [super::PATCH], "Operations": [{"op": "replace", "path": "title", "value": title}]});
        okta.request("PATCH", &path).header("if-match", tag).json(&body).send()
    };
    let changed = change(&tag, "one").await.expect(200);
    assert_ne!(changed.header("etag"), tag);
    refused(&change(&tag, "two").await, 412, None);
    let stale = okta.request("DELETE", &path).header("if-match", &tag).send().await;
    refused(&stale, 412, None);
}
