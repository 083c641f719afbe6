//! Whether the loops of this process turn. A loop that is watched gives a sign of life with each answer of the database,
//! and while it rests; one that hangs, or has broken off by a panic, gives none. One whose turns all fail stands still, too.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Without a sign for so long, a loop that serves a queue stands still.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// In place of the time of the last sign.
const AT_REST: u64 = u64::MAX;

tokio::task_local! {
    static OWN: Arc<Pulse>;
}

/// When a loop stands still.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Without a sign, or failing, for longer.
    pub patience: Duration,
    /// A failure of the database in each of its turns is a standstill, too.
    pub failures: bool,
}

impl Default for Limit {
    fn default() -> Self {
        Self { patience: PATIENCE, failures: true }
    }
}

/// Times are milliseconds since `began`, which is 1.
#[derive(Debug)]
struct Pulse {
    name: &'static str,
    limit: Limit,
    began: Instant,
    /// The last sign.
    sign: AtomicU64,
    /// The last sign before its turns began to fail; 0 while they do not.
    failing: AtomicU64,
    /// Something has failed in this turn.
    failed: AtomicBool,
}

impl Pulse {
    fn new(name: &'static str, limit: Limit) -> Self {
        let (sign, failing) = (AtomicU64::new(1), AtomicU64::new(0));
        Self { name, limit, began: Instant::now(), sign, failing, failed: AtomicBool::new(false) }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or_default().saturating_add(1)
    }

    fn since(&self, then: u64) -> Duration {
        Duration::from_millis(self.now().saturating_sub(then))
    }

    fn beat(&self) {
        self.sign.store(self.now(), Ordering::Relaxed);
    }

    fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
        let sign = self.sign.load(Ordering::Relaxed).min(self.now());
        self.failing.compare_exchange(0, sign, Ordering::Relaxed, Ordering::Relaxed).ok();
    }

    /// The turn is over.
    fn rest(&self) {
        self.sign.store(AT_REST, Ordering::Relaxed);
        if !self.failed.swap(false, Ordering::Relaxed) {
            self.failing.store(0, Ordering::Relaxed);
        }
    }

    fn look(&self) -> Sign {
        let of = |time: &AtomicU64, none| {
            let time = time.load(Ordering::Relaxed);
            if time == none { Duration::ZERO } else { self.since(time) }
        };
        let (silent, failing) = (of(&self.sign, AT_REST), of(&self.failing, 0));
        let worst = if self.limit.failures { silent.max(failing) } else { silent };
        Sign { name: self.name, silent, failing, is_stalled: worst > self.limit.patience }
    }
}

/// How a loop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    pub name: &'static str,
    /// Since it showed a sign of life.
    pub silent: Duration,
    /// Since when the database has failed in each of its turns.
    pub failing: Duration,
    pub is_stalled: bool,
}

/// The loops of this process.
#[derive(Debug, Default)]
pub struct Pulses {
    all: Mutex<Vec<Arc<Pulse>>>,
}

impl Pulses {
    /// Runs a loop to its end, under watch.
    pub fn watched<F: Future>(
        self: &Arc<Self>,
        name: &'static str,
        limit: Limit,
        work: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let pulses = self.clone();
        async move {
            let own = Arc::new(Pulse::new(name, limit));
            pulses.edit(|all| all.push(own.clone()));
            let output = OWN.scope(own.clone(), work).await;
            // One that did not come to here has not ended, it has broken off.
            pulses.edit(|all| all.retain(|one| !Arc::ptr_eq(one, &own)));
            output
        }
    }

    /// Each loop.
    pub fn signs(&self) -> Vec<Sign> {
        self.edit(|all| all.iter().map(|one| one.look()).collect())
    }

    fn edit<T>(&self, how: impl FnOnce(&mut Vec<Arc<Pulse>>) -> T) -> T {
        how(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The database has answered the loop that this is called in, or has failed it; nothing elsewhere.
pub(crate) fn answered(well: bool) {
    OWN.try_with(|own| if well { own.beat() } else { own.fail() }).ok();
}

/// Waits for something that may take any time, between two turns of a loop.
pub async fn at_rest<F: Future>(wait: F) -> F::Output {
    OWN.try_with(|own| own.rest()).ok();
    let _turn = Turn;
    wait.await
}

/// Begins with the end of a rest, be it that nobody waits for it any more.
struct Turn;

impl Drop for Turn {
    fn drop(&mut self) {
        answered(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn limit(patience: Duration) -> Limit {
        Limit { patience, failures: false }
    }

    async fn stalled(pulses: &Arc<Pulses>, after: Duration) -> Vec<&'static str> {
        tokio::time::sleep(after).await;
        pulses.signs().iter().filter(|one| one.is_stalled).map(|one| one.name).collect()
    }

    #[tokio::test]
    async fn a_loop_that_hangs_is_found_and_one_that_rests_is_not() {
        let pulses = Arc::<Pulses>::default();
        let (go_on, goes_on) = tokio::sync::oneshot::channel::<()>();
        let hangs = tokio::spawn(pulses.watched("hangs", limit(SHORT), async move {
            goes_on.await.ok();
            at_rest(std::future::pending::<()>()).await;
        }));
        let rests = tokio::spawn(pulses.watched("rests", limit(SHORT), at_rest(std::future::pending::<()>())));
        let beats = tokio::spawn(pulses.watched("beats", limit(Duration::from_secs(5)), async {
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                answered(true);
            }
        }));
        assert_eq!(stalled(&pulses, SHORT * 3).await, ["hangs"]);
        go_on.send(()).unwrap();
        assert!(stalled(&pulses, SHORT * 3).await.is_empty());
        for task in [hangs, rests, beats] {
            task.abort();
        }
    }

    #[tokio::test]
    async fn one_that_ended_is_well_and_one_that_broke_off_is_not() {
        let pulses = Arc::<Pulses>::default();
        pulses.watched("ended", limit(SHORT), async {}).await;
        let broken = tokio::spawn(pulses.watched("broken", limit(SHORT), async {
            at_rest(async { panic!("as a fault would") }).await;
        }));
        assert!(broken.await.is_err());
        assert_eq!(stalled(&pulses, SHORT * 3).await, ["broken"]);
    }

    #[tokio::test]
    async fn one_whose_turns_all_fail_stands_still_where_that_is_asked_for() {
        let pulses = Arc::<Pulses>::default();
        let (well, fails) = (Arc::new(AtomicBool::new(false)), Limit { failures: true, ..limit(SHORT) });
        let work = |well: Arc<AtomicBool>| async move {
            loop {
                at_rest(tokio::time::sleep(Duration::from_millis(1))).await;
                answered(true);
                answered(well.load(Ordering::Relaxed));
            }
        };
        let strict = tokio::spawn(pulses.watched("strict", fails, work(well.clone())));
        let lenient = tokio::spawn(pulses.watched("lenient", limit(Duration::from_secs(5)), work(well.clone())));
        assert_eq!(stalled(&pulses, SHORT * 3).await, ["strict"]);
        assert!(pulses.signs().iter().all(|one| one.failing > SHORT));
        well.store(true, Ordering::Relaxed);
        assert!(stalled(&pulses, SHORT * 3).await.is_empty());
        assert!(pulses.signs().iter().all(|one| one.failing.is_zero()));
        strict.abort();
        lenient.abort();
    }

    #[tokio::test]
    async fn nobody_is_meant_outside_of_a_loop() {
        answered(true);
        at_rest(async {}).await;
    }
}
