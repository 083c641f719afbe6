//! People's logins: one for each person and installation, with what it may enter; sessions, one-time links, counters of
//! failed attempts. All in space 0.

use kontor_model::Kind;

use crate::schema::{Column, Index, Table};

/// A login: e-mail address, password hash, second factor.
pub const ACCOUNT: &str = "account";
/// Which user of which space a login is.
pub const MEMBERSHIP: &str = "membership";
pub const SESSION: &str = "session";
/// Links and tickets that work once.
pub const ONE_TIME: &str = "one_time";
/// Public keys that a login is proved with (WebAuthn).
pub const PASSKEY: &str = "passkey";
/// Challenges that wait for an authenticator's answer.
pub const PASSKEY_CHALLENGE: &str = "passkey_challenge";
/// Failed attempts by what they were against or where they came from.
pub const THROTTLE: &str = "throttle";

fn int(name: &str) -> Column {
    Column::new(name, Kind::Int)
}

fn text(name: &str) -> Column {
    Column::new(name, Kind::Text)
}

fn json(name: &str) -> Column {
    Column::new(name, Kind::Json)
}

pub(super) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            ACCOUNT,
            &["id"],
            vec![
                int("id"),
                text("email").not_null(),
                text("password"),
                int("password_at"),
                text("totp"),
                text("totp_pending"),
                int("totp_step").not_null(),
                json("recovery").not_null(),
                int("last_space"),
                text("user_handle"),
                int("version").not_null(),
                int("created_at").not_null(),
            ],
        )
        .index(Index::on("ux_account_email", &["space", "email"]).unique()),
        Table::new(
            MEMBERSHIP,
            &["account_id", "member_space"],
            vec![
                int("account_id"),
                int("member_space"),
                int("user_id").not_null(),
                text("role").not_null(),
                int("created_at").not_null(),
                int("accepted_at"),
            ],
        )
        .index(Index::on("ux_membership_user", &["space", "member_space", "user_id"]).unique()),
        Table::new(
            SESSION,
            &["id"],
            vec![
                int("id"),
                text("hash").not_null(),
                int("account_id").not_null(),
                int("session_space").not_null(),
                int("user_id").not_null(),
                int("created_at").not_null(),
                int("auth_time").not_null(),
                int("last_seen_at").not_null(),
                int("expires_at").not_null(),
                int("revoked_at"),
                json("amr").not_null(),
                text("ip"),
                text("user_agent"),
                int("provider_id"),
            ],
        )
        .index(Index::on("ux_session_hash", &["space", "hash"]).unique())
        .index(Index::on("ix_session_account", &["space", "account_id", "id"]))
        .index(Index::on("ix_session_user", &["space", "session_space", "user_id", "id"]))
        .index(Index::on("ix_session_provider", &["space", "provider_id"])),
        Table::new(
            ONE_TIME,
            &["id"],
            vec![
                int("id"),
                text("hash").not_null(),
                text("purpose").not_null(),
                int("account_id"),
                int("member_space"),
                int("user_id"),
                text("role"),
                int("tries").not_null(),
                int("expires_at").not_null(),
            ],
        )
        .index(Index::on("ux_one_time_hash", &["space", "hash"]).unique())
        .index(Index::on("ix_one_time_account", &["space", "account_id"]))
        .index(Index::on("ix_one_time_expires", &["space", "expires_at"])),
        Table::new(
            PASSKEY,
            &["id"],
            vec![
                int("id"),
                int("account_id").not_null(),
                text("credential").not_null(),
                text("public_key").not_null(),
                text("name").not_null(),
                text("aaguid").not_null(),
                json("transports").not_null(),
                int("counter").not_null(),
                int("backup_eligible").not_null(),
                int("backed_up").not_null(),
                int("created_at").not_null(),
                int("last_used_at"),
            ],
        )
        .index(Index::on("ux_passkey_credential", &["space", "credential"]).unique())
        .index(Index::on("ix_passkey_account", &["space", "account_id", "id"])),
        Table::new(
            PASSKEY_CHALLENGE,
            &["hash"],
            vec![text("hash"), text("ceremony").not_null(), text("holder").not_null(), int("expires_at").not_null()],
        )
        .index(Index::on("ix_passkey_challenge_expires", &["space", "expires_at"])),
        Table::new(
            THROTTLE,
            &["name"],
            vec![text("name"), int("failed").not_null(), int("last_at").not_null(), int("blocked_until").not_null()],
        )
        .index(Index::on("ix_throttle_last", &["space", "last_at"])),
    ]
}
