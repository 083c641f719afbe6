//! What the OpenAPI document says of these routes.

use serde_json::{Map, Value as J, json};

use super::openapi_providers as providers;
use crate::openapi::{Detail, PLACE, envelope, json_answer, json_body, list_of, reference};
use crate::routes::Route;

/// The tag of a route.
pub fn tag(route: &Route) -> &'static str {
    if route.path.starts_with("/v1/api_keys") {
        "api_keys"
    } else if providers::is_theirs(route) {
        "identity_providers"
    } else {
        "accounts"
    }
}

/// Tags with a sentence for each.
pub const TAGS: [(&str, &str); 3] = [
    ("accounts", "Signing in, one's own login, invitations."),
    ("api_keys", "Credentials of programs."),
    ("identity_providers", "Signing in through a company's own provider."),
];

pub(super) fn object(required: &[&str], properties: J) -> J {
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if let Some(members) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        members.insert("required".to_owned(), json!(required));
    }
    schema
}

pub(super) fn data(required: &[&str], properties: J) -> J {
    envelope(json!({"type": "object", "required": required, "properties": properties}))
}

pub(super) fn optional_body(schema: J) -> Option<J> {
    Some(json!({"required": false, "content": {"application/json": {"schema": schema}}}))
}

pub(super) fn secret(about: &str) -> J {
    json!({"type": "string", "minLength": 1, "maxLength": 1000, "format": "password", "writeOnly": true, "description": about})
}

/// What a browser gives back.
fn credential(kind: &str) -> J {
    let description = format!("{kind} (WebAuthn Level 3, 5.1): what toJSON() of the browser's credential gives.");
    json!({"type": "object", "description": description, "required": ["id", "type", "response"],
        "properties": {"id": {"type": "string"}, "type": {"type": "string", "const": "public-key"}, "response": {"type": "object"}}})
}

fn passkey_name() -> J {
    json!({"type": "string", "minLength": 1, "maxLength": 60})
}

/// The components.
pub fn schemas() -> Map<String, J> {
    let text = || json!({"type": "string"});
    let maybe = |format: &str| json!({"type": ["string", "null"], "format": format});
    let maybe_text = || json!({"type": ["string", "null"]});
    let time = || json!({"type": "string", "format": "date-time"});
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    let id = || reference("schemas", "Id");
    let key = json!({
        "id": id(), "name": text(), "hint": {"type": "string", "description": "The key's first characters."},
        "state": {"type": "string", "enum": ["active", "expired", "revoked"]}, "role": text(), "scopes": texts(),
        "user_id": maybe_text(), "service_account_id": maybe_text(), "ip_ranges": texts(), "created_at": time(),
        "expires_at": maybe("date-time"), "revoked_at": maybe("date-time"),
        "last_used_at": {"type": ["string", "null"], "format": "date-time", "description": "Some seconds behind, as use_count."},
        "use_count": {"type": "integer", "minimum": 0}});
    let required = ["id", "name", "hint", "state", "role", "scopes", "ip_ranges", "created_at", "use_count"];
    let mut new_key = key.clone();
    if let Some(members) = new_key.as_object_mut() {
        members.insert("key".to_owned(), json!({"type": "string", "description": "The key itself: shown only now."}));
        members.insert("previous".to_owned(), reference("schemas", "ApiKey"));
    }
    let roles = json!({"type": "string", "minLength": 1, "maxLength": 120, "description": "A shipped role (owner, admin, manager, member, sales, support, finance, marketing, read-only, integration) or one of the space."});
    let name = json!({"type": "string", "minLength": 1, "maxLength": 120});
    let ranges = json!({"type": "array", "maxItems": 50, "items": {"type": "string"}, "description": "Addresses and networks that the key may be used from; anywhere when there are none."});
    let rights = |scopes: &str| json!({"name": name, "role": roles, "scopes": {"type": "array", "items": {"type": "string"}, "description": scopes}, "ip_ranges": ranges, "expires_at": maybe("date-time")});
    let mut create = rights("All that the role may use and the caller has, when they are left out.");
    if let Some(members) = create.as_object_mut() {
        members.insert("service_account_id".to_owned(), maybe_text());
    }
    let key_example =
        json!({"name": "web shop", "role": "member", "scopes": ["orders:write"], "ip_ranges": ["203.0.113.0/24"]});
    let mut create = object(&["name"], create);
    if let Some(members) = create.as_object_mut() {
        members.insert("examples".to_owned(), json!([key_example]));
    }
    let session = json!({"type": "object", "required": ["id", "space_id", "user_id", "created_at", "auth_time", "expires_at", "amr", "current"], "properties": {
        "id": id(), "space_id": id(), "user_id": id(), "role": text(), "created_at": time(), "auth_time": time(),
        "last_seen_at": time(), "expires_at": time(), "amr": {"type": "array", "items": {"type": "string"}, "description": "RFC 8176."},
        "identity_provider_id": {"type": ["string", "null"], "description": "The company's own provider that signed the person in."},
        "ip_address": maybe_text(), "user_agent": maybe_text(), "current": {"type": "boolean", "description": "Whether it is this request's."}}});
    let space = json!({"type": "object", "required": ["id"], "properties": {"id": id(), "name": maybe_text(), "kind": maybe_text()}});
    let me = data(
        &["user", "space", "role", "scopes", "credential"],
        json!({
        "user": {"type": ["object", "null"], "required": ["id"], "properties": {"id": id(), "name": maybe_text(), "email": maybe_text()}},
        "read_only": {"type": "boolean", "description": "Whether the credential is there to look and changes nothing."},
        "impersonator": {"type": "object", "description": "Who sees as this user does.", "required": ["id"], "properties": {"id": id(), "name": maybe_text()}},
        "space": space, "role": text(), "scopes": texts(), "spaces": {"type": "array", "items": space},
        "second_factor": {"type": "object", "properties": {"totp": {"type": "boolean"}, "passkeys": {"type": "integer"}, "recovery_codes_left": {"type": "integer"}}},
        "credential": {"type": "object", "required": ["kind", "id"], "properties": {
            "kind": {"type": "string", "enum": ["session", "api_key", "access_token"]}, "id": id(), "name": text()}}}),
    );
    let passkey = json!({
        "id": id(), "name": text(), "created_at": time(), "last_used_at": maybe("date-time"),
        "synced": {"type": "boolean", "description": "Whether it may be on more than one device."},
        "backed_up": {"type": "boolean", "description": "Whether it is, as of its last use."},
        "aaguid": {"type": "string", "description": "The authenticator's model, 32 hexadecimal digits; zeros where it does not say."}});
    let mut new_passkey = passkey.clone();
    if let Some(members) = new_passkey.as_object_mut() {
        let codes =
            json!({"type": "array", "items": text(), "description": "Of the first second factor: shown only now."});
        members.insert("recovery_codes".to_owned(), codes);
    }
    let all = json!({
        "Passkey": {"type": "object", "required": ["id", "name", "created_at", "synced", "backed_up", "aaguid"], "properties": passkey},
        "PasskeyAnswer": envelope(reference("schemas", "Passkey")),
        "PasskeyList": list_of(reference("schemas", "Passkey")),
        "PasskeyAdded": data(&["id", "name"], new_passkey),
        "WebauthnOptions": data(&["options"], json!({"options": {"type": "object",
            "description": "For PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON (WebAuthn Level 3)."}})),
        "Session": session,
        "SessionAnswer": envelope(reference("schemas", "Session")),
        "SessionList": list_of(reference("schemas", "Session")),
        "SignedIn": data(&["state"], json!({
            "state": {"type": "string", "enum": ["signed_in", "second_factor"]}, "session": reference("schemas", "Session"),
            "ticket": {"type": "string", "description": "For POST /v1/auth/second_factor, within five minutes."},
            "methods": {"type": "array", "items": {"type": "string", "enum": ["passkey", "totp", "recovery_code"]}}})),
        "Me": me,
        "ApiKey": {"type": "object", "required": required, "properties": key},
        "ApiKeyAnswer": envelope(reference("schemas", "ApiKey")),
        "ApiKeyList": list_of(reference("schemas", "ApiKey")),
        "ApiKeyMade": data(&["id", "key"], new_key),
        "ApiKeyCreate": create,
        "ApiKeyUpdate": object(&[], rights("The new list.")),
    });
    let mut members = match all {
        J::Object(members) => members,
        _ => Map::new(),
    };
    members.extend(providers::schemas());
    members
}

/// Everything about a route that its row does not say.
pub fn detail(route: &Route) -> Detail {
    if providers::is_theirs(route) {
        return providers::detail(route);
    }
    let schema = |name: &str| reference("schemas", name);
    let email = || json!({"type": "string", "maxLength": 254, "format": "email"});
    let password = |about: &str| object(&["password"], json!({"password": secret(about)}));
    let ok = |about: &'static str, required: &[&str], properties: J| {
        vec![json_answer(200, about, data(required, properties))]
    };
    let codes =
        || json!({"totp": {"type": "boolean"}, "recovery_codes": {"type": "array", "items": {"type": "string"}}});
    let (body, answers) = match route.operation {
        "signIn" => (
            json_body(object(&["email", "password"], json!({"email": email(), "password": secret("The password.")}))),
            vec![json_answer(200, "Signed in, with a cookie; or the second factor is asked for.", schema("SignedIn"))],
        ),
        "secondFactor" => (
            json_body(object(
                &["ticket", "code"],
                json!({"ticket": secret("From signing in."), "code": secret("Of the authenticator app, or a recovery code.")}),
            )),
            vec![json_answer(200, "Signed in, with a cookie.", schema("SignedIn"))],
        ),
        "redeemLink" => (
            json_body(object(
                &["token", "password"],
                json!({"token": secret("From the link."), "email": email(),
                "password": secret("12 to 128 characters; the existing one where there is one and the link is an invitation.")}),
            )),
            vec![json_answer(200, "Signed in, with a cookie; or the second factor is asked for.", schema("SignedIn"))],
        ),
        "beginPasskeySignIn" => (
            optional_body(object(
                &[],
                json!({"ticket": secret("From signing in; without it the passkey stands alone.")}),
            )),
            vec![json_answer(
                200,
                "What the browser asks for, with a cookie that belongs to it.",
                schema("WebauthnOptions"),
            )],
        ),
        "passkeySignIn" => (
            json_body(object(
                &["credential"],
                json!({"ticket": secret("The one that it was begun with."), "credential": credential("AuthenticationResponseJSON")}),
            )),
            vec![json_answer(200, "Signed in, with a cookie.", schema("SignedIn"))],
        ),
        "listMyPasskeys" => (None, vec![json_answer(200, "The passkeys.", schema("PasskeyList"))]),
        "beginPasskey" => (
            json_body(password("Asked for again.")),
            vec![json_answer(200, "What the browser asks for.", schema("WebauthnOptions"))],
        ),
        "addPasskey" => (
            json_body(object(
                &["credential"],
                json!({"name": passkey_name(), "credential": credential("RegistrationResponseJSON")}),
            )),
            vec![json_answer(
                201,
                "The passkey; with the first second factor also recovery codes.",
                schema("PasskeyAdded"),
            )],
        ),
        "renamePasskey" => (
            json_body(object(&["name"], json!({"name": passkey_name()}))),
            vec![json_answer(200, "The passkey.", schema("PasskeyAnswer"))],
        ),
        "removePasskey" => (
            json_body(password("Asked for again.")),
            ok("It is removed.", &["id", "removed"], json!({"id": schema("Id"), "removed": {"type": "boolean"}})),
        ),
        "signOut" => (
            optional_body(object(&[], json!({}))),
            ok("The session has ended.", &["state"], json!({"state": {"type": "string"}})),
        ),
        "readMe" => (None, vec![json_answer(200, "User, space, role, scopes, kind of credential.", schema("Me"))]),
        "listMySessions" => (None, vec![json_answer(200, "The sessions.", schema("SessionList"))]),
        "endMyOtherSessions" => (None, ok("How many ended.", &["ended"], json!({"ended": {"type": "integer"}}))),
        "endMySession" => {
            (None, ok("It has ended.", &["id", "ended"], json!({"id": schema("Id"), "ended": {"type": "boolean"}})))
        }
        "switchSpace" => (
            json_body(object(&["space_id"], json!({"space_id": schema("Id")}))),
            vec![json_answer(200, "The session, in the other space.", schema("SessionAnswer"))],
        ),
        "changePassword" => (
            json_body(object(
                &["current_password", "new_password"],
                json!({"current_password": secret("The present one."), "new_password": secret("12 to 128 characters.")}),
            )),
            ok("It is changed; all other sessions have ended.", &["changed"], json!({"changed": {"type": "boolean"}})),
        ),
        "beginTotp" => (
            json_body(password("Asked for again.")),
            ok(
                "What an app needs, shown only now.",
                &["secret", "uri"],
                json!({"secret": {"type": "string"}, "uri": {"type": "string"}}),
            ),
        ),
        "confirmTotp" => (
            json_body(object(&["code"], json!({"code": secret("Six digits that the app shows.")}))),
            ok("It counts from now on; the recovery codes are shown only now.", &["totp", "recovery_codes"], codes()),
        ),
        "newRecoveryCodes" => (
            json_body(password("Asked for again.")),
            ok("The new codes, shown only now.", &["totp", "recovery_codes"], codes()),
        ),
        "removeTotp" => (
            json_body(password("Asked for again.")),
            ok("There is no second factor any more.", &["totp"], json!({"totp": {"type": "boolean"}})),
        ),
        "askPasswordReset" => (
            json_body(object(&["email"], json!({"email": {"type": "string", "format": "email", "maxLength": 254}}))),
            vec![json_answer(
                202,
                "Taken, whether or not anybody signs in with the address.",
                data(&["state"], json!({"state": {"type": "string", "const": "accepted"}})),
            )],
        ),
        "inviteUser" => {
            let properties = json!({"user_id": schema("Id"), "email": {"type": "string"}, "url": {"type": "string"},
                "token": {"type": "string", "description": "Shown only now."}, "expires_at": {"type": "string", "format": "date-time"},
                "has_password": {"type": "boolean", "description": "Whether the person accepts with a password they have here."},
                "mail": {"type": ["object", "null"], "description": "The message of the outbox that carries the link, and its state.", "properties": {
                    "message_id": schema("Id"), "state": {"type": "string", "enum": ["held", "queued"]}}}});
            (
                optional_body(object(
                    &[],
                    json!({"role": {"type": ["string", "null"], "minLength": 1, "maxLength": 120, "default": "member"}}),
                )),
                vec![json_answer(
                    201,
                    "The link, to be handed to the user.",
                    data(&["user_id", "url", "token", "expires_at"], properties),
                )],
            )
        }
        "impersonateUser" => {
            let properties = json!({
                "access_token": {"type": "string", "description": "Shown only now; there is no refresh token."},
                "token_type": {"type": "string", "const": "Bearer"}, "expires_in": {"type": "integer", "description": "Seconds."},
                "expires_at": {"type": "string", "format": "date-time"}, "scope": {"type": "string"},
                "read_only": {"type": "boolean", "const": true},
                "user": {"type": "object", "required": ["id", "name"], "properties": {"id": schema("Id"), "name": {"type": "string"}}}});
            let reason = json!({"type": ["string", "null"], "maxLength": 255, "description": "For the audit.", "examples": ["Ticket 4711"]});
            let required = ["access_token", "token_type", "expires_in", "expires_at", "scope", "read_only", "user"];
            (
                optional_body(object(&[], json!({"reason": reason}))),
                vec![json_answer(201, "The token; the audit says who sees as whom.", data(&required, properties))],
            )
        }
        "endSessionsOfUser" => (
            optional_body(object(&[], json!({}))),
            ok(
                "How many ended.",
                &["user_id", "ended"],
                json!({"user_id": schema("Id"), "ended": {"type": "integer"}}),
            ),
        ),
        "listApiKeys" => (None, vec![json_answer(200, "The keys.", schema("ApiKeyList"))]),
        "readApiKey" => (None, vec![json_answer(200, "The key.", schema("ApiKeyAnswer"))]),
        "createApiKey" => (
            json_body(schema("ApiKeyCreate")),
            vec![json_answer(201, "The key, shown only now.", schema("ApiKeyMade")).with(PLACE)],
        ),
        "updateApiKey" => {
            (json_body(schema("ApiKeyUpdate")), vec![json_answer(200, "The key as it is now.", schema("ApiKeyAnswer"))])
        }
        "revokeApiKey" => (
            None,
            ok("It is revoked.", &["id", "revoked"], json!({"id": schema("Id"), "revoked": {"type": "boolean"}})),
        ),
        _ => (
            optional_body(object(
                &[],
                json!({"overlap_seconds": {"type": "integer", "minimum": 0, "maximum": 604_800, "default": 86_400}}),
            )),
            vec![json_answer(201, "The new key, shown only now.", schema("ApiKeyMade")).with(PLACE)],
        ),
    };
    Detail { body, answers, ..Detail::default() }
}
