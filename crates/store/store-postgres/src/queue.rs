//! Batches that wait for a writer.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kontor_store::CommitError;
use tokio::sync::{Notify, oneshot};

use crate::commit::Compiled;

/// Most batches of one transaction.
const GROUP: usize = 128;
/// How far a writer looks for batches that do not meet another writer's.
const REACH: usize = 1024;

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

/// A batch in the queue.
pub struct Job {
    pub compiled: Compiled,
    pub reply: oneshot::Sender<Result<(), CommitError>>,
    pub ticket: Ticket,
}

/// The caller's hold on a job.
#[derive(Clone, Default)]
pub struct Ticket(Arc<AtomicU8>);

impl Ticket {
    /// Takes the job back, if no writer has it: then nothing of it will be done.
    pub fn withdraw(&self) -> bool {
        self.0.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn take(&self) -> bool {
        self.0.compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[derive(Default)]
struct Inner {
    jobs: VecDeque<Job>,
    /// The rows of each writer's group.
    held: Vec<HashSet<u64>>,
    /// Batches that writers have.
    taken: usize,
    closed: bool,
}

pub struct Queue {
    inner: Mutex<Inner>,
    wake: Notify,
    /// Told when nothing waits and nothing runs.
    idle: Notify,
}

impl Queue {
    pub fn new(writers: usize) -> Self {
        let inner = Inner { held: vec![HashSet::new(); writers], ..Inner::default() };
        Self { inner: Mutex::new(inner), wake: Notify::new(), idle: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was admitted.
    pub fn push(&self, job: Job) -> bool {
        let mut inner = self.lock();
        if inner.closed {
            return false;
        }
        inner.jobs.push_back(job);
        drop(inner);
        self.wake.notify_one();
        true
    }

    /// Batches that wait or run.
    pub fn len(&self) -> usize {
        let inner = self.lock();
        inner.jobs.len() + inner.taken
    }

    /// What waits now, as soon as anything does. `writer` must say when it is done with it.
    pub async fn take(&self, writer: usize) -> Vec<Job> {
        loop {
            let woken = self.wake.notified();
            let group = self.lock().take(writer);
            if !group.is_empty() {
                return group;
            }
            woken.await;
        }
    }

    pub fn done(&self, writer: usize, count: usize) {
        let mut inner = self.lock();
        if let Some(held) = inner.held.get_mut(writer) {
            held.clear();
        }
        inner.taken = inner.taken.saturating_sub(count);
        let (waiting, idle) = (!inner.jobs.is_empty(), inner.jobs.is_empty() && inner.taken == 0);
        drop(inner);
        if waiting {
            self.wake.notify_one();
        }
        if idle {
            self.idle.notify_waiters();
        }
    }

    /// Admits no more and waits for what was admitted.
    pub async fn close(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            {
                let mut inner = self.lock();
                inner.closed = true;
                if inner.jobs.is_empty() && inner.taken == 0 {
                    return;
                }
            }
            idle.await;
        }
    }
}

impl Inner {
    fn take(&mut self, writer: usize) -> Vec<Job> {
        let (mut group, mut passed) = (Vec::new(), Vec::new());
        while group.len() < GROUP && passed.len() < REACH {
            let Some(job) = self.jobs.pop_front() else { break };
            let others = self.held.iter().enumerate().filter(|(n, _)| *n != writer);
            let meets =
                others.flat_map(|(_, held)| job.compiled.rows.iter().map(move |row| held.contains(row))).any(|met| met);
            if meets {
                passed.push(job);
            } else if job.ticket.take() {
                group.push(job);
            }
        }
        for job in passed.into_iter().rev() {
            self.jobs.push_front(job);
        }
        if let Some(held) = self.held.get_mut(writer) {
            held.extend(group.iter().flat_map(|job| &job.compiled.rows));
        }
        self.taken += group.len();
        group
    }
}
