//! How much may be asked for, by whom, and from where (api.md 8).
//!
//! Refills are slow or awaited: no story depends on how fast the machine is.

mod cors;
mod keys;
mod proxies;
mod redis;
mod routes;

use kontor_testkit::{Backend, Builder, Reply, Server};

/// A server with limits.
pub fn limited(backend: Backend) -> Builder {
    Server::builder().backend(backend).env("KONTOR_LIMITS", "on")
}

/// `r` or `t` of a limit in the header `RateLimit`.
pub fn said(reply: &Reply, limit: &str, parameter: &str) -> u64 {
    let header = reply.header("ratelimit");
    let found = header.split(", ").find_map(|member| member.strip_prefix(&format!("\"{limit}\";")));
    let value = found.and_then(|rest| rest.split(';').find_map(|p| p.strip_prefix(&format!("{parameter}="))));
    value.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("{limit} {parameter}: {header}\n{reply}"))
}

/// Waits as long as the answer says.
pub async fn wait(refused: &Reply) {
    let seconds: u64 = refused.header("retry-after").parse().expect("Retry-After");
    assert!(seconds >= 1, "{refused}");
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
}
