//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    Sqlite,
    Postgres,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl Choice {
    pub fn backends(self) -> &'static [Backend] {
        match self {
            Self::Sqlite => &[Backend::Sqlite],
            Self::Postgres => &[Backend::Postgres],
            Self::Both => &[Backend::Sqlite, Backend::Postgres],
        }
    }
}

/// How the product gets its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeedBy {
    /// `kontor import`, server stopped.
    Import,
    /// `POST /v1/contacts/batch`.
    Api,
}

/// Measures Kontor against the reference and writes bench/RESULTS.md.
#[derive(Clone, Debug, Parser)]
#[command(about, version)]
pub struct Options {
    /// Contacts in each database.
    #[arg(long, default_value_t = 1_000_000)]
    pub rows: u64,
    /// Length of a measurement, after the warm-up.
    #[arg(long, default_value_t = 8)]
    pub seconds: u64,
    #[arg(long, default_value_t = 2)]
    pub warm_up: u64,
    /// Turns of reference and Kontor per scenario; the ratio is the median.
    #[arg(long, default_value_t = 2)]
    pub rounds: usize,
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// PostgreSQL is left out with `both` when it cannot be reached.
    #[arg(long, value_enum, default_value_t = Choice::Both)]
    pub backend: Choice,
    /// Only scenarios whose name contains this.
    #[arg(long)]
    pub scenario: Option<String>,
    /// The release binary; built when it is the default one.
    #[arg(long)]
    pub kontor: Option<PathBuf>,
    /// The floor alone.
    #[arg(long)]
    pub reference_only: bool,
    /// Take the binaries as they are.
    #[arg(long)]
    pub no_build: bool,
    #[arg(long, value_enum, default_value_t = SeedBy::Import)]
    pub seed_by: SeedBy,
    /// Seeded databases are kept here.
    #[arg(long, default_value = "target/bench")]
    pub cache: PathBuf,
    /// Server for the databases kontor_bench_*, without a database name.
    #[arg(long, default_value = "postgres://postgres@127.0.0.1:5432", env = "KONTOR_BENCH_POSTGRES")]
    pub postgres_url: String,
    /// Brokers of `--scenario news`; left out when they cannot be reached.
    #[arg(long, default_value = "nats://127.0.0.1:4222")]
    pub nats_url: String,
    #[arg(long, default_value = "amqp://127.0.0.1:5672")]
    pub rabbitmq_url: String,
    #[arg(long, default_value = "bench/RESULTS.md")]
    pub out: PathBuf,
}

impl Options {
    pub fn wants(&self, scenario: &str) -> bool {
        self.scenario.as_deref().is_none_or(|part| scenario.contains(part))
    }
}
