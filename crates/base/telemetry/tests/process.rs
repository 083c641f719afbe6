//! What a process prints, seen from outside: the test runs itself as a child.

use std::process::{Command, Output};
use std::time::Duration;

use kontor_config::{Config, Overrides};
use kontor_telemetry::access::Entry;

const SETTINGS: &str = "KONTOR_TELEMETRY_CHILD";

#[test]
#[ignore = "run by the other tests of this file"]
fn child() {
    let Ok(settings) = std::env::var(SETTINGS) else { return };
    let overrides = settings
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .fold(Overrides::default().with("log.level", "warn"), |overrides, (key, value)| overrides.with(key, value));
    let guard = kontor_telemetry::init(&Config::load(None, std::iter::empty(), overrides).unwrap());
    tracing::warn!(name = "a\u{1b}[2J\nforged", "something happened");
    tracing::info!("not shown");
    let _ = std::thread::spawn(|| panic!("on purpose\nsecond line")).join();
    let entry = Entry { request_id: "r1", method: "GET", route: "/healthz", status: 200, ..Entry::default() };
    guard.access().write(&Entry { duration: Duration::from_millis(2), ..entry });
}

#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn run(settings: &str) -> (String, String) {
    let Output { stdout, stderr, .. } = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "child", "--nocapture"])
        .env(SETTINGS, settings)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn events_are_json_lines_and_the_request_log_is_written_at_the_end() {
    let (stdout, stderr) = run("log.format=json");
    let events: Vec<serde_json::Value> = stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(events.len(), 2, "{stderr}");
    assert_eq!(events[0]["message"], "something happened");
    assert_eq!(events[0]["name"], "a\u{1b}[2J\nforged");
    assert_eq!(events[1]["target"], "kontor::panic");
    let line = stdout.lines().find(|line| line.contains("\"log\":\"request\"")).expect("a request line");
    let request: serde_json::Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
    assert_eq!((&request["route"], &request["duration_ms"]), (&"/healthz".into(), &2.0.into()));
}

#[test]
fn text_is_for_people_and_holds_no_controls() {
    let (stdout, stderr) = run("log.format=text log.access=stderr");
    assert!(!stdout.contains("/healthz"), "{stdout}");
    assert!(stderr.contains("GET /healthz 200 2.000 ms"), "{stderr}");
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "{stderr}");
}

#[cfg(not(feature = "otel"))]
#[test]
fn an_endpoint_without_the_feature_is_warned_of() {
    let (_, stderr) = run("otel.endpoint=http://127.0.0.1:4318/v1/traces");
    assert!(stderr.contains("kontor-telemetry/otel"), "{stderr}");
}

#[cfg(feature = "otel")]
#[test]
fn spans_reach_the_collector_as_part_of_the_callers_trace() {
    use std::io::{Read, Write};

    use kontor_telemetry::TraceContext;

    let collector = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    let taken = std::thread::spawn(move || {
        let (mut stream, _) = collector.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            request.extend_from_slice(&chunk[..read]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        request
    });
    let overrides = Overrides::default().with("otel.endpoint", &endpoint).with("log.access", "off");
    let guard = kontor_telemetry::init(&Config::load(None, std::iter::empty(), overrides).unwrap());
    let context = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
    let span = tracing::info_span!("POST /v1/deals");
    context.attach(&span);
    drop(span.entered());
    drop(guard);
    let request = taken.join().unwrap();
    assert!(request.starts_with(b"POST /v1/traces "), "{}", String::from_utf8_lossy(&request));
    for part in [&context.trace_id.to_be_bytes()[..], &context.parent_id.to_be_bytes(), b"POST /v1/deals"] {
        assert!(request.windows(part.len()).any(|window| window == part), "{part:?}");
    }
}
