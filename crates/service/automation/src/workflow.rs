//! Workflows.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "workflow", "workflows")
        .doc("Steps that run when something happens, or at set times.")
        .owned()
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("active", FieldType::boolean()).default(false))
        .field(Field::new("trigger_kind", FieldType::enumeration(["event", "schedule", "manual"])).default("event"))
        .field(
            Field::new("event_type", FieldType::text(255))
                .indexed()
                .doc("The event that starts it, such as kontor.deal.won."),
        )
        .field(Field::new("schedule", FieldType::text(255)).doc("When it starts, as a cron expression."))
        .field(
            Field::new("conditions", FieldType::json()).doc("What the record must be like, as the filter of a search."),
        )
        .field(Field::new("steps", FieldType::json()).doc("What it does, in order: [{\"kind\", …}]."))
}
