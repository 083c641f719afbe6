//! Sequences, their steps, and who is in them.

use kontor_model::{Field, FieldType, Object};

pub(crate) fn sequence() -> Object {
    Object::new(crate::SERVICE, "sequence", "sequences")
        .doc("Steps that a person is taken through one after another, such as a nurture sequence.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("active", FieldType::boolean()).default(false))
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
        .field(Field::new("kind", FieldType::enumeration(["email", "sms", "task", "call", "wait"])))
        .field(
            Field::new("delay_minutes", FieldType::integer_between(0, 5_256_000))
                .default(0)
                .doc("How long after the step before."),
        )
        .field(Field::reference("template", "template"))
        .field(Field::new("subject", FieldType::text(255)))
}

pub(crate) fn enrolment() -> Object {
    Object::new(crate::SERVICE, "enrolment", "enrolments")
        .doc("A person's way through a sequence.")
        .named_by("id")
        .unrouted()
        .field(Field::reference("sequence", "sequence").required().indexed())
        .field(Field::reference("contact", "contact").indexed())
        .field(Field::reference("lead", "lead").indexed())
        .field(
            Field::new("status", FieldType::enumeration(["active", "paused", "completed", "stopped", "failed"]))
                .default("active"),
        )
        .field(Field::reference("sequence_step", "sequence_step").doc("The step that comes next."))
        .field(Field::new("next_step_at", FieldType::datetime()))
        .field(Field::new("stop_reason", FieldType::text(255)))
}
