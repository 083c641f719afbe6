use std::sync::Arc;

use kontor_model::Clock;
use kontor_store::system;

use super::house::{House, SPACE};

#[tokio::test]
async fn the_last_seconds_are_the_unsealed_tail() {
    let house = House::new().await;
    let mut sealer = house.sealer("a");
    let at = house.clock.now_ms();
    house.commit(vec![house.entry(at, 1, "create", 1), house.entry(at + 1_500, 2, "update", 1)]).await;
    house.clock.advance(crate::SETTLE_MS + 500);
    assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
    let report = house.verify(None).await;
    assert_eq!((report.entries, report.unsealed, report.unsealed_since), (1, 1, Some(at + 1_500)));
    house.clock.advance(2_000);
    assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
    assert_eq!(house.verify(None).await.unsealed, 0);
    assert_eq!(sealer.seal(SPACE).await.unwrap(), 0, "nothing is sealed twice");
}

#[tokio::test]
async fn a_late_entry_is_sealed_and_never_lost() {
    let house = House::new().await;
    let mut sealer = house.sealer("a");
    let at = house.clock.now_ms();
    house.commit(vec![house.entry(at + 10, 2, "update", 1)]).await;
    house.clock.advance(10_000);
    assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
    house.commit(vec![house.entry(at, 1, "create", 1)]).await;
    let report = house.verify(None).await;
    assert_eq!((report.fault, report.unsealed), (None, 1));
    house.clock.advance(60_000);
    assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
    let report = house.verify(None).await;
    assert_eq!((report.entries, report.late, report.unsealed, report.fault), (2, 1, 0, None));
    // A clock that was set back by an hour: younger entries with lower ids.
    house.commit(vec![house.entry(at - 3_600_000, 3, "update", 1)]).await;
    house.clock.advance(3_600_000);
    assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
    assert_eq!(house.verify(None).await.late, 2);
}

#[tokio::test]
async fn one_process_seals_at_a_time() {
    let house = House::new().await;
    let (mut one, mut two) = (house.sealer("one"), house.sealer("two"));
    house.commit(vec![house.entry(house.clock.now_ms(), 1, "create", 1)]).await;
    house.clock.advance(5_000);
    assert_eq!(one.tick(&[SPACE]).await.unwrap(), Some(1));
    assert_eq!(two.tick(&[SPACE]).await.unwrap(), None);
    // It goes away: another takes over when the lease has ended, and goes on where it was.
    house.clock.advance(31_000);
    house.commit(vec![house.entry(house.clock.now_ms() - 5_000, 2, "update", 1)]).await;
    assert_eq!(two.tick(&[SPACE]).await.unwrap(), Some(1));
    assert_eq!(one.tick(&[SPACE]).await.unwrap(), None);
    two.release().await;
    assert_eq!(one.tick(&[SPACE]).await.unwrap(), Some(0));
    assert_eq!(house.verify(None).await.seals, 2);
}

#[tokio::test]
async fn two_that_seal_at_once_make_one_chain() {
    let house = Arc::new(House::new().await);
    for round in 0..20 {
        let at = house.clock.now_ms();
        house.commit((0..5).map(|n| house.entry(at + n, round * 10 + n, "update", n + 1)).collect()).await;
        house.clock.advance(70_000);
        let (mut one, mut two) = (house.sealer("one"), house.sealer("two"));
        let (a, b) = tokio::join!(one.seal(SPACE), two.seal(SPACE));
        assert_eq!(a.unwrap() + b.unwrap(), 5);
    }
    let report = house.verify(None).await;
    assert_eq!((report.entries, report.seals, report.fault), (100, 20, None));
    assert_eq!(house.rows(system::AUDIT_SEAL).await.len(), 20);
}

#[tokio::test]
async fn an_entry_of_an_older_version_is_sealed_as_it_is() {
    let house = House::new().await;
    let at = house.clock.now_ms();
    let mut write = house.entry(at, 1, "create", 1);
    let kontor_store::Write::Insert { columns, values, .. } = &mut write else { panic!() };
    *columns = columns[..10].to_vec().into();
    values.truncate(10);
    house.commit(vec![write]).await;
    house.clock.advance(5_000);
    assert_eq!(house.sealer("a").seal(SPACE).await.unwrap(), 1);
    assert_eq!(house.verify(None).await.fault, None);
}
