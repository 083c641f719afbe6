//! A password, and what it leads to.

use kontor_model::{Error, ErrorCode, Result};
use kontor_store::Batch;
use kontor_store::system::{INSTALLATION, ONE_TIME};

use super::account::Account;
use super::rows::text;
use super::tickets::Purpose;
use super::{Accounts, Factor, Membership, NewSession, Origin, SignIn, email, passkeys};
use crate::token;

/// Longer ones are wrong without a look.
const LONGEST_BYTES: usize = 1_024;

/// One answer for an unknown address and for a wrong password.
fn wrong() -> Error {
    Error::new(ErrorCode::BadCredential, "the e-mail address or the password is wrong")
}

impl Accounts {
    /// Signs in with a password, to the space that the person was in last.
    ///
    /// # Errors
    /// 401001 for a wrong address or password, alike; 429000 after too many failures; 503000 when too many sign in at
    /// once; the database's.
    pub async fn sign_in(&self, email: &str, password: &str, origin: Origin<'_>) -> Result<SignIn> {
        let email = email::fold(email);
        let account = self.account_of(&email).await?;
        self.prove(&email, account.as_ref(), password, origin).await?;
        let Some(account) = account else { return Err(wrong()) };
        // Someone who may enter nothing is told no more than a stranger.
        let home = self.home(&account).await?.ok_or_else(wrong)?;
        self.admit(&account, &home, origin).await
    }

    /// Whether the password is this login's. Without a login it takes as long, and is wrong.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub(super) async fn prove(
        &self,
        email: &str,
        account: Option<&Account>,
        password: &str,
        origin: Origin<'_>,
    ) -> Result<()> {
        let from = self.throttle.address(origin.ip).await?;
        let name = format!("login:{}", token::hex(&token::digest(email)));
        let counted = self.throttle.login(self.placed(name, account, origin).await?).await?;
        let stored = account.and_then(|account| account.password.clone());
        let given = if password.len() > LONGEST_BYTES { String::new() } else { password.to_owned() };
        let verdict = match self.hashing.verify(given, stored).await {
            Ok(verdict) => verdict,
            Err(error) => {
                self.throttle.give_back(from.into_iter().chain([counted])).await?;
                return Err(error);
            }
        };
        if !verdict.right {
            tracing::info!(account = account.map(|a| a.id.0), ip = ?origin.ip, "a password was wrong");
            return Err(wrong());
        }
        self.throttle.give_back(from.into_iter().chain([counted])).await?;
        if let Some(account) = account.filter(|_| verdict.stale) {
            let hash = self.hashing.hash(password.to_owned()).await?;
            let mut batch = Batch::new(INSTALLATION);
            let write = account.change(vec![text("password", hash)]);
            batch.writes.push(write);
            // Another change in between brings its own hash.
            self.parts.store.commit(batch).await.ok();
        }
        Ok(())
    }

    /// The name of a counter: a place that the holder signs in from has one of its own.
    pub(super) async fn placed(&self, name: String, account: Option<&Account>, origin: Origin<'_>) -> Result<String> {
        let familiar = match account {
            Some(account) => self.is_familiar(account.id, origin).await?,
            None => false,
        };
        Ok(match origin.ip {
            Some(ip) if familiar => format!("{name}@{}", ip.to_canonical()),
            _ => name,
        })
    }

    /// Behind the right password: a session, or a ticket to the second factor.
    pub(super) async fn admit(&self, account: &Account, home: &Membership, origin: Origin<'_>) -> Result<SignIn> {
        let has_passkey = passkeys::are_there(self, account.id).await?;
        if account.totp.is_none() && !has_passkey {
            return Ok(SignIn::Done(self.begin(account, home, &["pwd"], origin).await?));
        }
        let (ticket, _, row) = self.new_ticket(Purpose::SecondFactor, Some(account.id), Some(home))?;
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(ONE_TIME, row);
        self.parts.store.commit(batch).await?;
        let mut methods = Vec::new();
        if has_passkey {
            methods.push(Factor::Passkey);
        }
        if account.totp.is_some() {
            methods.push(Factor::Totp);
        }
        if !account.recovery.is_empty() {
            methods.push(Factor::RecoveryCode);
        }
        Ok(SignIn::SecondFactor { ticket, methods })
    }

    async fn begin(
        &self,
        account: &Account,
        home: &Membership,
        amr: &[&str],
        origin: Origin<'_>,
    ) -> Result<NewSession> {
        let (session, batch) = self.new_session(account, home, amr, origin)?;
        self.parts.store.commit(batch).await?;
        tracing::info!(account = account.id.0, session = session.session.id.0, ip = ?origin.ip, "signed in");
        Ok(session)
    }
}
