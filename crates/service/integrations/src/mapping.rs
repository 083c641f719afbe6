//! Mappings.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "mapping", "mappings")
        .doc("Which field here is which field there, and how values change on the way.")
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(Field::reference("connection", "connection").indexed())
        .field(Field::new("target_object", FieldType::text(40)).doc("The object here."))
        .field(Field::new("remote_object", FieldType::text(255)).doc("The object there."))
        .field(Field::new("key_field", FieldType::text(40)).doc("The field by which records are recognised."))
        .field(Field::new("definition", FieldType::json()).doc("Field by field, as in an import."))
}
