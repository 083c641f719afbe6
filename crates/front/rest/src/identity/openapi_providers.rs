//! What the OpenAPI document says of identity providers.

use serde_json::{Map, Value as J, json};

use super::openapi::{data, object, optional_body, secret};
use crate::openapi::{Detail, PLACE, envelope, json_answer, json_body, list_of, reference};
use crate::routes::Route;

/// Whether a route is about providers and identities.
pub fn is_theirs(route: &Route) -> bool {
    route.path.starts_with("/v1/identity_providers") || route.path.ends_with("/identities")
}

/// What an administrator writes.
fn writable() -> Map<String, J> {
    let texts = |most: usize, about: &str| json!({"type": "array", "maxItems": most, "items": {"type": "string", "minLength": 1}, "description": about});
    let all = json!({
        "name": {"type": "string", "minLength": 1, "maxLength": 120, "description": "What the button says."},
        "kind": {"type": "string", "enum": ["oidc"]},
        "issuer": {"type": "string", "format": "uri", "maxLength": 1000, "description": "The provider's name for itself; it stays."},
        "client_id": {"type": "string", "minLength": 1, "maxLength": 255},
        "scopes": texts(20, "openid, profile and email when they are left out."),
        "domains": texts(100, "E-mail domains that the provider vouches for."),
        "just_in_time": {"type": "boolean", "default": false, "description": "Whether somebody who is no user yet becomes one."},
        "default_role": {"type": ["string", "null"], "maxLength": 120, "description": "The role of somebody whom no group gives one; null keeps them out. member when it is left out."},
        "groups_claim": {"type": "string", "minLength": 1, "maxLength": 120, "default": "groups"},
        "group_roles": {"type": "object", "maxProperties": 200, "additionalProperties": {"type": "string"}, "description": "Group → role, applied at every sign-in; empty leaves roles alone."},
        "only": {"type": "boolean", "default": false, "description": "Whether passwords are refused for the domains, owners' excepted."},
        "is_enabled": {"type": "boolean", "default": true},
    });
    all.as_object().cloned().unwrap_or_default()
}

/// The components.
pub fn schemas() -> Map<String, J> {
    let time = || json!({"type": "string", "format": "date-time"});
    let mut read = writable();
    read.extend([
        ("id".to_owned(), reference("schemas", "Id")),
        ("has_client_secret".to_owned(), json!({"type": "boolean"})),
        ("redirect_uri".to_owned(), json!({"type": "string", "description": "To be registered at the provider."})),
        ("created_at".to_owned(), time()),
        ("updated_at".to_owned(), time()),
    ]);
    let mut write = writable();
    let mut hidden = secret("Sealed, and never shown.");
    if let Some(members) = hidden.as_object_mut() {
        members.insert("type".to_owned(), json!(["string", "null"]));
    }
    write.insert("client_secret".to_owned(), hidden);
    let mut create = object(&["name", "issuer", "client_id"], J::Object(write.clone()));
    if let Some(members) = create.as_object_mut() {
        let example = json!({"name": "Acme", "issuer": "https://id.acme.example", "client_id": "kontor", "client_secret": "from the provider",
            "domains": ["acme.example"], "just_in_time": true, "group_roles": {"crm-admins": "admin"}});
        members.insert("examples".to_owned(), json!([example]));
    }
    let identity = json!({"type": "object", "required": ["provider_id", "subject"], "properties": {
        "provider_id": reference("schemas", "Id"), "subject": {"type": "string"}, "created_at": time(), "last_used_at": time()}});
    let all = json!({
        "IdentityProvider": {"type": "object", "required": ["id", "name", "issuer", "client_id", "has_client_secret", "redirect_uri", "is_enabled"], "properties": read},
        "IdentityProviderAnswer": envelope(reference("schemas", "IdentityProvider")),
        "IdentityProviderList": list_of(reference("schemas", "IdentityProvider")),
        "IdentityProviderCreate": create,
        "IdentityProviderUpdate": object(&[], J::Object(write)),
        "Identity": identity,
        "IdentityList": list_of(reference("schemas", "Identity")),
    });
    all.as_object().cloned().unwrap_or_default()
}

/// Everything about a route that its row does not say.
pub fn detail(route: &Route) -> Detail {
    let schema = |name: &str| reference("schemas", name);
    let id = || schema("Id");
    let flag = || json!({"type": "boolean"});
    let (body, answers) = match route.operation {
        "listIdentityProviders" => (None, vec![json_answer(200, "The providers.", schema("IdentityProviderList"))]),
        "createIdentityProvider" => (
            json_body(schema("IdentityProviderCreate")),
            vec![json_answer(201, "The provider, without its secret.", schema("IdentityProviderAnswer")).with(PLACE)],
        ),
        "readIdentityProvider" => (None, vec![json_answer(200, "The provider.", schema("IdentityProviderAnswer"))]),
        "updateIdentityProvider" => (
            json_body(schema("IdentityProviderUpdate")),
            vec![json_answer(200, "The provider as it is now.", schema("IdentityProviderAnswer"))],
        ),
        "deleteIdentityProvider" => (
            None,
            vec![json_answer(200, "It is gone.", data(&["id", "deleted"], json!({"id": id(), "deleted": flag()})))],
        ),
        "testIdentityProvider" => {
            let one = json!({"type": "object", "required": ["name", "ok", "detail"], "properties": {
                "name": {"type": "string", "enum": ["metadata", "pkce", "algorithms", "keys", "client"]},
                "ok": flag(), "detail": {"type": "string"}}});
            let found = json!({"id": id(), "ok": flag(), "checks": {"type": "array", "items": one}});
            (
                optional_body(object(&[], json!({}))),
                vec![json_answer(200, "What was tried.", data(&["id", "ok", "checks"], found))],
            )
        }
        "listIdentities" => (None, vec![json_answer(200, "The identities.", schema("IdentityList"))]),
        _ => {
            let count = json!({"user_id": id(), "unlinked": {"type": "integer", "minimum": 0}});
            (None, vec![json_answer(200, "How many there were.", data(&["user_id", "unlinked"], count))])
        }
    };
    Detail { body, answers, ..Detail::default() }
}
