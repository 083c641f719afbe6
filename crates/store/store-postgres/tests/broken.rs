//! What happens when the server, the network or another program misbehaves.
#![expect(clippy::unwrap_used, reason = "test code")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use common::Database;
use kontor_model::{Kind, SpaceId, Value};
use kontor_store::{Batch, Column, CommitError, Expr, Lane, Schema, Select, Store, StoreError, Table, Write};
use kontor_store_postgres::{PostgresOptions, PostgresStore};

const SPACE: SpaceId = SpaceId(1);

fn schema() -> Arc<Schema> {
    let columns = vec![Column::new("id", Kind::Int), Column::new("name", Kind::Text)];
    Arc::new(Schema { version: 1, oldest: 1, tables: vec![Table::new("t", &["id"], columns)] })
}

fn insert(id: i64) -> Batch {
    let mut batch = Batch::new(SPACE);
    batch.insert("t", vec![("id", Kind::Int, id.into()), ("name", Kind::Text, "x".into())]);
    batch
}

fn ids() -> Select {
    Select::new(SPACE, "t", vec![Expr::column("id", Kind::Int)]).order(Expr::column("id", Kind::Int), false)
}

fn rename(id: i64) -> Batch {
    let keys = vec![kontor_store::system::key("id", Kind::Int, id)];
    let name = kontor_store::ColumnRef::new("name", Kind::Text);
    let set = vec![(name, kontor_store::Set::To("y".into()))];
    Batch { space: SPACE, writes: vec![Write::Update { table: "t".into(), keys, set, must: true, search: None }] }
}

async fn made(change: impl FnOnce(&mut PostgresOptions)) -> Option<(Database, Arc<PostgresStore>)> {
    let database = Database::make().await?;
    let mut options = database.options();
    change(&mut options);
    let store = database.open(options).await;
    store.migrate(schema()).await.unwrap();
    Some((database, store))
}

impl Database {
    async fn kill_all(&self) {
        let text = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        self.admin.batch_execute(&text).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_lose_nothing_acknowledged() {
    let Some((database, store)) = made(|_| {}).await else { return };
    let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(1)));
    let writers: Vec<_> = (0..32)
        .map(|_| {
            let (store, stop, next) = (store.clone(), stop.clone(), next.clone());
            tokio::spawn(async move {
                let (mut acknowledged, mut refused, mut unknown) = (Vec::new(), Vec::new(), 0);
                while !stop.load(Ordering::Relaxed) {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    match store.commit(insert(id)).await {
                        Ok(()) => acknowledged.push(id),
                        Err(CommitError::Store(StoreError::Unavailable(why))) if why.contains("unknown") => {
                            unknown += 1
                        }
                        Err(CommitError::Store(StoreError::Unavailable(_))) => refused.push(id),
                        Err(other) => assert_eq!(other.to_string(), "an outage is Unavailable"),
                    }
                    match store.rows(ids().limit(1)).await {
                        Ok(_) | Err(StoreError::Unavailable(_)) => {}
                        Err(other) => assert_eq!(other.to_string(), "an outage is Unavailable"),
                    }
                }
                (acknowledged, refused, unknown)
            })
        })
        .collect();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        database.kill_all().await;
    }
    stop.store(true, Ordering::Relaxed);
    let (mut acknowledged, mut refused, mut unknown) = (Vec::new(), Vec::new(), 0);
    for writer in writers {
        let (ok, no, maybe) = writer.await.unwrap();
        acknowledged.extend(ok);
        refused.extend(no);
        unknown += maybe;
    }
    let started = Instant::now();
    while store.commit(insert(0)).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(60), "no recovery");
    }
    let there: std::collections::HashSet<i64> =
        store.rows(ids()).await.unwrap().iter().flatten().filter_map(Value::as_i64).collect();
    println!("{} acknowledged, {} refused, {unknown} unknown", acknowledged.len(), refused.len());
    assert!(acknowledged.len() > 100);
    assert!(acknowledged.iter().all(|id| there.contains(id)), "an acknowledged row is missing");
    assert!(refused.iter().all(|id| !there.contains(id)), "a refused row is there");
    assert!(there.len() <= acknowledged.len() + 1 + unknown);
    for lane in [Lane::Quick, Lane::Slow] {
        database.kill_all().await;
        let read = store.rows(Select { lane, ..ids() }).await;
        assert!(read.is_ok(), "reads are asked again: {lane:?} {read:?}");
    }
    store.ping().await.unwrap();
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_lock_is_a_timeout_for_one_batch_only() {
    let Some((database, store)) = made(|options| options.statement_timeout = Duration::from_millis(800)).await else {
        return;
    };
    for id in 1..=20 {
        store.commit(insert(id)).await.unwrap();
    }
    let url = database.options().url;
    let (other, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute("BEGIN; UPDATE t SET name = 'z' WHERE id = 5").await.unwrap();
    let tasks: Vec<_> = (1..=20)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { (id, store.commit(rename(id)).await) })
        })
        .collect();
    for task in tasks {
        let (id, outcome) = task.await.unwrap();
        match id {
            5 => assert!(matches!(outcome, Err(CommitError::Store(StoreError::Timeout(_)))), "{outcome:?}"),
            _ => assert_eq!(outcome, Ok(()), "batch {id}"),
        }
    }
    other.batch_execute("ROLLBACK").await.unwrap();
    store.commit(rename(5)).await.unwrap();
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_reads_are_cancelled() {
    let Some((database, store)) = made(|options| {
        options.statement_timeout = Duration::from_millis(300);
        options.pipelined = 1;
    })
    .await
    else {
        return;
    };
    store.commit(insert(1)).await.unwrap();
    let (other, connection) = tokio_postgres::connect(&database.options().url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    other.batch_execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await.unwrap();
    for lane in [Lane::Quick, Lane::Slow] {
        let started = Instant::now();
        let outcome = store.rows(Select { lane, ..ids() }).await;
        assert!(matches!(outcome, Err(StoreError::Timeout(_))), "{outcome:?}");
        // The options' time, not the ten seconds of the defaults.
        assert!(started.elapsed() < Duration::from_secs(8));
    }
    other.batch_execute("ROLLBACK").await.unwrap();
    for lane in [Lane::Quick, Lane::Slow] {
        assert_eq!(store.rows(Select { lane, ..ids() }).await.unwrap().len(), 1);
    }
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_change_under_prepared_statements_still_answer() {
    let Some((database, store)) = made(|options| (options.pipelined, options.writers) = (1, 1)).await else { return };
    let select = || Select::new(SPACE, "t", vec![Expr::column("name", Kind::Text)]);
    store.commit(insert(1)).await.unwrap();
    store.rows(select()).await.unwrap();
    let (other, connection) = tokio_postgres::connect(&database.options().url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    // The view of the table's rows would hold its columns; who changes those by hand drops it first.
    other.batch_execute("DROP VIEW own_t; ALTER TABLE t ALTER COLUMN name TYPE varchar(50)").await.unwrap();
    assert_eq!(store.rows(select()).await.unwrap(), vec![vec![Value::text("x")]]);
    store.commit(insert(2)).await.unwrap();
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_is_full() {
    let Some((database, store)) = made(|_| {}).await else { return };
    let text = format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name);
    database.admin.batch_execute(&text).await.unwrap();
    database.kill_all().await;
    let outcome = store.commit(insert(1)).await;
    assert!(matches!(outcome, Err(CommitError::Store(StoreError::Full(_)))), "{outcome:?}");
    assert!(matches!(store.ping().await, Err(StoreError::Full(_))));
    assert!(store.rows(ids()).await.is_ok());
    store.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_finishes_what_was_admitted() {
    let Some((database, store)) = made(|_| {}).await else { return };
    let tasks: Vec<_> = (1..=200)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(insert(id)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    store.close().await;
    let mut written = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => written += 1,
            Err(error) => assert_eq!(error, CommitError::Store(StoreError::Closed)),
        }
    }
    assert_eq!(store.rows(ids()).await, Err(StoreError::Closed));
    let again = database.open(database.options()).await;
    assert_eq!(again.rows(ids()).await.unwrap().len(), written);
    again.close().await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_meet_in_a_circle_are_all_done() {
    let Some((database, store)) = made(|options| options.writers = 4).await else { return };
    let second = database.open(database.options()).await;
    for id in 1..=10 {
        store.commit(insert(id)).await.unwrap();
    }
    let tasks: Vec<_> = (0..200i64)
        .map(|n| {
            let store = if n % 2 == 0 { store.clone() } else { second.clone() };
            tokio::spawn(async move {
                let order: Vec<i64> = if n % 3 == 0 { vec![1, 2, 3] } else { vec![3, 2, 1] };
                let mut batch = Batch::new(SPACE);
                batch.writes = order.into_iter().flat_map(|id| rename(id).writes).collect();
                store.commit(batch).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    store.close().await;
    second.close().await;
    database.drop().await;
}

#[tokio::test]
async fn no_server_is_said_at_once() {
    let started = Instant::now();
    let outcome = PostgresStore::connect(PostgresOptions::new("postgres://nobody@127.0.0.1:1/none")).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
    assert!(started.elapsed() < Duration::from_secs(3));
}

/// Against a server on this machine that has Debian's self-signed certificate; elsewhere it says so and passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_checks_the_server() {
    let certificate = "/etc/ssl/certs/ssl-cert-snakeoil.pem";
    let Some(database) = Database::make().await else { return };
    let ssl: String = database.admin.query_one("SHOW ssl_cert_file", &[]).await.unwrap().get(0);
    let url = database.options().url;
    if ssl == certificate && url.contains("@127.0.0.1:") {
        let url = url.replace("@127.0.0.1:", "@localhost:");
        // Another root than the server's (the machine's own may contain it).
        let foreign = std::env::temp_dir().join(format!("{}.pem", database.name));
        let bundle = std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
        std::fs::write(&foreign, bundle).unwrap();
        let distrusting = format!("{url}?sslmode=require&sslrootcert={}", foreign.display());
        let outcome = PostgresStore::connect(PostgresOptions::new(distrusting)).await.map(|_| ());
        std::fs::remove_file(&foreign).unwrap();
        assert!(matches!(&outcome, Err(StoreError::Unavailable(why)) if why.contains("certificate")), "{outcome:?}");
        let trusting = format!("{url}?sslmode=verify-full&sslrootcert={certificate}");
        let store = database.open(PostgresOptions::new(trusting)).await;
        store.migrate(schema()).await.unwrap();
        store.commit(insert(1)).await.unwrap();
        let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = $1";
        assert!(database.admin.query_one(encrypted, &[&database.name]).await.unwrap().get::<_, bool>(0));
        store.close().await;
    } else {
        println!("skipped: no server with {certificate}");
    }
    database.drop().await;
}
