//! The floor under the product's figures, written by hand on the same crates with nothing of a CRM in it.
//!
//! `kontor-bench-reference --sqlite FILE --listen ADDRESS` serves; `… seed --rows N` fills an empty database first.

mod answer;
mod http;
mod ids;
mod postgres;
mod sqlite;
mod store;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::serve::ListenerExt;
use clap::{Parser, Subcommand};
use store::Store;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about, version)]
struct Options {
    /// An SQLite file.
    #[arg(long, conflicts_with = "postgres", global = true)]
    sqlite: Option<PathBuf>,
    /// A PostgreSQL address with a database name of its own, e.g. postgres://postgres@127.0.0.1:5432/kontor_bench_ref
    #[arg(long, global = true)]
    postgres: Option<String>,
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: String,
    /// Memory map of each SQLite connection, in MB.
    #[arg(long, default_value_t = 256)]
    mmap_mb: u32,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Fill an empty database with the benchmark's rows.
    Seed {
        #[arg(long, default_value_t = 1_000_000)]
        rows: u64,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    match (&options.command, &options.sqlite, &options.postgres) {
        (Some(Command::Seed { rows }), Some(file), _) => sqlite::seed(file, *rows),
        (Some(Command::Seed { rows }), None, Some(url)) => postgres::seed(url, *rows).await,
        (None, Some(file), _) => {
            serve(Store::Sqlite(sqlite::Sqlite::open(file, options.mmap_mb)?), &options.listen).await
        }
        (None, None, Some(url)) => {
            serve(Store::Postgres(Arc::new(postgres::Postgres::open(url).await?)), &options.listen).await
        }
        (_, None, None) => bail!("say --sqlite FILE or --postgres URL"),
    }
}

async fn serve(store: Store, listen: &str) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("listen on {listen}"))?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, http::router(store)).await?;
    Ok(())
}
