//! Challenges (WebAuthn 13.4.3): 32 random bytes, for one ceremony of one holder, answered once and within five minutes.

use data_encoding::BASE64URL_NOPAD;
use kontor_model::{Error, Id, Kind, Result};
use kontor_store::system::{INSTALLATION, PASSKEY_CHALLENGE};
use kontor_store::{Batch, CommitError};

use super::super::rows::{self, Row, int, text};
use super::{LASTS_MS, Passkeys};
use crate::token;

/// What is begun, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony<'a> {
    /// A passkey is made in a session.
    Add { session: Id },
    /// Somebody signs in, in a browser that is known by a secret of its own.
    SignIn { browser: &'a str },
    /// The same browser goes on behind the password.
    SecondFactor { browser: &'a str, ticket: Id },
}

impl Ceremony<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Ceremony::Add { .. } => "add",
            Ceremony::SignIn { .. } => "sign_in",
            Ceremony::SecondFactor { .. } => "second_factor",
        }
    }

    /// The holder as it is stored; a browser's secret only as a digest.
    fn holder(&self) -> String {
        let hash = |secret: &str| token::hex(&token::digest(secret));
        match self {
            Ceremony::Add { session } => format!("session:{session}"),
            Ceremony::SignIn { browser } => format!("browser:{}", hash(browser)),
            Ceremony::SecondFactor { browser, ticket } => format!("ticket:{ticket}:{}", hash(browser)),
        }
    }
}

fn digest(challenge: &str) -> String {
    token::hex(&token::digest(challenge))
}

impl Passkeys {
    /// A new challenge in base64url.
    pub(super) async fn challenge(&self, ceremony: Ceremony<'_>) -> Result<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let challenge = BASE64URL_NOPAD.encode(&bytes);
        let mut batch = Batch::new(INSTALLATION);
        let row = vec![
            text("hash", digest(&challenge)),
            text("ceremony", ceremony.name()),
            text("holder", ceremony.holder()),
            int("expires_at", self.accounts.now() + LASTS_MS),
        ];
        batch.insert(PASSKEY_CHALLENGE, row);
        self.accounts.parts.store.commit(batch).await?;
        Ok(challenge)
    }

    /// Uses a challenge up; whether it was one of this ceremony and holder.
    pub(super) async fn spend(&self, challenge: &str, ceremony: Ceremony<'_>) -> Result<bool> {
        let hash = digest(challenge);
        let columns = [("ceremony", Kind::Text), ("holder", Kind::Text), ("expires_at", Kind::Int)];
        let select = rows::select(PASSKEY_CHALLENGE, &columns).equals("hash", Kind::Text, hash.as_str()).limit(1);
        let store = &self.accounts.parts.store;
        let Some(mut row) = store.rows(select).await?.into_iter().next().map(Row::new) else { return Ok(false) };
        let is_its = row.text() == ceremony.name() && row.text() == ceremony.holder();
        if !is_its || row.int() <= self.accounts.now() {
            return Ok(false);
        }
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(rows::delete(PASSKEY_CHALLENGE, vec![text("hash", hash)], true));
        match store.commit(batch).await {
            // It was answered at the same time.
            Err(CommitError::Guard { .. }) => Ok(false),
            other => other.map(|()| true).map_err(Into::into),
        }
    }
}
