//! Quotas.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "quota", "quotas")
        .doc("How much of something may be used in a time.")
        .named_by("metric")
        .unrouted()
        .field(Field::new("metric", FieldType::text(80)).required().doc("What is counted, such as requests."))
        .field(Field::reference("api_key", "api_key").indexed().doc("Whose it is; the workspace's when there is none."))
        .field(Field::new("allowance", FieldType::integer_between(0, i64::MAX)).required())
        .field(Field::new("used", FieldType::integer_between(0, i64::MAX)).default(0))
        .field(Field::new("period", FieldType::enumeration(["minute", "hour", "day", "month"])).default("day"))
        .field(Field::new("resets_at", FieldType::datetime()))
}
