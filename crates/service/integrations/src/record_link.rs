//! Record links.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "record_link", "record_links")
        .doc("Says that a record here and one there are the same.")
        .named_by("remote_id")
        .unrouted()
        .field(Field::reference("connection", "connection").required().indexed())
        .field(Field::new("remote_object", FieldType::text(255)))
        .field(Field::new("remote_id", FieldType::text(255)).required().indexed())
        .field(Field::new("related_to_object", FieldType::text(40)).doc("The object of the record here."))
        .field(Field::new("related_to_id", FieldType::any_reference()).required().indexed().doc("The record here."))
        .field(Field::new("remote_version", FieldType::text(255)).doc("The version there when both were last alike."))
        .field(Field::new("synced_at", FieldType::datetime()))
}
