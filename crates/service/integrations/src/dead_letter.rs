//! Dead letters.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "dead_letter", "dead_letters")
        .doc("A record that could not be exchanged, kept until someone replays or discards it.")
        .named_by("id")
        .unrouted()
        .field(Field::reference("sync", "sync").indexed())
        .field(Field::reference("sync_run", "sync_run").indexed())
        .field(Field::new("direction", FieldType::enumeration(["inbound", "outbound"])))
        .field(Field::new("remote_id", FieldType::text(255)))
        .field(Field::new("payload", FieldType::json()).doc("The record as it came."))
        .field(Field::new("error", FieldType::long_text()))
        .field(Field::new("attempts", FieldType::integer_between(0, 10_000)).default(0))
        .field(Field::new("status", FieldType::enumeration(["open", "replayed", "discarded"])).default("open"))
}
