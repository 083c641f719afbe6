//! Where runs of workflows are: what the records of runs do not say of those that are under way.

use super::{int, json, text};
use crate::schema::{Index, Table};

/// The place of each run that is not over.
pub const WORKFLOW_STATE: &str = "workflow_state";
/// What functions of others are called with, sealed. The credentials are records.
pub const FUNCTION_SECRET: &str = "function_secret";

pub(super) fn tables() -> Vec<Table> {
    vec![state(), secret()]
}

fn secret() -> Table {
    Table::new(FUNCTION_SECRET, &["credential_id"], vec![int("credential_id"), text("secret").not_null()])
}

fn state() -> Table {
    Table::new(
        WORKFLOW_STATE,
        &["run_id"],
        vec![
            int("run_id"),
            // Raised by every step: two processes at one run do each step once.
            int("version").not_null(),
            // When it goes on (Unix milliseconds); none while it waits for an event or for somebody.
            int("wake_at"),
            // The events that it waits for, and the record that they are about.
            text("awaits"),
            int("awaits_id"),
            // The event that woke it.
            int("woken_by"),
            json("state").not_null(),
            // When `wake_at` was decided: a clock that was set back shows by it.
            int("planned_at"),
        ],
    )
    .index(Index::on("ix_workflow_state_wake", &["space", "wake_at"]))
    .index(Index::on("ix_workflow_state_awaits", &["space", "awaits_id"]))
}
