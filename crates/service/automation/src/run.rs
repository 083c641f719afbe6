//! Runs of workflows and their steps.

use kontor_model::{Field, FieldType, Object};

const STATUSES: &[&str] = &["pending", "running", "waiting", "succeeded", "failed", "cancelled"];
const KINDS: &[&str] =
    &["create", "update", "delete", "action", "wait", "branch", "notify", "email", "webhook", "function", "connector"];

pub(crate) fn workflow_run() -> Object {
    Object::new(crate::SERVICE, "workflow_run", "workflow_runs")
        .doc("One run of a workflow.")
        .named_by("id")
        .unrouted()
        .field(Field::reference("workflow", "workflow").required().indexed())
        .field(status())
        .field(Field::new("event_id", FieldType::text(64)).doc("The event that started it."))
        .field(Field::new("related_to_object", FieldType::text(40)).doc("The object of the record that it is about."))
        .field(Field::new("related_to_id", FieldType::any_reference()).indexed().doc("The record that it is about."))
        .field(
            Field::new("depth", FieldType::integer_between(0, 1_000))
                .default(0)
                .doc("How many runs led to this one; guards against loops."),
        )
        .field(Field::new("started_at", FieldType::datetime()))
        .field(Field::new("finished_at", FieldType::datetime()))
        .field(Field::new("error", FieldType::long_text()))
}

pub(crate) fn workflow_step() -> Object {
    Object::new(crate::SERVICE, "workflow_step", "workflow_steps")
        .doc("One step of a run, with its attempts and its result.")
        .named_by("kind")
        .unrouted()
        .field(Field::reference("workflow_run", "workflow_run").required().indexed())
        .field(Field::new("position", FieldType::integer_between(0, 10_000)))
        .field(Field::new("kind", FieldType::enumeration(KINDS.iter().copied())))
        .field(status())
        .field(Field::new("attempts", FieldType::integer_between(0, 10_000)).default(0))
        .field(Field::new("next_attempt_at", FieldType::datetime()))
        .field(Field::new("input", FieldType::json()))
        .field(Field::new("output", FieldType::json()))
        .field(Field::new("error", FieldType::long_text()))
        .field(Field::new("started_at", FieldType::datetime()))
        .field(Field::new("finished_at", FieldType::datetime()))
}

fn status() -> Field {
    Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("pending")
}
