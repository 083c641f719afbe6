//! The conformance suite, with and without prepared statements.
#![expect(clippy::unwrap_used, reason = "test code")]

mod common;

use common::Database;
use kontor_store::{Store, suite};
use kontor_store_postgres::PostgresOptions;

async fn run(change: impl FnOnce(&mut PostgresOptions)) {
    let Some(database) = Database::make().await else { return };
    let mut options = database.options();
    change(&mut options);
    let store = database.open(options).await;
    let outcome = suite::run_all(store.clone()).await;
    store.close().await;
    database.drop().await;
    println!("{} checks", outcome.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prepared() {
    run(|_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unnamed_statements_only() {
    run(|options| options.prepare = false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_everything() {
    run(|options| {
        options.writers = 1;
        options.pipelined = 1;
        options.pool_size = 1;
    })
    .await;
}
