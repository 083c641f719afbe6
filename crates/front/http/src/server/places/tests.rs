use super::*;
use std::net::Ipv4Addr;

const LONG: Duration = Duration::from_secs(3_600);

fn from(n: u8) -> Option<IpAddr> {
    Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)))
}

fn is_leaving(taken: &Taken) -> bool {
    taken.place.is_leaving()
}

async fn has_to_hurry(taken: &Taken) -> bool {
    tokio::time::timeout(Duration::ZERO, taken.place.told_to_hurry()).await.is_ok()
}

#[test]
fn who_has_waited_longest_makes_room() {
    let places = Places::new(3, 9, 0, LONG);
    let taken: Vec<_> = (1..=3).map(|n| Arc::new(places.take(from(n)).unwrap())).collect();
    // The first is the oldest, but has a request.
    let request = taken[0].request();
    let fourth = places.take(from(4)).unwrap();
    assert_eq!([0, 1, 2].map(|at| is_leaving(&taken[at])), [false, true, false]);
    let _fifth = Arc::new(places.take(from(5)).unwrap()).request();
    assert!(is_leaving(&taken[2]) && !is_leaving(&fourth));
    drop(request);
}

#[test]
fn where_all_are_busy_nobody_comes_in() {
    let places = Places::new(2, 9, 0, LONG);
    let taken: Vec<_> = (1..=2).map(|n| Arc::new(places.take(from(n)).unwrap())).collect();
    let requests: Vec<_> = taken.iter().map(Taken::request).collect();
    assert!(places.take(from(3)).is_none());
    drop(requests);
    assert!(places.take(from(3)).is_some());
}

#[test]
fn an_address_has_a_share_of_its_own() {
    let places = Places::new(100, 9, 2, LONG);
    let other = places.take(from(9)).unwrap();
    let mine: Vec<_> = (0..3).map(|_| Arc::new(places.take(from(1)).unwrap())).collect();
    assert_eq!([0, 1, 2].map(|at| is_leaving(&mine[at])), [true, false, false]);
    assert!(!is_leaving(&other));
    let _requests: Vec<_> = mine.iter().map(Taken::request).collect();
    assert!(places.take(from(1)).is_none() && places.take(from(2)).is_some() && places.take(None).is_some());
}

#[test]
fn a_place_is_given_back_once() {
    let places = Places::new(2, 9, 2, LONG);
    for _ in 0..10 {
        let one = places.take(from(1)).unwrap();
        let other = places.take(from(1)).unwrap();
        let third = places.take(from(1)).unwrap();
        assert!(is_leaving(&one));
        drop((one, other, third));
    }
    let table = places.table();
    assert_eq!((table.staying, table.open.len(), table.leaving.len(), table.by_address.len()), (0, 0, 0, 0));
}

#[test]
fn idlers_are_swept_and_others_are_not() {
    let places = Places::new(9, 9, 9, Duration::ZERO);
    let idle = places.take(from(1)).unwrap();
    let busy = Arc::new(places.take(from(1)).unwrap());
    let _request = busy.request();
    places.sweep();
    assert!(is_leaving(&idle) && !is_leaving(&busy));
    let patient = Places::new(9, 9, 9, LONG);
    let idle = patient.take(from(1)).unwrap();
    patient.sweep();
    assert!(!is_leaving(&idle));
}

#[tokio::test]
async fn who_has_not_asked_yet_has_a_grace_until_too_many_are_leaving() {
    let places = Places::new(1, 2, 0, LONG);
    let asked = Arc::new(places.take(from(1)).unwrap());
    drop(asked.request());
    let mut fresh: Vec<_> = (2..=4).map(|n| Arc::new(places.take(from(n)).unwrap())).collect();
    assert!(asked.place.grace().is_none() && fresh[0].place.grace().is_some());
    // Three leave, of whom two may take their time.
    assert!(has_to_hurry(&asked).await && !has_to_hurry(&fresh[0]).await && !has_to_hurry(&fresh[1]).await);
    // One that is gone leaves its time to another.
    drop(fresh.remove(1));
    let next = places.take(from(5)).unwrap();
    assert!(!has_to_hurry(&fresh[0]).await);
    let _last = places.take(from(6)).unwrap();
    assert!(has_to_hurry(&fresh[0]).await && !has_to_hurry(&next).await);
}

#[tokio::test]
async fn who_is_leaving_hurries_when_the_system_has_nothing_left() {
    let places = Places::new(1, 9, 0, LONG);
    let first = places.take(from(1)).unwrap();
    let second = Arc::new(places.take(from(2)).unwrap());
    assert!(is_leaving(&first) && !has_to_hurry(&first).await);
    let _request = second.request();
    places.make_room();
    assert!(has_to_hurry(&first).await && !is_leaving(&second));
}

#[tokio::test(start_paused = true)]
async fn who_never_gets_to_ask_is_given_up_after_the_grace() {
    let places = Places::new(1, 9, 0, LONG);
    let first = places.take(from(1)).unwrap();
    let since = tokio::time::Instant::now();
    let _second = places.take(from(2)).unwrap();
    first.place.given_up().await;
    assert!(since.elapsed() >= FRESH);
    let third = places.take(from(3)).unwrap();
    assert!(tokio::time::timeout(FRESH * 2, third.place.given_up()).await.is_err());
}

#[test]
fn requests_may_end_while_somebody_makes_room() {
    let places = Places::new(600, 9, 0, LONG);
    let taken: Vec<_> = (0..600).map(|_| Arc::new(places.take(None).unwrap())).collect();
    std::thread::scope(|scope| {
        let ending = scope.spawn(|| {
            for round in 0..2_000 {
                for (n, one) in taken.iter().enumerate() {
                    one.place.waiting_since.store(((n + round) * 7_919 % 613) as u64, Ordering::Relaxed);
                }
            }
        });
        while !ending.is_finished() {
            let _ = places.table().evict(1, |_| true);
            taken.iter().for_each(|one| one.place.leaving.store(false, Ordering::Relaxed));
        }
    });
}
