//! Webhook deliveries.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "webhook_delivery", "webhook_deliveries")
        .doc("One event on its way to one endpoint.")
        .named_by("event_type")
        .unrouted()
        .field(Field::reference("webhook_endpoint", "webhook_endpoint").required().indexed())
        .field(Field::new("event_id", FieldType::text(64)).required().indexed())
        .field(Field::new("event_type", FieldType::text(255)))
        .field(
            Field::new("status", FieldType::enumeration(["pending", "delivered", "failed", "dropped"]))
                .default("pending"),
        )
        .field(Field::new("attempts", FieldType::integer_between(0, 1_000)).default(0))
        .field(Field::new("next_attempt_at", FieldType::datetime()))
        .field(Field::new("delivered_at", FieldType::datetime()))
        .field(Field::new("response_status", FieldType::integer_between(100, 599)))
        .field(
            Field::new("duration_ms", FieldType::integer_between(0, i64::MAX)).doc("How long the last attempt took."),
        )
        .field(Field::new("error", FieldType::text(1_000)))
}
