//! The engine's own tables. All are read and written through [`crate::Select`] and [`crate::Batch`] like any other.

mod accounts;
mod audit;
mod automation;
mod counter;
mod events;
mod jobs;
mod limits;
mod linkage;
mod outbox;
mod privacy;
pub mod providers;
mod reporting;
mod request_log;
mod webhooks;

pub use accounts::*;

use kontor_model::{Kind, Value};

pub use audit::{AUDIT_SEAL, AUDIT_STATE};
pub use automation::{FUNCTION_SECRET, WORKFLOW_STATE};
pub use counter::COUNTER;
pub use events::{ALERT_REPORT, EVENT_CURSOR, EVENT_DEAD, EVENT_HEAD, LEASE};
pub use jobs::{JOB, JOB_GATE, JOB_SCHEDULE};
pub use privacy::{PRIVACY_REQUEST, PRIVACY_RETENTION};

use crate::schema::{Column, Index, Table};

pub mod oauth;

pub use limits::DAY_USE;
pub use linkage::{MATCH_KEY, MATCH_STATE};
pub use outbox::{INBOUND_EMAIL, OUTBOX};
pub use reporting::{REPORT_COUNTER, REPORT_GROUP, REPORT_SHARE};
pub use request_log::REQUEST_LOG;
pub use webhooks::{WEBHOOK_ATTEMPT, WEBHOOK_DELIVERY, WEBHOOK_STATE};

/// Space 0 holds what belongs to the installation as a whole.
pub const INSTALLATION: kontor_model::SpaceId = kontor_model::SpaceId(0);

pub const AUDIT: &str = "audit";
pub const EVENT: &str = "event";
pub const IDEMPOTENCY: &str = "idempotency";
pub const API_KEY: &str = "api_key";
pub const SPACE: &str = "space";
pub const SETTING: &str = "setting";
pub const CUSTOM_OBJECT: &str = "custom_object";
pub const CUSTOM_FIELD: &str = "custom_field";
pub const CATALOG_VERSION: &str = "catalog_version";
pub const NODE_LEASE: &str = "node_lease";
pub const BLOB: &str = "blob";
pub const BLOB_CHUNK: &str = "blob_chunk";
/// Single records opened to users and teams: `level` is `read` or `write`.
pub const SHARE: &str = "share";

fn int(name: &str) -> Column {
    Column::new(name, Kind::Int)
}

fn text(name: &str) -> Column {
    Column::new(name, Kind::Text)
}

fn json(name: &str) -> Column {
    Column::new(name, Kind::Json)
}

/// The tables, in the order they are made.
pub fn tables() -> Vec<Table> {
    let mut tables = standard();
    tables.extend(audit::tables());
    tables.extend(automation::tables());
    tables.push(counter::table());
    tables.extend(events::tables());
    tables.extend(jobs::tables());
    tables.extend(webhooks::tables());
    tables.extend(privacy::tables());
    tables.extend(accounts::tables());
    tables.extend(limits::tables());
    tables.extend(linkage::tables());
    tables.extend(outbox::tables());
    tables.extend(reporting::tables());
    tables.extend(request_log::tables());
    tables.extend(oauth::tables());
    tables.extend(providers::tables());
    tables
}

fn standard() -> Vec<Table> {
    vec![
        Table::new(
            SPACE,
            &["id"],
            vec![
                int("id"),
                int("workspace_id").not_null(),
                text("kind").not_null(),
                text("name").not_null(),
                json("settings"),
                int("created_at").not_null(),
                // Of sandboxes; a space without a state is ready.
                text("state"),
                text("origin"),
                int("source_space"),
                int("job_id"),
                int("made_by"),
                int("refreshed_at"),
            ],
        ),
        Table::new(SETTING, &["name"], vec![text("name"), text("value").not_null()]),
        Table::new(NODE_LEASE, &["node"], vec![int("node"), text("holder").not_null(), int("expires_at").not_null()]),
        Table::new(
            API_KEY,
            &["id"],
            vec![
                int("id"),
                text("name").not_null(),
                text("hash").not_null(),
                text("hint").not_null(),
                text("role").not_null(),
                json("scopes").not_null(),
                int("key_space").not_null(),
                int("user_id"),
                int("created_at").not_null(),
                int("expires_at"),
                int("revoked_at"),
                int("rate_per_second"),
                int("rate_burst"),
                int("rate_per_day"),
                text("route_limits"),
                json("ip_ranges"),
                int("service_account_id"),
                int("last_used_at"),
                int("use_count"),
            ],
        )
        .index(Index::on("ux_api_key_hash", &["space", "hash"]).unique()),
        Table::new(CATALOG_VERSION, &["name"], vec![text("name"), int("version").not_null()]),
        Table::new(
            CUSTOM_OBJECT,
            &["id"],
            vec![int("id"), text("name").not_null(), json("definition").not_null(), int("retired_at")],
        )
        .index(Index::on("ux_custom_object_name", &["space", "name"]).unique()),
        Table::new(
            CUSTOM_FIELD,
            &["id"],
            vec![
                int("id"),
                text("object").not_null(),
                text("storage_key").not_null(),
                json("definition").not_null(),
                int("retired_at"),
            ],
        )
        .index(Index::on("ux_custom_field_key", &["space", "object", "storage_key"]).unique()),
        Table::new(
            AUDIT,
            &["id"],
            vec![
                int("id"),
                int("at").not_null(),
                text("object").not_null(),
                int("record_id").not_null(),
                int("version").not_null(),
                text("action").not_null(),
                int("user_id"),
                int("key_id"),
                text("request_id"),
                text("changes"),
            ]
            .into_iter()
            .chain(audit::columns())
            .collect(),
        )
        .index(Index::on("ix_audit_record", &["space", "record_id", "id"])),
        Table::new(
            EVENT,
            &["id"],
            vec![
                int("id"),
                int("at").not_null(),
                text("type").not_null(),
                text("subject").not_null(),
                int("record_id").not_null(),
                text("data"),
                // Its place in the log; none until the relay gives it one.
                int("sequence"),
            ],
        )
        .index(Index::on("ix_event_sequence", &["space", "sequence", "id"])),
        Table::new(
            IDEMPOTENCY,
            &["caller", "key"],
            vec![
                int("caller"),
                text("key"),
                text("fingerprint").not_null(),
                int("status").not_null(),
                json("headers"),
                Column::new("body", Kind::Bytes),
                int("expires_at").not_null(),
            ],
        )
        .index(Index::on("ix_idempotency_expires", &["expires_at"])),
        Table::new(
            BLOB,
            &["id"],
            vec![
                int("id"),
                text("name").not_null(),
                text("media_type").not_null(),
                int("bytes").not_null(),
                int("chunks").not_null(),
                int("created_at").not_null(),
            ],
        ),
        Table::new(
            SHARE,
            &["id"],
            vec![
                int("id"),
                text("object").not_null(),
                int("record_id").not_null(),
                text("grantee").not_null(),
                int("grantee_id").not_null(),
                text("level").not_null(),
                int("created_at").not_null(),
                int("created_by"),
            ],
        )
        .index(Index::on("ux_share_record", &["space", "object", "record_id", "grantee_id"]).unique())
        .index(Index::on("ix_share_grantee", &["space", "grantee_id", "object", "record_id"])),
        Table::new(
            BLOB_CHUNK,
            &["blob_id", "part"],
            vec![int("blob_id"), int("part"), Column::new("data", Kind::Bytes).not_null()],
        ),
    ]
}

/// `name = value` of a system table, as a key of an update or delete.
pub fn key(name: &str, kind: Kind, value: impl Into<Value>) -> (crate::ColumnRef, Value) {
    (crate::ColumnRef::new(name, kind), value.into())
}
