//! Requests of persons about their data (GDPR 15 to 22, CCPA), without anything of the data themselves.

use super::{int, json, text};
use crate::schema::{Index, Table};

/// What was asked for, by when it is due, what came of it.
pub const PRIVACY_REQUEST: &str = "privacy_request";

/// How long the records of an object are kept.
pub const PRIVACY_RETENTION: &str = "privacy_retention";

pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            PRIVACY_REQUEST,
            &["id"],
            vec![
                int("id"),
                text("kind").not_null(),
                text("object").not_null(),
                int("record_id").not_null(),
                int("created_at").not_null(),
                int("due_at").not_null(),
                int("requested_by"),
                int("key_id"),
                int("job_id"),
                int("completed_at"),
                int("blob_id"),
                json("certificate"),
            ],
        )
        .index(Index::on("ix_privacy_request_record", &["space", "record_id", "id"])),
        Table::new(
            PRIVACY_RETENTION,
            &["object"],
            vec![
                text("object"),
                int("days").not_null(),
                text("action").not_null(),
                int("last_run_at"),
                int("last_count"),
            ],
        ),
    ]
}
