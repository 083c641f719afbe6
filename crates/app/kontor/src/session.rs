//! A server to be a client of: the one that was named, the one on this data directory, or one of our own for as long
//! as it takes.

use anyhow::{Context, Result, anyhow};
use kontor_config::{Acme, Config, Tls};
use kontor_model::Id;

use crate::cli::Remote;
use crate::client::Client;
use crate::commands::keys;
use crate::house::{House, Use};
use crate::lock::{self, Taken};
use crate::secure;
use crate::serve::{self, Running};

/// An open session; close it.
pub struct Session {
    pub client: Client,
    /// The key that was made for it, and where to revoke it.
    borrowed: Option<(House, Id)>,
    own: Option<Running>,
}

/// Finds or starts a server.
///
/// # Errors
/// None can be reached or started.
pub async fn open(config: Config, remote: &Remote) -> Result<Session> {
    if let Some(server) = &remote.server {
        let key =
            remote.key_token.as_deref().ok_or_else(|| anyhow!("--server needs an API key: set KONTOR_API_KEY"))?;
        return Ok(Session { client: Client::new(server, key, None)?, borrowed: None, own: None });
    }
    if config.database_url.is_none()
        && let Taken::Theirs(holder) = lock::take(&config.data)?
    {
        let url = holder.url.with_context(|| {
            format!("process {} is starting on {}; try again in a moment", holder.pid, config.data.display())
        })?;
        let house = House::open(&config, Use::Beside).await?;
        let (info, key) = keys::borrow(&house, "command line").await?;
        let own = secure::files(&config)?.map(|(cert, _)| cert).filter(|_| url.starts_with("https://"));
        return Ok(Session {
            client: Client::new(&url, &key, own.as_deref())?,
            borrowed: Some((house, info.id)),
            own: None,
        });
    }
    let mut own = config;
    own.listen.set_port(0);
    // Nobody but this process comes there.
    (own.internal_listen, own.tls, own.acme) = (None, Tls::default(), Acme::default());
    own.log.access = kontor_config::AccessTarget::Off;
    let running = serve::start(own, &["api", "worker"]).await?;
    let (info, key) = keys::borrow(&running.house, "command line").await?;
    let house = running.house.clone();
    Ok(Session { client: Client::new(&running.url, &key, None)?, borrowed: Some((house, info.id)), own: Some(running) })
}

impl Session {
    /// Revokes the borrowed key and stops what was started.
    pub async fn close(self) {
        if let Some((house, id)) = self.borrowed {
            keys::end(&house, id).await.ok();
            if self.own.is_none() {
                house.store.close().await;
            }
        }
        if let Some(running) = self.own {
            running.stop().await;
        }
    }
}
