//! Signing in through a company's own provider. Who somebody is there is (provider, subject), for ever; an e-mail
//! address finds a user once, when the provider says that it is verified and vouches for its domain.
//!
//! Such a session works in the provider's own space only: another space has not agreed to believe this provider.

use std::sync::Arc;

use kontor_model::changes::Mode;
use kontor_model::{Allowance, Change, Changes, Error, ErrorCode, Id, Json, Kind, Result, SpaceId};
use kontor_records::{Answer, Ctx, Outcome, Via};
use kontor_store::system::providers::IDENTITY_LINK;
use kontor_store::system::{ACCOUNT, INSTALLATION, MEMBERSHIP, ONE_TIME};
use kontor_store::{Batch, CommitError, Expr, Select, Which};

use super::account::Account;
use super::rows::{self, Row, int, text};
use super::{Accounts, Membership, NewSession, Origin, email};
use crate::callers::Holder;
use crate::providers::{self, Link, Mapped, Provider};

/// How often somebody who becomes a user at the same time elsewhere is looked for again.
const ROUNDS: usize = 4;

/// What a provider says of a person, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `sub` (OpenID Connect Core, 2).
    pub subject: String,
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's own.
    pub email_verified: bool,
    pub name: Option<String>,
    pub groups: Vec<String>,
    /// How the person showed who they are there (RFC 8176).
    pub amr: Vec<String>,
    /// When, in Unix milliseconds, where that was before this sign-in.
    pub auth_time: Option<i64>,
}

/// A user as sign-ins see one.
struct Found {
    id: Id,
    active: bool,
    role: Option<Id>,
}

fn refused(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::Forbidden, detail)
}

impl Account {
    /// Whether a provider made it: nobody signs in to it with a password, and its name is no address.
    pub fn is_provided(&self) -> bool {
        !self.email.contains('@')
    }
}

impl Accounts {
    /// Begins a session for somebody whom a provider has signed in: a known one, a user with the same verified
    /// address, or just in time a new one; with the role that the provider's groups give.
    ///
    /// # Errors
    /// 403000, with a sentence for the person, when they may not come in; the database's.
    pub async fn enter(
        &self,
        provider: &Provider,
        who: &Identity,
        origin: Origin<'_>,
        request_id: &str,
    ) -> Result<NewSession> {
        let mapped = provider.settings.mapped(&who.groups);
        if mapped == Mapped::Nobody {
            return Err(refused("none of your groups has access; ask your administrator"));
        }
        for _ in 0..ROUNDS {
            if let Some(session) = self.try_enter(provider, who, &mapped, origin, request_id).await? {
                return Ok(session);
            }
        }
        Err(Error::new(ErrorCode::Conflict, "somebody else signed in as the same user; try again"))
    }

    /// None when something came in between, or a user was just made.
    async fn try_enter(
        &self,
        provider: &Provider,
        who: &Identity,
        mapped: &Mapped,
        origin: Origin<'_>,
        request_id: &str,
    ) -> Result<Option<NewSession>> {
        let space = provider.space;
        let known = providers::link_of(&*self.parts.store, provider.id, &who.subject).await?;
        let user = match &known {
            Some(link) => self.user_by(space, "id", Kind::Int, link.user.0.into()).await?,
            None => match self.user_of(provider, who).await? {
                Some(user) => Some(user),
                None => {
                    self.make_user(provider, who, mapped, origin, request_id).await?;
                    return Ok(None);
                }
            },
        };
        let user = user.filter(|user| user.active);
        let Some(user) = user else { return Err(refused("your user here is not active; ask your administrator")) };
        let stored = self.membership_of(space, user.id).await?;
        let mut batch = Batch::new(INSTALLATION);
        let now = self.now();
        let (account, mut member) = match stored {
            Some(stored) if stored.accepted => {
                let account = self.account(stored.account).await?.ok_or_else(|| Error::internal("no such login"))?;
                (account, stored.membership)
            }
            stored => {
                let invited = stored.as_ref().map(|open| open.membership.role.clone());
                if let Some(open) = stored {
                    // An invitation that nobody has used: the provider's word counts for more than a link.
                    let keys = |key| vec![int("account_id", open.account.0), int(key, space.0)];
                    batch.writes.push(rows::delete(MEMBERSHIP, keys("member_space"), true));
                    batch.writes.push(rows::delete(ONE_TIME, keys("member_space"), false));
                }
                // A login of its own: one with the same address may be somebody's in another space.
                let id = self.parts.ids.next();
                let name = format!("provider:{id}");
                batch.insert(ACCOUNT, self.new_account(id, &name, None));
                let role = self.role_at_first(provider, mapped, &user, invited).await?;
                let member = Membership { space, user: user.id, role };
                batch.insert(MEMBERSHIP, self.new_membership(id, &member, Some(now)));
                (Account::fresh(id, &name), member)
            }
        };
        let ctx = self.system(space, origin, request_id).await?;
        if let Mapped::Role(role) = mapped {
            member = self.give_role(&ctx, provider, &user, account.id, member, role).await?;
        }
        match &known {
            Some(_) => {
                let keys = vec![int("provider_id", provider.id.0), text("subject", who.subject.as_str())];
                batch.writes.push(rows::update(IDENTITY_LINK, keys, vec![int("last_used_at", now)], true));
            }
            None => {
                let link = Link {
                    provider: provider.id,
                    subject: who.subject.clone(),
                    account: account.id,
                    space,
                    user: user.id,
                    created_at: now,
                    last_used_at: now,
                };
                let what = serde_json::json!({"provider_id": provider.id.to_string(), "provider": provider.name,
                    "subject": who.subject, "user_id": user.id.to_string()});
                self.write_down(&ctx, user.id, "provider_link", &what).await?;
                batch.insert(IDENTITY_LINK, providers::link_row(&link));
            }
        }
        let amr: Vec<&str> = who.amr.iter().map(String::as_str).collect();
        let begun = super::sessions::Begun { amr: &amr, auth_time: who.auth_time, provider: Some(provider.id) };
        let (session, mut more) = self.begun_session(&account, &member, &begun, origin)?;
        batch.writes.append(&mut more.writes);
        match self.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => Ok(None),
            other => {
                other?;
                tracing::info!(user = user.id.0, provider = provider.id.0, ip = ?origin.ip, "signed in by a provider");
                Ok(Some(session))
            }
        }
    }

    /// The user with the address that the provider vouches for; None when one is to be made.
    async fn user_of(&self, provider: &Provider, who: &Identity) -> Result<Option<Found>> {
        let Some(address) = &who.email else {
            return Err(refused("the provider does not say your e-mail address; ask your administrator"));
        };
        if !who.email_verified {
            return Err(refused("the provider does not say that your e-mail address is verified"));
        }
        let address = email::checked(address).map_err(|_| refused("the provider's e-mail address for you is none"))?;
        if !provider.vouches_for(&address) {
            return Err(refused("your e-mail address is of a domain that this provider does not vouch for here"));
        }
        let found = self.user_by(provider.space, "email", Kind::Text, address.into()).await?;
        if let Some(user) = &found {
            if !user.active {
                return Ok(found);
            }
            let links = providers::links_of(&*self.parts.store, provider.space, user.id).await?;
            if links.iter().any(|link| link.provider == provider.id) {
                // The address was given to somebody else there, or the person has two identities.
                return Err(refused("your e-mail address belongs to a user who signs in as somebody else there"));
            }
        } else if !provider.settings.just_in_time {
            return Err(refused("you are no user here yet; ask your administrator"));
        }
        Ok(found)
    }

    /// A user with this value, one in the bin as not active.
    async fn user_by(
        &self,
        space: SpaceId,
        field: &'static str,
        kind: Kind,
        value: kontor_model::Value,
    ) -> Result<Option<Found>> {
        for which in [Which::Live, Which::Bin] {
            let catalog = self.parts.catalogs.get(space).await?;
            let def = catalog.require("user")?;
            let columns = [("id", Kind::Int), ("role_id", Kind::Int), ("active", Kind::Bool)];
            let columns: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
            let mut select = Select::new(space, def.table_name().clone(), columns);
            select.from = def.source(which);
            let select = select.equals(field, kind, value.clone()).limit(1);
            if let Some(mut row) = self.parts.store.rows(select).await?.into_iter().next() {
                let active = row.pop().and_then(|value| value.as_bool()).unwrap_or(true) && which == Which::Live;
                let mut row = Row::new(row);
                return Ok(Some(Found { id: Id(row.int()), active, role: row.optional_int().map(Id) }));
            }
        }
        Ok(None)
    }

    /// Whether the user is an owner, by login or by record: owners are made and unmade in Kontor only.
    pub(super) async fn is_owner(&self, space: SpaceId, login: &str, record: Option<Id>) -> Result<bool> {
        if login == "owner" {
            return Ok(true);
        }
        Ok(record.is_some() && self.parts.roles.id_of(space, "owner").await? == record)
    }

    async fn role_at_first(
        &self,
        provider: &Provider,
        mapped: &Mapped,
        user: &Found,
        invited: Option<String>,
    ) -> Result<String> {
        if self.is_owner(provider.space, "", user.role).await? {
            return Ok("owner".to_owned());
        }
        if let Mapped::Role(role) = mapped {
            return Ok(role.clone());
        }
        let own = match user.role {
            Some(role) => self.parts.roles.name_of(provider.space, role).await?,
            None => None,
        };
        Ok(own.or(invited).or_else(|| provider.settings.default_role.clone()).unwrap_or_else(|| "member".to_owned()))
    }

    /// The role that the groups give, on the login and on the record, so that it holds for the user's keys too.
    async fn give_role(
        &self,
        ctx: &Ctx,
        provider: &Provider,
        user: &Found,
        account: Id,
        member: Membership,
        role: &str,
    ) -> Result<Membership> {
        let space = provider.space;
        if self.is_owner(space, &member.role, user.role).await? {
            return Ok(member);
        }
        let Some(id) = self.parts.roles.id_of(space, role).await? else {
            return Err(refused(format!(
                "your groups give you the role {role}, which does not exist; ask your administrator"
            )));
        };
        if member.role == role && user.role == Some(id) {
            return Ok(member);
        }
        if user.role != Some(id) {
            let data = Json::from(&serde_json::json!({"role_id": id.to_string()}));
            let change = Change::Update { object: "user".into(), id: user.id, if_match: None, mode: Mode::Merge, data };
            self.carry_out(ctx, change).await?;
        }
        let what = serde_json::json!({"provider_id": provider.id.to_string(), "role": [member.role, role]});
        self.write_down(ctx, user.id, "provider_role", &what).await?;
        let mut batch = Batch::new(INSTALLATION);
        let keys = vec![int("account_id", account.0), int("member_space", space.0)];
        batch.writes.push(rows::update(MEMBERSHIP, keys, vec![text("role", role)], false));
        self.parts.store.commit(batch).await?;
        self.believed.forget();
        Ok(Membership { role: role.to_owned(), ..member })
    }

    /// Makes a user just in time; one that somebody else makes meanwhile will do.
    async fn make_user(
        &self,
        provider: &Provider,
        who: &Identity,
        mapped: &Mapped,
        origin: Origin<'_>,
        request_id: &str,
    ) -> Result<()> {
        let space = provider.space;
        let address = who.email.as_deref().map(email::fold).unwrap_or_default();
        let name = who.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&address);
        let name: String = name.chars().filter(|c| !c.is_control()).take(255).collect();
        let role = match mapped {
            Mapped::Role(role) => Some(role.clone()),
            _ => provider.settings.default_role.clone(),
        };
        let Some(role) = role else {
            return Err(refused("nothing says which role you would have; ask your administrator"));
        };
        let Some(role_id) = self.parts.roles.id_of(space, &role).await? else {
            return Err(refused(format!("the role {role} does not exist; ask your administrator")));
        };
        let ctx = self.system(space, origin, request_id).await?;
        let data = serde_json::json!({"name": name, "email": address, "role_id": role_id.to_string()});
        let change = Change::Create { object: "user".into(), data: Json::from(&data) };
        match self.carry_out(&ctx, change).await {
            Ok(()) => {
                let what = serde_json::json!({"provider_id": provider.id.to_string(), "provider": provider.name, "email": address, "role": role});
                self.write_down(&ctx, Id(0), "just_in_time", &what).await
            }
            Err(error) if error.code() == ErrorCode::NotUnique => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn carry_out(&self, ctx: &Ctx, change: Change) -> Result<()> {
        let changes = Changes { steps: vec![change.into()], ..Changes::default() };
        let render = |_: &[Result<Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
        self.parts.records.change(ctx, changes, true, &render).await.map(|_| ())
    }

    /// The program itself, at work in a space for somebody who comes from this place.
    async fn system(&self, space: SpaceId, origin: Origin<'_>, request_id: &str) -> Result<Ctx> {
        let holder = Holder {
            space,
            credential: Id(0),
            user: None,
            role: "admin".to_owned(),
            scopes: Some(vec!["admin".to_owned()]),
            allowance: Allowance::default(),
            via: Via::default(),
        };
        let caller = Arc::new(self.parts.callers.of(holder).await?);
        let from = kontor_records::Origin { ip: origin.ip, ..Default::default() };
        Ok(Ctx { origin: from, ..Ctx::new(caller, self.parts.catalogs.get(space).await?, request_id) })
    }

    /// Writes an entry about a user, before what it speaks of is done.
    async fn write_down(&self, ctx: &Ctx, user: Id, action: &str, what: &serde_json::Value) -> Result<()> {
        let mut batch = Batch::new(ctx.space());
        batch.writes.push(self.parts.records.audit_record(ctx, "user", user, action, what)?);
        self.parts.store.commit(batch).await.map_err(Into::into)
    }

    /// The provider by which this login has to enter the space: one that is the only way for its domain. Owners are
    /// excepted, so that nobody is locked out by a provider that is down.
    pub(super) async fn barred(&self, email: &str, member: &Membership) -> Result<Option<Provider>> {
        let enabled = providers::enabled(&*self.parts.store).await?;
        let bars = |p: &Provider| p.space == member.space && p.settings.only && p.vouches_for(email);
        let Some(found) = enabled.into_iter().find(bars) else { return Ok(None) };
        let record = self.user_by(member.space, "id", Kind::Int, member.user.0.into()).await?;
        let owner = self.is_owner(member.space, &member.role, record.and_then(|user| user.role)).await?;
        Ok(Some(found).filter(|_| !owner))
    }

    /// Refuses a password for a space that is entered by a provider only.
    pub(super) async fn refuse_barred(&self, email: &str, member: &Membership) -> Result<()> {
        match self.barred(email, member).await? {
            Some(provider) => Err(by_provider(&provider)),
            None => Ok(()),
        }
    }
}

/// What somebody is told whose password is right and does not count.
pub(super) fn by_provider(provider: &Provider) -> Error {
    refused(format!("passwords are not used for your address: sign in with {}", provider.name))
}
