//! What is SQLite's own: group commit, reopening, limits, backups.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kontor_model::{Kind, Op, SpaceId, Value};
use kontor_store::{
    Batch, Column, CommitError, Cond, Expr, Index, Schema, Search, Select, Store, StoreError, Table, Term, Write,
};
use kontor_store_sqlite::{SqliteOptions, SqliteStore, restore};

const SPACE: SpaceId = SpaceId(1);

fn schema() -> Arc<Schema> {
    let columns = ["id", "created_at"].map(|name| Column::new(name, Kind::Int));
    let mut columns = columns.to_vec();
    columns.push(Column::new("name", Kind::Text));
    let table =
        Table::new("note", &["id"], columns).index(Index::on("ix_note", &["space", "created_at", "id"])).searched();
    Arc::new(Schema { version: 1, oldest: 1, tables: vec![table] })
}

async fn open(path: &Path) -> Arc<SqliteStore> {
    let store = Arc::new(SqliteStore::open(SqliteOptions::new(path)).unwrap());
    store.migrate(schema()).await.unwrap();
    store
}

fn note(id: i64, name: &str) -> Write {
    let mut batch = Batch::new(SPACE);
    batch.insert(
        "note",
        vec![("id", Kind::Int, id.into()), ("created_at", Kind::Int, id.into()), ("name", Kind::Text, name.into())],
    );
    let mut write = batch.writes.pop().unwrap();
    if let Write::Insert { search, .. } = &mut write {
        *search = Some(name.into());
    }
    write
}

fn batch(writes: Vec<Write>) -> Batch {
    Batch { space: SPACE, writes }
}

fn ids() -> Select {
    Select::new(SPACE, "note", vec![Expr::column("id", Kind::Int)]).order(Expr::column("id", Kind::Int), false)
}

async fn count(store: &SqliteStore) -> usize {
    store.rows(ids()).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await;
    let tasks: Vec<_> = (1..=1_000)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(batch(vec![note(id, "kept")])).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    // What a killed process leaves: the files as they are, with the log not carried over.
    let left = folder.path().join("left.db");
    std::fs::copy(&path, &left).unwrap();
    std::fs::copy(folder.path().join("a.db-wal"), folder.path().join("left.db-wal")).unwrap();
    let again = open(&left).await;
    assert_eq!(count(&again).await, 1_000);
    assert!(again.migrate(schema()).await.unwrap().is_empty());
    again.close().await;
    assert!(!folder.path().join("left.db-wal").exists(), "the log is carried over when the store closes");
    assert_eq!(again.rows(ids()).await, Err(StoreError::Closed));
    assert_eq!(again.commit(batch(vec![note(1, "x")])).await, Err(CommitError::Store(StoreError::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_admitted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a.db")).await;
    let admitted: Vec<_> = (1..=500).map(|id| store.commit(batch(vec![note(id, "x")]))).collect();
    store.close().await;
    for answer in admitted {
        answer.await.unwrap();
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_whole_database() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a.db")).await;
    for id in 1..=300 {
        store.commit(batch(vec![note(id, "word")])).await.unwrap();
    }
    let to = folder.path().join("copy.db");
    let (copied, written) = tokio::join!(store.backup(to.clone()), store.commit(batch(vec![note(301, "later")])));
    copied.unwrap();
    written.unwrap();
    assert!(matches!(store.backup(to.clone()).await, Err(StoreError::Full(_))));
    let copy = open(&to).await;
    assert!((300..=301).contains(&count(&copy).await));
    assert!(matches!(store.backup(folder.path().join("no/such/place")).await, Err(StoreError::Full(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_only_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let store = open(&place("a.db")).await;
    store.commit(batch(vec![note(1, "precious")])).await.unwrap();
    store.backup(place("b.backup")).await.unwrap();
    let sound = std::fs::read(place("b.backup")).unwrap();
    restore(&place("b.backup"), &place("c.db")).unwrap();
    assert_eq!(count(&*open(&place("c.db")).await).await, 1);
    // A letter of a text: no structure of SQLite's knows of it.
    let at = sound.windows(8).position(|eight| eight == b"precious").unwrap();
    let mut changed = sound.clone();
    changed[at] = b'q';
    for bytes in
        [&changed[..], &sound[..sound.len() - 1], &sound[..4_096], &[&sound[..], b"\n"].concat(), b"", b"other"]
    {
        std::fs::write(place("d.backup"), bytes).unwrap();
        assert!(matches!(restore(&place("d.backup"), &place("d.db")), Err(StoreError::Damaged(_))));
        assert!(!place("d.db").exists());
    }
    assert!(matches!(restore(&place("nothing"), &place("d.db")), Err(StoreError::Full(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(SqliteStore::open(SqliteOptions::new(&path)), Err(StoreError::Schema(_))));
    std::fs::write(&path, vec![b'x'; 9_000]).unwrap();
    assert!(matches!(SqliteStore::open(SqliteOptions::new(&path)), Err(StoreError::Damaged(_))));
    let nowhere = SqliteStore::open(SqliteOptions::new(folder.path().join("no/such.db")));
    assert!(matches!(nowhere, Err(StoreError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_may_write_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let (one, two) = (open(&path).await, open(&path).await);
    let tasks: Vec<_> = (1..=400)
        .map(|id| {
            let store = if id % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move { store.commit(batch(vec![note(id, "x")])).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!((count(&one).await, count(&two).await), (400, 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_limited() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = open(&path).await;
    store
        .commit(batch((1..=20_000).map(|id| note(id, "a rather long name that is nowhere near")).collect()))
        .await
        .unwrap();
    let options = SqliteOptions { statement_timeout: Duration::from_millis(30), ..SqliteOptions::new(&path) };
    let hasty = SqliteStore::open(options).unwrap();
    let test = |n: i64| Cond::Test {
        left: Expr::column("name", Kind::Text),
        op: Op::Contains,
        right: format!("zebra{n}").into(),
    };
    let slow = ids().filter(Cond::Or((0..200).map(test).collect()));
    let outcome = hasty.rows(slow.clone()).await;
    assert!(matches!(outcome, Err(StoreError::Timeout(_))), "{outcome:?}");
    // The thread serves the next question.
    assert_eq!(hasty.rows(ids().limit(1)).await.unwrap(), vec![vec![Value::Int(1)]]);
    let asked = (0..20).map(|_| hasty.rows(slow.clone()));
    assert!(futures::future::join_all(asked).await.iter().all(|o| matches!(o, Err(StoreError::Timeout(_)))));
    let heavy = hasty.commit(batch((20_001..=60_000).map(|id| note(id, "late")).collect())).await;
    assert!(matches!(heavy, Err(CommitError::Store(StoreError::Timeout(_)))), "{heavy:?}");
    assert_eq!(count(&store).await, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn frequent_words_are_found_in_every_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a.db")).await;
    store
        .commit(batch((1..=8_000).map(|id| note(id, if id % 8 == 0 { "rare" } else { "common" })).collect()))
        .await
        .unwrap();
    let mut s = Select::new(SPACE, "note", vec![Expr::column("id", Kind::Int)]).limit(3);
    s = s.order(Expr::column("created_at", Kind::Int), true).order(Expr::column("id", Kind::Int), true);
    for (word, expected) in [("common", [7_999, 7_998, 7_997]), ("rare", [8_000, 7_992, 7_984])] {
        s.search = Some(Search { terms: vec![Term { tokens: vec![word.into()], prefix: false }] });
        let rows = store.rows(s.clone()).await.unwrap();
        assert_eq!(rows, expected.map(|id| vec![Value::Int(id)]).to_vec(), "{word}");
    }
    // Frequent, but never under this filter.
    s = s.filter(Cond::Test { left: Expr::column("name", Kind::Text), op: Op::Eq, right: "rare".into() });
    s.search = Some(Search { terms: vec![Term { tokens: vec!["common".into()], prefix: false }] });
    assert!(store.rows(s).await.unwrap().is_empty());
}
