//! Dashboards.

use kontor_model::{Field, FieldType, Object, View};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "dashboard", "dashboards")
        .doc("Reports side by side on a page; its owner's alone until it is shared.")
        .owned()
        .opened_by("shared")
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("layout", FieldType::json())
                .technical()
                .doc("Which report where: [{\"report_id\", \"x\", \"y\", \"width\", \"height\"}]."),
        )
        .field(
            Field::new("shared", FieldType::boolean())
                .default(false)
                .indexed()
                .doc("Whether everybody in the workspace sees it; single users and teams are given shares."),
        )
        .view(
            View::new("data", "What every report on it gives now, in the order of the layout.").takes(
                Field::new("tile", FieldType::integer_between(0, i64::MAX)).doc("Only this one, counted from 0."),
            ),
        )
}
