//! A login's passkeys are seen, renamed, removed.

use kontor_model::{Error, Id, Result};
use kontor_store::system::{INSTALLATION, PASSKEY};
use kontor_store::{Batch, CommitError};
use serde_json::json;

use super::super::rows::{self, int, text};
use super::super::{Session, factors};
use super::add::named;
use super::{Asked, Passkey, Passkeys, conflict};

impl Passkeys {
    /// The holder's passkeys, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, session: &Session) -> Result<Vec<Passkey>> {
        self.of(session.account).await
    }

    async fn own(&self, session: &Session, id: Id) -> Result<Passkey> {
        let all = self.of(session.account).await?;
        all.into_iter().find(|passkey| passkey.id == id).ok_or_else(Error::not_found)
    }

    /// Gives one another name.
    ///
    /// # Errors
    /// 400001 for a name that is none, 404001 for a passkey that is not the holder's; the database's.
    pub async fn rename(&self, session: &Session, id: Id, name: &str, asked: Asked<'_>) -> Result<Passkey> {
        let name = named(Some(name))?;
        let mut passkey = self.own(session, id).await?;
        let keys = vec![int("id", id.0), int("account_id", session.account.0)];
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(rows::update(PASSKEY, keys, vec![text("name", name.as_str())], true));
        let changes = json!({"id": id.to_string(), "name": [&passkey.name, &name]});
        batch.writes.push(self.told(session, asked, "rename_passkey", &changes)?);
        match self.accounts.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => return Err(Error::not_found()),
            other => other?,
        }
        passkey.name = name;
        Ok(passkey)
    }

    /// Removes one. Without any second factor left, the recovery codes go too.
    ///
    /// # Errors
    /// 401001 for a wrong password, 404001 for a passkey that is not the holder's, 409000 when the login was changed at
    /// the same time; 429000, 503000, the database's.
    pub async fn remove(&self, session: &Session, id: Id, password: &str, asked: Asked<'_>) -> Result<()> {
        let passkey = self.own(session, id).await?;
        let account = self.accounts.holder(session, password, asked.origin).await?;
        let is_last = self.of(account.id).await?.iter().all(|other| other.id == id) && account.totp.is_none();
        let mut batch = Batch::new(INSTALLATION);
        let keys = vec![int("id", id.0), int("account_id", account.id.0)];
        batch.writes.push(rows::delete(PASSKEY, keys, true));
        batch.writes.push(account.change(if is_last { factors::without_codes() } else { Vec::new() }));
        let what = json!({"id": id.to_string(), "name": passkey.name});
        batch.writes.push(self.told(session, asked, "remove_passkey", &what)?);
        match self.accounts.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => return Err(conflict()),
            other => other?,
        }
        tracing::info!(account = account.id.0, passkey = id.0, "a passkey was removed");
        Ok(())
    }
}
