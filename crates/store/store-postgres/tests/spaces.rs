//! Many spaces on the same connections, while these are killed and their statements cancelled.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use common::Database;
use kontor_model::{Kind, SpaceId, Value};
use kontor_store::{Batch, Column, CommitError, Expr, Lane, Schema, Select, Set, Store, StoreError, Table, Write};
use kontor_store_postgres::{PostgresOptions, PostgresStore, RowSecurity};

const SPACES: i64 = 8;
const ROUNDS: i64 = 10_000;

fn schema() -> Arc<Schema> {
    let columns = vec![Column::new("id", Kind::Int), Column::new("name", Kind::Text)];
    Arc::new(Schema { version: 1, oldest: 1, tables: vec![Table::new("t", &["id"], columns)] })
}

fn name(space: i64) -> Value {
    format!("of {space}").into()
}

/// An insert, and an update of a row that every space has under the same id.
fn batch(space: i64, id: i64) -> Batch {
    let mut batch = Batch::new(SpaceId(space));
    batch.insert("t", vec![("id", Kind::Int, id.into()), ("name", Kind::Text, name(space))]);
    let keys = vec![kontor_store::system::key("id", Kind::Int, 0)];
    let set = vec![(kontor_store::ColumnRef::new("name", Kind::Text), Set::To(name(space)))];
    batch.writes.push(Write::Update { table: "t".into(), keys, set, must: true, search: None });
    batch
}

fn select(space: i64, lane: Lane) -> Select {
    let columns = vec![Expr::column("id", Kind::Int), Expr::column("name", Kind::Text)];
    Select { lane, ..Select::new(SpaceId(space), "t", columns) }
}

/// Outages are allowed; anything else is not.
fn passed<T>(outcome: Result<T, StoreError>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(StoreError::Unavailable(_) | StoreError::Timeout(_)) => None,
        Err(other) => panic!("{other:?}"),
    }
}

async fn one(store: &PostgresStore, n: i64) -> (u32, u32) {
    let (mut written, mut read) = (0, 0);
    let space = n % SPACES + 1;
    let done = match store.commit(batch(space, n)).await {
        Ok(()) => true,
        Err(CommitError::Store(error)) => passed::<()>(Err(error)).is_some(),
        Err(other) => panic!("{other:?}"),
    };
    written += u32::from(done);
    let lane = if n % 7 == 0 { Lane::Slow } else { Lane::Quick };
    let asked = store.rows(select(space, lane).equals("id", Kind::Int, n)).await;
    if let Some(rows) = passed(asked) {
        read += 1;
        assert!(!done || rows == [vec![Value::Int(n), name(space)]], "what was written in {space} is seen: {rows:?}");
    }
    let other = (space + n / SPACES) % SPACES + 1;
    if let Some(rows) = passed(store.rows(select(other, lane).equals("id", Kind::Int, 0)).await) {
        read += 1;
        assert_eq!(rows, [vec![Value::Int(0), name(other)]]);
    }
    if n % 50 == 0
        && let Some(rows) = passed(store.rows(select(other, lane)).await)
    {
        assert!(rows.iter().all(|row| row.get(1) == Some(&name(other))), "rows of another space in {other}");
    }
    (written, read)
}

async fn interleaved(change: impl FnOnce(&mut PostgresOptions)) {
    let Some(database) = Database::make().await else { return };
    let mut options = database.options();
    change(&mut options);
    let store = database.open(options).await;
    store.migrate(schema()).await.unwrap();
    for space in 1..=SPACES {
        let mut batch = Batch::new(SpaceId(space));
        batch.insert("t", vec![("id", Kind::Int, 0.into()), ("name", Kind::Text, name(space))]);
        store.commit(batch).await.unwrap();
    }
    let (next, over) = (Arc::new(AtomicI64::new(1)), Arc::new(AtomicBool::new(false)));
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (store, next) = (store.clone(), next.clone());
            tokio::spawn(async move {
                let (mut written, mut read) = (0, 0);
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n > ROUNDS {
                        return (written, read);
                    }
                    // Some callers go away in the middle of what they asked.
                    if n % 11 == 0 {
                        let gone = tokio::time::timeout(Duration::from_micros(200), one(&store, n)).await;
                        drop(gone);
                        continue;
                    }
                    let (w, r) = one(&store, n).await;
                    written += w;
                    read += r;
                }
            })
        })
        .collect();
    let disturb = {
        let (over, name) = (over.clone(), database.name.clone());
        let url = database.options().url;
        async move {
            let (admin, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let of = "(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";
            let (cancel, kill) = (format!("SELECT pg_cancel_backend{of}"), format!("SELECT pg_terminate_backend{of}"));
            let mut n = 0;
            while !over.load(Ordering::Relaxed) {
                n += 1;
                admin.execute(if n % 40 == 0 { &kill } else { &cancel }, &[&name]).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            n
        }
    };
    let disturb = tokio::spawn(disturb);
    let (mut written, mut read) = (0, 0);
    for task in tasks {
        let (w, r) = task.await.unwrap();
        written += w;
        read += r;
    }
    over.store(true, Ordering::Relaxed);
    println!("{written} commits, {read} reads, disturbed {} times", disturb.await.unwrap());
    assert!(written > 1_000 && read > 2_000);
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_space_is_seen_from_another() {
    interleaved(|_| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_space_is_seen_from_another_behind_a_pooler() {
    interleaved(|options| options.prepare = false).await;
}

/// Nothing but the statements themselves keeps spaces apart, and nothing but the transaction keeps a batch together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_space_is_seen_from_another_without_row_security() {
    interleaved(|options| options.row_security = RowSecurity::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_space_is_seen_from_another_on_one_connection() {
    interleaved(|options| (options.pipelined, options.writers) = (1, 1)).await;
}

/// A cancel request that meets the end of a transaction leaves it open, and aborted: that is nothing to the next reader.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_that_is_cancelled_is_not_the_next_ones_failure() {
    let Some(database) = Database::make().await else { return };
    let mut options = database.options();
    (options.prepare, options.pipelined) = (false, 1);
    let store = database.open(options).await;
    store.migrate(schema()).await.unwrap();
    let mut first = Batch::new(SpaceId(1));
    first.insert("t", vec![("id", Kind::Int, 0.into()), ("name", Kind::Text, name(1))]);
    store.commit(first).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let cancelling = {
        let (over, name, url) = (over.clone(), database.name.clone(), database.options().url);
        tokio::spawn(async move {
            let (admin, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let all =
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";
            while !over.load(Ordering::Relaxed) {
                admin.execute(all, &[&name]).await.unwrap();
            }
        })
    };
    let reading = (0..8).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let lane = if n % 2 == 0 { Lane::Slow } else { Lane::Quick };
            let mut read = 0;
            for _ in 0..600 {
                if let Some(rows) = passed(store.rows(select(1, lane)).await) {
                    assert_eq!(rows, [vec![Value::Int(0), name(1)]]);
                    read += 1;
                }
            }
            read
        })
    });
    let read: u32 = futures::future::join_all(reading).await.into_iter().map(Result::unwrap).sum();
    over.store(true, Ordering::Relaxed);
    cancelling.await.unwrap();
    println!("{read} of 4800 reads");
    assert!(read > 0);
    store.close().await;
    database.drop().await;
}
