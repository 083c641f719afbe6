//! How a person gets a login, and gets it back: invitations, the owner's first link, resets, new passwords.

use kontor_model::{Error, ErrorCode, Fault, Id, Kind, Result, SpaceId};
use kontor_outbox::Composed;
use kontor_store::system::{ACCOUNT, EVENT, INSTALLATION, MEMBERSHIP, ONE_TIME};
use kontor_store::{Batch, CommitError};
use serde_json::json;

use super::account::Account;
use super::rows::{self, Cell, int, list, text};
use super::tickets::{Purpose, Ticket};
use super::{
    Accounts, Invitation, Mailed, Membership, NewSession, Origin, Session, SignIn, email, factors, passkeys, password,
};
use crate::audit::By;
use crate::providers;

/// The type of the event of an invitation.
pub(super) const INVITED: &str = "kontor.user.invited";

fn rule(detail: &str) -> Error {
    Error::new(ErrorCode::RuleRefused, detail)
}

fn conflict() -> Error {
    Error::new(ErrorCode::Conflict, "the login was changed at the same time; try again")
}

impl Accounts {
    /// Makes the link with which a user gets a login, or with which the holder of one accepts a space more.
    ///
    /// For someone who has a password already and no other space, it is a link for a new password. A login that other
    /// spaces know too is not for one space's administrator to reset.
    ///
    /// # Errors
    /// 404001 for no such user; 422000 for one that is not active, has no e-mail address, or signs in to other spaces
    /// too; the database's.
    pub async fn invite(&self, space: SpaceId, user: Id, role: &str, by: By<'_>) -> Result<Invitation> {
        let person = self.active_person(space, user).await?;
        let Some(address) = person.email else { return Err(rule("the user has no e-mail address")) };
        let address = email::checked(&address)?;
        let mut member = Membership { space, user, role: role.to_owned() };
        if let Some(provider) = self.barred(&address, &member).await? {
            return Err(rule(&format!(
                "people of this domain sign in with {} only: there is no password to set",
                provider.name
            )));
        }
        let mut batch = Batch::new(INSTALLATION);
        let mut purpose = Purpose::Invitation;
        let mut known = false;
        let stored = self.membership_of(space, user).await?;
        let provided = match &stored {
            Some(stored) => self.account(stored.account).await?.is_some_and(|account| account.is_provided()),
            None => false,
        };
        if provided && !providers::links_of(&*self.parts.store, space, user).await?.is_empty() {
            return Err(rule("the user signs in through the company's own provider: there is no password to set"));
        }
        let account = match stored {
            // The login that a provider made is of no use without it.
            Some(stored) if stored.accepted && !provided => {
                let all = self.stored_memberships(stored.account).await?;
                if all.iter().any(|other| other.accepted && other.membership.space != space) {
                    return Err(rule("the person signs in to other spaces too, and sets their password themselves"));
                }
                purpose = Purpose::Reset;
                member.role = stored.membership.role;
                stored.account
            }
            Some(stored) => {
                // An invitation that was not accepted gives way to the new one.
                batch.writes.push(rows::delete(
                    MEMBERSHIP,
                    vec![int("account_id", stored.account.0), int("member_space", space.0)],
                    false,
                ));
                batch.writes.push(rows::delete(
                    ONE_TIME,
                    vec![
                        int("account_id", stored.account.0),
                        int("member_space", space.0),
                        text("purpose", Purpose::Invitation.name()),
                    ],
                    false,
                ));
                self.invited(&address, &member, &mut batch, &mut known).await?
            }
            None => self.invited(&address, &member, &mut batch, &mut known).await?,
        };
        let (token, expires_at, row) = self.new_ticket(purpose, Some(account), Some(&member))?;
        batch.insert(ONE_TIME, row);
        let told = json!({"user_id": user.to_string(), "role": member.role, "purpose": purpose.name()});
        batch.writes.push(self.entry(by, user, "invite", &told)?);
        match self.parts.store.commit(batch).await {
            Err(CommitError::Unique { .. }) => {
                return Err(rule("this e-mail address belongs to another user of the space"));
            }
            other => other?,
        }
        let mail = self.invitation_mail(space, &person.name, &address, purpose, &token, expires_at).await;
        let mailed = self.announce(&member, &address, expires_at, mail).await?;
        tracing::info!(account = account.0, user = user.0, "invited");
        Ok(Invitation { token, email: address, expires_at, known, mailed })
    }

    /// The login of an address, made when there is none, with a membership that waits to be accepted.
    async fn invited(&self, address: &str, member: &Membership, batch: &mut Batch, known: &mut bool) -> Result<Id> {
        let account = match self.account_of(address).await? {
            Some(account) => {
                *known = account.password.is_some();
                account.id
            }
            None => {
                let id = self.parts.ids.next();
                batch.insert(ACCOUNT, self.new_account(id, address, None));
                id
            }
        };
        batch.insert(MEMBERSHIP, self.new_membership(account, member, None));
        Ok(account)
    }

    pub(super) fn new_account(&self, id: Id, email: &str, hash: Option<String>) -> Vec<Cell> {
        let now = self.now();
        vec![
            int("id", id.0),
            text("email", email),
            int("password_at", hash.as_ref().map(|_| now)),
            text("password", hash),
            int("totp_step", 0),
            ("recovery", Kind::Json, list(&[])),
            int("version", 1),
            int("created_at", now),
        ]
    }

    pub(super) fn new_membership(&self, account: Id, member: &Membership, accepted_at: Option<i64>) -> Vec<Cell> {
        vec![
            int("account_id", account.0),
            int("member_space", member.space.0),
            int("user_id", member.user.0),
            text("role", member.role.as_str()),
            int("created_at", self.now()),
            int("accepted_at", accepted_at),
        ]
    }

    /// The event, which has not the link's secret, and with it the mail, which has: after the link is there, so that no
    /// mail leads nowhere.
    async fn announce(
        &self,
        member: &Membership,
        email: &str,
        expires_at: i64,
        mail: Option<Composed>,
    ) -> Result<Option<Mailed>> {
        let data = serde_json::json!({"user_id": member.user.to_string(), "email": email, "role": member.role,
            "expires_at": kontor_model::time::datetime_text(expires_at)});
        let mut batch = Batch::new(member.space);
        let row = vec![
            int("id", self.parts.ids.next().0),
            int("at", self.now()),
            text("type", INVITED),
            text("subject", format!("users/{}", member.user)),
            int("record_id", member.user.0),
            text("data", data.to_string()),
        ];
        batch.insert(EVENT, row);
        let mailed = mail.as_ref().map(|mail| Mailed { message: mail.id, state: mail.state });
        batch.writes.extend(mail.into_iter().flat_map(|mail| mail.writes));
        self.parts.store.commit(batch).await?;
        self.parts.outbox.wake();
        Ok(mailed)
    }

    /// The link with which the owner of a new installation signs in first, naming an address and a password.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_link(&self, space: SpaceId, owner: Id) -> Result<Invitation> {
        let member = Membership { space, user: owner, role: "owner".to_owned() };
        let (token, expires_at, row) = self.new_ticket(Purpose::Owner, None, Some(&member))?;
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(ONE_TIME, row);
        self.parts.store.commit(batch).await?;
        Ok(Invitation { token, email: String::new(), expires_at, known: false, mailed: None })
    }

    /// The operator's link for someone who is locked out; with `factors` the second factor is taken away as well.
    ///
    /// # Errors
    /// 404001 for no such login; the database's.
    pub async fn reset(&self, address: &str, factors: bool) -> Result<Invitation> {
        let account = self.account_of(&email::fold(address)).await?.ok_or_else(Error::not_found)?;
        let (token, expires_at, row) = self.new_ticket(Purpose::Reset, Some(account.id), None)?;
        let mut batch = Batch::new(INSTALLATION);
        batch.insert(ONE_TIME, row);
        if factors {
            batch.writes.push(account.change(factors::without_factor()));
            batch.writes.push(passkeys::gone(account.id));
        }
        let told = json!({"second_factor": factors});
        for stored in self.stored_memberships(account.id).await? {
            let Membership { space, user, .. } = stored.membership;
            batch.writes.push(self.entry(By::command_line(space), user, "reset", &told)?);
        }
        self.parts.store.commit(batch).await?;
        Ok(Invitation { token, email: account.email, expires_at, known: true, mailed: None })
    }

    /// Uses a link that names its login.
    ///
    /// # Errors
    /// As [`Accounts::redeem_as`]; 401001 when the password is set and the second factor is still wanted.
    pub async fn redeem(&self, one_time_token: &str, new_password: &str, origin: Origin<'_>) -> Result<NewSession> {
        match self.redeem_as(one_time_token, None, new_password, origin).await? {
            SignIn::Done(session) => Ok(session),
            SignIn::SecondFactor { .. } => {
                Err(Error::new(ErrorCode::BadCredential, "the password is set: sign in with it and the second factor"))
            }
        }
    }

    /// Whether a link is for somebody whose address is not known yet. Not one that is no good: that is said when it is used.
    ///
    /// # Errors
    /// The database's.
    pub async fn asks_address(&self, token: &str) -> Result<bool> {
        match self.ticket(token).await {
            Ok(ticket) => Ok(ticket.account.is_none()),
            Err(error) if error.code().status() < 500 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Uses a link: sets the password, accepts the space, signs in. `address` is asked for by the owner's first link.
    /// Who has a password here already accepts an invitation with it; only a link for a new password replaces it.
    ///
    /// # Errors
    /// 401001, 401002 for the link; 400001 for a password that is none, or without an address; 401001 where a known
    /// person's password is wrong; 422000 when the user is not active; 429000, 503000; the database's.
    pub async fn redeem_as(
        &self,
        token: &str,
        address: Option<&str>,
        new_password: &str,
        origin: Origin<'_>,
    ) -> Result<SignIn> {
        let ticket = self.ticket(token).await?;
        if ticket.purpose == Purpose::SecondFactor {
            return Err(Error::new(ErrorCode::BadCredential, "this is a ticket for the second factor"));
        }
        if let Some(member) = &ticket.member {
            self.active_person(member.space, member.user).await?;
        }
        let (account, address) = match ticket.account {
            Some(id) => {
                let account = self.account(id).await?.ok_or_else(Error::not_found)?;
                let address = account.email.clone();
                (Some(account), address)
            }
            None => {
                let missing = || Fault::new("email", "required", "is required: the address that you will sign in with");
                let address = email::checked(address.ok_or_else(missing)?)?;
                (self.account_of(&address).await?, address)
            }
        };
        if let Some(member) = &ticket.member {
            self.refuse_barred(&address, member).await?;
        }
        let keeps = ticket.purpose != Purpose::Reset && account.as_ref().is_some_and(|a| a.password.is_some());
        let hash = if keeps {
            self.prove(&address, account.as_ref(), new_password, origin).await?;
            None
        } else {
            Some(self.new_hash("password", new_password, &address, ticket.member.as_ref()).await?)
        };
        let account = self.accept(&ticket, account, &address, hash, origin).await?;
        if ticket.purpose == Purpose::Owner
            && let Some(member) = &ticket.member
        {
            self.name_address(member, &address).await;
        }
        self.believed.forget();
        let home = match ticket.member {
            Some(member) => member,
            None => self.home(&account).await?.ok_or_else(|| rule("no space is open to this login"))?,
        };
        self.admit(&account, &home, origin).await
    }

    /// Checks a new password and hashes it.
    async fn new_hash(
        &self,
        field: &'static str,
        new: &str,
        address: &str,
        member: Option<&Membership>,
    ) -> Result<String> {
        let mut own = vec![address.to_owned()];
        if let Some(member) = member {
            own.push(self.person(member.space, member.user).await?.name);
        }
        let checked = new.to_owned();
        self.hashing.run(move || password::check(field, &checked, &own)).await??;
        self.hashing.hash(new.to_owned()).await
    }

    /// Uses the link up together with what it does.
    async fn accept(
        &self,
        ticket: &Ticket,
        account: Option<Account>,
        address: &str,
        hash: Option<String>,
        origin: Origin<'_>,
    ) -> Result<Account> {
        let now = self.now();
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(ticket.spend());
        let told = json!({"purpose": ticket.purpose.name(), "password": hash.is_some()});
        // A link that names no space is for the login, which all its spaces share.
        let whose: Vec<Membership> = match (&ticket.member, &account) {
            (Some(member), _) => vec![member.clone()],
            (None, Some(account)) => self.memberships(account.id).await?,
            (None, None) => Vec::new(),
        };
        for Membership { space, user, .. } in whose {
            batch.writes.push(self.entry(By::link(space, user, origin.ip), user, "redeem", &told)?);
        }
        let account = match account {
            Some(mut account) => {
                if let Some(hash) = hash {
                    batch.writes.push(account.change(vec![text("password", hash.as_str()), int("password_at", now)]));
                    // Whoever knew the old password is out, and no other link gets in.
                    batch.writes.push(self.ending(vec![int("account_id", account.id.0)], false));
                    let links = vec![int("account_id", account.id.0), text("purpose", Purpose::Reset.name())];
                    batch.writes.push(rows::delete(ONE_TIME, links, false));
                    account.version += 1;
                    account.password = Some(hash);
                }
                account
            }
            None => {
                let id = self.parts.ids.next();
                batch.insert(ACCOUNT, self.new_account(id, address, hash));
                Account::fresh(id, address)
            }
        };
        if let Some(member) = &ticket.member {
            let keys = vec![int("account_id", account.id.0), int("member_space", member.space.0)];
            batch.writes.push(rows::delete(MEMBERSHIP, keys, false));
            batch.insert(MEMBERSHIP, self.new_membership(account.id, member, Some(now)));
        }
        match self.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => Err(conflict()),
            other => {
                other?;
                tracing::info!(account = account.id.0, purpose = ticket.purpose.name(), "a link was used");
                Ok(account)
            }
        }
    }

    /// Sets a new password, and ends the login's other sessions.
    ///
    /// # Errors
    /// 401001 for a wrong current one, 400001 for a new one that is none; 429000, 503000; the database's.
    pub async fn set_password(
        &self,
        session: &Session,
        current: &str,
        new: &str,
        origin: Origin<'_>,
        by: By<'_>,
    ) -> Result<()> {
        let account = self.holder(session, current, origin).await?;
        let member = Membership { space: session.space, user: session.user, role: String::new() };
        let hash = self.new_hash("new_password", new, &account.email, Some(&member)).await?;
        let now = self.now();
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(account.change(vec![text("password", hash), int("password_at", now)]));
        for membership in self.stored_memberships(account.id).await? {
            let Membership { space, user, .. } = membership.membership;
            for other in self.sessions_of(space, user).await? {
                if other.id != session.id {
                    batch.writes.push(self.ending(vec![int("id", other.id.0)], false));
                }
            }
        }
        let links = vec![int("account_id", account.id.0), text("purpose", Purpose::Reset.name())];
        batch.writes.push(rows::delete(ONE_TIME, links, false));
        batch.writes.push(self.entry(by, session.user, "set_password", &json!({}))?);
        let done = self.parts.store.commit(batch).await;
        self.believed.forget();
        match done {
            Err(CommitError::Guard { .. }) => Err(conflict()),
            other => {
                other?;
                tracing::info!(account = account.id.0, "a password was changed");
                Ok(())
            }
        }
    }
}
