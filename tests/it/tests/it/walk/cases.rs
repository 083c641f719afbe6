//! What is asked of every route that is not about records.

use serde_json::json;

use super::probe::{Probe, Who};
use super::world::World;
use crate::accounts::person::PASSWORD;

/// Whether a route takes nothing that another space could have, and why.
pub const NOTHING: &[(&str, &str, &str)] = &[
    ("GET", "/v1/audit/verify", "takes nothing"),
    ("GET", "/v1/jobs", "takes a kind and a state"),
    ("GET", "/v1/jobs/schedules", "takes nothing"),
    ("GET", "/v1/metadata/objects", "takes a mark"),
    ("GET", "/v1/metadata/workflow_steps", "takes nothing"),
    ("GET", "/v1/me/sessions", "takes nothing"),
    ("GET", "/v1/api_keys", "takes nothing"),
    ("GET", "/v1/oauth_clients", "takes nothing"),
    ("GET", "/v1/privacy/retention", "takes nothing"),
    ("POST", "/v1/privacy/retention/run", "takes a mark"),
    ("POST", "/v1/oauth_keys/rotate", "takes nothing; the keys are the installation's"),
    ("POST", "/v1/auth/second_factor", "takes a ticket that only its person has"),
    ("POST", "/v1/auth/redeem", "takes a link that only its person has"),
    ("POST", "/v1/auth/sign_out", "takes nothing"),
    ("DELETE", "/v1/me/sessions", "takes nothing"),
    ("POST", "/v1/me/password", "takes passwords"),
    ("POST", "/v1/me/totp", "takes a password"),
    ("DELETE", "/v1/me/totp", "takes a password"),
    ("POST", "/v1/me/totp/confirm", "takes a code"),
    ("POST", "/v1/me/totp/recovery_codes", "takes a password"),
    ("POST", "/v1/auth/passkey/begin", "takes an address, and answers alike for everyone"),
    ("POST", "/v1/auth/passkey", "takes what only a person's device signs"),
    ("POST", "/v1/password_resets", "answers alike for everyone: mail::resets"),
    ("GET", "/v1/me/passkeys", "takes nothing"),
    ("POST", "/v1/me/passkeys/begin", "takes a password"),
    ("POST", "/v1/me/passkeys", "takes what was begun in the session"),
    ("GET", "/v1/identity_providers", "takes nothing"),
    ("GET", "/v1/sandboxes", "takes nothing"),
    ("POST", "/v1/sandboxes", "takes a name"),
    ("GET", "/v1/outbox", "takes a state"),
    ("GET", "/v1/inbound_emails", "takes nothing"),
    ("POST", "/v1/inbound_emails", "takes a mail, whose names lead only to its own space: mail::inbound"),
    ("GET", "/scim/v2/ServiceProviderConfig", "takes nothing"),
    ("GET", "/scim/v2/ResourceTypes", "takes nothing"),
    ("GET", "/scim/v2/ResourceTypes/{id}", "a document for everyone"),
    ("GET", "/scim/v2/Schemas", "takes nothing"),
    ("GET", "/scim/v2/Schemas/{id}", "a document for everyone"),
    ("GET", "/v1/events", "takes names of records, and shows those of its space: events::rights"),
    ("GET", "/v1/events/stream", "as the log that it is of"),
    ("GET", "/v1/events/dead", "takes the name of a consumer, and shows those of its space: jobs::dead_events"),
    ("GET", "/asyncapi.json", "takes nothing"),
    ("GET", "/v1/webhook_deliveries", "takes names, and shows deliveries of its space"),
    ("GET", "/openapi/v2.json", "takes nothing; version 1's is asked"),
    ("GET", "/docs", "a page for everyone"),
    ("GET", "/docs/errors", "a page for everyone"),
    ("GET", "/docs/{*file}", "a page for everyone"),
    ("GET", "/", "a page for everyone"),
    ("GET", "/app", "a page for everyone"),
    ("GET", "/app/", "a page for everyone"),
    ("GET", "/app/{*page}", "a page for everyone"),
    ("GET", "/assets/{file}", "a file for everyone"),
    ("GET", "/favicon.svg", "a file for everyone"),
    ("GET", "/public/{page}/{token}", "takes a link that only its holder has"),
    ("POST", "/public/{page}/{token}", "takes a link that only its holder has"),
    ("GET", "/healthz", "takes nothing"),
    ("GET", "/readyz", "takes nothing"),
    ("GET", "/metrics", "takes nothing"),
    ("GET", "/.well-known/oauth-authorization-server", "takes nothing"),
    ("GET", "/.well-known/openid-configuration", "takes nothing"),
    ("GET", "/.well-known/oauth-protected-resource", "takes nothing"),
    ("GET", "/oauth/jwks", "takes nothing"),
    ("POST", "/oauth/register", "makes a client of no space"),
    ("GET", "/oauth/userinfo", "takes nothing"),
    ("POST", "/oauth/userinfo", "takes nothing"),
    ("GET", "/oauth/authorize", "takes a client_id, which is public (RFC 6749, 2.2)"),
    ("POST", "/oauth/authorize", "takes a form of the person's own page"),
    ("POST", "/oauth/device", "takes a form of the person's own page: a_device_is_its_spaces"),
    ("GET", "/oauth/end_session", "asks the person"),
    ("POST", "/oauth/end_session", "takes a form of the person's own page"),
    ("GET", "/sign-in", "a page for everyone"),
    ("POST", "/sign-in", "takes a form of the person's own page; accounts are the installation's"),
    ("GET", "/sign-in/second-factor", "a page for everyone"),
    ("POST", "/sign-in/second-factor", "takes a form of the person's own page"),
    ("GET", "/sign-in/passkey", "a page for everyone"),
    ("POST", "/sign-in/passkey", "takes what only a person's device signs"),
    ("POST", "/sign-in/passkey/begin", "takes an address, and answers alike for everyone"),
    ("GET", "/sign-in/passkey.js", "a script for everyone"),
    ("GET", "/sign-in/passkeys", "a page of the person's own"),
    ("POST", "/sign-in/passkeys", "takes a form of the person's own page"),
    ("POST", "/sign-in/passkeys/begin", "takes a form of the person's own page"),
    ("POST", "/sign-in/passkeys/remove", "takes a form of the person's own page"),
    ("GET", "/oauth/providers/{id}/start", "leads to a provider, which the sign-in page offers everyone"),
    ("GET", "/oauth/providers/{id}/callback", "takes a state that only its browser has"),
    ("GET", "/sign-in/redeem", "a page for everyone"),
    ("POST", "/sign-in/redeem", "takes a form of the person's own page"),
];

/// All others.
pub fn all(own: &World) -> Vec<Probe> {
    [
        metadata(),
        bulk(own),
        audit(),
        privacy(),
        people(own),
        keys(own),
        clients(),
        tokens(own),
        kept(),
        spaces(),
        directory(),
        webhooks(),
        dashboards(),
        previews(),
    ]
    .concat()
}

/// What is not saved names records all the same.
fn previews() -> Vec<Probe> {
    let text = |person: &str| json!({"subject": "Hello", "body_text": "x", person: format!("{{{{{}}}}}", person.trim_end_matches("_id"))});
    vec![
        Probe::new(("POST", "/v1/templates/preview"), "/v1/templates/preview").json(&text("contact_id")),
        Probe::new(("POST", "/v1/templates/preview"), "/v1/templates/preview").json(&text("lead_id")),
        Probe::new(("POST", "/v1/segments/preview"), "/v1/segments/preview")
            .json(&json!({"conditions": {"segment": "{{segment}}"}})),
        Probe::new(("POST", "/v1/users/{id}/impersonate"), "/v1/users/{{person}}/impersonate")
            .by(Who::Person)
            .json(&json!({})),
    ]
}

/// A dashboard that is followed.
fn dashboards() -> Vec<Probe> {
    vec![Probe::new(("GET", "/v1/dashboards/{id}/stream"), "/v1/dashboards/{{dashboard}}/stream")]
}

/// Endpoints of webhooks, and messages to them.
fn webhooks() -> Vec<Probe> {
    let (endpoint, message) = ("/v1/webhook_endpoints/{{hook}}", "/v1/webhook_deliveries/{{message}}");
    vec![
        Probe::new(("GET", "/v1/webhook_deliveries/{id}"), message),
        Probe::new(("POST", "/v1/webhook_deliveries/{id}/redeliver"), format!("{message}/redeliver")).json(&json!({})),
        Probe::new(("POST", "/v1/webhook_endpoints/{id}/test"), format!("{endpoint}/test")).json(&json!({})),
        Probe::new(("POST", "/v1/webhook_endpoints/{id}/rotate_secret"), format!("{endpoint}/rotate_secret"))
            .json(&json!({})),
        Probe::new(("POST", "/v1/webhook_endpoints/{id}/recover"), format!("{endpoint}/recover"))
            .json(&json!({"since": "2026-01-01T00:00:00Z"})),
        Probe::new(("PUT", "/v1/function_credentials/{id}/secret"), "/v1/function_credentials/{{credential}}/secret")
            .json(&json!({"secret": "walked-through"})),
    ]
}

/// Sandboxes, mail, identity providers.
fn spaces() -> Vec<Probe> {
    let (sandbox, mail, provider) =
        ("/v1/sandboxes/{{sandbox}}", "/v1/outbox/{{mail}}", "/v1/identity_providers/{{provider}}");
    let new = json!({"name": "p{{fresh}}", "kind": "oidc", "issuer": "https://id.quilt.example", "client_id": "x",
        "client_secret": "y", "default_role": "{{role_name}}"});
    vec![
        Probe::new(("GET", "/v1/sandboxes/{id}"), sandbox),
        Probe::new(("POST", "/v1/sandboxes/{id}/refresh"), format!("{sandbox}/refresh")).json(&json!({})),
        Probe::new(("POST", "/v1/sandboxes/{id}/keys"), format!("{sandbox}/keys")).json(&json!({"name": "x"})),
        Probe::new(("DELETE", "/v1/sandboxes/{id}"), sandbox),
        Probe::new(("GET", "/v1/outbox/{id}"), mail),
        Probe::new(("POST", "/v1/outbox/{id}/send"), format!("{mail}/send")).json(&json!({})),
        Probe::new(("DELETE", "/v1/outbox/{id}"), mail),
        Probe::new(("GET", "/v1/inbound_emails/{id}"), "/v1/inbound_emails/{{inbound}}"),
        Probe::new(("POST", "/v1/identity_providers"), "/v1/identity_providers").json(&new),
        Probe::new(("GET", "/v1/identity_providers/{id}"), provider),
        Probe::new(("PATCH", "/v1/identity_providers/{id}"), provider).json(&json!({"is_enabled": false})),
        Probe::new(("POST", "/v1/identity_providers/{id}/test"), format!("{provider}/test")).json(&json!({})),
        Probe::new(("DELETE", "/v1/identity_providers/{id}"), provider),
        Probe::new(("GET", "/v1/users/{id}/identities"), "/v1/users/{{person}}/identities"),
        Probe::new(("DELETE", "/v1/users/{id}/identities"), "/v1/users/{{person}}/identities"),
        Probe::new(("PATCH", "/v1/me/passkeys/{id}"), "/v1/me/passkeys/{{session}}")
            .by(Who::Person)
            .json(&json!({"name": "x"})),
        Probe::new(("DELETE", "/v1/me/passkeys/{id}"), "/v1/me/passkeys/{{session}}")
            .by(Who::Person)
            .json(&json!({"password": PASSWORD})),
    ]
}

/// SCIM.
fn directory() -> Vec<Probe> {
    let (user, group) = ("/scim/v2/Users/{{person}}", "/scim/v2/Groups/{{team}}");
    let named = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u{{fresh}}"});
    let roles = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "r{{fresh}}",
        "roles": [{"value": "{{role_name}}"}]});
    let team = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g{{fresh}}",
        "members": [{"value": "{{person}}"}]});
    let patch = |value: serde_json::Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": value}]});
    let search =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "id eq \"{{person}}\""});
    vec![
        Probe::new(("GET", "/scim/v2/Users"), "/scim/v2/Users?filter=userName%20eq%20%22{{address}}%22"),
        Probe::new(("POST", "/scim/v2/Users"), "/scim/v2/Users").json(&roles),
        Probe::new(("POST", "/scim/v2/Users/.search"), "/scim/v2/Users/.search").json(&search),
        Probe::new(("GET", "/scim/v2/Users/{id}"), user),
        Probe::new(("PUT", "/scim/v2/Users/{id}"), user).json(&named),
        Probe::new(("PATCH", "/scim/v2/Users/{id}"), user).json(&patch(json!({"active": false}))),
        Probe::new(("DELETE", "/scim/v2/Users/{id}"), user),
        Probe::new(("GET", "/scim/v2/Groups"), "/scim/v2/Groups?filter=id%20eq%20%22{{team}}%22"),
        Probe::new(("POST", "/scim/v2/Groups"), "/scim/v2/Groups").json(&team),
        Probe::new(("POST", "/scim/v2/Groups/.search"), "/scim/v2/Groups/.search").json(&search),
        Probe::new(("GET", "/scim/v2/Groups/{id}"), group),
        Probe::new(("PUT", "/scim/v2/Groups/{id}"), group).json(&team),
        Probe::new(("PATCH", "/scim/v2/Groups/{id}"), group).json(&patch(json!({"displayName": "x{{fresh}}"}))),
        Probe::new(("DELETE", "/scim/v2/Groups/{id}"), group),
    ]
}

fn metadata() -> Vec<Probe> {
    let object = "/v1/metadata/objects/{{own}}";
    let field = "/v1/metadata/objects/contact/fields/{{field}}";
    let new = json!({"name": "f{{fresh}}", "type": "text", "max": 9});
    let refers = json!({"name": "r{{fresh}}", "type": "reference", "object": "{{own}}"});
    let made = json!({"name": "o{{fresh}}", "plural": "o{{fresh}}s", "name_field": "t", "fields": [
        {"name": "t", "type": "text", "max": 9}, {"name": "r", "type": "reference", "object": "{{own}}"}]});
    vec![
        Probe::new(("GET", "/openapi/v1.json"), "/openapi/v1.json?object={{own}}"),
        Probe::new(("POST", "/v1/metadata/objects"), "/v1/metadata/objects").json(&made),
        Probe::new(("GET", "/v1/metadata/objects/{object}"), object),
        Probe::new(("PATCH", "/v1/metadata/objects/{object}"), object).json(&json!({"label": "x"})),
        Probe::new(("GET", "/v1/metadata/objects/{object}/fields"), format!("{object}/fields")),
        Probe::new(("POST", "/v1/metadata/objects/{object}/fields"), format!("{object}/fields")).json(&new),
        Probe::new(("POST", "/v1/metadata/objects/{object}/fields"), "/v1/metadata/objects/contact/fields")
            .json(&refers),
        Probe::new(("GET", "/v1/metadata/objects/{object}/fields/{field}"), format!("{object}/fields/plate")),
        Probe::new(("GET", "/v1/metadata/objects/{object}/fields/{field}"), field),
        Probe::new(("PATCH", "/v1/metadata/objects/{object}/fields/{field}"), field).json(&json!({"label": "x"})),
        Probe::new(("DELETE", "/v1/metadata/objects/{object}/fields/{field}"), field),
        Probe::new(("DELETE", "/v1/metadata/objects/{object}"), object),
    ]
}

fn bulk(own: &World) -> Vec<Probe> {
    let export = json!({"object": "{{own}}", "format": "csv"});
    let fields = json!({"object": "contact", "format": "csv", "fields": ["id", "custom.{{field}}"]});
    let mut all = vec![
        Probe::new(("POST", "/v1/exports"), "/v1/exports").json(&export),
        Probe::new(("POST", "/v1/exports"), "/v1/exports").json(&fields),
        Probe::new(("GET", "/v1/request_logs"), "/v1/request_logs?request_id={{request}}"),
        Probe::new(("GET", "/v1/request_logs"), "/v1/request_logs?credential={{key}}"),
    ];
    for job in ["{{job}}", "{{import}}"] {
        all.extend([
            Probe::new(("GET", "/v1/jobs/{id}"), format!("/v1/jobs/{job}")),
            Probe::new(("GET", "/v1/jobs/{id}/result"), format!("/v1/jobs/{job}/result")),
            Probe::new(("GET", "/v1/jobs/{id}/result"), format!("/v1/jobs/{job}/result?status=refused")),
            Probe::new(("POST", "/v1/jobs/{id}/cancel"), format!("/v1/jobs/{job}/cancel")).json(&json!({})),
            Probe::new(("POST", "/v1/jobs/{id}/retry"), format!("/v1/jobs/{job}/retry")).json(&json!({})),
        ]);
    }
    let letter = ("POST", "/v1/events/dead/{id}/replay");
    all.push(Probe::new(letter, "/v1/events/dead/{{deal}}/replay").json(&json!({})));
    let composite = json!({"operations": [
        {"ref": "c", "op": "create", "object": "company", "data": {"name": "C {{fresh}}", "external_id": "{{fresh}}"}},
        {"op": "create", "object": "contact", "data": {"last_name": "x", "company_id": "{{company}}"}},
        {"op": "update", "object": "deal", "id": own.of("deal"), "data": {"company_id": "$c.id", "owner_id": "{{user}}"}}]});
    all.push(Probe::new(("POST", "/v1/composite"), "/v1/composite").json(&composite));
    all
}

fn audit() -> Vec<Probe> {
    let list = |query: &str| Probe::new(("GET", "/v1/audit"), format!("/v1/audit?{query}"));
    vec![
        list("record_id={{deal}}"),
        list("user_id={{person}}"),
        list("user_id={{user}}&key_id={{key}}"),
        list("request_id={{request}}"),
        list("object={{own}}"),
        Probe::new(("GET", "/v1/audit/{id}"), "/v1/audit/{{audit}}"),
        Probe::new(("POST", "/v1/audit/export"), "/v1/audit/export").json(&json!({"record_id": "{{deal}}"})),
    ]
}

fn privacy() -> Vec<Probe> {
    let take = |kind: &str, object: &str| {
        Probe::new(("POST", "/v1/privacy/requests"), "/v1/privacy/requests")
            .json(&json!({"kind": kind, "subject": {"object": object, "id": format!("{{{{{object}}}}}")}}))
    };
    let rule = "/v1/privacy/retention/{object}";
    vec![
        take("access", "contact"),
        take("erasure", "lead"),
        take("do_not_sell", "customer"),
        Probe::new(("GET", "/v1/privacy/requests"), "/v1/privacy/requests?limit=1&cursor={{privacy}}x"),
        Probe::new(("GET", "/v1/privacy/requests/{id}"), "/v1/privacy/requests/{{privacy}}"),
        Probe::new(("GET", "/v1/privacy/requests/{id}/archive"), "/v1/privacy/requests/{{privacy}}/archive"),
        Probe::new(("PUT", rule), "/v1/privacy/retention/{{own}}").json(&json!({"days": 9, "action": "delete"})),
        Probe::new(("DELETE", rule), "/v1/privacy/retention/{{own}}"),
    ]
}

fn people(own: &World) -> Vec<Probe> {
    let mine = own.of("user");
    let invite = ("POST", "/v1/users/{id}/invite");
    let end = ("POST", "/v1/users/{id}/deactivate-sessions");
    vec![
        Probe::new(invite, "/v1/users/{{user}}/invite").json(&json!({})),
        Probe::new(invite, "/v1/users/{{person}}/invite").json(&json!({})),
        Probe::new(invite, format!("/v1/users/{mine}/invite")).json(&json!({"role": "{{role_name}}"})),
        Probe::new(end, "/v1/users/{{person}}/deactivate-sessions").json(&json!({})),
        // A password is the account's: signing in is the same for everyone.
        Probe::new(("POST", "/v1/auth/sign_in"), "/v1/auth/sign_in")
            .by(Who::Nobody)
            .json(&json!({"email": "{{address}}", "password": "Falsches-Passwort-1234"})),
        Probe::new(("GET", "/v1/me"), "/v1/me?space={{space}}").by(Who::Person),
        Probe::new(("DELETE", "/v1/me/sessions/{id}"), "/v1/me/sessions/{{session}}").by(Who::Person),
        Probe::new(("POST", "/v1/me/space"), "/v1/me/space").by(Who::Person).json(&json!({"space_id": "{{space}}"})),
        Probe::new(("POST", "/v1/{collection}/{id}/shares"), format!("/v1/deals/{}/shares", own.of("deal")))
            .json(&json!({"user_id": "{{person}}"})),
        Probe::new(("POST", "/v1/{collection}/{id}/shares"), format!("/v1/deals/{}/shares", own.of("deal")))
            .json(&json!({"team_id": "{{team}}", "level": "write"})),
        Probe::new(
            ("DELETE", "/v1/{collection}/{id}/shares/{share}"),
            format!("/v1/deals/{}/shares/{{{{share}}}}", own.of("deal")),
        ),
    ]
}

fn keys(own: &World) -> Vec<Probe> {
    let new = |more: serde_json::Value| {
        let mut body = json!({"name": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Probe::new(("POST", "/v1/api_keys"), "/v1/api_keys").json(&body)
    };
    let one = "/v1/api_keys/{{key}}";
    let mine = format!("/v1/api_keys/{}", own.of("key"));
    vec![
        new(json!({"role": "{{role_name}}"})),
        new(json!({"service_account_id": "{{service_account}}"})),
        new(json!({"scopes": ["{{owns}}:read"]})),
        Probe::new(("GET", "/v1/api_keys/{id}"), one),
        Probe::new(("PATCH", "/v1/api_keys/{id}"), one).json(&json!({"name": "y"})),
        Probe::new(("PATCH", "/v1/api_keys/{id}"), &mine).json(&json!({"role": "{{role_name}}"})),
        Probe::new(("POST", "/v1/api_keys/{id}/rotate"), format!("{one}/rotate")).json(&json!({"overlap_seconds": 0})),
        Probe::new(("DELETE", "/v1/api_keys/{id}"), one),
    ]
}

fn clients() -> Vec<Probe> {
    let one = "/v1/oauth_clients/{{client}}";
    let new = |more: (&str, &str)| {
        let mut body = json!({"client_name": "x", "grant_types": ["client_credentials"], "scope": "crm:read"});
        body[more.0] = json!(more.1);
        Probe::new(("POST", "/v1/oauth_clients"), "/v1/oauth_clients").json(&body)
    };
    vec![
        new(("user_id", "{{person}}")),
        new(("role", "{{role_name}}")),
        Probe::new(("GET", "/v1/oauth_clients/{id}"), one),
        Probe::new(("POST", "/v1/oauth_clients/{id}/rotate_secret"), format!("{one}/rotate_secret")).json(&json!({})),
        Probe::new(("DELETE", "/v1/oauth_clients/{id}"), one),
    ]
}

/// A client of this space with what one of the other space was given.
fn tokens(own: &World) -> Vec<Probe> {
    let basic = format!("Basic {}", own.of("basic"));
    let at = |path: &'static str, form: &str| {
        Probe::new(("POST", path), path).by(Who::Nobody).header("authorization", &basic).form(form)
    };
    let exchange = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";
    let (user, access) =
        ("urn:kontor:params:oauth:token-type:user_id", "urn:ietf:params:oauth:token-type:access_token");
    let back = "https://client.example/callback";
    vec![
        at("/oauth/token", "grant_type=refresh_token&refresh_token={{refresh}}"),
        at(
            "/oauth/token",
            &format!(
                "grant_type=authorization_code&code={{{{authorization_code}}}}&code_verifier={{{{verifier}}}}&redirect_uri={back}"
            ),
        ),
        at("/oauth/token", "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={{device_code}}"),
        at(
            "/oauth/token",
            &format!(
                "{exchange}&subject_token={{{{person}}}}&subject_token_type={user}&actor_token={}&actor_token_type={access}",
                own.of("access")
            ),
        ),
        at("/oauth/token", &format!("{exchange}&subject_token={{{{access}}}}&subject_token_type={access}")),
        at(
            "/oauth/token",
            &format!(
                "{exchange}&subject_token={}&subject_token_type={user}&actor_token={{{{access}}}}&actor_token_type={access}",
                own.of("person")
            ),
        ),
        at("/oauth/introspect", "token={{access}}"),
        at("/oauth/introspect", "token={{refresh}}"),
        at("/oauth/revoke", "token={{access}}"),
        at("/oauth/revoke", "token={{refresh}}"),
        at("/oauth/par", "response_type=code&client_id={{client_id}}&scope=crm:read"),
        at("/oauth/device_authorization", "client_id={{client_id}}&scope=crm:read"),
        Probe::new(("GET", "/oauth/device"), "/oauth/device?user_code={{user_code}}").by(Who::Person),
    ]
}

/// Cursors, and a key under which the other space keeps an answer.
fn kept() -> Vec<Probe> {
    vec![
        Probe::new(("GET", "/v1/{collection}"), "/v1/roles?limit=1&cursor={{cursor}}"),
        Probe::new(("POST", "/v1/{collection}/search"), "/v1/roles/search")
            .json(&json!({"limit": 1, "sort": ["name"], "cursor": "{{cursor.search}}"})),
        Probe::new(("POST", "/v1/{collection}"), "/v1/companies?allow_duplicates=true")
            .header("idempotency-key", "{{idempotency}}")
            .json(&json!({"name": "Kept"})),
    ]
}
