//! Passwords as argon2id hashes (RFC 9106; ASVS 11.4.2), a few at a time: each takes 19 MiB, and a crowd of sign-ins must
//! not take the memory of everyone else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kontor_model::{Error, ErrorCode, Result};
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;

const AT_ONCE: usize = 2;
const WAITING: usize = 16;

/// The hash of no password: what is compared when there is no account, so that both take the same time.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What came of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub right: bool,
    /// Whether the hash was made with other parameters than today's.
    pub stale: bool,
}

/// Hashes and compares on threads that may block.
pub struct Hashing {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: AtomicUsize::new(0) }
    }
}

/// One place in the queue.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn argon() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Hashing {
    /// Runs `work` when it is its turn.
    ///
    /// # Errors
    /// 503000 when too many wait.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = {
            let before = self.waiting.fetch_add(1, Ordering::SeqCst);
            let _place = Waiting(&self.waiting);
            if before >= WAITING + AT_ONCE {
                return Err(Error::new(ErrorCode::Unavailable, "too many people sign in at this moment"));
            }
            self.permits.clone().acquire_owned().await.map_err(Error::internal)?
        };
        // The task keeps the permit, also when nobody waits for it any more.
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        task.await.map_err(Error::internal)
    }

    /// A new hash as a PHC string.
    ///
    /// # Errors
    /// 503000; no randomness.
    pub async fn hash(&self, password: String) -> Result<String> {
        let mut salt = [0_u8; SALT];
        getrandom::fill(&mut salt).map_err(Error::internal)?;
        let argon = argon()?;
        let hashed = self.run(move || argon.hash_password_with_salt(password.as_bytes(), &salt)).await?;
        Ok(hashed.map_err(Error::internal)?.to_string())
    }

    /// Compares a password with a stored hash; without one it takes as long, and is wrong.
    ///
    /// # Errors
    /// 503000.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict> {
        let argon = argon()?;
        self.run(move || {
            let known = stored.is_some();
            let text = stored.unwrap_or_else(|| NOBODY.to_owned());
            let Ok(hash) = PasswordHash::new(&text) else {
                return Verdict { right: false, stale: false };
            };
            let equal = argon.verify_password(password.as_bytes(), &hash).is_ok();
            let current = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$");
            Verdict { right: known && equal, stale: !text.starts_with(&current) }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse battery staple".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = |password: &str, stored: Option<&str>| hashing.verify(password.into(), stored.map(str::to_owned));
        let right = verify("correct horse battery staple", Some(&hash)).await.unwrap();
        assert_eq!(right, Verdict { right: true, stale: false });
        assert!(!verify("correct horse battery stapl", Some(&hash)).await.unwrap().right);
        assert!(!verify("", None).await.unwrap().right);
        assert!(PasswordHash::new(NOBODY).is_ok(), "the hash of nobody costs as much as one of somebody");
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_right_and_stale() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let hash = weak.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
        let verdict = Hashing::default().verify("correct horse".into(), Some(hash)).await.unwrap();
        assert_eq!(verdict, Verdict { right: true, stale: true });
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away() {
        let hashing = Arc::new(Hashing::default());
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..(AT_ONCE + 2 * WAITING + 4) {
            let (hashing, gate) = (hashing.clone(), gate.clone());
            crowd.spawn(async move {
                hashing
                    .run(move || {
                        let _ = gate.lock().map(|gate| gate.recv());
                    })
                    .await
                    .map_err(|e| e.code())
            });
        }
        let first = crowd.join_next().await.unwrap().unwrap();
        assert_eq!(first, Err(ErrorCode::Unavailable));
        drop(open);
        let rest = crowd.join_all().await;
        assert!(rest.iter().filter(|outcome| outcome.is_ok()).count() >= WAITING);
    }
}
