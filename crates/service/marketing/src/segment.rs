//! Segments.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "segment", "segments")
        .doc("A group of records that fit a filter.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("target_object", FieldType::text(40))
                .technical()
                .default("contact")
                .doc("The object whose records it holds."),
        )
        .field(Field::new("conditions", FieldType::json()).doc("The filter, as in the body of a search."))
        .field(
            Field::new("kind", FieldType::enumeration(["live", "frozen"]))
                .default("live")
                .doc("Live ones follow the filter, frozen ones keep whom they found."),
        )
}
