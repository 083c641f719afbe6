//! What merges did, so that they can be taken back.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    let kind = |name: &str| Field::new(name, FieldType::text(63)).read_only().technical();
    Object::new(crate::SERVICE, "merge", "merges")
        .doc("A record that took another in: what was moved, and what was there before. Kept for 30 days.")
        .owned()
        .named_by("merged_object")
        .read_only()
        .field(kind("merged_object").doc("The object of both."))
        .field(
            Field::new("merged_id", FieldType::any_reference())
                .read_only()
                .indexed()
                .doc("The one that went to the bin."),
        )
        .field(kind("merged_into_object"))
        .field(
            Field::new("merged_into_id", FieldType::any_reference()).read_only().indexed().doc("The one that stayed."),
        )
        .field(
            Field::new("moved", FieldType::json())
                .read_only()
                .doc("Records that referred to the one and refer to the other now, with the fields by which."),
        )
        .field(
            Field::new("before", FieldType::json())
                .personal()
                .read_only()
                .doc("Fields of the one that stayed, as they were."),
        )
        .field(
            Field::new("expires_at", FieldType::datetime())
                .read_only()
                .indexed()
                .doc("Until then it can be taken back."),
        )
        .field(Field::new("undone_at", FieldType::datetime()).read_only())
}
