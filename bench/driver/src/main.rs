//! `make bench`: starts the floor and the product, loads them in turn, and writes bench/RESULTS.md.

mod business;
mod client;
mod kontor;
mod load;
mod machine;
mod measure;
mod news;
mod options;
mod place;
mod process;
mod reference;
mod results;
mod run;
mod scenario;
mod shape;
mod stress;
mod target;
mod tokens;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;

use kontor::Kontor;
use options::{Backend, Choice, Options};
use reference::Reference;

fn main() -> Result<()> {
    let mut options = Options::parse();
    std::fs::create_dir_all(&options.cache)?;
    options.cache = options.cache.canonicalize()?;
    let machine = machine::Machine::before_the_run();
    let (reference, kontor) = binaries(&options)?;
    let mut skipped = Vec::new();
    if kontor.is_none() {
        skipped.push("the reference alone: no figures of Kontor in this run".to_owned());
    }
    let mut outcomes = Vec::new();
    for backend in options.backend.backends() {
        if *backend == Backend::Postgres && !place::reachable(&options) {
            if options.backend == Choice::Postgres {
                bail!("PostgreSQL cannot be reached at {}", options.postgres_url);
            }
            skipped.push("skipped: PostgreSQL could not be reached".to_owned());
            continue;
        }
        outcomes.push(run::backend(&options, *backend, &reference, kontor.as_ref())?);
    }
    let size = kontor.as_ref().map(|kontor| megabytes(&kontor.binary)).transpose()?;
    let text = results::markdown(&options, &machine, &outcomes, &skipped, size)?;
    std::fs::write(&options.out, &text).with_context(|| options.out.display().to_string())?;
    print!("{text}");
    Ok(())
}

/// Both servers lie beside this program; cargo is asked to bring them up to date unless told not to.
fn binaries(options: &Options) -> Result<(Reference, Option<Kontor>)> {
    let folder = std::env::current_exe()?.parent().context("this program lies in no folder")?.to_owned();
    let own_kontor = options.kontor.is_none() && !options.reference_only;
    if let (Some(cargo), false) = (std::env::var_os("CARGO"), options.no_build) {
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "-p", "kontor-bench-reference", "-p", "kontor-bench-bare"]);
        if own_kontor {
            command.args(["-p", "kontor"]);
        }
        place::finish(command)?;
    }
    let reference = existing(folder.join("kontor-bench-reference"))?;
    if options.reference_only {
        return Ok((Reference { binary: reference }, None));
    }
    let binary = existing(options.kontor.clone().unwrap_or_else(|| folder.join("kontor")))?;
    Ok((Reference { binary: reference }, Some(Kontor { binary, seed_by: options.seed_by })))
}

fn existing(binary: PathBuf) -> Result<PathBuf> {
    binary
        .canonicalize()
        .with_context(|| format!("{} is not there; build it with cargo build --release", binary.display()))
}

fn megabytes(file: &Path) -> Result<f64> {
    let bytes = u32::try_from(std::fs::metadata(file)?.len() >> 10)?;
    Ok(f64::from(bytes) / 1024.0)
}
