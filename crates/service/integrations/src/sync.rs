//! Syncs and their runs.

use kontor_model::{Field, FieldType, Object};

const CONFLICTS: &[&str] = &["newest", "ours", "theirs", "review"];
const RUN_STATUSES: &[&str] = &["pending", "running", "succeeded", "partial", "failed", "cancelled"];

pub(crate) fn sync() -> Object {
    Object::new(crate::SERVICE, "sync", "syncs")
        .doc("Keeps records here and there alike.")
        .owned()
        .unrouted()
        .field(Field::new("name", FieldType::text_between(1, 120)).required())
        .field(Field::reference("connection", "connection").required().indexed())
        .field(Field::reference("mapping", "mapping"))
        .field(Field::new("direction", FieldType::enumeration(crate::DIRECTIONS.iter().copied())).default("inbound"))
        .field(Field::new("schedule", FieldType::text(255)).doc("When it runs, as a cron expression."))
        .field(
            Field::new("conflict_rule", FieldType::enumeration(CONFLICTS.iter().copied()))
                .default("newest")
                .doc("Who wins when both sides changed."),
        )
        .field(Field::new("status", FieldType::enumeration(["active", "paused", "failing"])).default("paused"))
        .field(Field::new("position", FieldType::text(1_000)).doc("How far the other side has been read."))
}

pub(crate) fn sync_run() -> Object {
    let count = |name| Field::new(name, FieldType::integer_between(0, i64::MAX)).default(0);
    Object::new(crate::SERVICE, "sync_run", "sync_runs")
        .doc("One run of a sync, with its figures.")
        .named_by("id")
        .unrouted()
        .field(Field::reference("sync", "sync").required().indexed())
        .field(Field::new("status", FieldType::enumeration(RUN_STATUSES.iter().copied())).default("pending"))
        .field(Field::new("started_at", FieldType::datetime()))
        .field(Field::new("finished_at", FieldType::datetime()))
        .fields(["read_count", "created_count", "updated_count", "skipped_count", "failed_count"].map(count))
        .field(Field::new("error", FieldType::long_text()))
}
