//! A polite client beside the others: it asks once in a while, on connections of its own.

use std::time::{Duration, Instant};

use kontor_testkit::Api;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{rounds, spread};

/// What it may wait for an answer (figures 30 and 32), where the machine is quiet and the build is the real one.
const PATIENCE: Duration = Duration::from_millis(800);

/// A client that is at it until it is asked how it was.
pub struct Neighbour {
    stop: watch::Sender<()>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Neighbour {
    pub fn of(api: &Api) -> Self {
        let api = api.clone();
        let (stop, mut stopped) = watch::channel(());
        let asking = tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let begun = Instant::now();
                let reply = api.raw_get("/v1/customers?limit=1").await;
                assert_eq!(reply.status, 200, "the neighbour is refused: {}", reply.head);
                times.push(begun.elapsed());
                tokio::select! {
                    _ = stopped.changed() => return times,
                    () = tokio::time::sleep(Duration::from_millis(20)) => {}
                }
            }
        });
        Self { stop, asking }
    }

    /// Every answer was good; how long they took. In the full figures they may not take long.
    pub async fn polite(self) -> String {
        drop(self.stop);
        let mut times = self.asking.await.expect("every answer is good");
        times.sort_unstable();
        let p99 = times[(times.len() - 1) * 99 / 100];
        assert!(rounds(0, 1) == 0 || p99 < PATIENCE, "{}", spread(times.clone()));
        format!("{} answers, {}", times.len(), spread(times))
    }
}
