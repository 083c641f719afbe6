//! Step 7: the same key with the same request is done once (api.md 6).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::request::Parts;
use axum::http::{HeaderName, Method};
use futures::future::BoxFuture;
use kontor_model::{Error, ErrorCode, Id, Result};
use kontor_records::{Answer, Caller, Idempotency, Records};
use sha2::{Digest, Sha256};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// On answers that were given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST: usize = 255;

/// Where answers are kept.
pub trait Replays: Send + Sync {
    /// The first answer to this key, when there is one.
    ///
    /// # Errors
    /// 422001 when the key came with another request.
    fn replay<'a>(&'a self, caller: &'a Caller, idempotency: &'a Idempotency) -> BoxFuture<'a, Result<Option<Answer>>>;
}

impl Replays for Records {
    fn replay<'a>(&'a self, caller: &'a Caller, idempotency: &'a Idempotency) -> BoxFuture<'a, Result<Option<Answer>>> {
        Box::pin(Records::replay(self, caller, idempotency))
    }
}

/// The key of a request, with a digest of its method, target and body; None without one, and for methods that change
/// nothing.
///
/// # Errors
/// 400000 for a key that is not 1 to 255 visible ASCII characters, or several.
pub fn of(parts: &Parts, body: &[u8]) -> Result<Option<Idempotency>> {
    if !matches!(parts.method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE) {
        return Ok(None);
    }
    let mut keys = parts.headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.as_bytes();
    let fits = (1..=LONGEST).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic) && keys.next().is_none();
    if !fits {
        return Err(Error::new(
            ErrorCode::Malformed,
            "Idempotency-Key must be one value of 1 to 255 visible ASCII characters",
        ));
    }
    let mut hash = Sha256::new();
    let target = parts.uri.path_and_query().map_or("", |p| p.as_str());
    for part in [parts.method.as_str().as_bytes(), target.as_bytes(), body] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let fingerprint = hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
        text
    });
    Ok(Some(Idempotency { key: String::from_utf8_lossy(key).into_owned(), fingerprint }))
}

type Running = HashMap<(Id, String), String>;

/// Requests with a key that this process is working on.
#[derive(Default)]
pub struct InFlight(Arc<Mutex<Running>>);

/// The right to work on a key, given back when dropped.
pub struct Claim {
    running: Arc<Mutex<Running>>,
    key: (Id, String),
}

impl InFlight {
    /// # Errors
    /// 409003 while the first request runs, 422001 when it is another request.
    pub fn claim(&self, caller: &Caller, idempotency: &Idempotency) -> Result<Claim> {
        let key = (caller.key_id, idempotency.key.clone());
        match lock(&self.0).entry(key.clone()) {
            Entry::Vacant(slot) => slot.insert(idempotency.fingerprint.clone()),
            Entry::Occupied(slot) if *slot.get() == idempotency.fingerprint => {
                return Err(Error::new(
                    ErrorCode::StillRunning,
                    "the first request with this Idempotency-Key has not finished",
                ));
            }
            Entry::Occupied(_) => {
                return Err(Error::new(
                    ErrorCode::IdempotencyReused,
                    "this Idempotency-Key came with another request before; use a new key for a new request",
                ));
            }
        };
        Ok(Claim { running: self.0.clone(), key })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.running).remove(&self.key);
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn read(method: &str, key: &str, body: &[u8]) -> Result<Option<Idempotency>> {
        let request = Request::builder().method(method).uri("/v1/contacts?x=1").header(HEADER, key).body(()).unwrap();
        of(&request.into_parts().0, body)
    }

    #[test]
    fn a_key_is_bound_to_its_request() {
        let first = read("POST", "k-1", b"{}").unwrap().unwrap();
        assert_eq!(first.fingerprint.len(), 64);
        assert_eq!(read("POST", "k-1", b"{}").unwrap().unwrap(), first);
        assert_ne!(read("POST", "k-1", b"{ }").unwrap().unwrap(), first);
        assert_ne!(read("PUT", "k-1", b"{}").unwrap().unwrap(), first);
        assert_eq!(read("GET", "k-1", b"").unwrap(), None);
        for bad in ["", "a b", &"x".repeat(256)] {
            assert_eq!(read("POST", bad, b"").unwrap_err().code(), ErrorCode::Malformed);
        }
    }
}
