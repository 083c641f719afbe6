//! Dashboards.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "dashboard", "dashboards")
        .doc("Reports side by side on a page.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("layout", FieldType::json())
                .doc("Which report where: [{\"report_id\", \"x\", \"y\", \"width\", \"height\"}]."),
        )
        .field(Field::new("shared", FieldType::boolean()).default(false).doc("Whether others than the owner see it."))
}
