//! Where a server lives: a folder, a database, an environment; and the commands that are run beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::{Backend, postgres};

/// The binary under test: `KONTOR_BIN`, or the one that was built beside the tests.
///
/// # Panics
/// There is none.
pub fn binary() -> PathBuf {
    if let Some(given) = std::env::var_os("KONTOR_BIN") {
        return given.into();
    }
    let name = format!("kontor{}", std::env::consts::EXE_SUFFIX);
    let test = std::env::current_exe().unwrap_or_default();
    let beside = test.ancestors().skip(1).take(3).map(|folder| folder.join(&name));
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/debug").join(&name);
    let found = beside.chain([built]).find(|path| path.is_file());
    found.expect("there is no kontor binary: cargo build -p kontor, or set KONTOR_BIN")
}

/// A folder and a database for one server at a time.
#[derive(Debug)]
pub struct Place {
    pub backend: Backend,
    root: PathBuf,
    database: Option<String>,
    env: Vec<(String, String)>,
}

impl Place {
    /// `owner` is the process that it may not outlive.
    pub(crate) fn new(backend: Backend, owner: u32, number: &str, env: Vec<(String, String)>) -> Self {
        let root = std::env::temp_dir().join(format!("kontor-it-{owner}-{number}"));
        fs::create_dir_all(&root).expect("a folder for the test");
        let database = (backend == Backend::Postgres).then(|| postgres::create(owner, number));
        Self { backend, root, database, env }
    }

    /// A folder for commands on a database that is there.
    pub(crate) fn new_in(database: String, owner: u32) -> Self {
        let root = std::env::temp_dir().join(format!("kontor-it-{owner}-template"));
        fs::create_dir_all(&root).expect("a folder for the template");
        Self { backend: Backend::Postgres, root, database: Some(database), env: Vec::new() }
    }

    /// A place that another process has made.
    pub(crate) fn existing(backend: Backend, root: PathBuf, database: Option<String>) -> Self {
        Self { backend, root, database, env: Vec::new() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What `--data` is given.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The database on PostgreSQL.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The file that everything the server says goes to.
    pub fn log_file(&self) -> PathBuf {
        self.root.join("log")
    }

    /// What the server has said.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// The lines of the log that say what went wrong, at most the last twenty.
    pub fn complaints(&self) -> String {
        let log = self.log();
        let bad = ["ERROR", "WARN", "panic"];
        let lines: Vec<&str> = log.lines().filter(|line| bad.iter().any(|word| line.contains(word))).collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    /// A command of the product on this place.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KONTOR_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).arg("--data").arg(self.data()).env("KONTOR_LIMITS", "off").stdin(Stdio::null());
        // A machine that is busy with other stories is no overload.
        command.env("KONTOR_OVERLOAD_WAIT_MS", "20000").env("KONTOR_OVERLOAD_QUEUE", "100000");
        command.env("KONTOR_SWEEPS_EVERY_SECONDS", "1");
        command.current_dir(&self.root);
        if let Some(database) = &self.database {
            command.env("KONTOR_DATABASE_URL", postgres::url(database));
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// `kontor keys create` with more flags; the key.
    ///
    /// # Panics
    /// It prints no key.
    #[track_caller]
    pub fn key(&self, role: &str, flags: &[&str]) -> String {
        let output = self.output(&[&["keys", "create", "--name", "test", "--role", role][..], flags].concat());
        let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success() && key.starts_with("ak_"), "{output:?}");
        key
    }

    /// A statement on the server's own database, past the product.
    ///
    /// # Panics
    /// The database refuses it.
    pub fn sql(&self, statement: &str) {
        match &self.database {
            Some(database) => drop(postgres::run_on(database, statement).expect("the statement")),
            None => {
                let file = rusqlite::Connection::open(self.data().join("kontor.db")).expect("the database");
                file.busy_timeout(std::time::Duration::from_secs(10)).expect("a time-out");
                file.execute_batch(statement).expect("the statement");
            }
        }
    }

    /// The first column of what PostgreSQL answers, past the product; statements before the last one may set something.
    ///
    /// # Panics
    /// The database refuses it, or is SQLite.
    #[track_caller]
    pub fn ask(&self, statement: &str) -> Vec<String> {
        let database = self.database.as_ref().expect("a PostgreSQL database");
        postgres::run_on(database, statement).expect("the statement")
    }

    /// The first column of each row that a question on the server's own database finds, as text.
    ///
    /// # Panics
    /// The database refuses it.
    pub fn texts(&self, question: &str) -> Vec<String> {
        if let Some(database) = &self.database {
            return postgres::run_on(database, question).expect("the question");
        }
        let file = rusqlite::Connection::open(self.data().join("kontor.db")).expect("the database");
        file.busy_timeout(std::time::Duration::from_secs(10)).expect("a time-out");
        let mut statement = file.prepare(question).expect("the question");
        let rows = statement.query_map([], |row| row.get_ref(0).map(lossy)).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// The rows of a question to the server's own database, past the product; each value as text.
    ///
    /// # Panics
    /// The database refuses it.
    pub fn rows(&self, question: &str) -> Vec<Vec<Option<String>>> {
        match &self.database {
            Some(database) => postgres::rows(database, question).expect("the question"),
            None => {
                let file = rusqlite::Connection::open(self.data().join("kontor.db")).expect("the database");
                file.busy_timeout(std::time::Duration::from_secs(10)).expect("a time-out");
                let mut statement = file.prepare(question).expect("the question");
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at).map(text)).collect());
                rows.expect("the rows").map(|row| row.expect("a row")).collect()
            }
        }
    }

    /// Removes everything.
    pub(crate) fn remove(&self) {
        if let Some(database) = &self.database {
            postgres::drop(database);
        }
        fs::remove_dir_all(&self.root).ok();
    }
}

/// A value of SQLite as what can be read in it.
fn lossy(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A value of SQLite as PostgreSQL sends it over its simple protocol.
fn text(value: rusqlite::types::Value) -> Option<String> {
    use rusqlite::types::Value;
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}
