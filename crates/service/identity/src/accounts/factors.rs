//! The second factor: set up, asked for, given up.

use kontor_model::{Error, ErrorCode, Kind, Result};
use kontor_store::system::INSTALLATION;
use kontor_store::{Batch, CommitError, Write};
use serde_json::json;

use super::account::Account;
use super::rows::{Cell, int, list, text};
use super::tickets::{Purpose, Ticket};
use super::{Accounts, NewSession, Origin, Session, TotpSetup, passkeys, recovery, totp};
use crate::audit::By;

/// Wrong codes that a ticket survives.
const TRIES: i64 = 5;
const SEALED_FOR: &str = "totp";

fn wrong() -> Error {
    Error::new(ErrorCode::BadCredential, "the code is wrong, or was used already")
}

fn rule(detail: &str) -> Error {
    Error::new(ErrorCode::RuleRefused, detail)
}

impl Accounts {
    /// Signs in with a ticket and a code of the authenticator app, or one of the recovery codes.
    ///
    /// # Errors
    /// 401001 for a wrong code or ticket, 401002 for an expired one, 429000 after too many failures; the database's.
    pub async fn second_factor(&self, ticket: &str, code: &str, origin: Origin<'_>) -> Result<NewSession> {
        let ticket = self.ticket(ticket).await?;
        let account = match ticket.account.filter(|_| ticket.purpose == Purpose::SecondFactor) {
            Some(id) => self.account(id).await?.ok_or_else(wrong)?,
            None => return Err(wrong()),
        };
        let home = ticket.member.clone().ok_or_else(wrong)?;
        if !self.memberships(account.id).await?.contains(&home) {
            return Err(wrong());
        }
        let from = self.throttle.address(origin.ip).await?;
        let name = self.placed(format!("factor:{}", account.id), Some(&account), origin).await?;
        let counted = self.throttle.login(name).await?;
        let Some((amr, set)) = self.code(&account, code)? else {
            self.failed_code(&ticket).await?;
            tracing::info!(account = account.id.0, ip = ?origin.ip, "a second factor was wrong");
            return Err(wrong());
        };
        let (session, mut batch) = self.new_session(&account, &home, amr, origin)?;
        let mut writes: Vec<Write> = vec![ticket.spend(), account.change(set)];
        writes.append(&mut batch.writes);
        batch.writes = writes;
        match self.parts.store.commit(batch).await {
            // The same ticket or code was used at the same time.
            Err(CommitError::Guard { .. }) => return Err(wrong()),
            other => other?,
        }
        self.throttle.give_back(from.into_iter().chain([counted])).await?;
        tracing::info!(account = account.id.0, session = session.session.id.0, ip = ?origin.ip, "signed in");
        Ok(session)
    }

    /// What a right code changes, and how it was proved (RFC 8176).
    fn code(&self, account: &Account, code: &str) -> Result<Option<(&'static [&'static str], Vec<Cell>)>> {
        if let Some(sealed) = &account.totp {
            let secret = self.parts.vault.unseal(SEALED_FOR, account.id.0, sealed)?;
            if let Some(step) = totp::step(&secret, code, self.now(), account.totp_step) {
                return Ok(Some((&["pwd", "otp", "mfa"], vec![int("totp_step", step)])));
            }
        }
        let left = recovery::spend(&self.parts.vault, &account.recovery, code)?;
        Ok(left.map(|left| (&["pwd", "mfa"][..], vec![("recovery", Kind::Json, list(&left))])))
    }

    async fn failed_code(&self, ticket: &Ticket) -> Result<()> {
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(if ticket.tries + 1 < TRIES { ticket.fail() } else { ticket.spend() });
        match self.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => Ok(()),
            other => other.map_err(Into::into),
        }
    }

    /// The holder of a session, who gives the password again.
    pub(super) async fn holder(&self, session: &Session, password: &str, origin: Origin<'_>) -> Result<Account> {
        let account = self.account(session.account).await?.ok_or_else(Error::not_found)?;
        self.prove(&account.email, Some(&account), password, origin).await?;
        Ok(account)
    }

    async fn keep(&self, account: &Account, set: Vec<Cell>, entry: Option<Write>) -> Result<()> {
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(account.change(set));
        batch.writes.extend(entry);
        match self.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => {
                Err(Error::new(ErrorCode::Conflict, "the login was changed at the same time; try again"))
            }
            other => other.map_err(Into::into),
        }
    }

    /// Whether the holder has an authenticator app, and how many recovery codes are left.
    ///
    /// # Errors
    /// The database's.
    pub async fn factors(&self, session: &Session) -> Result<(bool, usize)> {
        let account = self.account(session.account).await?.ok_or_else(Error::not_found)?;
        Ok((account.totp.is_some(), account.recovery.len()))
    }

    /// Begins to set up an authenticator app; it counts once a code of it was given.
    ///
    /// # Errors
    /// 401001 for a wrong password, 422000 when there is one already; 429000, 503000, the database's.
    pub async fn begin_totp(&self, session: &Session, password: &str, origin: Origin<'_>) -> Result<TotpSetup> {
        let account = self.holder(session, password, origin).await?;
        if account.totp.is_some() {
            return Err(rule("there is an authenticator app already: remove it first"));
        }
        let secret = totp::secret()?;
        let sealed = self.parts.vault.seal(SEALED_FOR, account.id.0, &secret)?;
        self.keep(&account, vec![text("totp_pending", sealed)], None).await?;
        Ok(TotpSetup { secret: totp::shown(&secret), uri: totp::uri(&secret, &account.email) })
    }

    /// Ends the setting up with a code of the app; gives the recovery codes, which are not shown again.
    ///
    /// # Errors
    /// 401001 for a wrong code, 422000 when nothing was begun, 429000 after too many failures; the database's.
    pub async fn confirm_totp(
        &self,
        session: &Session,
        code: &str,
        origin: Origin<'_>,
        by: By<'_>,
    ) -> Result<Vec<String>> {
        let account = self.account(session.account).await?.ok_or_else(Error::not_found)?;
        let begun = account.totp_pending.as_ref().filter(|_| account.totp.is_none());
        let Some(sealed) = begun else { return Err(rule("there is nothing to confirm: begin first")) };
        let name = self.placed(format!("factor:{}", account.id), Some(&account), origin).await?;
        let counted = self.throttle.login(name).await?;
        let secret = self.parts.vault.unseal(SEALED_FOR, account.id.0, sealed)?;
        let step = totp::step(&secret, code, self.now(), 0).ok_or_else(wrong)?;
        let (shown, kept) = recovery::make(&self.parts.vault)?;
        let set = vec![
            text("totp", sealed.as_str()),
            text("totp_pending", None::<String>),
            int("totp_step", step),
            ("recovery", Kind::Json, list(&kept)),
        ];
        self.keep(&account, set, Some(self.entry(by, session.user, "set_up_factor", &json!({"factor": "totp"}))?))
            .await?;
        self.throttle.give_back([counted]).await?;
        tracing::info!(account = account.id.0, "a second factor was set up");
        Ok(shown)
    }

    /// New recovery codes in place of the old ones.
    ///
    /// # Errors
    /// As [`Accounts::begin_totp`]; 422000 without a second factor.
    pub async fn new_recovery_codes(
        &self,
        session: &Session,
        password: &str,
        origin: Origin<'_>,
        by: By<'_>,
    ) -> Result<Vec<String>> {
        let account = self.holder(session, password, origin).await?;
        if account.totp.is_none() && !passkeys::are_there(self, account.id).await? {
            return Err(rule("there is no second factor that the codes could stand in for"));
        }
        let (shown, kept) = recovery::make(&self.parts.vault)?;
        let entry = self.entry(by, session.user, "new_recovery_codes", &json!({}))?;
        self.keep(&account, vec![("recovery", Kind::Json, list(&kept))], Some(entry)).await?;
        Ok(shown)
    }

    /// Gives up the authenticator app; the recovery codes stay while there are passkeys.
    ///
    /// # Errors
    /// As [`Accounts::begin_totp`]; 422000 when there is none.
    pub async fn disable_totp(&self, session: &Session, password: &str, origin: Origin<'_>, by: By<'_>) -> Result<()> {
        let account = self.holder(session, password, origin).await?;
        if account.totp.is_none() && account.totp_pending.is_none() {
            return Err(rule("there is no authenticator app"));
        }
        let entry = self.entry(by, session.user, "give_up_factor", &json!({"factor": "totp"}))?;
        let mut set = without_app();
        if !passkeys::are_there(self, account.id).await? {
            set.append(&mut without_codes());
        }
        self.keep(&account, set, Some(entry)).await?;
        tracing::info!(account = account.id.0, "a second factor was given up");
        Ok(())
    }
}

fn without_app() -> Vec<Cell> {
    vec![text("totp", None::<String>), text("totp_pending", None::<String>)]
}

pub fn without_codes() -> Vec<Cell> {
    vec![("recovery", Kind::Json, list(&[]))]
}

/// What a login without a second factor has.
pub fn without_factor() -> Vec<Cell> {
    [without_app(), without_codes()].concat()
}
