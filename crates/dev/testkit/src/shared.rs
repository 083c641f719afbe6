//! One server for each back end and test run, for all stories that leave it as they found it.
//!
//! `cargo test` runs all stories in one process, `cargo nextest` each in a process of its own: the server belongs to
//! the process that has all of them, and whoever comes first starts it, under a lock.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::{Api, Backend, Place, Server, keeper};

#[derive(Debug)]
struct Shared {
    place: Arc<Place>,
    url: String,
    key: String,
}

/// A client of the shared server; none when the back end is not reachable.
pub fn api(backend: Backend) -> Option<Api> {
    static SQLITE: OnceLock<Option<Shared>> = OnceLock::new();
    static POSTGRES: OnceLock<Option<Shared>> = OnceLock::new();
    let cell = if backend == Backend::Sqlite { &SQLITE } else { &POSTGRES };
    let shared = cell.get_or_init(|| backend.is_reachable().then(|| acquire(backend)));
    shared.as_ref().map(|shared| Api::new(shared.place.clone(), &shared.url, &shared.key))
}

/// The process that all stories of this run have in common.
pub(crate) fn owner() -> u32 {
    if std::env::var_os("NEXTEST").is_some() { std::os::unix::process::parent_id() } else { std::process::id() }
}

fn acquire(backend: Backend) -> Shared {
    let owner = owner();
    let root = std::env::temp_dir().join(format!("kontor-it-{owner}-{}", backend.name()));
    fs::create_dir_all(&root).expect("a folder for the tests");
    let turn = File::create(root.join("turn")).expect("a lock file");
    turn.lock().expect("a turn");
    if let Some(shared) = running(backend, &root) {
        return shared;
    }
    let place = Place::new(backend, owner, backend.name(), Vec::new());
    keeper::watch(owner, &place);
    let (place, url, key) = Server::launch(place, Vec::new()).leave();
    let ready = format!("{url}\n{key}\n{}\n", place.database().unwrap_or_default());
    fs::write(root.join("ready"), ready).expect("a note for the next process");
    Shared { place, url, key }
}

/// The server that another process of this run has started.
fn running(backend: Backend, root: &Path) -> Option<Shared> {
    let ready = fs::read_to_string(root.join("ready")).ok()?;
    let mut lines = ready.lines();
    let (url, key) = (lines.next()?.to_owned(), lines.next()?.to_owned());
    let database = lines.next().filter(|name| !name.is_empty()).map(str::to_owned);
    TcpStream::connect(url.trim_start_matches("http://")).ok()?;
    Some(Shared { place: Arc::new(Place::existing(backend, root.to_owned(), database)), url, key })
}
