//! A server of one's own: started, killed, ended, restarted on the same data.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::{Api, Backend, Place, keeper};

/// How long a start or an end may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server is to be.
#[derive(Debug)]
pub struct Builder {
    backend: Backend,
    env: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Builder {
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// A setting from the environment; `KONTOR_LIMITS` is `off` unless said here.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A flag of `kontor up`.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// Starts it and waits until it listens.
    pub async fn start(self) -> Server {
        tokio::task::spawn_blocking(move || {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
            let owner = std::process::id();
            let place = Place::new(self.backend, owner, &number, self.env);
            keeper::watch(owner, &place);
            Server::launch(place, self.flags)
        })
        .await
        .expect("the server starts")
    }
}

/// A running server. Dropping it removes it with its data.
#[derive(Debug)]
pub struct Server {
    place: Arc<Place>,
    flags: Vec<String>,
    child: Option<Child>,
    url: String,
    key: String,
    /// Whether it outlives this value.
    left_running: bool,
}

impl Server {
    pub fn builder() -> Builder {
        Builder { backend: Backend::Sqlite, env: Vec::new(), flags: Vec::new() }
    }

    pub(crate) fn launch(place: Place, flags: Vec<String>) -> Self {
        let mut server = Self {
            place: Arc::new(place),
            flags,
            child: None,
            url: String::new(),
            key: String::new(),
            left_running: false,
        };
        server.begin();
        server.key = server.place.key("admin", &[]);
        server
    }

    fn begin(&mut self) {
        let lock = self.place.data().join("kontor.lock");
        fs::remove_file(&lock).ok();
        let log = File::options().create(true).append(true).open(self.place.log_file()).expect("a log file");
        let mut command = self.place.command(&["up", "--listen", "127.0.0.1:0"]);
        command.args(&self.flags).stdout(log.try_clone().expect("a log file")).stderr(log).process_group(0);
        let child = self.child.insert(command.spawn().expect("the binary starts"));
        fs::write(self.place.root().join("pid"), child.id().to_string()).expect("a pid file");
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("the process") {
                panic!("kontor up ended with {status}:\n{}", self.place.log());
            }
            let text = fs::read_to_string(&lock).unwrap_or_default();
            let mut lines = text.lines();
            if lines.next() == Some(child.id().to_string().as_str())
                && let Some(url) = lines.next().filter(|url| url.starts_with("http"))
            {
                url.clone_into(&mut self.url);
                return;
            }
            assert!(start.elapsed() < PATIENCE, "kontor up does not listen:\n{}", self.place.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A client with an administrator's key.
    pub fn api(&self) -> Api {
        Api::new(self.place.clone(), &self.url, &self.key)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// An administrator's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn place(&self) -> &Arc<Place> {
        &self.place
    }

    pub fn log(&self) -> String {
        self.place.log()
    }

    /// The process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
            fs::remove_file(self.place.root().join("pid")).ok();
        }
    }

    /// Sends a signal, such as `TERM` or `STOP`.
    pub fn signal(&self, name: &str) {
        let Some(pid) = self.pid() else { return };
        Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().expect("kill");
    }

    /// Asks it to end with SIGTERM and waits until it has.
    ///
    /// # Panics
    /// It was not running, or does not end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// It was not running, or does not end.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running server");
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("the process") {
                fs::remove_file(self.place.root().join("pid")).ok();
                return status;
            }
            if start.elapsed() > PATIENCE {
                child.kill().ok();
                panic!("kontor up does not end:\n{}", self.place.log());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Starts it anew on the same data; the address is a new one.
    pub async fn restart(mut self) -> Self {
        self.kill();
        tokio::task::spawn_blocking(move || {
            self.begin();
            self
        })
        .await
        .expect("the server starts again")
    }

    /// It goes on without this value; what is left is its watchman's.
    pub(crate) fn leave(mut self) -> (Arc<Place>, String, String) {
        self.left_running = true;
        (self.place.clone(), self.url.clone(), self.key.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.left_running {
            return;
        }
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.place.complaints());
        }
        self.kill();
        self.place.remove();
    }
}
