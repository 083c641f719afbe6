//! Databases that come and go with their servers.

use std::fs::File;
use std::sync::OnceLock;

use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::{Place, keeper, shared};

/// What the databases of tests are called; the number is the process that made them.
const PREFIX: &str = "kontor_it_";

/// Where PostgreSQL listens, without a database: `KONTOR_TEST_POSTGRES`, or the local one.
fn base() -> String {
    let given = std::env::var("KONTOR_TEST_POSTGRES").unwrap_or_default();
    let given = given.trim_end_matches('/');
    if given.is_empty() { "postgres://postgres@127.0.0.1:5432".to_owned() } else { given.to_owned() }
}

/// The address of a database.
pub fn url(database: &str) -> String {
    format!("{}/{database}", base())
}

/// A statement on the maintenance database; the first column of each row.
pub fn run(sql: &str) -> Result<Vec<String>, String> {
    run_on("postgres", sql)
}

/// A statement on any database; the first column of each row.
pub fn run_on(database: &str, sql: &str) -> Result<Vec<String>, String> {
    let rows = rows(database, sql)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// A row, each value as text.
pub type Row = Vec<Option<String>>;

/// The rows of a statement on any database. Has a thread of its own, so that it can be called from anywhere.
pub fn rows(database: &str, sql: &str) -> Result<Vec<Row>, String> {
    let (url, sql) = (url(database), sql.to_owned());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.map_err(|e| e.to_string())?;
            tokio::spawn(connection);
            let messages = client.simple_query(&sql).await.map_err(|e| format!("{sql}: {e}"))?;
            let texts = |message: SimpleQueryMessage| match message {
                SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
                _ => None,
            };
            Ok(messages.into_iter().filter_map(texts).collect())
        })
    })
    .join()
    .unwrap_or_else(|_| Err("the thread panicked".to_owned()))
}

/// Makes a database with the name of its owner, a process, and a number, with all tables in it and nothing in them.
pub fn create(owner: u32, number: &str) -> String {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let template = TEMPLATE.get_or_init(template);
    let name = format!("{PREFIX}{owner}_{number}");
    drop(&name);
    run(&format!("CREATE DATABASE {name} TEMPLATE {template}")).expect("a database for the test");
    name
}

/// What the databases of this run are copies of: a copy takes a tenth of the time that making the tables takes.
/// Whoever comes first makes it, under a lock, and removes databases whose owner is gone.
fn template() -> String {
    let owner = shared::owner();
    let name = format!("{PREFIX}{owner}_template");
    let turn = File::create(std::env::temp_dir().join(format!("{name}.turn"))).expect("a lock file");
    turn.lock().expect("a turn");
    let there = run(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).expect("the databases there are");
    if there.is_empty() {
        sweep();
        let unfinished = format!("{name}_unfinished");
        drop(&unfinished);
        run(&format!("CREATE DATABASE {unfinished} TEMPLATE template0 ENCODING 'UTF8'")).expect("a template");
        let place = Place::new_in(unfinished.clone(), owner);
        let migrated = place.output(&["migrate"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        run(&format!("ALTER DATABASE {unfinished} RENAME TO {name}")).expect("a template");
        keeper::watch_database(owner, place.root(), &name);
    }
    name
}

/// Removes a database with everything in it.
pub fn drop(name: &str) {
    if let Err(why) = run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")) {
        eprintln!("the database {name} was left behind: {why}");
    }
}

/// Databases of processes that are no more (killed, or without `psql` at their end).
fn sweep() {
    let names = run(&format!("SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}%'")).unwrap_or_default();
    for name in names {
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next()).unwrap_or_default();
        if !std::path::Path::new("/proc").join(owner).exists() {
            std::fs::remove_file(std::env::temp_dir().join(format!("{name}.turn"))).ok();
            drop(&name);
        }
    }
}
