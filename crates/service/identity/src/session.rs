//! Sessions.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "session", "sessions")
        .doc("A user's stay after signing in, on one device.")
        .named_by("id")
        .unrouted()
        .field(Field::reference("user", "user").required().indexed())
        .field(Field::reference("identity_provider", "identity_provider"))
        .field(Field::new("ip_address", FieldType::text(45)))
        .field(Field::new("user_agent", FieldType::text(512)))
        .field(Field::new("last_seen_at", FieldType::datetime()))
        .field(Field::new("expires_at", FieldType::datetime()))
        .field(Field::new("revoked_at", FieldType::datetime()))
}
