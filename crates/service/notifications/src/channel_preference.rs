//! Channel preferences.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, crate::PREFERENCE, "channel_preferences")
        .doc("Which news a user, its owner, wants by which channel, and when.")
        .named_by("channel")
        .owned()
        .private()
        .field(Field::new("channel", FieldType::enumeration(crate::CHANNELS.iter().copied())).required())
        .field(
            Field::new("event_type", FieldType::text(255)).doc(
                "Which news: kontor.deal.won, or kontor.ticket.*; all when there is none. The closest one counts.",
            ),
        )
        .field(Field::new("enabled", FieldType::boolean()).default(true))
        .field(
            Field::new("digest", FieldType::enumeration(["none", "hourly", "daily", "weekly"]))
                .default("none")
                .doc("Gathers news: at the full hour, at eight in the morning, on Mondays at eight."),
        )
        .field(
            Field::new("quiet_from", FieldType::text(5))
                .doc("When the quiet hours begin, such as 20:00 in the user's time zone."),
        )
        .field(Field::new("quiet_until", FieldType::text(5)).doc("When the quiet hours end, such as 07:00."))
        .field(
            Field::new("address", FieldType::url())
                .doc("Where the chat takes messages: an incoming webhook of Slack, Mattermost, Teams or their like."),
        )
}
