//! A database for one test, dropped at its end.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::atomic::{AtomicUsize, Ordering};

use kontor_store_postgres::{PostgresOptions, PostgresStore};
use tokio_postgres::{Client, NoTls};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

fn server() -> String {
    std::env::var("KONTOR_TEST_POSTGRES").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned())
}

/// A database of its own.
pub struct Database {
    pub admin: Client,
    pub name: String,
}

impl Database {
    /// None, after saying so, when there is no server and none is required.
    pub async fn make() -> Option<Self> {
        let admin = match tokio_postgres::connect(&format!("{}/postgres", server()), NoTls).await {
            Ok((admin, connection)) => {
                tokio::spawn(connection);
                admin
            }
            Err(error) => {
                let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
                assert!(!required.split(',').any(|name| name.trim() == "postgres"), "postgres is required: {error}");
                println!("skipped: postgres");
                return None;
            }
        };
        let name = format!("kontor_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Some(Self { admin, name })
    }

    pub fn options(&self) -> PostgresOptions {
        PostgresOptions::new(format!("{}/{}", server(), self.name))
    }

    pub async fn open(&self, options: PostgresOptions) -> std::sync::Arc<PostgresStore> {
        match PostgresStore::connect(options).await {
            Ok(store) => std::sync::Arc::new(store),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn drop(self) {
        self.admin.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await.unwrap();
    }
}
