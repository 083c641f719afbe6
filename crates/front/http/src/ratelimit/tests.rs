//! The limits as a whole, and the same decisions in memory and in Redis.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use futures::future::BoxFuture;
use kontor_model::{Allowance, FixedClock, Id, Limits, Settings, SpaceId};
use kontor_records::{Policy as Rules, Scopes};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestCaseError, TestRunner};

use super::gcra::Rule;
use super::*;

const DAY_MS: i64 = 86_400_000;
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn caller(key: i64, allowance: Allowance) -> Caller {
    Caller {
        space: SpaceId(1),
        key_id: Id(key),
        via: Default::default(),
        user_id: None,
        policy: Arc::new(Rules::admin()),
        standing: Arc::default(),
        scopes: Scopes::default(),
        settings: Arc::new(Settings::default()),
        limits: Limits { key: allowance, ..Limits::default() },
    }
}

fn small(burst: u32) -> Allowance {
    Allowance { per_second: Some(1), burst: Some(burst), per_day: None, ..Allowance::default() }
}

/// A limit that a slow test does not refill.
fn config() -> Config {
    let mut config = Config::default();
    config.rate.ip_failures = 3;
    config
}

fn limits(book: Option<Arc<dyn DayBook>>) -> RateLimits {
    RateLimits::new(&config(), Arc::new(FixedClock::at(DAY_MS * 20_000)), "test", book).unwrap()
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}")).unwrap());
    headers
}

/// One request: `caller` is who the credential belongs to.
async fn ask(limits: &RateLimits, token: &str, caller: Option<&Caller>) -> Result<HeaderMap> {
    let mut pass = Pass::default();
    limits.enter(Some(HERE), &bearer(token), &Uri::from_static("/v1/contacts"), &mut pass)?;
    limits.take(&mut pass, caller, Weight::ONE, caller.is_none().then_some(ErrorCode::BadCredential)).await?;
    let mut headers = HeaderMap::new();
    pass.write(&mut headers);
    Ok(headers)
}

#[tokio::test]
async fn a_key_has_its_burst_and_says_what_is_left() {
    let limits = limits(None);
    let caller = caller(1, small(3));
    for left in [2, 1, 0] {
        let headers = ask(&limits, "a", Some(&caller)).await.unwrap();
        let policy = headers["ratelimit-policy"].to_str().unwrap();
        assert!(policy.starts_with("\"key\";q=3;w=3, \"day\";q=50000;w=86400, \"space\";q=1000;w=5"), "{policy}");
        let limit = headers["ratelimit"].to_str().unwrap();
        assert!(limit.starts_with(&format!("\"key\";r={left};t=")), "{limit}");
    }
    let refused = ask(&limits, "a", Some(&caller)).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), (ErrorCode::RateLimited, Some(1)));
    assert!(refused.detail().starts_with("this credential may send 1 requests a second and 3 at once"), "{refused}");
    // Another key of the space and the address goes on.
    ask(&limits, "b", Some(&self::caller(2, small(1)))).await.unwrap();
}

#[tokio::test]
async fn a_day_is_a_day() {
    let limits = limits(None);
    let caller = caller(1, Allowance { per_day: Some(2), ..Allowance::default() });
    for _ in 0..2 {
        ask(&limits, "a", Some(&caller)).await.unwrap();
    }
    let refused = ask(&limits, "a", Some(&caller)).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::QuotaUsedUp);
    assert!(refused.retry_after().unwrap() <= 86_400 && refused.retry_after().unwrap() > 86_000);
}

#[tokio::test]
async fn who_guesses_is_refused_and_neighbours_are_not() {
    let limits = limits(None);
    let neighbour = caller(1, Allowance::default());
    ask(&limits, "good", Some(&neighbour)).await.unwrap();
    for guess in ["x1", "x2", "x3"] {
        let headers = ask(&limits, guess, None).await.unwrap();
        assert!(headers["ratelimit"].to_str().unwrap().contains("\"failures\";r="));
    }
    // Before the credential is looked at: even one that would be right.
    for guess in ["x4", "new"] {
        let mut pass = Pass::default();
        let refused = limits.enter(Some(HERE), &bearer(guess), &Uri::from_static("/"), &mut pass).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RateLimited);
        assert!((1..=60).contains(&refused.retry_after().unwrap()));
    }
    ask(&limits, "good", Some(&neighbour)).await.unwrap();
    // Guesses that were under way together are counted, and not answered.
    let refused = limits
        .take(&mut Pass { address: Some(HERE), ..Pass::default() }, None, Weight::ONE, Some(ErrorCode::BadCredential))
        .await;
    assert_eq!(refused.unwrap_err().code(), ErrorCode::RateLimited);
    // Elsewhere nothing has happened.
    let mut pass = Pass::default();
    let elsewhere = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));
    limits.enter(elsewhere, &bearer("new"), &Uri::from_static("/"), &mut pass).unwrap();
}

#[tokio::test]
async fn guesses_that_handlers_refuse_count_as_well() {
    let limits = limits(None);
    let mut answered = 0;
    for _ in 0..10 {
        let mut pass = Pass::default();
        // A form that nobody signs: there is no credential that could have been good before.
        if limits.enter(Some(HERE), &HeaderMap::new(), &Uri::from_static("/"), &mut pass).is_err() {
            continue;
        }
        limits.take(&mut pass, None, Weight::ONE, None).await.unwrap();
        answered += u32::from(limits.failed(&mut pass).await.is_ok());
        let mut headers = HeaderMap::new();
        pass.write(&mut headers);
        assert!(headers["ratelimit-policy"].to_str().unwrap().ends_with("\"failures\";q=3;w=60"));
    }
    assert_eq!(answered, 3);
}

#[tokio::test]
async fn who_is_not_limited_takes_from_nobody() {
    let limits = limits(None);
    let free = caller(1, Allowance::UNLIMITED);
    for _ in 0..2_000 {
        assert!(ask(&limits, "free", Some(&free)).await.unwrap().is_empty());
    }
    let headers = ask(&limits, "a", Some(&caller(2, Allowance::default()))).await.unwrap();
    let limit = headers["ratelimit"].to_str().unwrap();
    assert!(limit.contains("\"space\";r=999") && limit.contains("\"ip\";r=499"), "{limit}");
}

#[tokio::test]
async fn without_limits_nothing_is_said() {
    let limits = RateLimits::off(Arc::new(FixedClock::at(0)));
    for _ in 0..1_000 {
        assert!(ask(&limits, "x", None).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn several_processes_share() {
    let limits = limits(None);
    limits.set_processes(4);
    let caller = caller(1, small(12));
    let mut admitted = 0;
    while ask(&limits, "a", Some(&caller)).await.is_ok() {
        admitted += 1;
    }
    assert_eq!(admitted, 3);
}

#[derive(Default)]
struct Book(Mutex<HashMap<(i64, i64), u64>>);

impl DayBook for Book {
    fn of_day(&self, day: i64) -> BoxFuture<'_, Result<Vec<DayUse>>> {
        let written = self.0.lock().unwrap();
        let uses = written.iter().filter(|((_, d), _)| *d == day);
        let uses = uses.map(|((key_id, day), used)| DayUse { key_id: *key_id, day: *day, used: *used }).collect();
        Box::pin(async move { Ok(uses) })
    }

    fn add(&self, uses: Vec<DayUse>) -> BoxFuture<'_, Result<Vec<DayUse>>> {
        let mut written = self.0.lock().unwrap();
        let total = |used: DayUse| {
            let total = written.entry((used.key_id, used.day)).or_default();
            *total += used.used;
            DayUse { used: *total, ..used }
        };
        let totals = uses.into_iter().map(total).collect();
        Box::pin(async move { Ok(totals) })
    }
}

#[tokio::test]
async fn days_outlive_the_process_and_add_up_over_several() {
    let book: Arc<Book> = Arc::default();
    let caller = caller(1, Allowance { per_day: Some(10), ..Allowance::default() });
    let (one, other) = (limits(Some(book.clone())), limits(Some(book.clone())));
    for limits in [&one, &other] {
        limits.begin().await.unwrap();
        for _ in 0..3 {
            ask(limits, "a", Some(&caller)).await.unwrap();
        }
        limits.write_down().await.unwrap();
    }
    ask(&one, "a", Some(&caller)).await.unwrap();
    one.write_down().await.unwrap();
    // Both know of seven; a third that starts does, too.
    let third = limits(Some(book.clone()));
    third.begin().await.unwrap();
    for limits in [&one, &third] {
        let headers = ask(limits, "a", Some(&caller)).await.unwrap();
        let limit = headers["ratelimit"].to_str().unwrap();
        assert!(limit.contains("\"day\";r=2;"), "{limit}");
    }
}

/// The Redis of the tests: `KONTOR_TEST_REDIS`, or the local one. One that cannot be reached is named as skipped, and is
/// a failure when `KONTOR_TEST_REQUIRE` lists it.
async fn shared() -> Option<Redis> {
    let given = std::env::var("KONTOR_TEST_REDIS").unwrap_or_default();
    let url = if given.is_empty() { "redis://127.0.0.1:6379".to_owned() } else { given };
    let installation = format!("test-{}-{:x}", std::process::id(), RandomState::new().hash_one(1));
    let redis = Redis::new(&url, &installation, Duration::from_secs(10)).unwrap();
    match redis.probe().await {
        Ok(()) => Some(redis),
        Err(why) => {
            let required = std::env::var("KONTOR_TEST_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|name| name.trim() == "redis"), "redis is not reachable: {why}");
            eprintln!("skipped: redis ({why})");
            None
        }
    }
}

/// A request: microseconds after the one before, and how much it costs of which buckets.
type Step = (u64, u64, usize);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((prop_oneof![0_u64..400, 0_u64..400_000], 1_u64..7, 1_usize..15), 1..60)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_and_memory_decide_the_same() {
    let Some(redis) = shared().await else { return };
    let redis = Arc::new(redis);
    let handle = tokio::runtime::Handle::current();
    let run = AtomicU64::new(0);
    tokio::task::spawn_blocking(move || {
        let strategy = (steps(), 1_u32..3_000, 1_u32..12, 1_u64..20);
        let outcome = TestRunner::new(Runs { cases: 60, failure_persistence: None, ..Runs::default() }).run(
            &strategy,
            |(steps, rate, burst, limit)| {
                let run = i64::try_from(run.fetch_add(1, Ordering::SeqCst)).unwrap();
                let rules = [
                    (Subject::Key(run), Rule::rate(rate, burst).unwrap()),
                    (Subject::Space(run), Rule::rate(rate * 2, burst + 3).unwrap()),
                    (Subject::Day(run, 20_000), Rule::Window { limit, length_us: 50_000_000 }),
                    (
                        Subject::Failures(IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(run).unwrap()))),
                        Rule::Window { limit: 5, length_us: 300_000 },
                    ),
                ];
                let memory = Memory::default();
                let mut now = 1_700_000_000_000_000;
                for (gap, cost, mask) in steps {
                    now += gap;
                    let buckets: Vec<Bucket> = rules
                        .iter()
                        .enumerate()
                        .filter(|(i, _)| mask & (1 << i) != 0)
                        .map(|(_, (subject, rule))| Bucket { subject: *subject, rule: *rule, cost, quota: (0, 0) })
                        .collect();
                    let here = memory.take(now, &buckets);
                    let there = handle.block_on(redis.take(now, &buckets));
                    let (there, _) = there.ok_or_else(|| TestCaseError::fail("redis went away"))?;
                    prop_assert_eq!(here, there);
                }
                Ok(())
            },
        );
        outcome.unwrap();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn redis_keeps_its_own_time_and_forgets() {
    let Some(redis) = shared().await else { return };
    let bucket = Bucket { subject: Subject::Key(1), rule: Rule::rate(1, 5).unwrap(), cost: 2, quota: (5, 5) };
    let (first, _) = redis.take(0, &[bucket]).await.unwrap();
    assert!(first.admitted && first.levels[0].remaining == 3);
    let (second, _) = redis.take(0, &[bucket]).await.unwrap();
    assert!(second.admitted && (1..=2).contains(&second.levels[0].remaining), "{second:?}");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_done_without() {
    // Port 1 is nobody's.
    let mut config = config();
    let url = "redis://127.0.0.1:1".to_owned();
    let loaded = Config::load(None, [("KONTOR_REDIS_URL".to_owned(), url)].into_iter(), Default::default()).unwrap();
    config.redis_url = loaded.redis_url;
    let limits = RateLimits::new(&config, Arc::new(FixedClock::at(0)), "test", None).unwrap();
    limits.begin().await.unwrap();
    let check = limits.check().unwrap();
    assert_eq!(check.name, "redis");
    assert!((check.ask)().await.is_err());
    let caller = caller(1, small(2));
    for _ in 0..2 {
        ask(&limits, "a", Some(&caller)).await.unwrap();
    }
    assert_eq!(ask(&limits, "a", Some(&caller)).await.unwrap_err().code(), ErrorCode::RateLimited);
}
