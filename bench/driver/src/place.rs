//! Where the databases are: seeded ones are kept, and each run works on copies, so that every run meets the same rows.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tokio_postgres::NoTls;

use crate::options::{Backend, Options};

pub struct Place {
    pub backend: Backend,
    pub rows: u64,
    /// Files of the seeded databases.
    pub seeds: PathBuf,
    /// Files of this run.
    pub run: PathBuf,
    /// PostgreSQL without a database name.
    server: String,
}

impl Place {
    pub fn new(options: &Options, backend: Backend) -> Result<Self> {
        let seeds = options.cache.join(format!("{}-{}", backend.name(), options.rows));
        let run = options.cache.join("run").join(backend.name());
        std::fs::create_dir_all(&seeds)?;
        std::fs::remove_dir_all(&run).ok();
        std::fs::create_dir_all(&run)?;
        Ok(Self {
            backend,
            rows: options.rows,
            seeds,
            run,
            server: options.postgres_url.trim_end_matches('/').to_owned(),
        })
    }

    /// Address of a database of the PostgreSQL server.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.server)
    }

    /// The seeded database of a side.
    pub fn seeded(&self, side: &str) -> String {
        format!("kontor_bench_{side}_{}", self.rows)
    }

    /// Drops and, with `template`, copies a database.
    pub fn renew(&self, database: &str, template: Option<&str>) -> Result<()> {
        let copy =
            template.map(|template| format!("CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy"));
        let statements = [Some(format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")), copy];
        for statement in statements.into_iter().flatten() {
            admin(&self.server, "postgres", &statement)?;
        }
        Ok(())
    }

    /// What autovacuum does within minutes of a load, done at once: statistics, and which pages all may see.
    pub fn vacuum(&self, database: &str) -> Result<()> {
        admin(&self.server, database, "VACUUM ANALYZE").map(|_| ())
    }

    /// A second space beside the live one, in the database of a product that does not run; the next start furnishes it.
    pub fn add_space(&self, data: &Path, database: &str, name: &str) -> Result<()> {
        let statement = format!(
            "INSERT INTO space (space, id, workspace_id, kind, name, settings, created_at) VALUES (0, 7, 7, 'sandbox', '{name}', '{{}}', 0)"
        );
        match self.backend {
            Backend::Sqlite => rusqlite::Connection::open(data.join("kontor.db"))?.execute_batch(&statement)?,
            Backend::Postgres => drop(admin(&self.server, database, &statement)?),
        }
        Ok(())
    }

    pub fn settings(&self) -> Result<String> {
        let names = ["server_version", "shared_buffers", "fsync", "synchronous_commit", "max_wal_size"];
        let values = names
            .iter()
            .map(|name| Ok(format!("{name} {}", admin(&self.server, "postgres", &format!("SHOW {name}"))?)));
        Ok(values.collect::<Result<Vec<_>>>()?.join(", "))
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.run.join(name)
    }
}

pub fn reachable(options: &Options) -> bool {
    admin(options.postgres_url.trim_end_matches('/'), "postgres", "SELECT 1").is_ok()
}

/// One statement on the maintenance database; its first value.
fn admin(server: &str, database: &str, statement: &str) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&format!("{server}/{database}"), NoTls).await?;
        tokio::spawn(connection);
        let messages = client.simple_query(statement).await.with_context(|| statement.to_owned())?;
        Ok(messages.iter().find_map(value).unwrap_or_default())
    })
}

fn value(message: &tokio_postgres::SimpleQueryMessage) -> Option<String> {
    match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }
}

/// Copies a file or folder; shares its blocks where the file system can.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let done = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to).status().context("cp")?;
    if !done.success() {
        bail!("cp {} {}", from.display(), to.display());
    }
    // what the copy still owes to the disk must not be paid during a measurement
    Command::new("sync").arg("-f").arg(to).status().ok();
    Ok(())
}

/// Runs a command to its end, its output on the terminal.
pub fn finish(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{command:?} ended with {status}") }
}
