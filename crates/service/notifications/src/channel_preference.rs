//! Channel preferences.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "channel_preference", "channel_preferences")
        .doc("Which news a user wants by which channel, and when.")
        .named_by("channel")
        .unrouted()
        .field(Field::reference("user", "user").required().indexed())
        .field(Field::new("channel", FieldType::enumeration(crate::CHANNELS.iter().copied())).required())
        .field(
            Field::new("event_type", FieldType::text(255)).doc("The event that it is about; all when there is none."),
        )
        .field(Field::new("enabled", FieldType::boolean()).default(true))
        .field(Field::new("digest", FieldType::enumeration(["none", "hourly", "daily", "weekly"])).default("none"))
        .field(
            Field::new("quiet_from", FieldType::text(5))
                .doc("When the quiet hours begin, such as 20:00 in the user's time zone."),
        )
        .field(Field::new("quiet_until", FieldType::text(5)).doc("When the quiet hours end."))
}
