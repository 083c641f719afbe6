//! What the request log costs a request: `cargo test --release -p kontor-telemetry --test cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use kontor_telemetry::access::{AccessLog, Entry};
use kontor_telemetry::metrics::HttpRoute;

#[test]
#[ignore = "a measurement; run it in release mode"]
fn a_line_and_its_metrics_cost_about_a_microsecond() {
    const REQUESTS: u32 = 1_000_000;
    let log = AccessLog::to(std::io::sink(), true).unwrap();
    let route = HttpRoute::new("/v1/deals/{id}/win", "POST");
    let started = Instant::now();
    for n in 0..REQUESTS {
        let duration = Duration::from_micros(u64::from(n % 5_000));
        route.observe(200, duration);
        log.write(&Entry {
            time_ms: 1_700_000_000_000 + i64::from(n),
            request_id: "0192f1c0a7b87d3f9e1c5a2b4d6e8f01",
            method: "POST",
            route: "/v1/deals/{id}/win",
            status: 200,
            duration,
            db: duration / 2,
            space: Some("104512398120374272"),
            key_id: Some("104512398120374273"),
            ..Entry::default()
        });
    }
    let each = started.elapsed() / REQUESTS;
    println!("{each:?} per request");
    log.close();
    assert!(each < Duration::from_micros(3), "{each:?}");
}
