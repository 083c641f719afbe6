//! The places of connections: bounded in number, by address too. Where there is none left, the connection that has
//! been without a request for longest makes room, so that idlers never keep out who has something to ask. One that has
//! only just come may still ask before it goes: in a flood, its turn to leave comes before its first bytes do.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kontor_telemetry::metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::Notify;

/// Of so many connections one makes room at a time: a full house is not looked through for each newcomer.
const SHARE: usize = 64;
/// A connection that asks for the first time within this is answered, even though it has to make room.
const FRESH: Duration = Duration::from_secs(1);

/// One connection's place.
pub struct Place {
    number: u64,
    /// None for one that is not counted by address.
    address: Option<IpAddr>,
    since: tokio::time::Instant,
    /// Under way.
    requests: AtomicU32,
    /// Whether there has been one.
    has_asked: AtomicBool,
    /// Since when there is none, in milliseconds of the house.
    waiting_since: AtomicU64,
    leaving: AtomicBool,
    leave: Notify,
    hurry: Notify,
}

impl Place {
    /// Whether there is a request under way.
    pub fn is_busy(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Whether it does not count any more.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Until when a connection that has to leave may still ask for the first time; none for one that has asked.
    pub fn grace(&self) -> Option<tokio::time::Instant> {
        (!self.has_asked.load(Ordering::Relaxed)).then_some(self.since + FRESH)
    }

    /// Resolves when the connection is to end, after its grace.
    pub async fn told_to_leave(&self) {
        self.leave.notified().await;
    }

    /// Resolves when too many are leaving: the connection is to end at once.
    pub async fn told_to_hurry(&self) {
        self.hurry.notified().await;
    }

    /// Resolves when a connection that has not got as far as to ask is to be given up.
    pub async fn given_up(&self) {
        self.told_to_leave().await;
        tokio::time::timeout_at(self.since + FRESH, self.told_to_hurry()).await.ok();
    }
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Place>>,
    /// Those that are told to leave and are still there, the oldest first.
    leaving: BTreeMap<u64, Arc<Place>>,
    /// At most.
    leavers: usize,
    /// Without those that are leaving.
    staying: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Table {
    /// Gives up a place's share of the counts.
    fn forget(&mut self, place: &Place) {
        if place.leaving.swap(true, Ordering::Relaxed) {
            return;
        }
        self.staying = self.staying.saturating_sub(1);
        if let Some(address) = place.address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Sends away the `count` that have waited longest. Where too many are leaving, the oldest of them have to hurry.
    fn evict(&mut self, count: usize, of: impl Fn(&Place) -> bool) -> usize {
        let waits = |place: &&Arc<Place>| !place.is_busy() && !place.leaving.load(Ordering::Relaxed) && of(place);
        // The number decides between two of the same millisecond. Requests end meanwhile: each time is read once, since
        // sorting by one that changes panics.
        let since = |place: &Arc<Place>| (place.waiting_since.load(Ordering::Relaxed), place.number);
        let mut waiting: Vec<_> = self.open.values().filter(waits).map(|place| (since(place), place.clone())).collect();
        waiting.sort_unstable_by_key(|(since, _)| *since);
        waiting.truncate(count);
        for (_, place) in &waiting {
            self.forget(place);
            place.leave.notify_one();
            self.leaving.insert(place.number, place.clone());
        }
        self.hurry(self.leavers);
        waiting.len()
    }

    /// Leaves so many of the leaving their time.
    fn hurry(&mut self, most: usize) {
        while self.leaving.len() > most
            && let Some((_, place)) = self.leaving.pop_first()
        {
            place.hurry.notify_one();
        }
    }
}

/// All places of a listener.
pub struct Places {
    most: usize,
    per_address: usize,
    idle: Duration,
    start: Instant,
    table: Mutex<Table>,
    emptied: Notify,
    open: Gauge,
    idled: Counter,
    evicted: Counter,
    refused: Counter,
}

impl Places {
    /// `per_address` 0 is no limit; `leavers` are told to leave and may still be there, beyond `most`.
    pub fn new(most: usize, leavers: usize, per_address: usize, idle: Duration) -> Arc<Self> {
        let closed = |reason| {
            counter(
                "http_connections_closed_total",
                "Connections ended by this side, by reason.",
                &[("reason", reason)],
            )
        };
        Arc::new(Self {
            most: most.max(1),
            per_address,
            idle,
            start: Instant::now(),
            table: Mutex::new(Table { leavers, ..Table::default() }),
            emptied: Notify::new(),
            open: gauge("http_connections", "Open connections.", &[]),
            idled: closed("idle"),
            evicted: closed("evicted"),
            refused: closed("refused"),
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A place for a connection from `address`; none when all are taken by requests under way.
    pub fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Taken> {
        let mut table = self.table();
        if let Some(address) = address.filter(|_| self.per_address > 0)
            && table.by_address.get(&address).is_some_and(|count| *count >= self.per_address)
        {
            let room = table.evict((self.per_address / SHARE).max(1), |place| place.address == Some(address));
            self.evicted.add(room as u64);
            if room == 0 {
                self.refused.increment();
                return None;
            }
        }
        if table.staying >= self.most {
            let room = table.evict((self.most / SHARE).max(1), |_| true);
            self.evicted.add(room as u64);
            if room == 0 {
                self.refused.increment();
                return None;
            }
        }
        table.next += 1;
        let place = Arc::new(Place {
            number: table.next,
            address,
            since: tokio::time::Instant::now(),
            requests: AtomicU32::new(0),
            has_asked: AtomicBool::new(false),
            waiting_since: AtomicU64::new(self.now_ms()),
            leaving: AtomicBool::new(false),
            leave: Notify::new(),
            hurry: Notify::new(),
        });
        table.staying += 1;
        if let Some(address) = address {
            *table.by_address.entry(address).or_default() += 1;
        }
        table.open.insert(place.number, place.clone());
        self.open.add(1);
        Some(Taken { places: self.clone(), place })
    }

    /// The system has no more connections to give: those that are leaving go at once, and the oldest that wait follow.
    pub fn make_room(&self) {
        let mut table = self.table();
        table.hurry(0);
        let share = (table.staying / SHARE).max(1);
        let room = table.evict(share, |_| true);
        self.evicted.add(room as u64);
    }

    /// Sends away who has been without a request for too long.
    pub fn sweep(&self) {
        let now = self.now_ms();
        let longest = u64::try_from(self.idle.as_millis()).unwrap_or(u64::MAX);
        let mut table = self.table();
        let too_long = |place: &Place| now.saturating_sub(place.waiting_since.load(Ordering::Relaxed)) >= longest;
        let gone = table.evict(usize::MAX, too_long);
        self.idled.add(gone as u64);
    }

    /// Resolves when the last connection is gone.
    pub async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.table().open.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

/// A place that is given back when this is dropped.
pub struct Taken {
    places: Arc<Places>,
    pub place: Arc<Place>,
}

impl Taken {
    /// A request begins; it ends when the value is dropped.
    pub fn request(self: &Arc<Self>) -> UnderWay {
        self.place.has_asked.store(true, Ordering::Relaxed);
        self.place.requests.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.clone())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut table = self.places.table();
        table.open.remove(&self.place.number);
        table.leaving.remove(&self.place.number);
        table.forget(&self.place);
        self.places.open.add(-1);
        if table.open.is_empty() {
            self.places.emptied.notify_waiters();
        }
    }
}

/// A request of a connection.
pub struct UnderWay(Arc<Taken>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let place = &self.0.place;
        place.waiting_since.store(self.0.places.now_ms(), Ordering::Relaxed);
        place.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
