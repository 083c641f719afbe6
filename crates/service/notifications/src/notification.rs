//! Notifications.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "notification", "notifications")
        .doc("News for one user.")
        .named_by("title")
        .unrouted()
        .field(Field::reference("user", "user").required().indexed())
        .field(Field::new("title", FieldType::text_between(1, 255)).required())
        .field(Field::new("body", FieldType::long_text()))
        .field(Field::new("event_type", FieldType::text(255)).doc("The event behind it, such as kontor.lead.created."))
        .field(Field::new("related_to_object", FieldType::text(40)).doc("The object of the record that it is about."))
        .field(Field::new("related_to_id", FieldType::any_reference()).doc("The record that it is about."))
        .field(
            Field::new("channels", FieldType::multi_enum(crate::CHANNELS.iter().copied())).doc("By which it went out."),
        )
        .field(Field::new("sent_at", FieldType::datetime()))
        .field(Field::new("read_at", FieldType::datetime()))
}
