//! Many jobs of one customer, few of another; bounds; priorities.

use std::sync::Mutex;

use super::*;
use crate::Rules;

/// Notes the order in which jobs run, and how many of a kind do at the same time.
struct Noted {
    kind: &'static str,
    rules: Rules,
    order: Mutex<Vec<(SpaceId, i64)>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Noted {
    fn new(kind: &'static str, rules: Rules) -> Arc<Self> {
        Arc::new(Self { kind, rules, order: Mutex::default(), now: AtomicUsize::new(0), most: AtomicUsize::new(0) })
    }

    fn count(&self) -> usize {
        self.order.lock().unwrap().len()
    }

    async fn until(&self, count: usize) {
        for _ in 0..6_000 {
            if self.count() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count}", self.count());
    }
}

impl Handler for Noted {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn rules(&self) -> Rules {
        self.rules
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(async move {
            self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
            self.order.lock().unwrap().push((run.job.space, run.job.priority));
            self.now.fetch_sub(1, Ordering::SeqCst);
            Ok(Ended::Succeeded(json!({})))
        })
    }
}

impl House {
    async fn fill(&self, space: SpaceId, kind: &str, count: usize, priority: i64) {
        let new = || NewJob { kind: kind.to_owned(), priority, ..NewJob::default() };
        let writes = (0..count).map(|_| self.jobs.enqueue_write(new()).1).collect();
        self.jobs.store().commit(Batch { space, writes }).await.unwrap();
        self.jobs.wake();
    }

    fn at_work(&self, process: &str, slots: usize, handlers: &[&Arc<Noted>]) -> Running {
        let options = Options { process: process.into(), slots, per_workspace: None, alone: false };
        let handlers: Vec<_> = handlers.iter().map(|one| (*one).clone() as Arc<dyn Handler>).collect();
        Runner::new(self.jobs.clone(), handlers, options).start()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_jobs_of_one_do_not_delay_the_one_of_another() {
    let house = House::new().await;
    let other = SpaceId(9);
    house.space(other, 2).await;
    house.fill(SPACE, "work", 1_000, 0).await;
    let work = Noted::new("work", Rules::default());
    let runner = house.at_work("a", 3, &[&work]);
    work.until(10).await;
    let before = work.count();
    house.fill(other, "work", 1, 0).await;
    work.until(before + 60).await;
    let place = work.order.lock().unwrap().iter().position(|(space, _)| *space == other);
    runner.stop().await;
    let place = place.expect("it has run while hundreds wait");
    assert!(place < before + 50, "it was number {place}, put in behind {before}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_of_a_kind_hold_over_all_processes() {
    let house = House::new().await;
    let narrow = Noted::new("narrow", Rules { at_once: Some(2), ..Rules::default() });
    let single = Noted::new("single", Rules { per_workspace: Some(1), ..Rules::default() });
    house.fill(SPACE, "narrow", 40, 5).await;
    house.fill(SPACE, "single", 10, 0).await;
    let runners = ["a", "b", "c"].map(|process| house.at_work(process, 4, &[&narrow, &single]));
    narrow.until(40).await;
    single.until(10).await;
    for runner in runners {
        runner.stop().await;
    }
    assert_eq!((narrow.count(), single.count()), (40, 10), "each once");
    assert!(narrow.most.load(Ordering::SeqCst) <= 2 && single.most.load(Ordering::SeqCst) == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_goes_first() {
    let house = House::new().await;
    house.fill(SPACE, "work", 5, -10).await;
    house.fill(SPACE, "work", 5, 0).await;
    house.fill(SPACE, "work", 5, 10).await;
    let work = Noted::new("work", Rules::default());
    let runner = house.at_work("a", 1, &[&work]);
    work.until(15).await;
    runner.stop().await;
    let order: Vec<i64> = work.order.lock().unwrap().iter().map(|(_, priority)| *priority).collect();
    assert_eq!(order, [[10; 5], [0; 5], [-10; 5]].concat());
}
