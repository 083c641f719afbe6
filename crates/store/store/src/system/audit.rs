//! Tables of the audit's chain. The entries themselves are in [`super::AUDIT`].

use super::{int, text};
use crate::schema::{Column, Index, Table};
use kontor_model::Kind;

/// The chain: which entries there are, with their hashes.
pub const AUDIT_SEAL: &str = "audit_seal";
/// The last verification of each space.
pub const AUDIT_STATE: &str = "audit_state";

fn bytes(name: &str) -> Column {
    Column::new(name, Kind::Bytes)
}

/// What an entry has besides what the pipeline has written since the first version.
pub(crate) fn columns() -> Vec<Column> {
    vec![text("credential"), int("impersonator_id"), text("ip"), bytes("salt"), bytes("commitment"), int("redacted_at")]
}

pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            AUDIT_SEAL,
            &["id"],
            vec![
                int("id"),
                int("first_id").not_null(),
                int("last_id").not_null(),
                int("entries").not_null(),
                int("watermark").not_null(),
                bytes("leaves").not_null(),
                bytes("root").not_null(),
                bytes("previous").not_null(),
                int("sealed_at").not_null(),
                bytes("hash").not_null(),
                text("key").not_null(),
                bytes("signature").not_null(),
            ],
        )
        .index(Index::on("ix_audit_seal_last", &["space", "last_id", "id"])),
        Table::new(
            AUDIT_STATE,
            &["id"],
            vec![
                int("id"),
                int("verified_at").not_null(),
                int("seals").not_null(),
                int("entries").not_null(),
                text("fault"),
            ],
        ),
    ]
}
