//! How fast a chain is verified; the figure is printed, never judged.

use kontor_model::Clock;

use super::house::{House, SPACE};

/// `cargo test --release -p kontor-audit -- --ignored --nocapture a_million`
#[tokio::test]
#[ignore = "takes a minute; prints a figure"]
async fn a_million_entries() {
    let entries: i64 = std::env::var("ENTRIES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let house = House::new().await;
    let mut sealer = house.sealer("a");
    for chunk in 0..entries / 1_000 {
        let at = house.clock.now_ms();
        house
            .commit((0..1_000).map(|n| house.entry(at + n, chunk * 1_000 % 262_144 + n, "update", n + 1)).collect())
            .await;
        house.clock.advance(5_000);
        sealer.seal(SPACE).await.unwrap();
    }
    let begun = std::time::Instant::now();
    let report = house.verify(None).await;
    println!("{} entries, {} seals, {:?}", report.entries, report.seals, begun.elapsed());
    assert_eq!((report.entries, report.fault), (u64::try_from(entries).unwrap(), None));
}
