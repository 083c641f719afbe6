use std::time::Instant;

use serde_json::json;

use super::house::{House, SPACE};

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// `KONTOR_TEST_ROWS` sets the number of rows.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes without optimisation; run with --release -- --ignored"]
async fn many_rows_take_little_memory() {
    let rows: usize = std::env::var("KONTOR_TEST_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let house = House::new().await;
    let mut file = String::from("external_id,name,size,annual_revenue,country\n");
    for n in 0..rows {
        file.push_str(&format!("k{n},Company number {n},{},{}.50,DE\n", n % 900, n));
    }
    let runner = house.runner("p");
    let job = house.start(json!({"object": "company", "key": "external_id"}), "c.csv", file.as_bytes()).await.unwrap();
    drop(file);
    let (start, mut peak, mut early) = (Instant::now(), 0, 0);
    let done = house.transfer.wait(SPACE, job.id, |job| {
        let now = resident_kib();
        peak = peak.max(now);
        if job.done < i64::try_from(rows / 5).unwrap_or(0) {
            early = now;
        }
    });
    let job = done.await.unwrap();
    let seconds = start.elapsed().as_secs_f64();
    runner.stop().await;
    eprintln!(
        "{rows} rows in {seconds:.1} s: {:.0} rows/s, {} MiB after a fifth, {} MiB at most",
        rows as f64 / seconds,
        early / 1024,
        peak / 1024
    );
    assert_eq!(
        (job.state.name(), job.output["report"]["created"].as_u64()),
        ("succeeded", Some(rows as u64)),
        "{:?}",
        job.error
    );
    assert!(peak < early + 128 * 1024);
}
