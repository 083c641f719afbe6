//! How fast messages go out while this process is busy with changes: those who write are not to feel who is told.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Changes under way for each core at which a process is busy: a few of them wait for the disk, more wait for a core.
const BUSY: usize = 4;
/// Messages of one turn while it is.
const TURN: usize = 32;
/// Messages a second for each core while it is: a few hundredths of what a core does.
const RATE: f64 = 250.0;
/// Between two looks whether it still is.
const LOOK: Duration = Duration::from_millis(10);

/// One for all endpoints of a process; they take turns in the order in which they come.
#[derive(Debug)]
pub(crate) struct Pace {
    busy: usize,
    pause: Duration,
    /// When the next turn may begin.
    free: Mutex<Instant>,
}

impl Pace {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(cores)
    }

    fn of(cores: usize) -> Self {
        let cores_f64 = u32::try_from(cores).map_or(1.0, f64::from);
        let turn = u32::try_from(TURN).map_or(1.0, f64::from);
        Self {
            busy: BUSY * cores,
            pause: Duration::from_secs_f64(turn / (RATE * cores_f64)),
            free: Mutex::new(Instant::now()),
        }
    }

    /// Waits until messages may go out; how many of `wanted`. `under_way` are changes at this moment.
    pub async fn turn(&self, under_way: impl Fn() -> usize, wanted: usize) -> usize {
        if under_way() <= self.busy {
            return wanted;
        }
        let mut free = self.free.lock().await;
        loop {
            if under_way() <= self.busy {
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_goes_out_while_nobody_writes() {
        let pace = Pace::of(2);
        let begun = Instant::now();
        for _ in 0..100 {
            assert_eq!(pace.turn(|| 2 * BUSY, 128).await, 128);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn little_goes_out_while_many_write_and_all_soon_after() {
        let pace = Pace::of(2);
        let under_way = AtomicUsize::new(64);
        let now = || under_way.load(Ordering::Relaxed);
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
