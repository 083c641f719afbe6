//! Who may not, and what is wrong.

use kontor_scim::ROUTES;
use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::json;

use super::{USER, address, directory, get, id, patch, refused, send, user};
use crate::support::NO_ID;

both!(
    only_with_the_scope_and_a_role_that_manages,
    what_is_wrong_is_said_in_scims_words,
    the_last_owner_stays,
    no_more_rights_than_ones_own
);
both_alone!(a_space_never_sees_another);

async fn only_with_the_scope_and_a_role_that_manages(api: Api) {
    let cases = [
        (api.as_role("admin", &["--scopes", "crm:read,crm:write,metadata:write"]), 403),
        (api.as_role("member", &["--scopes", "scim"]), 403),
        (api.as_role("admin", &["--scopes", "admin"]), 200),
        (directory(&api), 200),
    ];
    for route in ROUTES {
        let path = route.path.replace("{id}", NO_ID);
        let _ = api.anonymous().request(route.method, &path).send().await.refused(401_000);
        for (caller, status) in &cases {
            let reply = caller.request(route.method, &path).send().await;
            assert_eq!(reply.status == 403, *status == 403, "{reply}");
            assert!(reply.status < 500, "{reply}");
            if *status == 403 {
                refused(&reply, 403, None);
            }
        }
        let _ = directory(&api).request("TRACE", &path).send().await.refused(405_000);
    }
    // The scope opens nothing else.
    let _ = directory(&api).get("/v1/users").await.refused(403_001);
    // And is handed out by administrators only.
    let member = crate::accounts::person::Person::new(&api, "member").await;
    let _ =
        member.post("/v1/api_keys", json!({"name": "x", "role": "member", "scopes": ["scim"]})).await.refused(403_000);
    let _ = api.post("/v1/api_keys", json!({"name": "x", "role": "admin", "scopes": ["scim"]})).await.expect(201);
}

async fn what_is_wrong_is_said_in_scims_words(api: Api) {
    let okta = directory(&api);
    let post =
        |body: &'static str, media: &'static str| okta.request("POST", "/scim/v2/Users").body(media, body).send();
    for body in ["", "{", "[]", "{\"userName\": \"a\", \"userName\": \"b\"}", "nul"] {
        refused(&post(body, "application/scim+json").await, 400, Some("invalidSyntax"));
    }
    refused(&post("userName=a", "application/x-www-form-urlencoded").await, 415, None);
    refused(&post("<a/>", "").await, 415, None);
    for body in [
        json!({}),
        json!({"userName": ""}),
        json!({"userName": 5}),
        json!({"userName": "a", "active": "maybe"}),
        json!({"userName": "a", "title": {}}),
        json!({"userName": "a", "emails": [{"value": "no address"}]}),
        json!({"userName": "x".repeat(300)}),
        json!({"userName": "a", "title": "x".repeat(151)}),
    ] {
        refused(&send(&okta, "POST", "Users", &body).await, 400, Some("invalidValue"));
    }
    for body in [
        json!({}),
        json!({"displayName": 5}),
        json!({"displayName": "x", "members": "y"}),
        json!({"displayName": "x", "members": [{"value": "y"}]}),
    ] {
        refused(&send(&okta, "POST", "Groups", &body).await, 400, Some("invalidValue"));
    }
    let (one, two) = (user(&okta, &address()).await, user(&okta, &address()).await);
    let path = format!("Users/{}", id(&one));
    for (operation, kind) in [
        (json!({"op": "replace", "path": "id", "value": "1"}), "mutability"),
        (json!({"op": "replace", "path": "groups", "value": []}), "mutability"),
        (json!({"op": "replace", "path": "shoeSize", "value": 5}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq", "value": 5}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq \"fax\"].value", "value": "a@b.example"}), "noTarget"),
        (json!({"op": "remove", "path": "userName"}), "invalidValue"),
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "swap", "path": "title"}), "invalidSyntax"),
    ] {
        refused(&patch(&okta, &path, json!([operation])).await, 400, Some(kind));
    }
    let taken = patch(&okta, &path, json!([{"op": "replace", "path": "userName", "value": two["userName"]}])).await;
    refused(&taken, 409, Some("uniqueness"));
    let shown = get(&okta, &path).await.expect(200);
    assert_eq!(shown.json, one, "nothing was done");
    for gone in ["Users/4242", "Users/x", "Groups/4242", "Groups/x"] {
        refused(&get(&okta, gone).await, 404, None);
    }
}

async fn the_last_owner_stays(api: Api) {
    let okta = directory(&api);
    let owner = api.get("/v1/me").await.expect(200).data()["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("Users/{owner}");
    let reply = patch(&okta, &path, json!([{"op": "replace", "value": {"active": false}}])).await;
    refused(&reply, 409, None);
    assert!(reply.json["detail"].as_str().unwrap().contains("owner"), "{reply}");
    refused(&okta.request("DELETE", &format!("/scim/v2/{path}")).send().await, 409, None);
    assert_eq!(get(&okta, &path).await.expect(200).json["active"], true);
    let _ = api.get("/v1/me").await.expect(200);
}

/// A directory whose user may do less makes nobody more.
async fn no_more_rights_than_ones_own(api: Api) {
    let role = api.post("/v1/roles", json!({"name": kontor_testkit::unique("role")})).await.expect(201);
    let name = role.data()["name"].as_str().unwrap();
    let okta = directory(&api);
    let made =
        send(&okta, "POST", "Users", &json!({"schemas": [USER], "userName": address(), "roles": [{"value": name}]}))
            .await;
    assert_eq!(made.expect(201).json["roles"], json!([{"value": name}]));
    let weak = api.as_role(name, &["--scopes", "scim"]);
    refused(
        &send(&weak, "POST", "Users", &json!({"userName": address(), "roles": [{"value": "admin"}]})).await,
        403,
        None,
    );
}

async fn a_space_never_sees_another(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    crate::support::add_space(&server, "sandbox");
    let ours = directory(&server.api());
    let theirs = server.api().as_role("admin", &["--scopes", "scim", "--space", "sandbox"]);
    let ada = user(&ours, &address()).await;
    let path = format!("Users/{}", id(&ada));
    refused(&get(&theirs, &path).await, 404, None);
    refused(&patch(&theirs, &path, json!([{"op": "replace", "value": {"active": false}}])).await, 404, None);
    refused(&theirs.request("DELETE", &format!("/scim/v2/{path}")).send().await, 404, None);
    assert!(!get(&theirs, "Users").await.expect(200).text().contains(id(&ada)));
    let filter = kontor_testkit::encode(&format!("userName eq \"{}\"", ada["userName"].as_str().unwrap()));
    assert_eq!(get(&theirs, &format!("Users?filter={filter}")).await.expect(200).json["totalResults"], 0);
    // The same name is free there.
    let _ = user(&theirs, ada["userName"].as_str().unwrap()).await;
    let team = json!({"displayName": "T", "members": [{"value": id(&ada)}]});
    refused(&send(&theirs, "POST", "Groups", &team).await, 400, Some("invalidValue"));
}
