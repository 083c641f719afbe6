//! What a person who starts the server is told.

use anyhow::Result;

use crate::commands::{keys, users};
use crate::serve::Running;

/// The address; the owner's sign-in until it was used; once the first key.
///
/// # Errors
/// The database's.
pub async fn greet(running: &Running) -> Result<()> {
    eprintln!("Kontor is at {0}   docs {0}/docs   errors {0}/docs/errors", running.url);
    let house = &running.house;
    let space = keys::find(house, None).await?;
    if let Some(owner) = house.founding.owner(space.id).await?
        && !house.accounts.has_login(space.id, owner).await?
    {
        let first = house.accounts.first_link(space.id, owner).await?;
        let link = users::link(&running.url, &first.token);
        eprintln!("The owner's sign-in, good once and for 24 hours:\n\n    {link}\n");
    }
    if running.house.first {
        let (_, key) = keys::make(&running.house, "first", keys::Holder::OWNER, Vec::new(), None).await?;
        eprintln!(
            "The owner's first API key, shown only now:\n\n    export KEY={key}\n\nMore with: kontor keys create --name NAME --role admin"
        );
    }
    Ok(())
}
