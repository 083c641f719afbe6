//! Tables of webhooks. The endpoints are records.

use super::{int, json, text};
use crate::schema::{Index, Table};

/// Of an endpoint: its secrets, since when it accepts nothing, from where on events are sent again.
pub const WEBHOOK_STATE: &str = "webhook_state";
/// One event on its way to one endpoint.
pub const WEBHOOK_DELIVERY: &str = "webhook_delivery";
/// An attempt of a delivery that was followed by another.
pub const WEBHOOK_ATTEMPT: &str = "webhook_attempt";

pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            WEBHOOK_STATE,
            &["endpoint_id"],
            vec![
                int("endpoint_id"),
                text("secret"),
                text("previous"),
                int("previous_until"),
                int("failing_since"),
                // Attempts that were refused in a row, as far as they are counted.
                int("failures"),
                // Since when it accepts again, while what waits for its own next try is sent before that.
                int("back_since"),
                int("recover_from"),
                int("recover_to"),
            ],
        ),
        Table::new(
            WEBHOOK_DELIVERY,
            &["endpoint_id", "event_id"],
            vec![
                int("endpoint_id"),
                int("event_id"),
                int("sequence").not_null(),
                text("type").not_null(),
                text("subject").not_null(),
                text("state").not_null(),
                int("attempts").not_null(),
                // None when there is nothing left to do.
                int("next_at"),
                int("created_at").not_null(),
                int("finished_at"),
                int("status"),
                text("error"),
                int("duration_ms"),
                // The last attempt; those before it are rows of their own.
                int("attempt_id"),
                int("attempt_at"),
                text("url"),
                json("headers"),
                text("body"),
            ],
        )
        .index(Index::on("ix_webhook_delivery_due", &["space", "endpoint_id", "next_at", "sequence"]))
        .index(Index::on("ix_webhook_delivery_subject", &["space", "endpoint_id", "subject", "sequence"]))
        .index(Index::on("ix_webhook_delivery_finished", &["space", "finished_at"])),
        Table::new(
            WEBHOOK_ATTEMPT,
            &["id"],
            vec![
                int("id"),
                int("endpoint_id").not_null(),
                int("event_id").not_null(),
                int("at").not_null(),
                int("duration_ms").not_null(),
                text("url").not_null(),
                int("status"),
                text("error"),
                json("headers"),
                text("body"),
            ],
        )
        .index(Index::on("ix_webhook_attempt_delivery", &["space", "endpoint_id", "event_id", "id"])),
    ]
}
