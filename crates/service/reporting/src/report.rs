//! Reports.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "report", "reports")
        .doc("A saved question about many records at once.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("target_object", FieldType::text(40)).technical().doc("The object whose records are measured."),
        )
        .field(Field::new("definition", FieldType::json()).doc("The question, as in the body of an aggregate."))
        .field(
            Field::new("chart", FieldType::enumeration(["table", "number", "bar", "line", "pie", "funnel"]))
                .default("table"),
        )
}
