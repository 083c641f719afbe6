//! Workflows.

use kontor_model::{Action, Field, FieldType, Object, View};

/// What starts a workflow.
pub(crate) const TRIGGERS: &[&str] = &["event", "schedule", "button", "webhook"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, crate::WORKFLOW, "workflows")
        .doc("Steps that run when something happens, at set times, when a button is pressed, or when another system calls.")
        .owned()
        .guarded()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("active", FieldType::boolean()).default(false).indexed())
        .field(Field::new("trigger_kind", FieldType::enumeration(TRIGGERS.iter().copied())).default("event").indexed())
        .field(
            Field::new("event_type", FieldType::text(255))
                .doc("The events that start it: kontor.deal.won, kontor.lead.*, or several with commas."),
        )
        .field(
            Field::new("fields", FieldType::json())
                .doc("An update starts it only when one of these fields changed: [\"stage_id\", …]."),
        )
        .field(
            Field::new("filter", FieldType::json()).doc("What the record must be like, as the filter of a search."),
        )
        .field(
            Field::new("condition", FieldType::text(1_000))
                .doc("What must hold besides, as an expression: changed.stage_id and record.amount."),
        )
        .field(Field::new("schedule", FieldType::text(255)).doc("When it starts: minute hour day month weekday (cron)."))
        .field(Field::new("time_zone", FieldType::text(64)).doc("Of the schedule; the workspace's when it is left out."))
        .field(Field::new("target_object", FieldType::text(40)).doc("The object whose records a button is for."))
        .field(Field::new("steps", FieldType::json()).doc("What it does, in order: [{\"kind\", …}]; see the guide."))
        .field(
            Field::new("runs_per_minute", FieldType::integer_between(1, 10_000))
                .default(600)
                .doc("Runs that begin within a minute; others wait."),
        )
        .field(Field::new("revision", FieldType::integer()).read_only().default(1).doc("Raised when what it does changes."))
        .field(Field::new("active_since", FieldType::datetime()).read_only().doc("Events before that start nothing."))
        .field(Field::new("next_at", FieldType::datetime()).read_only().indexed().doc("When its schedule starts it next."))
        .field(Field::new("last_started_at", FieldType::datetime()).read_only().doc("By its schedule."))
        .field(
            Field::new("rights", FieldType::json())
                .read_only()
                .doc("In whose right it runs: {\"user_id\", \"role\", \"scopes\"} of who said last what it does."),
        )
        .field(Field::new("hook_mark", FieldType::text(32)).technical().read_only().doc("Of the address in use."))
        .action(
            Action::new("run", "Starts it by hand, for a record: a button.")
                .takes(Field::new("record_id", FieldType::any_reference()).doc("The record that it is for."))
                .takes(Field::new("input", FieldType::json()).doc("Values for its steps, as input."))
                .refuses(&[
                    ("workflow_inactive", "it is not active"),
                    ("workflow_trigger", "it is not started by a button"),
                ])
                .open()
                .makes(crate::RUN),
        )
        .action(Action::new("rotate_hook", "Gives it another address; the one before opens nothing any more."))
        .view(View::new("hook", "The address that starts it, of one with the trigger webhook.").secret())
        .view(View::new("signing_secret", "What its calls to other systems are signed with.").secret())
        .view(
            View::new("dry_run", "What it would do for an event of the past; nothing is done.")
                .takes(Field::new("event", FieldType::text(32)).required().doc("The event's sequence number.")),
        )
}
