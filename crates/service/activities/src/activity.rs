//! The five kinds of activity.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["planned", "open", "in_progress", "done", "cancelled"];
const PRIORITIES: &[&str] = &["low", "normal", "high", "urgent"];

pub(crate) fn objects() -> Vec<Object> {
    vec![
        activity("task", "tasks", "open", "Something to be done."),
        activity("call", "calls", "planned", "A telephone call, planned or made."),
        activity("meeting", "meetings", "planned", "An appointment with others."),
        activity("note", "notes", "done", "Something worth remembering."),
        activity("email", "emails", "done", "An e-mail that was sent or received."),
    ]
}

fn activity(name: &str, plural: &str, status: &str, doc: &str) -> Object {
    Object::new(crate::SERVICE, name, plural)
        .doc(doc)
        .owned()
        .named_by("subject")
        .field(Field::new("subject", FieldType::text_between(1, 255)).personal().required().searched())
        .field(Field::new("body", FieldType::long_text()).personal())
        .field(Field::new("due_at", FieldType::datetime()).doc("When it is due, begins or took place."))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default(status))
        .field(Field::new("priority", FieldType::enumeration(PRIORITIES.iter().copied())).default("normal"))
        .field(Field::new("duration_minutes", FieldType::integer_between(0, 525_600)))
        .field(Field::new("direction", FieldType::enumeration(["inbound", "outbound"])))
        .field(Field::new("outcome", FieldType::text(255)).personal().doc("What came of it."))
        .field(
            Field::new("participants", FieldType::json())
                .personal()
                .doc("Who takes part: [{\"contact_id\" or \"user_id\" or \"email\", \"role\"?}]."),
        )
        .field(
            Field::new("related_to_object", FieldType::text(40))
                .technical()
                .doc("The object of the record that it is about."),
        )
        .field(Field::new("related_to_id", FieldType::any_reference()).indexed().doc("The record that it is about."))
        .field(Field::reference("assignee", "user").indexed().doc("Who does it."))
}
