//! Connectors.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "connector", "connectors")
        .doc("How a kind of system is spoken to: a manifest of its addresses, objects and sign-in.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("manifest_version", FieldType::text(40)))
        .field(Field::new("manifest", FieldType::json()))
        .field(Field::new("active", FieldType::boolean()).default(true))
}
