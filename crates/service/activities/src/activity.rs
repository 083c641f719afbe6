//! The five kinds of activity.

use kontor_model::{Action, Field, FieldType, Object, View};

const STATUSES: &[&str] = &["planned", "open", "in_progress", "done", "cancelled"];
const PRIORITIES: &[&str] = &["low", "normal", "high", "urgent"];

/// The kinds, by their names.
pub(crate) const KINDS: &[&str] = &["task", "call", "meeting", "note", "email"];
/// Those that remind.
pub(crate) const REMINDING: &[&str] = &["task", "call", "meeting"];

pub(crate) const DONE: &str = "done";

/// Whether something is still to be done.
pub(crate) fn is_ahead(status: &str) -> bool {
    matches!(status, "planned" | "open" | "in_progress")
}

/// The state that an activity begins in, and goes back to.
pub(crate) fn first_status(kind: &str) -> &'static str {
    if matches!(kind, "call" | "meeting") { "planned" } else { "open" }
}

pub(crate) fn objects() -> Vec<Object> {
    vec![
        activity("task", "tasks", "open", "Something to be done."),
        activity("call", "calls", "planned", "A telephone call, planned or made."),
        activity("meeting", "meetings", "planned", "An appointment with others."),
        activity("note", "notes", DONE, "Something worth remembering."),
        email(),
    ]
}

fn email() -> Object {
    activity("email", "emails", DONE, "An e-mail that was sent or received.")
        .field(
            Field::new("message_id", FieldType::text(255))
                .technical()
                .read_only()
                .doc("The Message-ID of the mail that came in."),
        )
        .field(
            Field::new("mail_status", FieldType::enumeration(["queued", "sent", "failed", "bounced"]))
                .read_only()
                .doc("What became of it when it was sent from here."),
        )
        .field(Field::new("mail_reason", FieldType::text(255)).read_only().doc("Why it did not arrive."))
        .action(
            Action::new(
                "send",
                "Sends an open one to who takes part in it, or to the contact or lead that it is about.",
            )
            .refuses(&[
                ("email_state", "it came in, is on its way, done or called off"),
                ("no_receiver", "nobody with an e-mail address takes part in it"),
                ("copy_unwanted", "who would get a copy is not to be written to"),
            ])
            .takes(Field::new("to", FieldType::email()).doc("Only to this address, and to cc."))
            .takes(Field::new("cc", FieldType::json()).doc(
                "Addresses that get a copy, at most 20, noted as participants; left out, the participants of the role cc, \
                 unless to is sent.",
            )),
        )
}

fn activity(name: &str, plural: &str, status: &str, doc: &str) -> Object {
    let object = Object::new(crate::SERVICE, name, plural)
        .doc(doc)
        .owned()
        .named_by("subject")
        .field(Field::new("subject", FieldType::text_between(1, 255)).personal().required().searched())
        .field(Field::new("body", FieldType::long_text()).personal())
        .field(
            Field::new("due_at", FieldType::datetime())
                .doc("When it is due, begins or took place; start_at when nothing else is sent."),
        )
        .field(Field::new("start_at", FieldType::datetime()).doc("When it begins."))
        .field(Field::new("end_at", FieldType::datetime()).doc("When it ends."))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default(status))
        .field(Field::new("completed_at", FieldType::datetime()).read_only().doc("When it was done."))
        .field(Field::new("priority", FieldType::enumeration(PRIORITIES.iter().copied())).default("normal"))
        .field(Field::new("duration_minutes", FieldType::integer_between(0, 525_600)))
        .field(Field::new("direction", FieldType::enumeration(["inbound", "outbound"])))
        .field(Field::new("outcome", FieldType::text(255)).personal().doc("What came of it."))
        .field(
            Field::new("participants", FieldType::json()).personal().doc(
                "Who takes part: [{\"contact_id\" or \"user_id\" or \"email\", \"role\"?}]; of e-mails cc is a role.",
            ),
        )
        .field(
            Field::new("related_to_object", FieldType::text(40))
                .technical()
                .doc("The object of the record that it is about."),
        )
        .field(Field::new("related_to_id", FieldType::any_reference()).indexed().doc("The record that it is about."))
        .field(Field::reference("assignee", "user").indexed().doc("Who does it."))
        .action(
            Action::new("complete", "Says that it is done, and what came of it.")
                .refuses(&[("activity_state", "it is done or called off already")])
                .takes(Field::new("outcome", FieldType::text(255)))
                .takes(Field::new("at", FieldType::datetime()).doc("When it was done; now when nothing is sent.")),
        )
        .action(
            Action::new("reschedule", "Moves it to another time; its end and its reminder move along.")
                .refuses(&[("activity_state", "it is done or called off already")])
                .takes(Field::new("due_at", FieldType::datetime()))
                .takes(Field::new("start_at", FieldType::datetime()))
                .takes(Field::new("end_at", FieldType::datetime())),
        )
        .action(
            Action::new("reopen", "Says that it is still to be done.")
                .refuses(&[("activity_state", "it is still to be done")]),
        );
    if !REMINDING.contains(&name) {
        return object;
    }
    object
        .view(View::new("ics", "As an event for calendars (RFC 5545).").of(&["text/calendar"]))
        .field(Field::new("remind_at", FieldType::datetime()).doc("When to remind of it (event reminded)."))
        .field(
            Field::new("next_reminder_at", FieldType::datetime())
                .read_only()
                .indexed()
                .doc("When it reminds; null when that is past, or it is done or cancelled."),
        )
        .field(Field::new("reminded_at", FieldType::datetime()).read_only().doc("When it reminded last."))
}
