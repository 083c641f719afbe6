//! Messages that leave the house, or would.

use super::{int, text};
use crate::schema::{Index, Table};

/// One row for each message; `body` is sealed where it carries a link that lets someone in.
pub const OUTBOX: &str = "outbox";

/// One row for each mail that came in: once for each `Message-ID`.
pub const INBOUND_EMAIL: &str = "inbound_email";

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            INBOUND_EMAIL,
            &["id"],
            vec![
                int("id"),
                text("message_id").not_null(),
                text("sender").not_null(),
                text("subject").not_null(),
                int("received_at").not_null(),
                text("outcome").not_null(),
                text("reason"),
                text("record_object"),
                int("record_id"),
                int("bytes").not_null(),
                text("files"),
            ],
        )
        .index(Index::on("ux_inbound_email", &["space", "message_id"]).unique())
        .index(Index::on("ix_inbound_email_sender", &["space", "sender"])),
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
                // The receiver's domain.
                text("lane"),
                int("bulk"),
                text("about_object"),
                int("about_id"),
                text("token"),
                text("attachments"),
                // 1 while the news of its state is still to be told.
                int("untold"),
                int("hard"),
                // When `next_at` was decided: a clock that was set back shows by it.
                int("planned_at"),
            ],
        )
        .index(Index::on("ix_outbox_state", &["space", "state", "id"]))
        .index(Index::on("ix_outbox_due", &["space", "state", "bulk", "next_at"]))
        .index(Index::on("ix_outbox_tries", &["space", "state", "tries"]))
        .index(Index::on("ix_outbox_untold", &["space", "untold"])),
    ]
}
