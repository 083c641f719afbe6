//! `kontor keys`: credentials from the command line, beside a running server or without one.

use anyhow::{Context, Result, anyhow, bail};
use kontor_config::Config;
use kontor_identity::audit::By;
use kontor_identity::keys::{KeyInfo, NewKey};
use kontor_identity::scopes;
use kontor_identity::spaces::{self, Space};
use kontor_model::time::datetime_text;
use kontor_model::{Allowance, Id};

use crate::cli;
use crate::house::{House, Use};

/// Prints a new key alone on standard output.
///
/// # Errors
/// An unknown role or space; the database's.
pub async fn create(command: cli::KeyCreate, config: &Config) -> Result<()> {
    let house = House::open(config, Use::Beside).await?;
    let holder = Holder { role: &command.role, user: command.user.as_deref(), space: command.space.as_deref() };
    let allowance = Allowance {
        per_second: command.rate_per_second,
        burst: command.burst,
        per_day: command.per_day,
        routes: command.route_limits.unwrap_or_default(),
    };
    let (_, key) = make_with(&house, &command.name, holder, command.scopes, command.days, allowance).await?;
    println!("{key}");
    house.store.close().await;
    Ok(())
}

/// Whose a key is, and where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holder<'a> {
    pub role: &'a str,
    /// The owner when there is none.
    pub user: Option<&'a str>,
    /// The live space when there is none.
    pub space: Option<&'a str>,
}

impl Holder<'_> {
    /// The owner of the live space, with everything.
    pub const OWNER: Holder<'static> = Holder { role: "admin", user: None, space: None };
}

/// Makes a key; without scopes it has all that its role may use.
///
/// # Errors
/// An unknown space; the database's.
pub async fn make(
    house: &House,
    name: &str,
    holder: Holder<'_>,
    scopes: Vec<String>,
    days: Option<u32>,
) -> Result<(KeyInfo, String)> {
    make_with(house, name, holder, scopes, days, Allowance::default()).await
}

/// Makes a day's key for a command of this installation, which is not limited.
///
/// # Errors
/// The database's.
pub async fn borrow(house: &House, name: &str) -> Result<(KeyInfo, String)> {
    make_with(house, name, Holder::OWNER, Vec::new(), Some(1), Allowance::UNLIMITED).await
}

async fn make_with(
    house: &House,
    name: &str,
    holder: Holder<'_>,
    scopes: Vec<String>,
    days: Option<u32>,
    allowance: Allowance,
) -> Result<(KeyInfo, String)> {
    let space = find(house, holder.space).await?;
    let role = holder.role;
    let policy = house.roles.get(space.id, role).await.map_err(|error| anyhow!("--role: {}", error.detail()))?;
    let user_id = match holder.user {
        None => house.founding.owner(space.id).await?,
        Some(id) => Some(id.parse().map_err(|_| anyhow!("--user must be the id of a user, not {id}"))?),
    };
    let new = NewKey {
        name: name.to_owned(),
        role: role.to_owned(),
        scopes: if scopes.is_empty() { scopes::of_role(&policy) } else { scopes },
        space: space.id,
        user_id,
        service_account_id: None,
        ip_ranges: Vec::new(),
        expires_at: days.map(|days| house.clock.now_ms() + i64::from(days) * 86_400_000),
        allowance,
    };
    Ok(house.keys.create(new, By::command_line(space.id)).await?)
}

/// Ends a key.
///
/// # Errors
/// No such key; the database's.
pub async fn end(house: &House, id: Id) -> kontor_model::Result<()> {
    let key = house.keys.list().await?.into_iter().find(|key| key.id == id);
    let key = key.ok_or_else(kontor_model::Error::not_found)?;
    house.keys.revoke(&key, By::command_line(key.space)).await
}

/// A space by its name or id; the live one when none is named.
///
/// # Errors
/// There is none of this name; the database's.
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
    if let Err(error) = end(&house, id).await {
        bail!("{}", error.detail());
    }
    house.store.close().await;
    Ok(())
}
