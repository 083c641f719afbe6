//! A passkey is made.

use data_encoding::BASE64URL_NOPAD;
use kontor_model::{Error, ErrorCode, Fault, Json, Kind, Result};
use kontor_store::system::{INSTALLATION, PASSKEY};
use kontor_store::{Batch, CommitError};
use serde_json::json;

use super::super::account::Account;
use super::super::rows::{list, text};
use super::super::{Session, recovery};
use super::challenges::Ceremony;
use super::{Asked, LASTS_MS, MOST, Passkey, Passkeys, conflict, fault};
use crate::webauthn::{self, Descriptor, Registration};

/// Random bytes of a user handle (WebAuthn 14.6.1: nothing that says who it is).
const HANDLE: usize = 32;
/// Characters of a name.
const NAME: usize = 60;
const UNNAMED: &str = "Passkey";

/// A passkey that was made.
#[derive(Debug, Clone)]
pub struct Added {
    pub passkey: Passkey,
    /// Handed out with the first second factor, and shown once.
    pub recovery_codes: Option<Vec<String>>,
}

/// A name as it is kept.
pub(super) fn named(name: Option<&str>) -> Result<String> {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(UNNAMED);
    if name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Fault::new("name", "too_long", format!("must have at most {NAME} characters, on one line")).into());
    }
    Ok(name.to_owned())
}

fn full() -> Error {
    Error::new(ErrorCode::RuleRefused, format!("there are {MOST} passkeys already: remove one first"))
}

impl Passkeys {
    /// Begins to make a passkey: what `navigator.credentials.create` takes.
    ///
    /// # Errors
    /// 401001 for a wrong password; 422000 when there are too many, or browsers have none for this address; 429000,
    /// 503000, the database's.
    pub async fn begin(&self, session: &Session, password: &str, asked: Asked<'_>) -> Result<serde_json::Value> {
        let party = self.site()?;
        let account = self.accounts.holder(session, password, asked.origin).await?;
        let known = self.of(account.id).await?;
        if known.len() >= MOST {
            return Err(full());
        }
        let handle = self.handle(&account).await?;
        let challenge = self.challenge(Ceremony::Add { session: session.id }).await?;
        let person = self.accounts.person(session.space, session.user).await?;
        let known: Vec<Descriptor> = known.iter().map(Passkey::descriptor).collect();
        let names = (account.email.as_str(), person.name.as_str());
        Ok(webauthn::creation(party, &challenge, &handle, names, &known, LASTS_MS))
    }

    /// The login's handle, made with its first passkey.
    async fn handle(&self, account: &Account) -> Result<Vec<u8>> {
        if let Some(handle) = &account.user_handle {
            return BASE64URL_NOPAD.decode(handle.as_bytes()).map_err(Error::internal);
        }
        let mut handle = vec![0; HANDLE];
        getrandom::fill(&mut handle).map_err(Error::internal)?;
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(account.change(vec![text("user_handle", BASE64URL_NOPAD.encode(&handle))]));
        match self.accounts.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => Err(conflict()),
            other => other.map(|()| handle).map_err(Into::into),
        }
    }

    /// Keeps the passkey that the browser made (`RegistrationResponseJSON`).
    ///
    /// # Errors
    /// 400001 for one that is none; 409000 when the login was changed at the same time; 422000 when nothing was begun in
    /// this session, or it was too long ago, or there are too many; the database's.
    pub async fn add(
        &self,
        session: &Session,
        name: Option<&str>,
        credential: &Json,
        asked: Asked<'_>,
    ) -> Result<Added> {
        let party = self.site()?;
        let name = named(name)?;
        let answer = Registration::read(credential).map_err(fault)?;
        let challenge = &answer.client_data.challenge;
        if !self.spend(challenge, Ceremony::Add { session: session.id }).await? {
            let text = "there is nothing to finish in this session, or it was too long ago: begin again";
            return Err(Error::new(ErrorCode::RuleRefused, text));
        }
        let made = webauthn::register(party, challenge, &answer).map_err(fault)?;
        let account = self.accounts.account(session.account).await?.ok_or_else(Error::not_found)?;
        if self.of(account.id).await?.len() >= MOST {
            return Err(full());
        }
        let parts = &self.accounts.parts;
        let passkey = Passkey::new(parts.ids.next(), account.id, &name, &made, self.accounts.now());
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(PASSKEY, passkey.row());
        let mut recovery_codes = None;
        let mut set = Vec::new();
        if account.recovery.is_empty() {
            let (shown, kept) = recovery::make(&parts.vault)?;
            set.push(("recovery", Kind::Json, list(&kept)));
            recovery_codes = Some(shown);
        }
        // In any case the version moves on: of two at once one counts the other's.
        batch.writes.push(account.change(set));
        let what = json!({"id": passkey.id.to_string(), "name": name});
        batch.writes.push(self.told(session, asked, "add_passkey", &what)?);
        match parts.store.commit(batch).await {
            Err(CommitError::Unique { .. }) => {
                return Err(Fault::new("credential", "taken", "is registered already").into());
            }
            Err(CommitError::Guard { .. }) => return Err(conflict()),
            other => other?,
        }
        tracing::info!(account = account.id.0, passkey = passkey.id.0, "a passkey was added");
        Ok(Added { passkey, recovery_codes })
    }
}
