//! Functions.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "function", "functions")
        .doc("A customer's own piece of program, run without files or network and within limits.")
        .owned()
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required().unique())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("runtime", FieldType::text(40)))
        .field(Field::new("source", FieldType::long_text()))
        .field(Field::new("timeout_ms", FieldType::integer_between(1, 60_000)).default(1_000))
        .field(Field::new("active", FieldType::boolean()).default(false))
}
