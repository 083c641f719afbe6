//! What was changed since it was read. A [`Watched`] store counts the commits of this process by space and table, and
//! notes for whoever asks ([`observed`]) which tables a piece of work has read and how far their counts were then.
//!
//! The note is taken before the question goes out and the count is raised after the commit is done: a change that the
//! reader has not seen always shows, one that it has seen may show too.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::SpaceId;

use crate::{
    Batch, CommitError, Cond, Index, Page, Pulses, Rows, Schema, Select, Shape, Source, Store, StoreError, StoreStatus,
    Write, pulse,
};

/// How long a commit may still be carried out whose outcome the store could not say.
const UNSURE: Duration = Duration::from_secs(60);

tokio::task_local! {
    static NOTES: Arc<Mutex<Vec<Stamp>>>;
}

/// The commits to one table of one space.
#[derive(Debug)]
struct Mark {
    space: SpaceId,
    table: Arc<str>,
    count: AtomicU64,
    /// Microseconds of [`Commits::now_us`]; 0 is never.
    changed_us: AtomicU64,
    /// Until then commits may come whose end nobody hears.
    unsure_us: AtomicU64,
}

impl Mark {
    fn new(space: SpaceId, table: &Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            space,
            table: table.clone(),
            count: AtomicU64::new(0),
            changed_us: AtomicU64::new(0),
            unsure_us: AtomicU64::new(0),
        })
    }
}

/// How far a table was when it was read.
#[derive(Debug, Clone)]
struct Stamp {
    mark: Arc<Mark>,
    count: u64,
}

/// The tables that a piece of work has read.
#[derive(Debug, Clone)]
pub struct Seen {
    stamps: Vec<Stamp>,
    commits: Arc<Commits>,
}

impl Seen {
    /// Whether this process has changed none of them since.
    pub fn is_current(&self) -> bool {
        self.stamps.iter().all(|stamp| {
            let unsure = stamp.mark.unsure_us.load(Ordering::Acquire);
            stamp.mark.count.load(Ordering::Acquire) == stamp.count && (unsure == 0 || unsure < self.commits.now_us())
        })
    }

    /// The tables of a space that were read.
    pub fn tables(&self, space: SpaceId) -> impl Iterator<Item = &Arc<str>> {
        self.stamps.iter().filter(move |stamp| stamp.mark.space == space).map(|stamp| &stamp.mark.table)
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.stamps.is_empty()
    }
}

type Marks = HashMap<SpaceId, HashMap<Arc<str>, Arc<Mark>>>;

/// The commits of a process.
#[derive(Debug)]
pub struct Commits {
    start: Instant,
    marks: RwLock<Marks>,
    bells: bell::Bells,
    /// Everything that the database has answered, reads and commits.
    answers: AtomicU64,
    pulses: Arc<Pulses>,
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            marks: RwLock::default(),
            bells: bell::Bells::default(),
            answers: AtomicU64::new(0),
            pulses: Arc::default(),
        }
    }
}

impl Commits {
    fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn mark(&self, space: SpaceId, table: &Arc<str>) -> Arc<Mark> {
        let known = |marks: &Marks| marks.get(&space).and_then(|tables| tables.get(table)).cloned();
        if let Some(mark) = known(&self.marks.read().unwrap_or_else(PoisonError::into_inner)) {
            return mark;
        }
        let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
        marks.entry(space).or_default().entry(table.clone()).or_insert_with(|| Mark::new(space, table)).clone()
    }

    /// Whether this process has changed one of the tables within `ago`.
    pub fn any_within(&self, space: SpaceId, tables: &[&str], ago: Duration) -> bool {
        let from = self.now_us().saturating_sub(u64::try_from(ago.as_micros()).unwrap_or(u64::MAX)).max(1);
        let marks = self.marks.read().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = marks.get(&space) else { return false };
        let late = |mark: &Arc<Mark>| mark.changed_us.load(Ordering::Acquire) >= from;
        tables.iter().any(|table| known.get(*table).is_some_and(late))
    }

    /// How often the database has answered this process: while it grows, the database is there, be it slow.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// The loops that work on this store.
    pub fn pulses(&self) -> &Arc<Pulses> {
        &self.pulses
    }

    fn answered<T, E>(&self, outcome: Result<T, E>, is_answer: impl FnOnce(&E) -> bool) -> Result<T, E> {
        let is_answer = outcome.as_ref().map_or_else(is_answer, |_| true);
        if is_answer {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        pulse::answered(is_answer);
        outcome
    }

    /// What is read from here on, by this task, until `work` is done.
    pub async fn observed<F: Future>(self: &Arc<Self>, work: F) -> (F::Output, Seen) {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let output = NOTES.scope(notes.clone(), work).await;
        let stamps = std::mem::take(&mut *notes.lock().unwrap_or_else(PoisonError::into_inner));
        (output, Seen { stamps, commits: self.clone() })
    }

    fn note(&self, select: &Select) {
        NOTES
            .try_with(|notes| {
                let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                select.tables(&mut |space, table| {
                    let mark = self.mark(space, table);
                    // Read twice, the first time counts.
                    if !notes.iter().any(|stamp| Arc::ptr_eq(&stamp.mark, &mark)) {
                        let count = mark.count.load(Ordering::Acquire);
                        notes.push(Stamp { mark, count });
                    }
                });
            })
            .ok();
    }

    fn raise(&self, marks: &[Arc<Mark>], is_unsure: bool) {
        let now = self.now_us();
        for mark in marks {
            if is_unsure {
                let until = now.saturating_add(u64::try_from(UNSURE.as_micros()).unwrap_or(u64::MAX));
                mark.unsure_us.fetch_max(until, Ordering::AcqRel);
            }
            mark.changed_us.fetch_max(now, Ordering::AcqRel);
            mark.count.fetch_add(1, Ordering::AcqRel);
        }
        self.bells.ring(marks.iter().map(|mark| (mark.space, &*mark.table)));
    }
}

impl Select {
    /// Every table that is read.
    pub fn tables(&self, each: &mut dyn FnMut(SpaceId, &Arc<str>)) {
        each(self.space, &self.from.table);
        for join in &self.joins {
            each(self.space, &join.source.table);
            join.filter.iter().for_each(|cond| cond.tables(each));
        }
        self.filter.iter().chain(&self.having).for_each(|cond| cond.tables(each));
    }
}

impl Cond {
    fn tables(&self, each: &mut dyn FnMut(SpaceId, &Arc<str>)) {
        match self {
            Cond::And(all) | Cond::Or(all) => all.iter().for_each(|cond| cond.tables(each)),
            Cond::Not(one) => one.tables(each),
            Cond::Among { rows, .. } => {
                let Source { table, .. } = &rows.from;
                each(rows.space, table);
                rows.filter.tables(each);
            }
            Cond::Test { .. } | Cond::Between { .. } | Cond::Never => {}
        }
    }
}

/// A commit on its way. It goes on to its end when nobody waits for it any more, so that its end is always counted.
struct Settling {
    work: Option<BoxFuture<'static, Result<(), CommitError>>>,
    begun: bool,
    marks: Vec<Arc<Mark>>,
    commits: Arc<Commits>,
}

fn is_unsure(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Store(_)))
}

impl Future for Settling {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.begun = true;
        let Some(work) = &mut self.work else { return Poll::Ready(Err(StoreError::Closed.into())) };
        let outcome = std::task::ready!(work.poll_unpin(cx));
        self.work = None;
        self.commits.raise(&self.marks, is_unsure(&outcome));
        Poll::Ready(outcome)
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        let Some(work) = self.work.take().filter(|_| self.begun) else { return };
        let (marks, commits) = (std::mem::take(&mut self.marks), self.commits.clone());
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                let outcome = work.await;
                commits.raise(&marks, is_unsure(&outcome));
            })),
            Err(_) => commits.raise(&marks, true),
        }
    }
}

/// A store whose commits are counted.
pub struct Watched {
    inner: Arc<dyn Store>,
    commits: Arc<Commits>,
}

impl Watched {
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, commits: Arc::default() }
    }

    pub fn commits(&self) -> &Arc<Commits> {
        &self.commits
    }
}

/// The rows that a statement is about.
fn written(space: SpaceId, write: &Write) -> (SpaceId, &Arc<str>) {
    match write {
        Write::Insert { table, .. } | Write::Update { table, .. } | Write::Delete { table, .. } => (space, table),
        Write::In { space, write } => written(*space, write),
    }
}

impl Store for Watched {
    fn rows(&self, select: Select) -> BoxFuture<'_, Result<Rows, StoreError>> {
        self.commits.note(&select);
        let rows = self.inner.rows(select);
        Box::pin(async move { self.commits.answered(rows.await, |_| false) })
    }

    fn page(&self, select: Select, shape: Arc<Shape>) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.commits.note(&select);
        let page = self.inner.page(select, shape);
        Box::pin(async move { self.commits.answered(page.await, |_| false) })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), CommitError>> {
        let mut tables: Vec<(SpaceId, &Arc<str>)> = Vec::new();
        for write in &batch.writes {
            let written = written(batch.space, write);
            if !tables.contains(&written) {
                tables.push(written);
            }
        }
        let marks = tables.into_iter().map(|(space, table)| self.commits.mark(space, table)).collect();
        let inner = self.inner.clone();
        let commits = self.commits.clone();
        let work: BoxFuture<'static, _> = Box::pin(async move {
            // A commit that was refused has been answered, too.
            commits.answered(inner.commit(batch).await, |error| !matches!(error, CommitError::Store(_)))
        });
        Box::pin(Settling { work: Some(work), begun: false, marks, commits: self.commits.clone() })
    }

    fn migrate(&self, schema: Arc<Schema>) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        self.inner.migrate(schema)
    }

    fn create_index(&self, table: Arc<str>, index: Index) -> BoxFuture<'_, Result<(), CommitError>> {
        self.inner.create_index(table, index)
    }

    fn drop_index(&self, name: String) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.drop_index(name)
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.ping()
    }

    fn status(&self) -> BoxFuture<'_, Result<StoreStatus, StoreError>> {
        self.inner.status()
    }

    fn scrub(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.scrub()
    }

    fn backup(&self, to: PathBuf) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.backup(to)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

mod bell;
#[cfg(test)]
mod tests;

pub use bell::{Abroad, Bell};
