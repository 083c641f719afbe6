//! `/scim/v2`: a directory keeps users and teams.

mod directories;
mod filters;
mod refusals;

use kontor_testkit::{Api, Reply, serial};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The key of a directory.
fn directory(api: &Api) -> Api {
    api.as_role("admin", &["--scopes", "scim"])
}

async fn send(api: &Api, method: &str, path: &str, body: &Value) -> Reply {
    let request = api.request(method, &format!("/scim/v2/{path}"));
    request.body("application/scim+json; charset=utf-8", body.to_string()).send().await
}

async fn get(api: &Api, path: &str) -> Reply {
    api.get(&format!("/scim/v2/{path}")).await
}

/// Operations as a directory sends them.
async fn patch(api: &Api, path: &str, operations: Value) -> Reply {
    send(api, "PATCH", path, &json!({"schemas": [PATCH], "Operations": operations})).await
}

fn address() -> String {
    format!("s{}@example.com", serial())
}

async fn user(api: &Api, name: &str) -> Value {
    let body = json!({"schemas": [USER], "userName": name, "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": name, "type": "work", "primary": true}], "active": true});
    send(api, "POST", "Users", &body).await.expect(201).json
}

/// The id of a resource.
fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

/// A refusal in SCIM's own words.
#[track_caller]
fn refused(reply: &Reply, status: u16, kind: Option<&str>) {
    assert_eq!(reply.status, status, "{reply}");
    assert_eq!(reply.header("content-type"), "application/scim+json", "{reply}");
    assert_eq!(reply.json["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{reply}");
    assert_eq!(reply.json["status"], json!(status.to_string()), "{reply}");
    assert_eq!(reply.json["scimType"].as_str(), kind, "{reply}");
    assert!(reply.json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{reply}");
}
