//! The databases that stories are told on.

use std::sync::OnceLock;

use crate::postgres;

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const ALL: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

    pub const fn name(self) -> &'static str {
        match self {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        }
    }

    /// Whether it can be used here. One that cannot is named as skipped, once.
    ///
    /// # Panics
    /// It cannot, and `KONTOR_TEST_REQUIRE` lists it.
    pub fn is_reachable(self) -> bool {
        static POSTGRES: OnceLock<bool> = OnceLock::new();
        if self == Backend::Sqlite {
            return true;
        }
        *POSTGRES.get_or_init(|| match postgres::run("SELECT 1") {
            Ok(_) => true,
            Err(why) if is_required(self) => {
                panic!("KONTOR_TEST_REQUIRE lists postgres, and it is not reachable: {why}")
            }
            Err(why) => {
                eprintln!("skipped: postgres ({why})");
                false
            }
        })
    }
}

fn is_required(backend: Backend) -> bool {
    let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
    required.split(',').any(|name| name.trim() == backend.name())
}
