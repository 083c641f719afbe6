//! Runs of workflows and their steps.

use kontor_model::{Action, Field, FieldType, Object};

const STATUSES: &[&str] = &["pending", "running", "waiting", "paused", "succeeded", "failed", "cancelled"];
const OUTCOMES: &[&str] = &["succeeded", "failed", "skipped", "waiting"];

pub(crate) fn workflow_run() -> Object {
    Object::new(crate::SERVICE, crate::RUN, "workflow_runs")
        .doc("One run of a workflow.")
        .named_by("id")
        .owned()
        .private()
        .read_only()
        .field(Field::reference("workflow", crate::WORKFLOW).required().indexed())
        .field(Field::new("revision", FieldType::integer()).doc("Of the workflow, when it began."))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("pending").indexed())
        .field(Field::new("event_type", FieldType::text(255)).doc("The type of the event that started it."))
        .field(Field::new("event_sequence", FieldType::integer()).doc("Its number in the log."))
        .field(Field::new("related_to_object", FieldType::text(40)).doc("The object of the record that it is about."))
        .field(Field::new("related_to_id", FieldType::any_reference()).indexed().doc("The record that it is about."))
        .field(Field::new("input", FieldType::json()).personal().doc("What the button or the other system sent."))
        .field(
            Field::new("depth", FieldType::integer_between(0, 1_000))
                .default(0)
                .doc("How many runs led to this one; guards against loops."),
        )
        .field(Field::new("steps_done", FieldType::integer()).default(0).doc("When it last stopped."))
        .field(Field::new("waits_until", FieldType::datetime()))
        .field(Field::new("waits_for", FieldType::text(255)).doc("The events that it waits for."))
        .field(Field::new("started_at", FieldType::datetime()))
        .field(Field::new("finished_at", FieldType::datetime()))
        .field(Field::new("error", FieldType::long_text()))
        .field(Field::new("rights", FieldType::json()).doc("In whose right it runs."))
        .action(
            Action::new("pause", "Lets it stop behind the step that it is at.")
                .refuses(&[("run_finished", "it is over"), ("run_paused", "it is paused already")]),
        )
        .action(
            Action::new("resume", "Goes on, or tries the step again that it failed at.")
                .refuses(&[("run_state", "it is neither paused nor failed")]),
        )
        .action(Action::new("cancel", "Ends it where it is.").refuses(&[("run_finished", "it is over")]))
}

pub(crate) fn workflow_step() -> Object {
    Object::new(crate::SERVICE, crate::STEP, "workflow_steps")
        .doc("One step of a run, with its attempts and its result.")
        .named_by("kind")
        .part_of("workflow_run")
        .private()
        .read_only()
        .field(Field::reference("workflow_run", crate::RUN).required().indexed())
        .field(Field::new("position", FieldType::integer()).doc("The how many-th step of the run."))
        .field(Field::new("place", FieldType::text(255)).doc("Where it is in the workflow, such as 2.then.0."))
        .field(Field::new("kind", FieldType::text(40)))
        .field(Field::new("name", FieldType::text(100)))
        .field(Field::new("status", FieldType::enumeration(OUTCOMES.iter().copied())))
        .field(Field::new("attempts", FieldType::integer()).default(1))
        .field(Field::new("input", FieldType::json()).personal().doc("What it was asked to do, filled in."))
        .field(Field::new("output", FieldType::json()).personal().doc("What came of it."))
        .field(Field::new("record_object", FieldType::text(40)))
        .field(Field::new("record_id", FieldType::any_reference()).doc("The record that it made or changed."))
        .field(Field::new("error", FieldType::long_text()))
}
