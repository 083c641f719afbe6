//! The operations of SCIM. Their errors are those of RFC 7644, 3.12.

use serde_json::{Map, Value as J, json};

use super::operation::{Answer, Detail, ETAG, MADE};
use super::reference;
use crate::routes::Route;

/// The tag.
pub const TAG: (&str, &str) = ("scim", "SCIM 2.0: a company's directory keeps users and teams.");

const SCIM_JSON: &str = "application/scim+json";

/// Schemas of its own.
pub fn schemas() -> Map<String, J> {
    let text = || json!({"type": "string"});
    let resource = json!({
        "type": "object", "required": ["schemas", "id", "meta"],
        "properties": {"schemas": {"type": "array", "items": text()}, "id": text(), "meta": {"type": "object"}},
    });
    let list = json!({
        "type": "object", "required": ["schemas", "totalResults", "Resources"],
        "properties": {
            "schemas": {"type": "array", "items": text()}, "totalResults": {"type": "integer"},
            "startIndex": {"type": "integer"}, "itemsPerPage": {"type": "integer"},
            "Resources": {"type": "array", "items": {"type": "object"}},
        },
    });
    let error = json!({
        "type": "object", "required": ["schemas", "status", "detail"],
        "properties": {"schemas": {"type": "array", "items": text()}, "status": text(), "detail": text(), "scimType": text()},
    });
    Map::from_iter([
        ("ScimResource".to_owned(), resource),
        ("ScimList".to_owned(), list),
        ("ScimError".to_owned(), error),
    ])
}

fn query(names: &[&str]) -> Vec<J> {
    names
        .iter()
        .map(|name| json!({"name": name, "in": "query", "required": false, "schema": {"type": "string"}}))
        .collect()
}

/// Body, parameters and answers of a route.
pub fn detail(route: &Route, detail: &mut Detail) {
    let schema = |name: &str| reference("schemas", name);
    let given = |status: u16, about: &'static str, name: &str| Answer {
        status,
        about,
        content: vec![(SCIM_JSON, schema(name))],
        headers: &[],
    };
    let operation = route.operation;
    let resources = operation.ends_with("User") || operation.ends_with("Group");
    detail.conditional = resources && !operation.starts_with("scimCreate");
    if operation.starts_with("scimList") {
        detail.parameters =
            query(&["filter", "startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes"]);
    } else if resources && !operation.starts_with("scimDelete") {
        detail.parameters = query(&["attributes", "excludedAttributes"]);
    }
    if matches!(route.method, "POST" | "PUT" | "PATCH") {
        let object = || json!({"schema": {"type": "object"}});
        detail.body = Some(json!({"required": true, "content": {SCIM_JSON: object(), "application/json": object()}}));
    }
    let lists = ["scimList", "scimSearch"].iter().any(|start| operation.starts_with(start))
        || matches!(operation, "scimResourceTypes" | "scimSchemas");
    detail.answers = vec![match operation {
        _ if operation.starts_with("scimDelete") => {
            Answer { status: 204, about: "It is gone.", content: Vec::new(), headers: &[] }
        }
        _ if operation.starts_with("scimCreate") => given(201, "The resource.", "ScimResource").with(MADE),
        _ if lists => given(200, "The resources.", "ScimList"),
        _ if resources => given(200, "The resource.", "ScimResource").with(ETAG),
        _ => Answer {
            status: 200,
            about: "What there is.",
            content: vec![(SCIM_JSON, json!({"type": "object"}))],
            headers: &[],
        },
    }];
    for (status, about) in [
        (400, "Refused; scimType says why (RFC 7644, 3.12)."),
        (403, "The scope or the role does not allow it."),
        (404, "There is no such resource."),
        (409, "Taken, or a rule of the space stands against it."),
        (412, "It has changed since it was read."),
        (415, "The body is of another type."),
    ] {
        let content = vec![(SCIM_JSON, schema("ScimError")), ("application/problem+json", schema("Problem"))];
        detail.answers.push(Answer { status, about, content, headers: &[] });
    }
}
