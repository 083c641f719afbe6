//! What every store must do, on a file in a temporary directory.

use std::sync::Arc;

use kontor_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::test(flavor = "multi_thread")]
async fn conformance() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("kontor.db"))).unwrap());
    let ran = kontor_store::suite::run_all(store).await.unwrap_or_else(|failed| panic!("{failed}"));
    println!("{ran} checks");
}
