use std::collections::BTreeSet;

use super::*;
use crate::{Columns, Members};
use kontor_model::{Kind, Value};
use tokio::sync::Semaphore;

/// Commits when it is let; knows nothing.
struct Slow(Arc<Semaphore>);

impl Store for Slow {
    fn rows(&self, _: Select) -> BoxFuture<'_, Result<Rows, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn page(&self, _: Select, _: Arc<Shape>) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }
    fn commit(&self, _: Batch) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async {
            self.0.acquire().await.unwrap().forget();
            Ok(())
        })
    }
    fn migrate(&self, _: Arc<Schema>) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn create_index(&self, _: Arc<str>, _: Index) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async { Ok(()) })
    }
    fn drop_index(&self, _: String) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
    fn status(&self) -> BoxFuture<'_, Result<StoreStatus, StoreError>> {
        Box::pin(async { Ok(StoreStatus::default()) })
    }
    fn scrub(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
    fn backup(&self, _: PathBuf) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

fn store(permits: usize) -> (Arc<Watched>, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(permits));
    (Arc::new(Watched::new(Arc::new(Slow(gate.clone())))), gate)
}

fn select(space: i64, table: &str) -> Select {
    Select::new(SpaceId(space), table, Columns::default())
}

async fn read(store: &Watched, select: Select) -> Seen {
    store.commits().observed(async { store.rows(select).await }).await.1
}

fn change(space: i64, table: &str) -> Batch {
    let mut batch = Batch::new(SpaceId(space));
    batch.insert(table, vec![("id", Kind::Int, Value::Int(1))]);
    batch
}

#[tokio::test]
async fn a_commit_shows_in_its_own_table_and_space_only() {
    let (store, _) = store(9);
    let seen = read(&store, select(1, "a")).await;
    assert!(seen.is_current() && !seen.is_empty());
    store.commit(change(1, "b")).await.unwrap();
    store.commit(change(2, "a")).await.unwrap();
    assert!(seen.is_current());
    store.commit(change(1, "a")).await.unwrap();
    assert!(!seen.is_current());
    assert!(read(&store, select(1, "a")).await.is_current());
    assert!(store.commits().any_within(SpaceId(1), &["x", "a"], Duration::from_secs(60)));
    assert!(!store.commits().any_within(SpaceId(1), &["x"], Duration::from_secs(60)));
}

#[tokio::test]
async fn tables_of_joins_and_of_members_count() {
    let (store, _) = store(9);
    let from = |table: &str| Source { table: table.into(), object: None, which: crate::Which::All };
    let among = |table: &str| Cond::Among {
        left: crate::Expr::column("id", Kind::Int),
        rows: Box::new(Members {
            space: SpaceId(1),
            from: from(table),
            column: "id".into(),
            filter: Cond::Not(Box::new(Cond::Never)),
        }),
    };
    let mut whole = select(1, "a").filter(Cond::Or(vec![Cond::Never, Cond::Not(Box::new(among("d")))]));
    let on = crate::Expr::column("b_id", Kind::Int);
    whole.joins.push(crate::Join { source: from("b"), on, filter: Some(among("c")) });
    for table in ["a", "b", "c", "d"] {
        let seen = read(&store, whole.clone()).await;
        store.commit(change(1, table)).await.unwrap();
        assert!(!seen.is_current(), "{table}");
    }
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_is_counted_when_it_is_done() {
    let (store, gate) = store(0);
    let seen = read(&store, select(1, "a")).await;
    let mut commit = store.commit(change(1, "a"));
    assert!(futures::poll!(&mut commit).is_pending());
    drop(commit);
    // One that was never begun is not carried out.
    drop(store.commit(change(1, "b")));
    let during = read(&store, select(1, "a")).await;
    assert!(seen.is_current() && during.is_current());
    gate.add_permits(1);
    while during.is_current() {
        tokio::task::yield_now().await;
    }
    assert!(!seen.is_current());
    assert_eq!(gate.available_permits(), 0);
}
#[tokio::test]
async fn a_bell_says_where_its_table_was_changed() {
    let (store, _) = store(9);
    store.commit(change(1, "a")).await.unwrap();
    let bell = store.commits().bell("a");
    for (space, table) in [(1, "b"), (2, "a"), (3, "a"), (2, "a")] {
        store.commit(change(space, table)).await.unwrap();
    }
    assert_eq!(bell.rung().await, BTreeSet::from([SpaceId(2), SpaceId(3)]));
    assert!(futures::poll!(Box::pin(bell.rung())).is_pending());
}

#[tokio::test]
async fn other_processes_ring_and_are_told() {
    let (store, _) = store(9);
    let commits = store.commits().clone();
    let bell = commits.bell("a");
    store.commit(change(1, "a")).await.unwrap();
    assert_eq!(bell.rung().await, BTreeSet::from([SpaceId(1)]));
    let abroad = commits.abroad().clone();
    store.commit(change(2, "a")).await.unwrap();
    store.commit(change(2, "b")).await.unwrap();
    assert_eq!(abroad.rung().await, BTreeSet::from([(SpaceId(2), "a")]), "of tables that somebody waits for");
    bell.rung().await;
    commits.hear(SpaceId(3), "a");
    assert_eq!(bell.rung().await, BTreeSet::from([SpaceId(3)]));
    assert!(futures::poll!(Box::pin(abroad.rung())).is_pending(), "what was heard is not told again");
}

#[tokio::test]
async fn answers_are_counted_and_failures_are_not() {
    let (store, _) = store(1);
    assert!(store.page(select(1, "a"), Arc::default()).await.is_err());
    assert_eq!(store.commits().answers(), 0);
    store.rows(select(1, "a")).await.unwrap();
    store.commit(change(1, "a")).await.unwrap();
    assert_eq!(store.commits().answers(), 2);
}
