//! Connections.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "connection", "connections")
        .doc("One system that a connector reaches, with the secret that opens it.")
        .owned()
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(Field::reference("connector", "connector").required().indexed())
        .field(Field::new("base_url", FieldType::url()))
        .field(Field::reference("secret", "secret").doc("The credentials, by reference."))
        .field(
            Field::new("settings", FieldType::json())
                .doc("What the connector's manifest asks for; never a credential."),
        )
        .field(Field::new("status", FieldType::enumeration(["new", "working", "failing", "paused"])).default("new"))
        .field(Field::new("checked_at", FieldType::datetime()).doc("When it was last tried."))
        .field(Field::new("error", FieldType::text(1_000)))
}
