//! Tables of the event log. The events themselves are in [`super::EVENT`].

use super::{int, text};
use crate::schema::Table;

/// How far the log of each space goes: its first and its last sequence number.
pub const EVENT_HEAD: &str = "event_head";
/// How far each consumer of a space has read.
pub const EVENT_CURSOR: &str = "event_cursor";
/// Events that a consumer could not deal with, with the reason.
pub const EVENT_DEAD: &str = "event_dead";
/// Which process does what only one need do.
pub const LEASE: &str = "lease";
/// What holds by the figures of one process, for the one that watches: a row for each rule while it holds.
pub const ALERT_REPORT: &str = "alert_report";

pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::new(EVENT_HEAD, &["id"], vec![int("id"), int("first").not_null(), int("last").not_null()]),
        Table::new(EVENT_CURSOR, &["name"], vec![text("name"), int("sequence").not_null(), int("at").not_null()]),
        Table::new(
            EVENT_DEAD,
            &["consumer", "event_id"],
            vec![
                text("consumer"),
                int("event_id"),
                int("sequence").not_null(),
                text("type").not_null(),
                int("at").not_null(),
                int("tries").not_null(),
                text("reason").not_null(),
                // Somebody has asked for it to be dealt with again.
                int("replay_at"),
            ],
        ),
        Table::new(LEASE, &["name"], vec![text("name"), text("holder").not_null(), int("expires_at").not_null()]),
        Table::new(
            ALERT_REPORT,
            &["instance", "rule"],
            vec![
                text("instance"),
                text("rule"),
                // Millionths of the rule's unit.
                int("value").not_null(),
                // Raised while the process lives and the rule holds.
                int("beat").not_null(),
            ],
        ),
    ]
}
