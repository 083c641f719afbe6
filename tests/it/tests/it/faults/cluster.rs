//! A PostgreSQL of a test's own, to be stopped, started and starved.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kontor_testkit::serial;

use super::skipped;

/// Ends the cluster when the test's process is gone.
const WATCH: &str = r#"while kill -0 "$1" 2>/dev/null; do sleep 1; done; [ -d "$2" ] && shift && shift && "$@""#;

/// A running cluster; dropping it removes it.
#[derive(Debug)]
pub struct Cluster {
    root: PathBuf,
    data: PathBuf,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    /// None, named as skipped, where PostgreSQL's programs are not installed. The log of writes is beside `data`.
    pub fn start(story: &str, data: Option<&Path>) -> Option<Self> {
        let Some(bin) = programs() else {
            skipped(story, "initdb and pg_ctl are not installed");
            return None;
        };
        let root = std::env::temp_dir().join(format!("kontor-pg-{}", serial()));
        std::fs::create_dir_all(&root).expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let data = data.map_or_else(|| root.join("data"), |folder| folder.join("data"));
        let cluster = Self { data, bin, port, root };
        let folders = [cluster.root.as_path(), cluster.data.parent().unwrap_or(Path::new("/"))];
        if is_root() {
            assert!(Command::new("chown").arg("postgres").args(folders).status().is_ok_and(|status| status.success()));
        }
        let wal = cluster.root.join("wal");
        let made = cluster.run(
            "initdb",
            &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-X", &wal.to_string_lossy(), "-D"],
        );
        assert!(made, "initdb failed");
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nshared_buffers = '32MB'\n",
            cluster.root.display()
        );
        let conf = cluster.data.join("postgresql.conf");
        let text = std::fs::read_to_string(&conf).expect("postgresql.conf");
        std::fs::write(&conf, text + &settings).expect("postgresql.conf");
        assert!(cluster.up(), "PostgreSQL does not start: {}", cluster.log());
        let stop = cluster.command("pg_ctl", &["stop", "-m", "immediate", "-D"]);
        let mut watchman = Command::new("sh");
        watchman
            .args(["-c", WATCH, "watchman", &std::process::id().to_string()])
            .arg(&cluster.root)
            .arg(stop.get_program())
            .args(stop.get_args());
        #[expect(clippy::zombie_processes, reason = "it outlives the test, and ends with the cluster")]
        let _watching = watchman.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh");
        Some(cluster)
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.root.join("log")).unwrap_or_default()
    }

    /// Starts it; true when it takes connections.
    pub fn up(&self) -> bool {
        self.run("pg_ctl", &["start", "-w", "-t", "30", "-l", &self.root.join("log").to_string_lossy(), "-D"])
    }

    /// Stops it as a crash does.
    pub fn crash(&self) -> bool {
        self.run("pg_ctl", &["stop", "-m", "immediate", "-D"])
    }

    /// Sends a signal, such as `STOP`, to the server and all its processes.
    pub fn signal(&self, name: &str) {
        let file = std::fs::read_to_string(self.data.join("postmaster.pid")).expect("postmaster.pid");
        let server = file.lines().next().expect("the server's process").to_owned();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &server]).output().expect("ps").stdout;
        let children = String::from_utf8_lossy(&children).into_owned();
        for process in std::iter::once(server.as_str()).chain(children.split_whitespace()) {
            Command::new("kill").args([&format!("-{name}"), process]).status().expect("kill");
        }
    }

    pub fn is_up(&self) -> bool {
        self.run("pg_ctl", &["status", "-D"])
    }

    /// A statement, past the product.
    pub fn sql(&self, statement: &str) -> bool {
        let mut command = Command::new(self.bin.join("psql"));
        command
            .args(["-q", "-v", "ON_ERROR_STOP=1", &self.url(), "-c", statement])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        // PostgreSQL does not run as root.
        let mut command = if is_root() { Command::new("setpriv") } else { Command::new(self.bin.join(program)) };
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(self.bin.join(program));
        }
        command.args(arguments).arg(&self.data).current_dir(&self.root);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        self.command(program, arguments).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("PostgreSQL said:\n{}", self.log());
        }
        self.crash();
        std::fs::remove_dir_all(&self.data).ok();
        std::fs::remove_dir_all(&self.root).ok();
    }
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rev().find(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
