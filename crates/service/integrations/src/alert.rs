//! Alert rules and alerts.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn alert_rule() -> Object {
    Object::new(crate::SERVICE, "alert_rule", "alert_rules")
        .doc("A measure that raises an alert when it leaves its bounds.")
        .owned()
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(
            Field::reference("connection", "connection")
                .indexed()
                .doc("The connection that it watches; all when there is none."),
        )
        .field(Field::new("metric", FieldType::text(120)).doc("What is measured, such as sync_failed_ratio."))
        .field(Field::new("comparison", FieldType::enumeration(["gt", "gte", "lt", "lte"])).default("gt"))
        .field(Field::new("threshold", FieldType::decimal(4)))
        .field(Field::new("window_minutes", FieldType::integer_between(1, 10_080)).default(5))
        .field(Field::new("active", FieldType::boolean()).default(true))
}

pub(crate) fn alert() -> Object {
    Object::new(crate::SERVICE, "alert", "alerts")
        .doc("A time during which a rule's measure was out of bounds.")
        .named_by("message")
        .unrouted()
        .field(Field::reference("alert_rule", "alert_rule").required().indexed())
        .field(Field::new("message", FieldType::text(1_000)))
        .field(Field::new("status", FieldType::enumeration(["open", "acknowledged", "resolved"])).default("open"))
        .field(Field::new("measured", FieldType::decimal(4)))
        .field(Field::new("opened_at", FieldType::datetime()))
        .field(Field::new("resolved_at", FieldType::datetime()))
}
