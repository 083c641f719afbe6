//! PostgreSQL goes down as in a crash and comes back, under load: no answer but 503000 and 500301 with `Retry-After`,
//! no lost write, no restart of the product.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kontor_testkit::Server;

use super::cluster::Cluster;
use super::journal::Writers;
use super::{BACK, a_while, rounds, spread};

#[tokio::test]
async fn postgres_crashes_and_comes_back() {
    let Some(cluster) = Cluster::start("PostgreSQL crashes and comes back", None) else { return };
    let server = Server::builder().env("KONTOR_DATABASE_URL", &cluster.url()).start().await;
    let api = server.api();
    let mut writers = Writers::new(&api, 32).await;
    let seen = writers.seen.clone();
    let (count, mut back, mut done) = (rounds(3, 50), Vec::new(), 0);
    for round in 0..count {
        writers.start(&api);
        a_while(200, 500).await;
        assert!(cluster.crash());
        if round % 3 == 0 {
            // Long enough for everyone to be refused.
            let asked = Instant::now();
            let refused = api.get("/v1/customers?limit=1").await;
            assert!(
                matches!(refused.error_code(), 503_000 | 500_301) && !refused.header("retry-after").is_empty(),
                "{refused}"
            );
            assert!(asked.elapsed() < Duration::from_secs(30), "a bounded wait");
            assert_eq!(api.anonymous().get("/readyz").await.status, 503);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(cluster.up(), "{}", cluster.log());
        let start = Instant::now();
        let acknowledged = seen.acknowledged.load(Ordering::Relaxed);
        let first = async {
            while seen.acknowledged.load(Ordering::Relaxed) == acknowledged {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(BACK, first).await.expect("the first write in time");
        back.push(start.elapsed());
        a_while(100, 200).await;
        assert_eq!(writers.end(true).await, 0, "the process lives");
        done += writers.audit(&api).await;
    }
    let stored = writers.census(&api).await;
    let (acknowledged, refused) = (seen.acknowledged.load(Ordering::Relaxed), seen.refused.load(Ordering::Relaxed));
    eprintln!(
        "{count} crashes of PostgreSQL: {acknowledged} writes acknowledged, {refused} refused, {done} done whose answer was lost"
    );
    eprintln!("{stored} records, all as acknowledged; first write after {}", spread(back));
}
