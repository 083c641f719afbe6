//! The room of a process as a whole.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use kontor_config::Config;
use kontor_model::{ErrorCode, Id, Limits, Settings, SpaceId};
use kontor_records::{Caller, Idempotency, Policy, Scopes};
use tokio::task::JoinHandle;

use super::{Overload, Permit, Work};

fn overload(room: usize, queue: usize, wait_ms: u64) -> Arc<Overload> {
    let mut config = Config::default();
    config.overload.min = room;
    config.overload.max = room;
    config.overload.queue = queue;
    config.overload.wait_ms = wait_ms;
    Arc::new(Overload::new(&config))
}

fn caller(space: i64) -> Caller {
    Caller {
        via: Default::default(),
        space: SpaceId(space),
        key_id: Id(1),
        user_id: None,
        policy: Arc::new(Policy::admin()),
        standing: Arc::default(),
        scopes: Scopes::default(),
        settings: Arc::new(Settings::default()),
        limits: Limits::default(),
    }
}

fn write<'a>(caller: &'a Caller, idempotency: Option<&'a Idempotency>) -> Work<'a> {
    Work { caller: Some(caller), reads: false, idempotency, cost: 1 }
}

fn key(key: &str) -> Idempotency {
    Idempotency { key: key.to_owned(), fingerprint: String::new() }
}

/// Queues up, and says `name` when it is let in; every one lets the next in at once.
fn waiter(
    overload: &Arc<Overload>,
    space: i64,
    idempotency: Option<&str>,
    name: &'static str,
    said: &Arc<std::sync::Mutex<Vec<&'static str>>>,
) -> JoinHandle<()> {
    let (overload, said, idempotency) = (overload.clone(), said.clone(), idempotency.map(key));
    tokio::spawn(async move {
        let caller = caller(space);
        if overload.enter(write(&caller, idempotency.as_ref())).await.is_ok() {
            said.lock().unwrap().push(name);
        }
    })
}

async fn entered(overload: &Overload) -> Permit {
    overload.enter(write(&caller(1), None)).await.unwrap().unwrap()
}

#[tokio::test]
async fn without_room_the_answer_is_503000_with_some_seconds() {
    let overload = overload(1, 0, 60_000);
    let permit = entered(&overload).await;
    let mut seconds = HashSet::new();
    for _ in 0..50 {
        let Err(error) = overload.enter(write(&caller(2), None)).await else { panic!("there is no room") };
        assert_eq!(error.code(), ErrorCode::Unavailable);
        seconds.insert(error.retry_after().unwrap());
    }
    assert!(seconds.iter().all(|s| (1..=5).contains(s)) && seconds.len() > 1, "{seconds:?}");
    // Reads have room of their own.
    let read = Work { caller: None, reads: true, idempotency: None, cost: 1 };
    assert!(overload.enter(read).await.is_ok());
    drop(permit);
    entered(&overload).await;
}

#[tokio::test]
async fn who_waits_too_long_is_refused_and_leaves_its_place() {
    let overload = overload(1, 1, 1);
    let permit = entered(&overload).await;
    for _ in 0..3 {
        assert!(overload.enter(write(&caller(1), None)).await.is_err());
    }
    drop(permit);
    entered(&overload).await;
}

#[tokio::test]
async fn spaces_take_turns_and_what_was_sent_before_goes_first() {
    let overload = overload(1, 10, 60_000);
    let permit = entered(&overload).await;
    // Sent once before: refused for want of room would do as well.
    let first = Overload::rank(&overload, write(&caller(1), Some(&key("again"))));
    assert_eq!(first, 1);
    let said = Arc::default();
    let mut waiting = Vec::new();
    for (space, idempotency, name) in [
        (1, None, "plain"),
        (1, Some("new"), "keyed"),
        (1, Some("again"), "repeated"),
        (2, None, "neighbour"),
        (1, None, "last"),
    ] {
        waiting.push(waiter(&overload, space, idempotency, name, &said));
        // One after the other: each is in the queue before the next comes.
        tokio::task::yield_now().await;
    }
    drop(permit);
    for one in waiting {
        one.await.unwrap();
    }
    assert_eq!(*said.lock().unwrap(), ["repeated", "neighbour", "keyed", "plain", "last"]);
}

#[tokio::test]
async fn who_goes_away_and_who_panics_give_back_what_they_have() {
    let overload = overload(1, 10, 60_000);
    for _ in 0..20 {
        let permit = entered(&overload).await;
        let said = Arc::default();
        let (gone, stays) = (waiter(&overload, 1, None, "gone", &said), waiter(&overload, 1, None, "stays", &said));
        tokio::task::yield_now().await;
        gone.abort();
        drop(permit);
        stays.await.unwrap();
        gone.await.ok();
    }
    let broken = overload.clone();
    let panics = tokio::spawn(async move {
        let _permit = entered(&broken).await;
        panic!("a handler breaks");
    });
    assert!(panics.await.is_err());
    entered(&overload).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_than_the_limit_and_everyone_comes_in() {
    let overload = overload(3, 1_000, 60_000);
    let inside = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let all: Vec<_> = (0..500)
        .map(|n| {
            let (overload, inside) = (overload.clone(), inside.clone());
            tokio::spawn(async move {
                let caller = caller(n % 7);
                let _permit = overload.enter(write(&caller, None)).await.unwrap();
                let now = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                assert!(now < 3, "{now} others are inside");
                tokio::time::sleep(Duration::from_micros(50)).await;
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            })
        })
        .collect();
    for one in all {
        tokio::time::timeout(Duration::from_secs(30), one).await.expect("nobody is forgotten").unwrap();
    }
}

#[tokio::test]
async fn turned_off_there_is_no_limit() {
    let mut config = Config::default();
    config.overload.enabled = false;
    let overload = Overload::new(&config);
    assert!(overload.enter(write(&caller(1), None)).await.unwrap().is_none());
}
