//! What signs in: service accounts, API keys, OAuth clients, identity providers. Keys and client secrets are kept as
//! hashes, outside these records.

use kontor_model::{Field, FieldType, Object};

const GRANTS: &[&str] = &["authorization_code", "client_credentials", "refresh_token", "device_code", "token_exchange"];

pub(crate) fn service_account() -> Object {
    Object::new(crate::SERVICE, "service_account", "service_accounts")
        .doc("A program that works with the system under a name of its own.")
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("active", FieldType::boolean()).default(true).doc("Whether its keys work."))
}

pub(crate) fn api_key() -> Object {
    Object::new(crate::SERVICE, "api_key", "api_keys")
        .doc("A long-lived credential of a user or a service account.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(Field::reference("user", "user").indexed())
        .field(Field::reference("service_account", "service_account").indexed())
        .field(Field::new("scopes", FieldType::json()))
        .field(Field::new("last_four", FieldType::text(4)).doc("Its last characters, to tell it from others."))
        .field(Field::new("expires_at", FieldType::datetime()))
        .field(Field::new("last_used_at", FieldType::datetime()))
        .field(Field::new("revoked_at", FieldType::datetime()))
}

pub(crate) fn oauth_client() -> Object {
    Object::new(crate::SERVICE, "oauth_client", "oauth_clients")
        .doc("An application that acts for users by OAuth.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(
            Field::new("client_id", FieldType::text(2_048))
                .unique()
                .doc("RFC 6749, 2.2; an address for clients that publish their metadata."),
        )
        .field(
            Field::new("confidential", FieldType::boolean())
                .default(false)
                .doc("Whether it can keep a secret (RFC 6749, 2.1)."),
        )
        .field(Field::new("redirect_uris", FieldType::json()))
        .field(Field::new("grant_types", FieldType::multi_enum(GRANTS.iter().copied())))
        .field(Field::new("scopes", FieldType::json()))
        .field(Field::new("homepage", FieldType::url()))
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn identity_provider() -> Object {
    Object::new(crate::SERVICE, "identity_provider", "identity_providers")
        .doc("Another system that users sign in with.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("kind", FieldType::enumeration(["oidc", "saml"])).default("oidc"))
        .field(Field::new("issuer", FieldType::url()))
        .field(Field::new("client_id", FieldType::text(255)).doc("The name that this system has there."))
        .field(Field::reference("secret", "secret").doc("The client secret, by reference."))
        .field(Field::new("domains", FieldType::json()).doc("E-mail domains whose users are sent there."))
        .field(Field::new("active", FieldType::boolean()).default(false))
}
