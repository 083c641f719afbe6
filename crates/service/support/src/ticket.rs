//! Tickets and their comments.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["open", "pending", "solved", "closed"];
const CHANNELS: &[&str] = &["email", "phone", "web", "chat", "social", "api"];

pub(crate) fn ticket() -> Object {
    Object::new(crate::SERVICE, "ticket", "tickets")
        .doc("A request for help, until it is solved.")
        .owned()
        .named_by("subject")
        .field(Field::new("number", FieldType::text(40)).technical().unique())
        .field(Field::new("subject", FieldType::text_between(1, 255)).personal().required().searched())
        .field(Field::new("description", FieldType::long_text()).personal())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("open"))
        .field(
            Field::new("priority", FieldType::enumeration(crate::PRIORITIES.iter().copied()))
                .default("normal")
                .indexed(),
        )
        .field(Field::new("channel", FieldType::enumeration(CHANNELS.iter().copied())).doc("How it came in."))
        .field(Field::reference("contact", "contact").indexed().doc("Who asks."))
        .field(Field::reference("company", "company").indexed())
        .field(Field::reference("queue", "queue").indexed())
        .field(Field::reference("assignee", "user").indexed().doc("Who works on it."))
        .field(Field::reference("sla_policy", "sla_policy"))
        .field(Field::new("first_response_due_at", FieldType::datetime()).read_only())
        .field(Field::new("resolution_due_at", FieldType::datetime()).read_only())
        .field(Field::new("resolution", FieldType::long_text()).personal().doc("What solved it."))
        .field(Field::new("csat", FieldType::integer_between(1, 5)).doc("How satisfied the asker was; 5 is best."))
        .field(Field::new("tags", FieldType::tags()).personal())
}

pub(crate) fn ticket_comment() -> Object {
    Object::new(crate::SERVICE, "ticket_comment", "ticket_comments")
        .doc("An answer to, or a note about, a ticket.")
        .named_by("id")
        .part_of("ticket")
        .field(Field::reference("ticket", "ticket").required().indexed())
        .field(Field::new("body", FieldType::long_text()).personal().required())
        .field(Field::new("public", FieldType::boolean()).default(true).doc("Whether the asker may read it."))
        .field(Field::reference("contact", "contact").doc("The asker, when it is theirs."))
}
