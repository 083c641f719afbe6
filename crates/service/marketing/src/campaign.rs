//! Campaigns and their members.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["draft", "scheduled", "running", "paused", "completed", "cancelled"];
const CHANNELS: &[&str] =
    &["email", "sms", "phone", "post", "web", "social", "search", "display", "event", "partner", "other"];
const MEMBER_STATUSES: &[&str] =
    &["added", "sent", "opened", "clicked", "responded", "converted", "bounced", "unsubscribed"];

pub(crate) fn campaign() -> Object {
    Object::new(crate::SERVICE, "campaign", "campaigns")
        .doc("A planned effort to win attention, with a budget and a result.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("draft"))
        .field(Field::new("channel", FieldType::enumeration(CHANNELS.iter().copied())))
        .field(Field::new("budget", FieldType::price()))
        .field(Field::new("starts_on", FieldType::date()))
        .field(Field::new("ends_on", FieldType::date()).doc("The last day."))
        .field(Field::reference("segment", "segment").doc("Whom it is for."))
        .field(Field::reference("template", "template").doc("What is sent."))
        .fields(
            ["source", "medium", "campaign", "term", "content"]
                .map(|part| Field::new(&format!("utm_{part}"), FieldType::text(255))),
        )
}

pub(crate) fn campaign_member() -> Object {
    Object::new(crate::SERVICE, "campaign_member", "campaign_members")
        .doc("A person whom a campaign reaches: a contact or a lead.")
        .named_by("id")
        .part_of("campaign")
        .field(Field::reference("campaign", "campaign").required().indexed())
        .field(Field::reference("contact", "contact").indexed())
        .field(Field::reference("lead", "lead").indexed())
        .field(Field::new("status", FieldType::enumeration(MEMBER_STATUSES.iter().copied())).default("added"))
        .field(Field::new("responded_at", FieldType::datetime()))
}
