//! `/v1/audit` and `kontor audit`.

mod chain;
mod entries;
mod logins;
mod tampering;

use std::hash::{BuildHasher, RandomState};
use std::process::Output;
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Server};

/// Waits until the entries made so far are sealed.
async fn sealed(api: &Api) {
    // Asking is noted, and so is not asked for: the state says how much is open.
    let begun = Instant::now();
    loop {
        let state = api.get("/v1/audit/verify").await.expect(200);
        if state.data()["unsealed"] == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{state}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// `kontor audit verify`; what it says.
fn verify(server: &Server, flags: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = server.place().output(&[&["audit", "verify"][..], flags].concat());
    assert!(matches!(status.code(), Some(0 | 1)), "{status:?}");
    let said = [stdout, stderr].concat();
    (status.success(), String::from_utf8(said).unwrap())
}

/// A number below `end` that nobody foresees.
fn any(end: u64) -> u64 {
    RandomState::new().hash_one(end) % end
}
