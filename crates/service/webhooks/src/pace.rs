//! How fast messages go out while this process is busy with changes: those who write are not to feel who is told.

use std::time::Duration;

use kontor_records::Load;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Changes under way for each core at which a process is busy: up to so many wait for the disk, more wait for a core.
const CROWD: f64 = 12.0;
/// Also where fewer than that are under way because the disk is quick: so many for each core, when so many begin in a
/// second.
const QUICK: (f64, f64) = (4.0, 1_000.0);
/// Messages of one turn while it is.
const TURN: usize = 32;
/// Messages a second for each core while it is: a few hundredths of what a core does.
const RATE: f64 = 250.0;
/// Between two looks whether it still is.
const LOOK: Duration = Duration::from_millis(10);

/// One for all endpoints of a process; they take turns in the order in which they come.
#[derive(Debug)]
pub(crate) struct Pace {
    cores: f64,
    pause: Duration,
    /// When the next turn may begin.
    free: Mutex<Instant>,
}

impl Pace {
    pub fn new() -> Self {
        Self::of(std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn of(cores: usize) -> Self {
        let cores = u32::try_from(cores).map_or(1.0, f64::from);
        let turn = u32::try_from(TURN).map_or(1.0, f64::from);
        Self { cores, pause: Duration::from_secs_f64(turn / (RATE * cores)), free: Mutex::new(Instant::now()) }
    }

    fn is_busy(&self, load: Load) -> bool {
        let (crowd, rate) = (load.under_way / self.cores, load.rate / self.cores);
        crowd > CROWD || (crowd > QUICK.0 && rate > QUICK.1)
    }

    /// How many of `wanted` may be made ready for one turn.
    pub fn room(&self, load: Load, wanted: usize) -> usize {
        if self.is_busy(load) { wanted.min(TURN) } else { wanted }
    }

    /// Waits until messages may go out; how many of `wanted`. `load` is that of the moment.
    pub async fn turn(&self, load: impl Fn() -> Load, wanted: usize) -> usize {
        if !self.is_busy(load()) {
            return wanted;
        }
        let mut free = self.free.lock().await;
        loop {
            if !self.is_busy(load()) {
                return wanted;
            }
            let left = free.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(left.min(LOOK)).await;
        }
        *free = Instant::now() + self.pause;
        wanted.min(TURN)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn load(under_way: f64, rate: f64) -> Load {
        Load { under_way, rate }
    }

    #[test]
    fn many_at_once_or_many_in_a_second_make_a_process_busy() {
        let pace = Pace::of(2);
        for (under_way, rate, is_busy) in [
            (2.0 * CROWD + 1.0, 10.0, true),
            (2.0 * CROWD - 1.0, 1_500.0, false),
            (9.0, 1_900.0, false),
            (9.0, 2_100.0, true),
            (7.0, 9_000.0, false),
        ] {
            assert_eq!(pace.is_busy(load(under_way, rate)), is_busy, "{under_way} {rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_goes_out_while_nobody_writes() {
        let pace = Pace::of(2);
        let begun = Instant::now();
        for _ in 0..100 {
            assert_eq!(pace.turn(|| load(2.0 * CROWD, 1_000.0), 128).await, 128);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn little_goes_out_while_many_write_and_all_soon_after() {
        let pace = Pace::of(2);
        let under_way = AtomicU32::new(64);
        let now = || load(f64::from(under_way.load(Ordering::Relaxed)), 1_000.0);
        assert_eq!((pace.room(now(), 128), pace.room(now(), 7), pace.room(load(8.0, 1_000.0), 128)), (TURN, 7, 128));
        let begun = Instant::now();
        for _ in 0..10 {
            assert_eq!(pace.turn(now, 128).await, TURN);
        }
        let took = begun.elapsed();
        assert!((Duration::from_millis(500)..Duration::from_millis(700)).contains(&took), "{took:?}");
        assert_eq!(pace.turn(now, 7).await, 7);
        let (waits, quiet) = tokio::join!(pace.turn(now, 128), async {
            tokio::time::sleep(Duration::from_millis(15)).await;
            under_way.store(0, Ordering::Relaxed);
        });
        assert_eq!((waits, quiet), (128, ()));
    }
}
