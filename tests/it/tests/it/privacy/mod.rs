//! `/v1/privacy`: what persons ask for.

mod access;
mod erasure;
mod logins;
mod requests;
mod retention;

use std::path::Path;
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server};
use serde_json::{Value, json};

/// Makes a request and waits until it is done.
pub async fn ask(api: &Api, kind: &str, object: &str, id: &str) -> Value {
    let body = json!({"kind": kind, "subject": {"object": object, "id": id}});
    let begun = Instant::now();
    let made = api.post("/v1/privacy/requests", body).await.expect(202);
    let location = made.header("location").to_owned();
    loop {
        let request = api.get(&location).await.expect(200).data().clone();
        if request["state"] == "completed" {
            return request;
        }
        assert!(!["failed", "cancelled"].contains(&request["state"].as_str().unwrap()), "{request}");
        assert!(begun.elapsed() < Duration::from_secs(120), "{request}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Files under a folder that hold these bytes, without regard to case.
fn holding(folder: &Path, canary: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, canary));
        } else if let Ok(bytes) = std::fs::read(&path) {
            let lower = bytes.to_ascii_lowercase();
            if lower.windows(canary.len()).any(|window| window == canary.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Whether any table holds the text, as text or as bytes; the database itself looks.
fn no_table_holds(server: &Server, canary: &str) {
    let hex: String = canary.bytes().map(|b| format!("{b:02x}")).collect();
    server.place().sql(&format!(
        "DO $$ DECLARE t text; n bigint; BEGIN \
         FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' LOOP \
         EXECUTE format('SELECT count(*) FROM %I x WHERE x::text ILIKE ''%%{canary}%%'' OR x::text LIKE ''%%{hex}%%''', t) INTO n; \
         IF n > 0 THEN RAISE EXCEPTION 'table % still holds it in % rows', t, n; END IF; END LOOP; END $$"
    ));
}

/// Fails when the database or a file beside it holds the text.
pub fn left_behind(server: &Server, backend: Backend, canary: &str) {
    if backend == Backend::Postgres {
        no_table_holds(server, canary);
    } else {
        assert_eq!(holding(&server.place().data(), canary), Vec::<String>::new());
    }
}
