//! Messages that leave the house, or would.

use super::{int, text};
use crate::schema::{Index, Table};

/// One row for each message; `body` is sealed where it carries a link that lets someone in.
pub const OUTBOX: &str = "outbox";

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            OUTBOX,
            &["id"],
            vec![
                int("id"),
                text("kind").not_null(),
                text("purpose").not_null(),
                text("state").not_null(),
                text("recipient").not_null(),
                text("subject").not_null(),
                text("body"),
                int("one_time").not_null(),
                int("hidden").not_null(),
                int("tries").not_null(),
                int("next_at"),
                int("created_at").not_null(),
                int("sent_at"),
                int("expires_at"),
                text("reason"),
            ],
        )
        .index(Index::on("ix_outbox_state", &["space", "state", "id"])),
    ]
}
