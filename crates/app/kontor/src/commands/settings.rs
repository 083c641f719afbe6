//! `kontor settings`: what a space sets for itself, beside a running server or without one.

use anyhow::{Result, bail};
use kontor_config::Config;
use kontor_identity::settings::{self, KEYS};
use kontor_identity::spaces;

use super::keys::find;
use crate::cli;
use crate::house::{House, Use};

/// Prints a setting, or all of them with what they are.
///
/// # Errors
/// An unknown setting or space; the database's.
pub async fn get(command: cli::SettingGet, config: &Config) -> Result<()> {
    let house = House::open(config, Use::Beside).await?;
    let space = find(&house, command.space.as_deref()).await?;
    let own = spaces::own_settings(&*house.store, space.id).await?;
    house.store.close().await;
    match command.key.as_deref() {
        Some(key) if KEYS.iter().any(|(known, _)| *known == key) => println!("{}", own.shown(key).unwrap_or_default()),
        Some(unknown) => bail!("there is no setting {unknown}; kontor settings get lists them"),
        None => KEYS.iter().for_each(|(key, about)| {
            let value = own.shown(key).unwrap_or_else(|| "-".to_owned());
            println!("{key:<18} {value:<32} {about}");
        }),
    }
    Ok(())
}

/// Changes a setting; running servers know within seconds.
///
/// # Errors
/// An unknown setting or space, a value that does not fit; the database's.
pub async fn set(command: cli::SettingSet, config: &Config) -> Result<()> {
    let house = House::open(config, Use::Beside).await?;
    let space = find(&house, command.space.as_deref()).await?;
    let outcome = settings::change(&*house.store, space.id, &command.key, &command.value).await;
    house.store.close().await;
    if let Err(error) = outcome {
        match error.internal_text() {
            Some(internal) => bail!("{}: {internal}", error.detail()),
            None => bail!("{}", error.detail()),
        }
    }
    Ok(())
}
