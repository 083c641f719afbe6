//! Notifications.

use kontor_model::{Action, Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, crate::NOTIFICATION, "notifications")
        .doc("News for one user, its owner.")
        .named_by("title")
        .owned()
        .private()
        .field(Field::new("title", FieldType::text_between(1, 255)).personal().required().searched())
        .field(Field::new("body", FieldType::long_text()).personal())
        .field(
            Field::new("event_type", FieldType::text(255)).indexed().doc("What it is about, such as kontor.deal.won."),
        )
        .field(Field::new("related_to_object", FieldType::text(40)).doc("The object of the record that it is about."))
        .field(Field::new("related_to_id", FieldType::any_reference()).indexed().doc("The record that it is about."))
        .field(Field::new("read_at", FieldType::datetime()).indexed().doc("None while it is unread."))
        .field(
            Field::new("channels", FieldType::multi_enum(crate::CHANNELS.iter().copied()))
                .read_only()
                .doc("By which it went out."),
        )
        .field(Field::new("sent_at", FieldType::datetime()).read_only().doc("When it went out last."))
        .field(
            Field::new("email_due_at", FieldType::datetime())
                .read_only()
                .indexed()
                .doc("When it goes out by e-mail: behind quiet hours, or with a digest."),
        )
        .field(Field::new("chat_due_at", FieldType::datetime()).read_only().indexed().doc("The same for the chat."))
        .field(Field::new("chat_tries", FieldType::integer_between(0, 100)).read_only())
        .field(Field::new("problem", FieldType::text(255)).read_only().doc("Why it did not go out by a channel."))
        .action(Action::new("read", "Says that it was read."))
        .action(Action::new("unread", "Makes it unread again."))
        .action(Action::new("read_all", "Says that it and everything before it was read."))
}
