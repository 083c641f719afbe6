//! `kontor users`: the operator's help for people who are locked out.

use anyhow::{Result, bail};
use kontor_config::Config;
use kontor_model::ErrorCode;

use crate::cli;
use crate::house::{House, Use};
use crate::lock::{self, Taken};

/// The page on which a link is used.
pub fn link(url: &str, token: &str) -> String {
    format!("{url}/sign-in?token={token}")
}

/// Prints a link for a new password.
///
/// # Errors
/// No such login; the database's.
pub async fn reset(command: cli::UserReset, config: &Config) -> Result<()> {
    // As the running server is reached, or as the next one will be.
    let running = match lock::take(&config.data)? {
        Taken::Theirs(holder) => holder.url,
        Taken::Ours(_) => None,
    };
    let url =
        running.unwrap_or_else(|| format!("{}://{}", if config.is_tls() { "https" } else { "http" }, config.listen));
    let house = House::open(config, Use::Beside).await?;
    let outcome = house.accounts.reset(&command.email, command.second_factor).await;
    match outcome {
        Ok(invitation) => println!("{}", link(&url, &invitation.token)),
        Err(error) if error.code() == ErrorCode::NotFound => bail!("nobody signs in with {}", command.email),
        Err(error) => return Err(error.into()),
    }
    house.store.close().await;
    Ok(())
}
