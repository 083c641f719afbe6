//! Limits that are kept in this process.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Decision;
use super::gcra::{Outcome, State};
use super::policy::{Bucket, Subject};

const SHARDS: usize = 64;
/// Subjects that are remembered, besides those of days: about 5 MB.
const CAPACITY: usize = 65_536;

#[derive(Debug, Clone, Copy, Default)]
struct Kept {
    state: State,
    /// Of a day: used and not yet written down.
    pending: u64,
}

type Shard = HashMap<Subject, Kept>;

/// States by subject, bounded in number.
pub struct Memory {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    each: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Memory {
    fn with_capacity(capacity: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new(), each: capacity.div_ceil(SHARDS) }
    }

    fn place(&self, subject: &Subject) -> usize {
        usize::try_from(self.hasher.hash_one(subject) % SHARDS as u64).unwrap_or(0)
    }

    /// Takes from all buckets, or from none.
    pub fn take(&self, now_us: u64, buckets: &[Bucket]) -> Decision {
        let places: Vec<usize> = buckets.iter().map(|b| self.place(&b.subject)).collect();
        let mut order = places.clone();
        order.sort_unstable();
        order.dedup();
        // Always in the same order: two requests never wait for each other.
        let mut locked: Vec<(usize, MutexGuard<'_, Shard>)> = order
            .into_iter()
            .filter_map(|at| Some((at, self.shards.get(at)?.lock().unwrap_or_else(PoisonError::into_inner))))
            .collect();
        let outcomes: Vec<Outcome> = buckets
            .iter()
            .zip(&places)
            .map(|(bucket, at)| {
                let shard = locked.iter().find(|(place, _)| place == at).map(|(_, shard)| shard);
                let kept = shard.and_then(|shard| shard.get(&bucket.subject)).copied().unwrap_or_default();
                bucket.rule.check(kept.state, now_us, bucket.cost)
            })
            .collect();
        let admitted = outcomes.iter().all(|o| o.taken.is_some());
        let mut levels = Vec::with_capacity(buckets.len());
        for ((bucket, at), outcome) in buckets.iter().zip(&places).zip(outcomes) {
            let Some((state, level)) = outcome.taken.filter(|_| admitted) else {
                levels.push(outcome.left);
                continue;
            };
            levels.push(level);
            if let Some((_, shard)) = locked.iter_mut().find(|(place, _)| place == at) {
                let pending = if matches!(bucket.subject, Subject::Day(..)) { bucket.cost } else { 0 };
                self.keep(shard, bucket.subject, state, pending, now_us);
            }
        }
        Decision { admitted, levels }
    }

    fn keep(&self, shard: &mut Shard, subject: Subject, state: State, pending: u64, now_us: u64) {
        if let Some(kept) = shard.get_mut(&subject) {
            kept.state = state;
            kept.pending += pending;
            return;
        }
        if shard.len() >= self.each {
            make_room(shard, self.each, now_us);
        }
        shard.insert(subject, Kept { state, pending });
    }

    /// What a subject has used is known from elsewhere.
    pub fn learn(&self, subject: Subject, state: State, now_us: u64) {
        let Some(shard) = self.shards.get(self.place(&subject)) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = shard.get(&subject).map_or(0, |kept| kept.pending);
        let state = State { used: state.used.saturating_add(pending), ..state };
        self.keep(&mut shard, subject, state, 0, now_us);
    }

    /// What was used of days and is not yet written down; it counts as written from now on.
    pub fn pending(&self) -> Vec<(Subject, u64)> {
        let mut out = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            out.extend(shard.iter_mut().filter(|(_, kept)| kept.pending > 0).map(|(subject, kept)| {
                let pending = std::mem::take(&mut kept.pending);
                (*subject, pending)
            }));
        }
        out
    }

    /// It could not be written down.
    pub fn not_written(&self, subject: Subject, pending: u64) {
        let Some(shard) = self.shards.get(self.place(&subject)) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = shard.get_mut(&subject) {
            kept.pending += pending;
        }
    }

    /// Forgets the days before this one that are written down.
    pub fn forget_days_before(&self, day: i64) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|subject, kept| !matches!(subject, Subject::Day(_, d) if *d < day) || kept.pending > 0);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

/// Full buckets say nothing; then those go that are full soonest. What is counted for a day stays: there is one for each
/// credential only.
fn make_room(shard: &mut Shard, each: usize, now_us: u64) {
    let is_day = |subject: &Subject| matches!(subject, Subject::Day(..));
    shard.retain(|subject, kept| is_day(subject) || kept.state.full_us > now_us);
    let mut times: Vec<u64> =
        shard.iter().filter(|(subject, _)| !is_day(subject)).map(|(_, kept)| kept.state.full_us).collect();
    if times.len() < each - each / 8 {
        return;
    }
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    shard.retain(|subject, kept| is_day(subject) || kept.state.full_us > median);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratelimit::gcra::Rule;
    use std::net::{IpAddr, Ipv4Addr};

    fn bucket(subject: Subject, per_second: u32, burst: u32) -> Bucket {
        Bucket { subject, rule: Rule::rate(per_second, burst).unwrap(), cost: 1, quota: (0, 0) }
    }

    #[test]
    fn all_or_nothing() {
        let memory = Memory::default();
        let (key, space) = (bucket(Subject::Key(1), 1, 2), bucket(Subject::Space(1), 1, 10));
        for left in [(1, 9), (0, 8)] {
            let decision = memory.take(5, &[key, space]);
            assert!(decision.admitted);
            assert_eq!((decision.levels[0].remaining, decision.levels[1].remaining), left);
        }
        for _ in 0..20 {
            let decision = memory.take(5, &[key, space]);
            assert!(!decision.admitted && decision.levels[0].wait_us == 1_000_000 && decision.levels[1].wait_us == 0);
        }
        // Refused requests have not taken from the space.
        assert_eq!(memory.take(5, &[space]).levels[0].remaining, 7);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let memory = Memory::with_capacity(6_400);
        for n in 0..200_000_u32 {
            memory.take(5, &[bucket(Subject::Ip(IpAddr::V4(Ipv4Addr::from_bits(n))), 1, 10)]);
        }
        assert!(memory.len() <= 6_400, "{}", memory.len());
    }

    #[test]
    fn the_one_who_asks_most_is_remembered() {
        let memory = Memory::with_capacity(6_400);
        let noisy = bucket(Subject::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)), 1, 10);
        while memory.take(5, &[noisy]).admitted {}
        for n in 0..100_000_u32 {
            memory.take(5, &[bucket(Subject::Ip(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))), 1, 10)]);
        }
        assert!(!memory.take(5, &[noisy]).admitted);
    }

    #[test]
    fn many_at_once_get_what_there_is() {
        let memory = Memory::default();
        let buckets = move |n: i64| [bucket(Subject::Key(n), 1, 1_000), bucket(Subject::Space(1), 1, 500)];
        let admitted: usize = std::thread::scope(|scope| {
            let memory = &memory;
            let threads: Vec<_> = (0..8)
                .map(|n| scope.spawn(move || (0..200).filter(|_| memory.take(5, &buckets(n)).admitted).count()))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(admitted, 500);
    }

    #[test]
    fn days_are_written_down() {
        let memory = Memory::default();
        let day = Subject::Day(7, 20_000);
        let bucket = Bucket { subject: day, rule: Rule::Window { limit: 5, length_us: 1_000 }, cost: 1, quota: (0, 0) };
        memory.learn(day, State { full_us: 1_000, used: 2 }, 0);
        assert_eq!(memory.take(1, &[bucket]).levels[0].remaining, 2);
        assert_eq!(memory.pending(), [(day, 1)]);
        assert_eq!(memory.pending(), []);
        memory.not_written(day, 1);
        // Another process has used one meanwhile.
        memory.learn(day, State { full_us: 1_000, used: 3 }, 0);
        assert_eq!(memory.take(1, &[bucket]).levels[0].remaining, 0);
        assert!(!memory.take(1, &[bucket]).admitted);
        memory.forget_days_before(20_001);
        assert_eq!(memory.pending(), [(day, 2)]);
        memory.forget_days_before(20_001);
        assert_eq!(memory.len(), 0);
    }
}
