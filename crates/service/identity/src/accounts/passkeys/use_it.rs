//! Somebody signs in with a passkey, alone or behind the password.

use data_encoding::BASE64URL_NOPAD;
use kontor_model::{Json, Result};
use kontor_store::CommitError;
use subtle::ConstantTimeEq;

use super::super::account::Account;
use super::super::tickets::{Purpose, Ticket};
use super::super::{Membership, NewSession};
use super::challenges::Ceremony;
use super::{Asked, LASTS_MS, Passkey, Passkeys, fault, wrong};
use crate::token;
use crate::webauthn::{self, Asserted, Assertion, Descriptor, Known, Refusal};

/// How it was proved (RFC 8176): a key, somebody present, and what unlocks the key.
const ALONE: &[&str] = &["pop", "user", "mfa"];
const BEHIND_THE_PASSWORD: &[&str] = &["pwd", "pop", "user", "mfa"];

impl Passkeys {
    /// What `navigator.credentials.get` takes; with the ticket of a password, for that login only. `browser` is a secret
    /// that the browser keeps and brings along with the answer.
    ///
    /// # Errors
    /// 401001, 401002 for the ticket; 422000 where browsers have no passkeys for this address; the database's.
    pub async fn ask(&self, browser: &str, ticket: Option<&str>) -> Result<serde_json::Value> {
        let party = self.site()?;
        let (ceremony, allowed) = match ticket {
            None => (Ceremony::SignIn { browser }, Vec::new()),
            Some(ticket) => {
                let (ticket, account) = self.behind(ticket).await?;
                let known = self.of(account.id).await?;
                let allowed: Vec<Descriptor> = known.iter().map(Passkey::descriptor).collect();
                (Ceremony::SecondFactor { browser, ticket: ticket.id }, allowed)
            }
        };
        let challenge = self.challenge(ceremony).await?;
        Ok(webauthn::request(party, &challenge, &allowed, LASTS_MS))
    }

    /// The ticket that a password gave, and the login that it is of.
    async fn behind(&self, ticket: &str) -> Result<(Ticket, Account)> {
        let ticket = self.accounts.ticket(ticket).await?;
        let account = match ticket.account.filter(|_| ticket.purpose == Purpose::SecondFactor) {
            Some(id) => self.accounts.account(id).await?.ok_or_else(wrong)?,
            None => return Err(wrong()),
        };
        Ok((ticket, account))
    }

    /// Signs in with a browser's answer (`AuthenticationResponseJSON`).
    ///
    /// # Errors
    /// 400001 for what is no answer; 401001 for one that does not hold, whatever the reason; 401002 for an expired
    /// ticket; 429000 after too many failures; the database's.
    pub async fn sign_in(
        &self,
        browser: &str,
        ticket: Option<&str>,
        credential: &Json,
        asked: Asked<'_>,
    ) -> Result<NewSession> {
        self.site()?;
        let answer = Assertion::read(credential).map_err(fault)?;
        let accounts = &self.accounts;
        let behind = match ticket {
            Some(ticket) => Some(self.behind(ticket).await?),
            None => None,
        };
        let from = accounts.throttle.address(asked.origin.ip).await?;
        let ceremony = match &behind {
            Some((ticket, _)) => Ceremony::SecondFactor { browser, ticket: ticket.id },
            None => Ceremony::SignIn { browser },
        };
        let passkey = self.by_credential(&answer.id).await?;
        let account = match (&behind, &passkey) {
            (Some((_, account)), _) => Some(account.clone()),
            (None, Some(passkey)) => accounts.account(passkey.account).await?,
            (None, None) => None,
        };
        // Behind a password the count is that of the codes.
        let name = match (&behind, &account) {
            (Some((_, account)), _) => format!("factor:{}", account.id),
            (None, Some(account)) => format!("passkey:{}", account.id),
            (None, None) => format!("passkey:{}", token::hex(&token::digest(&BASE64URL_NOPAD.encode(&answer.id)))),
        };
        let name = accounts.placed(name, account.as_ref(), asked.origin).await?;
        let counted = accounts.throttle.login(name).await?;
        let refuse = |why: &'static str| {
            tracing::info!(ip = ?asked.origin.ip, why, "a passkey was not accepted");
            wrong()
        };
        if !self.spend(&answer.client_data.challenge, ceremony).await? {
            return Err(refuse("challenge"));
        }
        let (Some(passkey), Some(account)) = (passkey, account) else { return Err(refuse("unknown")) };
        if !belongs(&passkey, &account, &answer, behind.is_some()) {
            return Err(refuse(Refusal::WrongUser.text()));
        }
        let home = match &behind {
            Some((ticket, _)) => ticket.member.clone(),
            None => accounts.home(&account).await?,
        };
        let home = home.ok_or_else(|| refuse("no space is open"))?;
        if !accounts.memberships(account.id).await?.contains(&home) {
            return Err(refuse("no space is open"));
        }
        let news = match self.verify(&passkey, &answer) {
            Ok(news) => news,
            Err(why) => {
                if why == Refusal::Counter {
                    self.note_refused(&passkey, &home, asked, why).await;
                }
                return Err(refuse(why.text()));
            }
        };
        let ticket = behind.map(|(ticket, _)| ticket);
        let session = self.enter(&account, &home, ticket.as_ref(), &passkey, news, asked).await?;
        accounts.throttle.give_back(from.into_iter().chain([counted])).await?;
        Ok(session)
    }

    fn verify(&self, passkey: &Passkey, answer: &Assertion) -> Result<Asserted, Refusal> {
        let party = self.party.as_ref().ok_or(Refusal::WrongParty)?;
        let public_key = passkey.cose();
        let known =
            Known { public_key: &public_key, counter: passkey.counter, backup_eligible: passkey.backup_eligible };
        webauthn::assert(party, &answer.client_data.challenge, known, answer)
    }

    async fn enter(
        &self,
        account: &Account,
        home: &Membership,
        ticket: Option<&Ticket>,
        passkey: &Passkey,
        news: Asserted,
        asked: Asked<'_>,
    ) -> Result<NewSession> {
        let amr = if ticket.is_some() { BEHIND_THE_PASSWORD } else { ALONE };
        let (session, mut batch) = self.accounts.new_session(account, home, amr, asked.origin)?;
        batch.writes.push(passkey.used(news.counter, news.backed_up, self.accounts.now()));
        batch.writes.extend(ticket.map(Ticket::spend));
        match self.accounts.parts.store.commit(batch).await {
            // The passkey was used, or removed, or the ticket used at the same time.
            Err(CommitError::Guard { .. }) => return Err(wrong()),
            other => other?,
        }
        tracing::info!(
            account = account.id.0, session = session.session.id.0, passkey = passkey.id.0, ip = ?asked.origin.ip,
            "signed in"
        );
        Ok(session)
    }
}

/// Whether the credential is this login's (WebAuthn 7.2, step 6). Alone, the authenticator has to say whose it is.
fn belongs(passkey: &Passkey, account: &Account, answer: &Assertion, is_known: bool) -> bool {
    let said = answer.user_handle.as_ref().map(|handle| BASE64URL_NOPAD.encode(handle));
    let is_said = match (&said, &account.user_handle) {
        (Some(said), Some(own)) => bool::from(said.as_bytes().ct_eq(own.as_bytes())),
        (None, _) => is_known,
        (Some(_), None) => false,
    };
    passkey.account == account.id && is_said
}
