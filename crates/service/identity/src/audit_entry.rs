//! Audit entries.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "audit_entry", "audit_entries")
        .doc(
            "Who did what, when. The engine keeps entries in a table and a chain of its own, and /v1/audit shows them.",
        )
        .named_by("action")
        .unrouted()
        .field(Field::new("action", FieldType::text(80)))
        .field(Field::reference("actor", "user").indexed())
        .field(Field::new("related_to_object", FieldType::text(40)).doc("The object of the record that was acted on."))
        .field(Field::new("related_to_id", FieldType::any_reference()).indexed().doc("The record that was acted on."))
        .field(Field::new("changes", FieldType::json()).doc("By field: [before, after]."))
        .field(Field::new("request_id", FieldType::text(64)))
}
