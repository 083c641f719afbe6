//! Secrets, by reference.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "secret", "secrets")
        .doc("Where a secret lies and how old it is; never the secret itself.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("keeper", FieldType::enumeration(["built_in", "environment", "vault"]))
                .default("built_in")
                .doc("Who keeps it."),
        )
        .field(Field::new("location", FieldType::text(512)).doc("Where the keeper has it."))
        .field(Field::new("rotated_at", FieldType::datetime()))
        .field(Field::new("expires_at", FieldType::datetime()))
}
