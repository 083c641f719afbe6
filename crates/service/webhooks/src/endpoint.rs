//! Webhook endpoints.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "webhook_endpoint", "webhook_endpoints")
        .doc("An address that events are sent to.")
        .named_by("url")
        .unrouted()
        .field(Field::new("url", FieldType::url()).required())
        .field(Field::new("description", FieldType::text(500)))
        .field(
            Field::new("event_types", FieldType::json())
                .doc("Which events: [\"kontor.deal.*\", …]; all when there are none."),
        )
        .field(
            Field::new("conditions", FieldType::json()).doc("What the record must be like, as the filter of a search."),
        )
        .field(
            Field::new("sent_fields", FieldType::json())
                .doc("Which fields of the record are sent; all when there are none."),
        )
        .field(Field::reference("secret", "secret").doc("What signs the messages, by reference."))
        .field(Field::new("api_version", FieldType::enumeration(["v1", "v2"])).default("v1"))
        .field(
            Field::new("ordered", FieldType::boolean())
                .default(false)
                .doc("Whether events of one subject wait for each other."),
        )
        .field(Field::new("enabled", FieldType::boolean()).default(true))
        .field(
            Field::new("failing_since", FieldType::datetime())
                .doc("Since when nothing was accepted; disabled after five days."),
        )
        .field(Field::new("disabled_reason", FieldType::text(255)))
}
