mod fair;
mod letters;
mod times;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use kontor_model::{Error, ErrorCode, FixedClock, Id, IdGenerator, Kind, Result, SpaceId};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, Store};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::json;
use tokio::sync::Notify;

use crate::{Ended, Filter, Handler, Job, Jobs, NewJob, Options, Progress, Run, Runner, Running, State};

const SPACE: SpaceId = SpaceId(3);

struct House {
    jobs: Arc<Jobs>,
    clock: Arc<FixedClock>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(SqliteOptions::new(folder.path().join("t.db"))).unwrap());
        store.migrate(Arc::new(kontor_catalog::schema(&[]))).await.unwrap();
        let clock = Arc::new(FixedClock::at(1_790_000_000_000));
        let ids = Arc::new(IdGenerator::new(clock.clone(), 1));
        let house =
            Self { jobs: Arc::new(Jobs::new(store, clock.clone(), ids, &Arc::default())), clock, _folder: folder };
        house.space(SPACE, 1).await;
        house
    }

    async fn space(&self, space: SpaceId, workspace: i64) {
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(
            system::SPACE,
            vec![
                ("id", Kind::Int, space.0.into()),
                ("workspace_id", Kind::Int, workspace.into()),
                ("kind", Kind::Text, "live".into()),
                ("name", Kind::Text, "live".into()),
                ("created_at", Kind::Int, 0.into()),
            ],
        );
        self.jobs.store().commit(batch).await.unwrap();
    }

    async fn put(&self) -> Id {
        let new = NewJob { kind: "work".into(), ..NewJob::default() };
        let (id, write) = self.jobs.enqueue_write(new);
        self.jobs.store().commit(Batch { space: SPACE, writes: vec![write] }).await.unwrap();
        self.jobs.wake();
        id
    }

    fn runner(&self, process: &str, handler: &Arc<Work>) -> Running {
        let options = Options { process: process.into(), slots: 2, per_workspace: None, alone: false };
        Runner::new(self.jobs.clone(), [handler.clone() as Arc<dyn Handler>], options).start()
    }

    async fn until(&self, id: Id, fits: impl Fn(&Job) -> bool) -> Job {
        for _ in 0..600 {
            let job = self.jobs.get(SPACE, id).await.unwrap();
            if fits(&job) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the job does not get there: {:?}", self.jobs.get(SPACE, id).await);
    }
}

/// What [`Work`] does at each of its runs.
#[derive(Clone, Copy)]
enum Act {
    Succeed,
    /// Waits for the word, then wants to save.
    Hang,
    /// Until it is to stop.
    Last,
    Fail(ErrorCode),
    Panic,
}

struct Work {
    acts: Vec<Act>,
    runs: AtomicUsize,
    word: Notify,
    lost: AtomicUsize,
}

impl Work {
    fn new(acts: &[Act]) -> Arc<Self> {
        Arc::new(Self {
            acts: acts.to_vec(),
            runs: AtomicUsize::new(0),
            word: Notify::new(),
            lost: AtomicUsize::new(0),
        })
    }
}

impl Handler for Work {
    fn kind(&self) -> &'static str {
        "work"
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(async move {
            let turn = self.runs.fetch_add(1, Ordering::SeqCst);
            let progress = Progress { done: 1, checkpoint: json!({"turn": turn}), ..Progress::default() };
            match self.acts[turn.min(self.acts.len() - 1)] {
                Act::Succeed => Ok(Ended::Succeeded(json!({"report": {"turn": turn}}))),
                Act::Hang => {
                    self.word.notified().await;
                    let error = run.save(&progress, Vec::new()).await.unwrap_err();
                    assert_eq!(error.code(), ErrorCode::Conflict);
                    self.lost.fetch_add(1, Ordering::SeqCst);
                    Err(error)
                }
                Act::Last => {
                    run.save(&progress, Vec::new()).await?;
                    while !run.should_stop() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    Ok(Ended::Stopped)
                }
                Act::Fail(code) => Err(Error::new(code, "for a test")),
                Act::Panic => panic!("for a test"),
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_takes_over_when_the_lease_has_run_out() {
    let house = House::new().await;
    let work = Work::new(&[Act::Hang, Act::Succeed]);
    let first = house.runner("first", &work);
    let id = house.put().await;
    house.until(id, |j| j.holder.is_some()).await;
    let second = house.runner("second", &work);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(work.runs.load(Ordering::SeqCst), 1);
    house.clock.advance(31_000);
    let job = house.until(id, |j| j.state.is_over()).await;
    assert_eq!((job.state, job.tries), (State::Succeeded, 2));
    work.word.notify_one();
    first.stop().await;
    second.stop().await;
    assert_eq!(work.lost.load(Ordering::SeqCst), 1);
    assert_eq!(house.jobs.get(SPACE, id).await.unwrap(), job);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_the_job_back_and_a_cancel_ends_it() {
    let house = House::new().await;
    let work = Work::new(&[Act::Last]);
    let runner = house.runner("a", &work);
    let id = house.put().await;
    house.until(id, |j| j.done == 1).await;
    runner.stop().await;
    let job = house.jobs.get(SPACE, id).await.unwrap();
    assert_eq!((job.state, job.tries, job.holder.as_deref()), (State::Queued, 0, None));
    assert_eq!(job.checkpoint, json!({"turn": 0}));
    let runner = house.runner("b", &work);
    house.until(id, |j| j.state == State::Running && j.checkpoint == json!({"turn": 1})).await;
    house.jobs.cancel(SPACE, id).await.unwrap();
    let job = house.until(id, |j| j.state.is_over()).await;
    assert_eq!((job.state, job.done), (State::Cancelled, 1));
    runner.stop().await;
    let cancelled = Filter { state: Some(State::Cancelled), ..Filter::default() };
    assert_eq!(house.jobs.list(SPACE, &cancelled).await.unwrap().0.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_tried_again_when_that_can_help() {
    let house = House::new().await;
    let work = Work::new(&[Act::Fail(ErrorCode::Unavailable), Act::Succeed]);
    let runner = house.runner("a", &work);
    let id = house.put().await;
    let job = house.until(id, |j| j.state == State::Queued && j.error.is_some()).await;
    assert!((800..=1_200).contains(&(job.run_at - job.created_at)), "{job:?}");
    house.clock.advance(1_200);
    let job = house.until(id, |j| j.state.is_over()).await;
    assert_eq!((job.state, job.error), (State::Succeeded, None));
    runner.stop().await;

    for act in [Act::Fail(ErrorCode::Invalid), Act::Panic] {
        let work = Work::new(&[act]);
        let runner = house.runner("b", &work);
        let id = house.put().await;
        let mut job = house.until(id, |j| j.state.is_over() || j.error.is_some()).await;
        for _ in 0..20 {
            if job.state.is_over() {
                break;
            }
            house.clock.advance(600_000);
            tokio::time::sleep(Duration::from_millis(600)).await;
            job = house.jobs.get(SPACE, id).await.unwrap();
        }
        assert_eq!(job.state, State::Failed);
        runner.stop().await;
    }
}
