//! How fast messages go out while this process is busy with changes: those who write are not to feel who is told.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Changes under way for each core, as a mean, at which a process is busy: up to so many wait for the disk, more wait for
/// a core.
const BUSY: f64 = 12.0;
/// Messages of one turn while it is.
const TURN: usize = 32;
/// Messages a second for each core while it is: a few hundredths of what a core does.
const RATE: f64 = 250.0;
/// Between two looks whether it still is.
const LOOK: Duration = Duration::from_millis(10);

/// One for all endpoints of a process; they take turns in the order in which they come.
#[derive(Debug)]
pub(crate) struct Pace {
    busy: f64,
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
            busy: BUSY * cores_f64,
            pause: Duration::from_secs_f64(turn / (RATE * cores_f64)),
            free: Mutex::new(Instant::now()),
        }
    }

    /// How many of `wanted` may be made ready for one turn.
    pub fn room(&self, under_way: f64, wanted: usize) -> usize {
        if under_way > self.busy { wanted.min(TURN) } else { wanted }
    }

    /// Waits until messages may go out; how many of `wanted`. `under_way` are changes of late, as a mean.
    pub async fn turn(&self, under_way: impl Fn() -> f64, wanted: usize) -> usize {
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
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_goes_out_while_nobody_writes() {
        let pace = Pace::of(2);
        let begun = Instant::now();
        for _ in 0..100 {
            assert_eq!(pace.turn(|| 2.0 * BUSY, 128).await, 128);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn little_goes_out_while_many_write_and_all_soon_after() {
        let pace = Pace::of(2);
        let under_way = AtomicU32::new(64);
        let now = || f64::from(under_way.load(Ordering::Relaxed));
        assert_eq!((pace.room(now(), 128), pace.room(now(), 7), pace.room(2.0 * BUSY, 128)), (TURN, 7, 128));
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
