//! How a story is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Api, Backend, Place, shared};

/// What the server complained about goes to the output of a story that fails.
struct Witness(Arc<Place>);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("on {}; the server's last complaints:\n{}", self.0.backend.name(), self.0.complaints());
        }
    }
}

/// Tells a story on the shared server of a back end, when it is reachable.
pub async fn run<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Api) -> F) {
    let Some(api) = shared::api(backend) else { return };
    let _witness = Witness(api.place().clone());
    story(api.clone()).await;
    api.retire_objects().await;
}

/// A number that no other call of this run gives: letters and digits, at most ten.
pub fn serial() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // The process in base 36 and a count: short, and good in names of objects too.
    format!("{}{number}", base36(std::process::id()))
}

/// `word` with a [`serial`] behind it.
pub fn unique(word: &str) -> String {
    format!("{word} {}", serial())
}

fn base36(mut number: u32) -> String {
    let mut out = String::new();
    while number > 0 {
        out.extend(char::from_digit(number % 36, 36));
        number /= 36;
    }
    // A letter, so that two numbers side by side cannot be read in two ways.
    out.push('z');
    out
}
