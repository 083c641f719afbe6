//! Tables of the durable queue.

use super::{int, json, text};
use crate::schema::{Index, Table};

/// What is to be done, is being done and was done, each job a row.
pub const JOB: &str = "job";
/// One row of the installation: raised by every claim, so that those who claim at the same time count the same jobs.
pub const JOB_GATE: &str = "job_gate";
/// What puts jobs in by the clock.
pub const JOB_SCHEDULE: &str = "job_schedule";

pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            JOB,
            &["id"],
            vec![
                int("id"),
                text("kind").not_null(),
                text("state").not_null(),
                int("version").not_null(),
                int("created_at").not_null(),
                int("created_by"),
                int("key_id"),
                int("run_at").not_null(),
                int("lease_until"),
                text("holder"),
                int("tries").not_null(),
                int("done").not_null(),
                int("total"),
                int("failed").not_null(),
                int("cancel_at"),
                int("finished_at"),
                json("input").not_null(),
                json("checkpoint"),
                json("output"),
                text("error"),
                int("priority"),
                // What it is about, for who may know of it.
                text("object"),
                // When `run_at` was decided: a clock that was set back shows by it.
                int("planned_at"),
            ],
        )
        .index(Index::on("ix_job_state", &["state", "run_at", "id"])),
        Table::new(JOB_GATE, &["id"], vec![int("id"), int("version").not_null()]),
        Table::new(
            JOB_SCHEDULE,
            &["name"],
            vec![
                text("name"),
                text("kind").not_null(),
                text("cron").not_null(),
                text("time_zone").not_null(),
                int("priority").not_null(),
                json("input").not_null(),
                int("next_at").not_null(),
                int("planned_at").not_null(),
                int("last_at"),
                int("last_job_id"),
            ],
        )
        .index(Index::on("ix_job_schedule_next", &["next_at"])),
    ]
}
