//! Companies' own identity providers, with who was signed in by them. All rows lie in space 0: a person who comes back
//! from a provider has no space yet.

use super::{int, json, text};
use crate::schema::{Index, Table};

/// A provider of a space; its client secret is sealed under the installation's master key.
pub const IDENTITY_PROVIDER: &str = "identity_provider";
/// Which user a subject of a provider is.
pub const IDENTITY_LINK: &str = "identity_link";
/// Sign-ins under way, by the SHA-256 of their `state`.
pub const IDENTITY_ATTEMPT: &str = "identity_attempt";

pub(crate) fn tables() -> Vec<Table> {
    vec![
        Table::new(
            IDENTITY_PROVIDER,
            &["id"],
            vec![
                int("id"),
                int("of_space").not_null(),
                text("name").not_null(),
                text("kind").not_null(),
                text("issuer").not_null(),
                text("client_id").not_null(),
                text("client_secret"),
                json("settings").not_null(),
                int("enabled").not_null(),
                int("version").not_null(),
                int("created_at").not_null(),
                int("updated_at").not_null(),
            ],
        )
        .index(Index::on("ux_identity_provider_name", &["space", "of_space", "name"]).unique()),
        Table::new(
            IDENTITY_LINK,
            &["provider_id", "subject"],
            vec![
                int("provider_id"),
                text("subject"),
                int("account_id").not_null(),
                int("link_space").not_null(),
                int("user_id").not_null(),
                int("created_at").not_null(),
                int("last_used_at").not_null(),
            ],
        )
        .index(Index::on("ux_identity_link_user", &["space", "provider_id", "user_id"]).unique())
        .index(Index::on("ix_identity_link_user", &["space", "link_space", "user_id"])),
        Table::new(
            IDENTITY_ATTEMPT,
            &["hash"],
            vec![
                text("hash"),
                int("provider_id").not_null(),
                text("browser").not_null(),
                json("carried").not_null(),
                int("state").not_null(),
                int("created_at").not_null(),
                int("expires_at").not_null(),
            ],
        )
        .index(Index::on("ix_identity_attempt_expires", &["space", "expires_at"])),
    ]
}
