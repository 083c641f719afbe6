//! The request log's queue, writer and sweep over a database.

use std::sync::Arc;
use std::time::Duration;

use kontor_catalog::schema;
use kontor_http::request_log::{Line, RequestLog, sweep};
use kontor_model::{ApiVersion, FixedClock, Id, IdGenerator, Kind, SpaceId, Value};
use kontor_store::system::REQUEST_LOG;
use kontor_store::{Expr, Select, Store};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};

const DAY_MS: i64 = 86_400_000;
const NOW: i64 = 1_790_000_000_000;
/// More than the queue holds.
const MANY: u64 = 10_000;

fn line(at: i64) -> Line {
    Line {
        space: SpaceId(1),
        at,
        request_id: "r".into(),
        credential: Id(7),
        user: None,
        impersonator: None,
        version: Some(ApiVersion::V2),
        method: axum::http::Method::GET,
        route: "/v2/{collection}".into(),
        status: 200,
        error: None,
        duration: Duration::from_micros(1_500),
        db_ms: 0.5,
        retries: 0,
        downstream: None,
        request_body: Some("{\"a\":1}".into()),
        response_body: None,
    }
}

async fn store(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("t.db"))).unwrap());
    store.migrate(Arc::new(schema(&[]))).await.unwrap();
    store
}

async fn rows(store: &dyn Store) -> Vec<Vec<Value>> {
    let columns =
        [("at", Kind::Int), ("duration_us", Kind::Int), ("version", Kind::Text), ("request_body", Kind::Text)];
    let columns = columns.map(|(name, kind)| Expr::column(name, kind)).to_vec();
    store.rows(Select::new(SpaceId(1), REQUEST_LOG, columns).order(Expr::column("id", Kind::Int), false)).await.unwrap()
}

#[tokio::test]
async fn old_lines_are_swept_and_young_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let clock = Arc::new(FixedClock::at(NOW - 8 * DAY_MS));
    let ids = Arc::new(IdGenerator::new(clock.clone(), 1));
    for (days, count) in [(8, 1_200), (6, 3)] {
        let (log, writer) = RequestLog::new(store.clone(), ids.clone());
        (0..count).for_each(|_| log.push(line(NOW - days * DAY_MS)));
        drop(log);
        writer.run().await;
        clock.advance(2 * DAY_MS);
    }
    assert_eq!(rows(&*store).await.len(), 1_203);
    assert_eq!(sweep(&*store, SpaceId(2), NOW, 7).await.unwrap(), 0);
    assert_eq!(sweep(&*store, SpaceId(1), NOW, 7).await.unwrap(), 1_200);
    let left = rows(&*store).await;
    assert_eq!(left.len(), 3);
    // A space that is not known to be a sandbox keeps no bodies.
    let expected = vec![Value::Int(NOW - 6 * DAY_MS), Value::Int(1_500), Value::text("v2"), Value::Null];
    assert_eq!(left[0], expected);
    assert_eq!(sweep(&*store, SpaceId(1), NOW, 7).await.unwrap(), 0);
}

#[tokio::test]
async fn a_full_queue_drops_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let ids = Arc::new(IdGenerator::new(Arc::new(FixedClock::at(NOW)), 1));
    let dropped = kontor_telemetry::metrics::counter("request_log_lines_dropped_total", "", &[]);
    let before = dropped.get();
    let (log, writer) = RequestLog::new(store.clone(), ids);
    (0..MANY).for_each(|_| log.push(line(NOW)));
    let lost = dropped.get() - before;
    assert!(lost > 0);
    drop(log);
    writer.run().await;
    assert_eq!(rows(&*store).await.len() as u64 + lost, MANY);
}
