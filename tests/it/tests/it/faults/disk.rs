//! A full disk: honest refusals, reads go on, nothing that was acknowledged is lost, writes come back with the space.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kontor_testkit::{Api, Backend, Server};
use serde_json::json;

use super::cluster::Cluster;
use super::journal::Writers;
use super::mount::Disk;
use super::{BACK, rounds};

#[tokio::test]
async fn a_full_disk_on_sqlite() {
    let mut server = Server::builder().start().await;
    let _ = server.terminate().await;
    let Some(disk) = Disk::over("a full disk on SQLite", &server.place().data(), 48) else { return };
    let server = server.restart().await;
    let (server, mut writers) = fill_and_free(server, &disk, || true).await;
    let server = server.restart().await;
    let _ = writers.audit(&server.api()).await;
    let stored = writers.census(&server.api()).await;
    eprintln!("after kill -9: {stored} records, all as acknowledged");
    drop(disk);
}

#[tokio::test]
async fn a_full_disk_on_postgres() {
    const STORY: &str = "a full disk on PostgreSQL";
    let folder = std::env::temp_dir().join(format!("kontor-disk-{}", std::process::id()));
    let Some(disk) = Disk::mount(STORY, &folder, 160) else { return };
    let Some(cluster) = Cluster::start(STORY, Some(&folder)) else { return };
    let server = Server::builder().env("KONTOR_DATABASE_URL", &cluster.url()).start().await;
    let (server, mut writers) = fill_and_free(server, &disk, || cluster.is_up() || cluster.up()).await;
    assert!(cluster.crash() && cluster.up());
    let server = server.restart().await;
    let _ = writers.audit(&server.api()).await;
    let stored = writers.census(&server.api()).await;
    eprintln!("after a crash of both: {stored} records, all as acknowledged");
    drop((server, cluster, disk));
}

async fn fill_and_free(mut server: Server, disk: &Disk, revive: impl Fn() -> bool) -> (Server, Writers) {
    let api = server.api();
    let mut writers = Writers::new(&api, 16).await;
    let seen = writers.seen.clone();
    let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
    let readers = Readers::start(&api).await;
    for _ in 0..rounds(2, 20) {
        writers.start(&api);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let before = count(&seen.full);
        disk.fill();
        // A log that is carried over leaves room again: what is freed is filled.
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            disk.fill();
        }
        assert!(
            count(&seen.full) > before,
            "a full disk refuses with 507000; refused otherwise: {}",
            count(&seen.refused)
        );
        assert_eq!(api.anonymous().get("/healthz").await.status, 200);
        disk.free();
        assert!(revive());
        let acknowledged = count(&seen.acknowledged);
        let back = async {
            while count(&seen.acknowledged) < acknowledged + 16 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(BACK, back).await.expect("writes come back in time");
        assert_eq!(writers.end(true).await, 0, "the process lives");
        let _ = writers.audit(&api).await;
    }
    let (well, all) = readers.end().await;
    let (acknowledged, refused, full) = (count(&seen.acknowledged), count(&seen.refused), count(&seen.full));
    eprintln!(
        "{acknowledged} acknowledged, 507000 {full} times, 503000 or 500301 {refused} times; {well} of {all} reads well"
    );
    assert!(well * 100 >= all * 99, "{well} of {all} reads");
    server.kill();
    (server, writers)
}

struct Readers {
    stop: Arc<AtomicBool>,
    all: tokio::task::JoinHandle<(u64, u64)>,
}

impl Readers {
    async fn start(api: &Api) -> Self {
        let path = "/v1/customers";
        let id = api
            .create(
                path,
                json!({"name": kontor_testkit::unique("read"), "mobile": "13800138000", "customer_type": "vip"}),
            )
            .await;
        let purge = id.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let (api, stopped) = (api.clone(), stop.clone());
        let all = tokio::spawn(async move {
            let (mut well, mut all) = (0, 0);
            while !stopped.load(Ordering::Relaxed) {
                for path in [format!("{path}/{id}"), format!("{path}?limit=20")] {
                    all += 1;
                    well += u64::from(api.get(&path).await.status == 200);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            // It is not in the writers' journal.
            let _ = api.delete(&format!("{path}/{purge}")).await.expect(200);
            (well, all)
        });
        Self { stop, all }
    }

    async fn end(self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        self.all.await.expect("the reader")
    }
}

/// Where the database refuses to write, the answer says so, and goes on reading.
#[tokio::test]
async fn a_database_that_turns_read_only() {
    let Some(cluster) = Cluster::start("PostgreSQL turned read-only", None) else { return };
    let server = Server::builder().env("KONTOR_DATABASE_URL", &cluster.url()).start().await;
    let api = server.api();
    let id = api.create("/v1/customers", crate::support::customer()).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'kontor'";
    assert!(
        cluster.sql("ALTER SYSTEM SET default_transaction_read_only = on")
            && cluster.sql("SELECT pg_reload_conf()")
            && cluster.sql(cut)
    );
    let refused = api.request("POST", "/v1/customers").json(&crate::support::customer()).send().await;
    assert!(matches!(refused.error_code(), 507_000 | 503_000), "{refused}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let _ = api.post("/v1/customers", crate::support::customer()).await.refused(507_000);
    let _ = api.get(&format!("/v1/customers/{id}")).await.expect(200);
    assert_eq!(api.anonymous().get("/readyz").await.status, 503);
    assert!(
        cluster.sql("SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only")
            || cluster.crash()
    );
    assert!(Backend::ALL.len() == 2 && cluster.is_up() || cluster.up());
}
