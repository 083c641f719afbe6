//! Webhook endpoints.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, crate::ENDPOINT, "webhook_endpoints")
        .doc("An address that events are sent to.")
        .named_by("url")
        .guarded()
        .field(Field::new("url", FieldType::url()).required())
        .field(Field::new("description", FieldType::text(500)))
        .field(
            Field::new("event_types", FieldType::json())
                .doc("Which events: [\"kontor.deal.*\", …]; all when there are none."),
        )
        .field(
            Field::new("filter", FieldType::json())
                .doc("What the record of an event must be like, as the filter of a search."),
        )
        .field(
            Field::new("fields", FieldType::json()).doc(
                "Changes are told only when one of these fields changed: [\"stage\", …]; all when there are none.",
            ),
        )
        .field(Field::new("api_version", FieldType::enumeration(["v1", "v2"])).default("v1").doc("In whose words."))
        .field(
            Field::new("ordered", FieldType::boolean())
                .default(false)
                .doc("Whether events of one subject wait for each other."),
        )
        .field(Field::new("enabled", FieldType::boolean()).default(true).indexed())
        .field(
            Field::new("enabled_since", FieldType::datetime())
                .read_only()
                .doc("Since when it is told of what happens: when it was made, or enabled last."),
        )
        .field(
            Field::new("disabled_reason", FieldType::text(255))
                .read_only()
                .doc("Why it was disabled by itself: it answered 410, or accepted nothing for five days."),
        )
        .field(
            Field::new("rights", FieldType::json()).read_only().doc(
                "In whose right it is told of things: {\"user_id\", \"role\", \"scopes\"} of who changed it last.",
            ),
        )
}
