//! One endpoint's circuit: after failures in a row nothing is sent for a while, and then one message to try.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open it.
pub(crate) const MOST: u32 = 10;

/// See the module.
#[derive(Debug)]
pub struct Breaker {
    circuit: Mutex<Circuit>,
    /// How long it is open the first time, and at most.
    cool_down: (Duration, Duration),
}

#[derive(Debug, Default)]
struct Circuit {
    failures: u32,
    open_until: Option<Instant>,
}

impl Circuit {
    /// How long it is still open.
    fn left(&self) -> Option<Duration> {
        let until = self.open_until.filter(|_| self.failures >= MOST)?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }
}

impl Breaker {
    pub fn new(cool_down: (Duration, Duration)) -> Self {
        Self { circuit: Mutex::default(), cool_down }
    }

    fn with<T>(&self, what: impl FnOnce(&mut Circuit) -> T) -> T {
        what(&mut self.circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many messages may be sent at once now; how long none may.
    ///
    /// # Errors
    /// The circuit is open for so long.
    pub fn room(&self, most: usize) -> Result<usize, Duration> {
        self.with(|circuit| match circuit.left() {
            Some(left) => Err(left),
            None => Ok(if circuit.failures < MOST { most } else { 1 }),
        })
    }

    /// Whether it has opened while others were under way.
    pub fn is_open(&self) -> bool {
        self.with(|circuit| circuit.left().is_some())
    }

    /// Whether the last that came back was accepted, or few in a row were not.
    pub fn is_closed(&self) -> bool {
        self.with(|circuit| circuit.failures < MOST)
    }

    pub fn succeeded(&self) {
        self.with(|circuit| *circuit = Circuit::default());
    }

    pub fn failed(&self) {
        let (first, longest) = self.cool_down;
        self.with(|circuit| {
            // Those that were under way when it opened say nothing new.
            if circuit.left().is_some() {
                return;
            }
            circuit.failures = circuit.failures.saturating_add(1);
            if circuit.failures >= MOST {
                let doubled = first.saturating_mul(1 << (circuit.failures - MOST).min(20));
                circuit.open_until = Some(Instant::now() + doubled.min(longest));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_tries_and_closes() {
        let ms = Duration::from_millis;
        let breaker = Breaker::new((ms(100), ms(1_000)));
        for _ in 0..MOST - 1 {
            breaker.failed();
        }
        assert_eq!((breaker.room(16), breaker.is_closed()), (Ok(16), true));
        breaker.failed();
        assert_eq!((breaker.room(16), breaker.is_open()), (Err(ms(100)), true));
        tokio::time::advance(ms(100)).await;
        assert_eq!((breaker.room(16), breaker.is_open(), breaker.is_closed()), (Ok(1), false, false));
        breaker.failed();
        assert_eq!(breaker.room(16), Err(ms(200)));
        // What was under way with it.
        breaker.failed();
        assert_eq!(breaker.room(16), Err(ms(200)));
        for _ in 0..40 {
            tokio::time::advance(ms(1_000)).await;
            breaker.failed();
        }
        assert_eq!(breaker.room(16), Err(ms(1_000)));
        breaker.succeeded();
        assert_eq!(breaker.room(16), Ok(16));
    }
}
