//! Clients, codes, grants, keys of the authorization server. All rows lie in space 0: a code or token is looked up
//! before its space is known. Codes, tokens and secrets are kept as SHA-256 only, in hexadecimal digits.

use super::{int, json, text};
use crate::schema::{Column, Index, Table};
use kontor_model::Kind;

/// Registered applications (RFC 6749, 2).
pub const OAUTH_CLIENT: &str = "oauth_client";
/// Authorization requests under way: pushed (RFC 9126) or waiting for a person.
pub const OAUTH_REQUEST: &str = "oauth_request";
/// What a person has agreed to; the family of its refresh tokens.
pub const OAUTH_GRANT: &str = "oauth_grant";
/// Authorization codes.
pub const OAUTH_CODE: &str = "oauth_code";
/// Refresh tokens, used ones included: a second use ends the family.
pub const OAUTH_REFRESH: &str = "oauth_refresh";
/// Device codes (RFC 8628).
pub const OAUTH_DEVICE: &str = "oauth_device";
/// Proofs and assertions that were seen, until they would have expired.
pub const OAUTH_SEEN: &str = "oauth_seen";
/// Access tokens without a grant that were revoked, until they would have expired.
pub const OAUTH_REVOKED: &str = "oauth_revoked";
/// Signing keys; the private part is sealed under the installation's master key.
pub const OAUTH_KEY: &str = "oauth_key";

pub(crate) fn tables() -> Vec<Table> {
    vec![client(), request(), grant(), code(), refresh(), device(), seen(), revoked(), key()]
}

fn client() -> Table {
    Table::new(
        OAUTH_CLIENT,
        &["id"],
        vec![
            int("id"),
            text("client_id").not_null(),
            int("of_space").not_null(),
            text("source").not_null(),
            text("name").not_null(),
            text("auth_method").not_null(),
            text("secret_hash"),
            json("metadata").not_null(),
            int("user_id"),
            text("role"),
            int("created_at").not_null(),
            int("fetched_at"),
            int("revoked").not_null(),
        ],
    )
    .index(Index::on("ux_oauth_client_client_id", &["space", "client_id"]).unique())
}

fn request() -> Table {
    Table::new(
        OAUTH_REQUEST,
        &["hash"],
        vec![
            text("hash"),
            text("kind").not_null(),
            int("client").not_null(),
            json("params").not_null(),
            int("state").not_null(),
            int("expires_at").not_null(),
        ],
    )
    .index(Index::on("ix_oauth_request_expires", &["expires_at"]))
}

fn grant() -> Table {
    Table::new(
        OAUTH_GRANT,
        &["id"],
        vec![
            int("id"),
            int("client").not_null(),
            int("of_space").not_null(),
            int("user_id").not_null(),
            int("actor_id"),
            int("read_only"),
            text("scope").not_null(),
            text("amr").not_null(),
            int("auth_time").not_null(),
            int("created_at").not_null(),
            int("expires_at").not_null(),
            int("revoked").not_null(),
        ],
    )
    .index(Index::on("ix_oauth_grant_user", &["space", "user_id", "client"]))
    .index(Index::on("ix_oauth_grant_actor", &["space", "actor_id"]))
    .index(Index::on("ix_oauth_grant_expires", &["expires_at"]))
}

fn code() -> Table {
    Table::new(
        OAUTH_CODE,
        &["hash"],
        vec![
            text("hash"),
            int("grant_id").not_null(),
            int("client").not_null(),
            text("redirect_uri").not_null(),
            text("challenge").not_null(),
            text("nonce"),
            text("jkt"),
            int("state").not_null(),
            int("expires_at").not_null(),
        ],
    )
    .index(Index::on("ix_oauth_code_expires", &["expires_at"]))
}

fn refresh() -> Table {
    Table::new(
        OAUTH_REFRESH,
        &["hash"],
        vec![
            text("hash"),
            int("grant_id").not_null(),
            int("client").not_null(),
            text("jkt"),
            int("state").not_null(),
            int("expires_at").not_null(),
        ],
    )
    .index(Index::on("ix_oauth_refresh_expires", &["expires_at"]))
}

fn device() -> Table {
    Table::new(
        OAUTH_DEVICE,
        &["hash"],
        vec![
            text("hash"),
            text("user_code").not_null(),
            int("client").not_null(),
            text("scope").not_null(),
            text("jkt"),
            int("grant_id"),
            int("state").not_null(),
            int("interval_s").not_null(),
            int("polled_at").not_null(),
            int("expires_at").not_null(),
        ],
    )
    .index(Index::on("ux_oauth_device_user_code", &["space", "user_code"]).unique())
    .index(Index::on("ix_oauth_device_expires", &["expires_at"]))
}

fn seen() -> Table {
    Table::new(OAUTH_SEEN, &["hash"], vec![text("hash"), int("expires_at").not_null()])
        .index(Index::on("ix_oauth_seen_expires", &["expires_at"]))
}

fn revoked() -> Table {
    Table::new(OAUTH_REVOKED, &["hash"], vec![text("hash"), int("expires_at").not_null()])
        .index(Index::on("ix_oauth_revoked_expires", &["expires_at"]))
}

fn key() -> Table {
    Table::new(
        OAUTH_KEY,
        &["kid"],
        vec![
            text("kid"),
            text("alg").not_null(),
            json("public").not_null(),
            Column::new("sealed", Kind::Bytes).not_null(),
            int("signs_from").not_null(),
            int("signs_until").not_null(),
            int("shown_until").not_null(),
        ],
    )
}
