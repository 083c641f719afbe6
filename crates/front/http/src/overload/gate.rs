//! Lets as many requests through as the limit says. While there is room that is two atomic operations; only who has to
//! wait takes a lock.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kontor_model::SpaceId;
use kontor_telemetry::metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::oneshot;

use super::fair::{Fair, Ticket};
use super::limit::{Limit, WINDOW, Window};

/// What a gate is made of.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub min: usize,
    pub max: usize,
    /// Requests that may wait.
    pub queue: usize,
    /// How long one may wait.
    pub patience: Duration,
    /// How long a request should take at most.
    pub target: Duration,
}

struct Metrics {
    limit: Gauge,
    in_flight: Gauge,
    queued: Gauge,
    shed: Counter,
}

/// Admits requests of one kind.
pub struct Gate {
    shape: Shape,
    start: Instant,
    limit: AtomicUsize,
    in_flight: AtomicUsize,
    waiting: AtomicUsize,
    finished: AtomicU32,
    slow: AtomicU32,
    peak: AtomicUsize,
    inner: Mutex<Inner>,
    metrics: Metrics,
}

struct Inner {
    queue: Fair<oneshot::Sender<Permit>>,
    limit: Limit,
}

/// There is no room, and none in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shed;

/// The right to work, given back when dropped.
pub struct Permit {
    gate: Option<Arc<Gate>>,
    begun: Instant,
    target: Duration,
}

impl Gate {
    /// `kind` is the label of its metrics.
    pub fn new(kind: &str, shape: Shape) -> Self {
        let labels = [("kind", kind)];
        let limit = Limit::new(shape.min, shape.max);
        let metrics = Metrics {
            limit: gauge("overload_limit", "Requests that may be worked on at once.", &labels),
            in_flight: gauge("overload_in_flight", "Requests that are worked on.", &labels),
            queued: gauge("overload_queued", "Requests that wait for their turn.", &labels),
            shed: counter("overload_shed_total", "Requests refused because there was no room in time.", &labels),
        };
        metrics.limit.set(i64::try_from(limit.now()).unwrap_or(i64::MAX));
        Self {
            shape,
            start: Instant::now(),
            limit: AtomicUsize::new(limit.now()),
            in_flight: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            finished: AtomicU32::new(0),
            slow: AtomicU32::new(0),
            peak: AtomicUsize::new(0),
            inner: Mutex::new(Inner { queue: Fair::new(shape.queue), limit }),
            metrics,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> bool {
        let limit = self.limit.load(Relaxed);
        let taken = self.in_flight.fetch_update(SeqCst, SeqCst, |n| (n < limit).then_some(n + 1));
        if let Ok(before) = taken {
            self.peak.fetch_max(before + 1, Relaxed);
            self.metrics.in_flight.add(1);
        }
        taken.is_ok()
    }

    fn permit(self: &Arc<Self>, target: Duration) -> Permit {
        Permit { gate: Some(self.clone()), begun: Instant::now(), target }
    }

    /// Waits for a turn, a short while. `cost` scales how long the request may take before it counts as slow.
    ///
    /// # Errors
    /// [`Shed`], at once when too many wait.
    pub async fn enter(self: &Arc<Self>, space: SpaceId, rank: usize, cost: u32) -> Result<Permit, Shed> {
        let target = self.shape.target.saturating_mul(cost.max(1));
        // Who comes while others wait does not overtake them.
        if self.waiting.load(SeqCst) == 0 && self.take() {
            return Ok(self.permit(target));
        }
        let (sender, turn) = oneshot::channel();
        let place = {
            let mut inner = self.lock();
            let pushed = inner.queue.push(space, rank, sender);
            let place = pushed.map(|(ticket, _)| Place { gate: self, ticket });
            self.hand_out(&mut inner);
            place
        };
        let Ok(_place) = place else {
            self.metrics.shed.increment();
            return Err(Shed);
        };
        // The sender is dropped when another took the place; a permit that comes too late gives itself back.
        match tokio::time::timeout(self.shape.patience, turn).await {
            Ok(Ok(mut permit)) => {
                (permit.begun, permit.target) = (Instant::now(), target);
                Ok(permit)
            }
            Ok(Err(_)) | Err(_) => {
                self.metrics.shed.increment();
                Err(Shed)
            }
        }
    }

    /// Gives what room there is to who waits.
    fn hand_out(self: &Arc<Self>, inner: &mut Inner) {
        loop {
            // Said before the room is looked at: who gives a permit back now sees that someone waits, or this sees the room.
            self.say_waiting(inner.queue.len());
            if inner.queue.len() == 0 || !self.take() {
                return;
            }
            let Some(next) = inner.queue.pop() else {
                self.in_flight.fetch_sub(1, SeqCst);
                self.metrics.in_flight.add(-1);
                return;
            };
            if let Err(mut permit) = next.send(self.permit(self.shape.target)) {
                // It went away. Not by dropping the permit: that takes the lock.
                permit.gate = None;
                self.in_flight.fetch_sub(1, SeqCst);
                self.metrics.in_flight.add(-1);
            }
        }
    }

    fn say_waiting(&self, count: usize) {
        self.waiting.store(count, SeqCst);
        self.metrics.queued.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn leave(self: &Arc<Self>, took: Duration, target: Duration) {
        self.in_flight.fetch_sub(1, SeqCst);
        self.metrics.in_flight.add(-1);
        if took > target {
            self.slow.fetch_add(1, Relaxed);
        }
        let is_window_full = self.finished.fetch_add(1, Relaxed) + 1 >= WINDOW;
        let is_awaited = self.waiting.load(SeqCst) > 0;
        if !is_window_full && !is_awaited {
            return;
        }
        let mut inner = self.lock();
        if is_window_full {
            let seen = Window {
                finished: self.finished.swap(0, Relaxed),
                slow: self.slow.swap(0, Relaxed),
                peak: self.peak.swap(0, Relaxed),
            };
            let now = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let target = u64::try_from(self.shape.target.as_micros()).unwrap_or(u64::MAX);
            let limit = inner.limit.learn(seen, now, target);
            self.limit.store(limit, Relaxed);
            self.metrics.limit.set(i64::try_from(limit).unwrap_or(i64::MAX));
        }
        self.hand_out(&mut inner);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.leave(self.begun.elapsed(), self.target);
        }
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a> {
    gate: &'a Arc<Gate>,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut inner = self.gate.lock();
        if inner.queue.remove(self.ticket).is_some() {
            self.gate.say_waiting(inner.queue.len());
        }
    }
}
