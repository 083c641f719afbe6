//! What a sequence, its steps and a person's way through it are.

use kontor_model::{Action, Field, FieldType, Object, View};

const KINDS: &[&str] = &["email", "sms", "task", "call", "wait", "condition"];
const STATUSES: &[&str] = &["active", "paused", "completed", "stopped", "failed"];

pub(crate) fn sequence() -> Object {
    Object::new(crate::SERVICE, "sequence", "sequences")
        .doc("Steps that a person is taken through one after another, such as a nurture sequence.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(
            Field::new("active", FieldType::boolean())
                .default(false)
                .doc("Whether it goes on; while it is not, everybody in it waits."),
        )
        .field(Field::new("from_name", FieldType::text(120)).doc("The name beside the sender's address."))
        .field(Field::new("reply_to", FieldType::email()).doc("Where answers go."))
        .field(
            Field::new("consent_required", FieldType::boolean())
                .default(true)
                .doc("Whether only those are written to who have agreed to marketing; who has left never is."),
        )
        .action(
            Action::new("enrol", "Puts a contact or a lead at its beginning.")
                .takes(Field::reference("contact", "contact"))
                .takes(Field::reference("lead", "lead"))
                .makes("enrolment")
                .refuses(&[
                    ("no_person", "neither or both of contact_id and lead_id are named"),
                    ("already_enrolled", "the person is in it already"),
                    ("no_steps", "the sequence has no step"),
                ]),
        )
        .view(View::new("progress", "How many are in it and at which step, and how it ended for the others."))
}

pub(crate) fn sequence_step() -> Object {
    Object::new(crate::SERVICE, "sequence_step", "sequence_steps")
        .doc("A step of a sequence.")
        .named_by("subject")
        .field(Field::reference("sequence", "sequence").required().indexed())
        .field(
            Field::new("position", FieldType::integer_between(0, 10_000))
                .doc("Its place in the sequence; the first is 1."),
        )
        .field(Field::new("kind", FieldType::enumeration(KINDS.iter().copied())))
        .field(
            Field::new("delay_minutes", FieldType::integer_between(0, 5_256_000))
                .default(0)
                .doc("How long after the step before."),
        )
        .field(Field::reference("template", "template").doc("What an e-mail says."))
        .field(Field::new("subject", FieldType::text(255)).doc("Of the task or the call."))
        .field(Field::new("body", FieldType::long_text()).doc("Of the task or the call."))
        .field(
            Field::new("condition", FieldType::text(1_000))
                .technical()
                .doc("Of a condition: an expression such as person.country == \"DE\"; the way goes on when it holds."),
        )
        .field(
            Field::new("else_position", FieldType::integer_between(1, 10_000)).doc(
                "Where the way goes when the condition does not hold: to a later step; it ends when there is none.",
            ),
        )
}

pub(crate) fn enrolment() -> Object {
    Object::new(crate::SERVICE, "enrolment", "enrolments")
        .doc("A person's way through a sequence.")
        .named_by("id")
        .part_of("sequence")
        .read_only()
        .field(Field::reference("sequence", "sequence").required().indexed())
        .field(Field::reference("contact", "contact").indexed())
        .field(Field::reference("lead", "lead").indexed())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("active"))
        .field(Field::reference("sequence_step", "sequence_step").doc("The step that was done last."))
        .field(
            Field::new("position", FieldType::integer_between(0, 10_000)).default(0).doc("The position of that step."),
        )
        .field(
            Field::new("next_step_at", FieldType::datetime())
                .indexed()
                .doc("When the next step is due; null when none is."),
        )
        .field(Field::new("stop_reason", FieldType::text(255)).doc("Why it ended before its last step."))
        .field(Field::new("ended_at", FieldType::datetime()))
        .field(
            Field::new("place", FieldType::text(60))
                .technical()
                .unique()
                .doc("Sequence and person while it goes on: nobody is in it twice at once."),
        )
        .action(
            Action::new("unenrol", "Takes the person out of the sequence.")
                .takes(Field::new("reason", FieldType::text_between(1, 255)))
                .refuses(&[("enrolment_state", "it has ended already")]),
        )
        .action(
            Action::new("pause", "Lets the person wait at this place.")
                .refuses(&[("enrolment_state", "it does not go on")]),
        )
        .action(Action::new("resume", "Goes on from this place.").refuses(&[("enrolment_state", "it is not paused")]))
}
