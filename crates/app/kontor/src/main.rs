//! The binary: command line, configuration, wiring, lifecycle.

mod authorization;
mod carrying;
mod cli;
mod client;
mod commands;
mod consuming;
mod credentials;
mod demo;
mod greeting;
mod house;
mod limits;
mod lock;
mod logins;
mod loops;
mod mailing;
mod news;
mod node;
mod people;
mod queues;
mod reports;
mod sandboxes;
mod sealing;
mod secure;
mod serve;
mod services;
mod session;
mod sweeping;
mod telling;
mod trust;
mod watching;
mod working;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use kontor_config::{Config, Overrides};

use cli::{Audit, Cli, Command, Keys, Settings, Users};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kontor: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kontor: {}", words(&error));
            ExitCode::FAILURE
        }
    }
}

/// What went wrong. On the command line it is the operator who reads it: with what callers are not told.
fn words(error: &anyhow::Error) -> String {
    let internal = error.chain().find_map(|cause| cause.downcast_ref::<kontor_model::Error>()?.internal_text());
    internal.map_or_else(|| format!("{error:#}"), |text| format!("{error:#}: {text}"))
}

async fn run(cli: Cli) -> Result<()> {
    let file = cli.config;
    let load = |settings: &Overrides| -> Result<Config> {
        let found = kontor_config::find_file(file.as_deref());
        Ok(Config::load(found.as_deref(), std::env::vars(), settings.clone())?)
    };
    match cli.command {
        Command::Up(up) => {
            let config = load(&up.settings)?;
            let guard = kontor_telemetry::init(&config);
            serve::run(config, &["api", "worker"], up.demo, &guard).await
        }
        Command::Serve(command) => {
            let config = load(&command.settings)?;
            let roles: Vec<&str> = command.roles.iter().map(String::as_str).collect();
            if let Some(unknown) = roles.iter().find(|r| !["api", "worker"].contains(r)) {
                bail!("--roles takes api and worker, not {unknown}");
            }
            let guard = kontor_telemetry::init(&config);
            serve::run(config, &roles, false, &guard).await
        }
        Command::Migrate(plain) => serve::migrate(&load(&plain.settings)?).await,
        Command::Keys(Keys::Create(command)) => {
            let config = load(&command.settings)?;
            commands::keys::create(command, &config).await
        }
        Command::Keys(Keys::List(plain)) => commands::keys::list(&load(&plain.settings)?).await,
        Command::Keys(Keys::Revoke(command)) => {
            let config = load(&command.settings)?;
            commands::keys::revoke(command, &config).await
        }
        Command::Settings(Settings::Get(command)) => {
            let config = load(&command.settings)?;
            commands::settings::get(command, &config).await
        }
        Command::Settings(Settings::Set(command)) => {
            let config = load(&command.settings)?;
            commands::settings::set(command, &config).await
        }
        Command::Users(Users::Reset(command)) => {
            let config = load(&command.settings)?;
            commands::users::reset(command, &config).await
        }
        Command::Import(command) => {
            let config = load(&command.settings)?;
            commands::import::import(command, config).await
        }
        Command::Export(command) => {
            let config = load(&command.settings)?;
            commands::import::export(command, config).await
        }
        Command::Backup(command) => {
            let config = load(&command.settings)?;
            commands::backup::backup(command, &config).await
        }
        Command::Restore(command) => {
            let config = load(&command.settings)?;
            commands::backup::restore(command, &config).await
        }
        Command::Audit(Audit::Verify(command)) => {
            let config = load(&command.settings)?;
            commands::audit::verify(command, &config).await
        }
        Command::Audit(Audit::Export(command)) => {
            let config = load(&command.settings)?;
            commands::audit::export(command, &config).await
        }
        Command::Doctor(plain) => commands::doctor::doctor(&load(&plain.settings)?).await,
        Command::Contracts(command) => commands::contracts::write(&command.to),
    }
}
