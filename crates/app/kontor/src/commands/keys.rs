//! `kontor keys`: credentials from the command line, beside a running server or without one.

use anyhow::{Context, Result, anyhow, bail};
use kontor_config::Config;
use kontor_identity::keys::{KeyInfo, NewKey};
use kontor_identity::spaces::{self, Space};
use kontor_model::time::datetime_text;
use kontor_records::Role;

use crate::cli;
use crate::house::{House, Use};

/// Prints a new key alone on standard output.
///
/// # Errors
/// An unknown role or space; the database's.
pub async fn create(command: cli::KeyCreate, config: &Config) -> Result<()> {
    let role = Role::from_name(&command.role).ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|r| r.name()).collect();
        anyhow!("--role must be one of {}, not {}", names.join(", "), command.role)
    })?;
    let house = House::open(config, Use::Beside).await?;
    let (_, key) = make(&house, &command.name, role, command.space.as_deref(), command.scopes, command.days).await?;
    println!("{key}");
    house.store.close().await;
    Ok(())
}

/// Makes a key; without scopes it has all that its role may use.
///
/// # Errors
/// An unknown space; the database's.
pub async fn make(
    house: &House,
    name: &str,
    role: Role,
    space: Option<&str>,
    scopes: Vec<String>,
    days: Option<u32>,
) -> Result<(KeyInfo, String)> {
    let space = find(house, space).await?;
    let scopes = if scopes.is_empty() { default_scopes(role) } else { scopes };
    let user_id = house.founding.owner(space.id).await?;
    let expires_at = days.map(|days| house.clock.now_ms() + i64::from(days) * 86_400_000);
    Ok(house.keys.create(NewKey { name: name.to_owned(), role, scopes, space: space.id, user_id, expires_at }).await?)
}

fn default_scopes(role: Role) -> Vec<String> {
    let scopes: &[&str] = match role {
        Role::Admin => &["admin", "crm:read", "crm:write", "metadata:write"],
        Role::Member => &["crm:read", "crm:write"],
        Role::ReadOnly => &["crm:read"],
    };
    scopes.iter().map(|s| (*s).to_owned()).collect()
}

/// The space of this name or id; the live one when none is said.
///
/// # Errors
/// There is none; the database's.
pub async fn find(house: &House, wanted: Option<&str>) -> Result<Space> {
    let wanted = wanted.unwrap_or("live");
    let spaces = spaces::spaces(&*house.store).await?;
    let names: Vec<String> = spaces.iter().map(|s| s.name.clone()).collect();
    spaces
        .into_iter()
        .find(|s| s.name == wanted || s.id.to_string() == wanted)
        .with_context(|| format!("there is no space \"{wanted}\"; there are: {}", names.join(", ")))
}

/// One line for each key.
///
/// # Errors
/// The database's.
pub async fn list(config: &Config) -> Result<()> {
    let house = House::open(config, Use::Beside).await?;
    for key in house.keys.list().await? {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("revoked {}", datetime_text(at)),
            (_, Some(at)) => format!("expires {}", datetime_text(at)),
            _ => "active".to_owned(),
        };
        println!(
            "{}  {}…  {:<10}  space {}  {:<32}  {}  {}",
            key.id,
            key.hint,
            key.role,
            key.space,
            state,
            datetime_text(key.created_at),
            key.name
        );
    }
    house.store.close().await;
    Ok(())
}

/// Ends a key.
///
/// # Errors
/// No such key; the database's.
pub async fn revoke(command: cli::KeyRevoke, config: &Config) -> Result<()> {
    let house = House::open(config, Use::Beside).await?;
    let id = command.id.parse().map_err(|e| anyhow!("{e}"))?;
    if let Err(error) = house.keys.revoke(id).await {
        bail!("{}", error.detail());
    }
    house.store.close().await;
    Ok(())
}
