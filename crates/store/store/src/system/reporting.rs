//! Counters of live reports: what each record adds to which group, and the groups. Which records there are and what
//! they hold is in their own tables; all of this can be made again from those.

use super::{int, text};
use crate::schema::{Index, Table};

/// What is kept of each part of a live report.
pub const REPORT_COUNTER: &str = "report_counter";
/// The groups of a part.
pub const REPORT_GROUP: &str = "report_group";
/// What each record has added to a group.
pub const REPORT_SHARE: &str = "report_share";

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            REPORT_COUNTER,
            &["report_id", "part"],
            vec![
                int("report_id"),
                int("part"),
                // Whose records are counted, and the body of an aggregate over them.
                text("object").not_null(),
                text("question").not_null(),
                // The catalog that the question was read by.
                int("catalog_version").not_null(),
                // `building`, `ready`, or `stopped` when the question could not be asked; behind it the end of the log
                // before the first record was counted: `ready 42`.
                text("state").not_null(),
                // While it is built: the last record that was counted.
                int("built_to").not_null(),
                // Raised by every commit that counts: what was read for one is as it was.
                int("version").not_null(),
                int("begun_at").not_null(),
            ],
        )
        .index(Index::on("ix_report_counter_object", &["space", "object"])),
        Table::new(
            REPORT_GROUP,
            &["report_id", "part", "keys"],
            vec![
                int("report_id"),
                int("part"),
                // A JSON array of stored values.
                text("keys"),
                int("records").not_null(),
                // Whole numbers with spaces between them; they may be beyond 64 bits.
                text("figures").not_null(),
            ],
        ),
        Table::new(
            REPORT_SHARE,
            &["report_id", "part", "record_id"],
            vec![int("report_id"), int("part"), int("record_id"), text("keys").not_null(), text("figures").not_null()],
        ),
    ]
}
