//! Finished requests, for the callers who made them.

use super::{int, text};
use crate::schema::{Index, Table};

pub const REQUEST_LOG: &str = "request_log";

/// Ids are ordered by time, so that the primary key serves pages and the sweep.
pub(crate) fn tables() -> Vec<Table> {
    let columns = vec![
        int("id"),
        int("at").not_null(),
        text("request_id").not_null(),
        int("credential").not_null(),
        int("user_id"),
        int("impersonator_id"),
        text("version"),
        text("method").not_null(),
        text("route").not_null(),
        int("status").not_null(),
        int("error_code"),
        text("error_type"),
        int("duration_us").not_null(),
        int("db_us").not_null(),
        int("retry_count").not_null(),
        text("downstream"),
        text("request_body"),
        text("response_body"),
    ];
    vec![
        Table::new(REQUEST_LOG, &["id"], columns)
            .index(Index::on("ix_request_log_credential", &["space", "credential", "id"])),
    ]
}
