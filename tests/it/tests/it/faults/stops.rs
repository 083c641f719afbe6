//! SIGTERM under load: what was accepted is answered, and the process ends in time.

use std::time::{Duration, Instant};

use kontor_testkit::{Backend, Server, both_alone};

use super::journal::Writers;
use super::{a_while, rounds, spread};

both_alone!(a_graceful_end_under_load);

async fn a_graceful_end_under_load(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let mut writers = Writers::new(&server.api(), 64).await;
    let (count, mut ends, mut cut) = (rounds(4, 100), Vec::new(), 0);
    for _ in 0..count {
        writers.start(&server.api());
        let stopped_at = writers.seen.refused.load(std::sync::atomic::Ordering::Relaxed);
        a_while(50, 300).await;
        let start = Instant::now();
        let status = server.terminate().await;
        ends.push(start.elapsed());
        assert!(status.success(), "{status}");
        assert!(start.elapsed() <= Duration::from_secs(10), "{:?}", start.elapsed());
        let _ = writers.end(false).await;
        assert_eq!(
            writers.seen.refused.load(std::sync::atomic::Ordering::Relaxed),
            stopped_at,
            "accepted, then refused"
        );
        assert!(!server.log().contains("cut off"), "{}", server.log());
        cut += writers.open();
        server = server.restart().await;
        // A request without an answer was one that was never accepted.
        assert_eq!(writers.audit(&server.api()).await, 0, "done, and not answered");
    }
    let stored = writers.census(&server.api()).await;
    eprintln!(
        "{count} ends on {}: {stored} records, all as acknowledged; {cut} requests met a closed door; end {}",
        backend.name(),
        spread(ends)
    );
}
