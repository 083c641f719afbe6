//! One execution for equal questions (single flight). A question is answered only by an execution that began after it
//! came, so that nobody is told what was true before its own last change: one runs, whoever comes meanwhile waits, and
//! all of them share the next one.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;

type Running<K, A> = HashMap<Arc<K>, Arc<Flight<A>>>;

/// Questions under way.
pub struct Flights<K, A> {
    shards: [Mutex<Running<K, A>>; SHARDS],
    hasher: RandomState,
}

struct Flight<A> {
    /// Executions that have begun.
    begun: AtomicU64,
    turn: tokio::sync::Mutex<Round<A>>,
}

/// The last execution.
struct Round<A> {
    number: u64,
    answer: Option<A>,
}

/// A question that is being asked; the last one takes its flight with it.
pub struct Seat<'a, K: Hash + Eq, A> {
    flights: &'a Flights<K, A>,
    key: Arc<K>,
    flight: Arc<Flight<A>>,
    arrived: u64,
}

/// What to do.
pub enum Turn<'a, A> {
    /// An execution that began after the question gave this.
    Given(A),
    /// Execute it, and say what came of it.
    Mine(Mine<'a, A>),
}

/// The right to execute. Dropped without a word, the next one executes.
pub struct Mine<'a, A>(tokio::sync::MutexGuard<'a, Round<A>>);

impl<A> Mine<'_, A> {
    pub fn done(mut self, answer: A) {
        self.0.answer = Some(answer);
    }
}

impl<K: Hash + Eq, A: Clone> Default for Flights<K, A> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq, A> Flights<K, A> {
    fn shard(&self, key: &K) -> Option<MutexGuard<'_, Running<K, A>>> {
        let at = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards.get(at).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K: Hash + Eq, A: Clone> Flights<K, A> {
    /// Takes part in the question.
    pub fn join(&self, key: Arc<K>) -> Seat<'_, K, A> {
        let new =
            || Flight { begun: AtomicU64::new(0), turn: tokio::sync::Mutex::new(Round { number: 0, answer: None }) };
        let flight = match self.shard(&key) {
            Some(mut shard) => shard.entry(key.clone()).or_insert_with(|| Arc::new(new())).clone(),
            None => Arc::new(new()),
        };
        let arrived = flight.begun.load(Ordering::SeqCst);
        Seat { flights: self, key, flight, arrived }
    }
}

impl<K: Hash + Eq, A: Clone> Seat<'_, K, A> {
    /// Waits for the execution under way; then takes the answer of one that began later, or begins one.
    pub async fn turn(&self) -> Turn<'_, A> {
        let mut round = self.flight.turn.lock().await;
        if let Some(answer) = round.answer.as_ref().filter(|_| round.number > self.arrived) {
            return Turn::Given(answer.clone());
        }
        round.number = self.flight.begun.fetch_add(1, Ordering::SeqCst) + 1;
        round.answer = None;
        Turn::Mine(Mine(round))
    }
}

impl<K: Hash + Eq, A> Drop for Seat<'_, K, A> {
    fn drop(&mut self) {
        let Some(mut shard) = self.flights.shard(&self.key) else { return };
        // The map's own and this one: nobody else has it, and whoever comes needs the lock to get it.
        if Arc::strong_count(&self.flight) <= 2 {
            shard.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;

    #[derive(Default)]
    struct House {
        flights: Flights<&'static str, usize>,
        executions: AtomicUsize,
    }

    /// Asks; an execution takes one permit and gives its number.
    fn ask(house: &Arc<House>, gate: &Arc<Semaphore>) -> JoinHandle<usize> {
        let (house, gate) = (house.clone(), gate.clone());
        tokio::spawn(async move {
            let seat = house.flights.join(Arc::new("q"));
            match seat.turn().await {
                Turn::Given(answer) => answer,
                Turn::Mine(mine) => {
                    let number = house.executions.fetch_add(1, Ordering::SeqCst) + 1;
                    gate.acquire().await.unwrap().forget();
                    mine.done(number);
                    number
                }
            }
        })
    }

    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_comes_while_one_runs_shares_the_next() {
        let (house, gate) = (Arc::new(House::default()), Arc::new(Semaphore::new(0)));
        let first = ask(&house, &gate);
        settle().await;
        let late: Vec<_> = (0..50).map(|_| ask(&house, &gate)).collect();
        settle().await;
        gate.add_permits(50);
        assert_eq!(first.await.unwrap(), 1);
        for one in late {
            assert_eq!(one.await.unwrap(), 2, "not what was read before it came");
        }
        assert_eq!(house.executions.load(Ordering::SeqCst), 2);
        assert!(house.flights.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }

    #[tokio::test]
    async fn when_the_leader_goes_away_the_next_one_leads() {
        let (house, gate) = (Arc::new(House::default()), Arc::new(Semaphore::new(0)));
        let leader = ask(&house, &gate);
        settle().await;
        let followers: Vec<_> = (0..10).map(|_| ask(&house, &gate)).collect();
        settle().await;
        leader.abort();
        gate.add_permits(50);
        for one in followers {
            assert_eq!(one.await.unwrap(), 2);
        }
        leader.await.unwrap_err();
        assert!(house.flights.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }

    #[tokio::test]
    async fn one_after_the_other_each_executes() {
        let (house, gate) = (Arc::new(House::default()), Arc::new(Semaphore::new(50)));
        for n in 1..=3 {
            assert_eq!(ask(&house, &gate).await.unwrap(), n);
        }
    }
}
