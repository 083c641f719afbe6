//! Two processes that share a database hear of each other, and do so again after their connections broke.
#![expect(clippy::unwrap_used, reason = "test code")]

#[expect(dead_code, reason = "no store is opened here")]
mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use common::Database;
use kontor_model::SpaceId;
use kontor_store::{Bell, Commits};
use tokio::time::timeout;

/// A process that listens, and its bell for the table `t`.
async fn process(database: &Database) -> (Arc<Commits>, Arc<Bell>) {
    let commits = Arc::<Commits>::default();
    let bell = commits.bell("t");
    tokio::spawn(kontor_store_postgres::herald(&database.options(), commits.clone()).unwrap());
    told(&commits, true).await;
    (commits, bell)
}

async fn told(commits: &Commits, so: bool) {
    let until = async {
        while commits.is_told() != so {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), until).await.unwrap();
}

async fn heard(bell: &Bell) -> BTreeSet<SpaceId> {
    timeout(Duration::from_secs(20), bell.rung()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_hear_of_each_other() {
    let Some(database) = Database::make().await else { return };
    let (one, own) = process(&database).await;
    let (other, bell) = process(&database).await;
    one.ring(SpaceId(7), "t");
    one.ring(SpaceId(8), "nobody waits for it");
    assert_eq!(heard(&bell).await, BTreeSet::from([SpaceId(7)]));
    assert_eq!(heard(&own).await, BTreeSet::from([SpaceId(7)]), "its own change, once");
    other.ring(SpaceId(9), "t");
    assert_eq!(heard(&own).await, BTreeSet::from([SpaceId(9)]), "nothing of itself came back");
    assert_eq!(heard(&bell).await, BTreeSet::from([SpaceId(9)]));
    // A connection that breaks is made anew.
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kontor herald' AND datname = ";
    database.admin.batch_execute(&format!("{kill}'{}'", database.name)).await.unwrap();
    told(&one, false).await;
    told(&other, false).await;
    one.ring(SpaceId(10), "t");
    told(&one, true).await;
    told(&other, true).await;
    one.ring(SpaceId(11), "t");
    let mut spaces = heard(&bell).await;
    if !spaces.contains(&SpaceId(11)) {
        // What was changed meanwhile came first.
        assert_eq!(spaces, BTreeSet::from([SpaceId(10)]));
        spaces = heard(&bell).await;
    }
    assert!(spaces.contains(&SpaceId(11)), "{spaces:?}");
    database.drop().await;
}
