//! Companies' own identity providers (OpenID Connect): declared by an administrator of a space, for the users of that
//! space. The client secret is sealed by the [`crate::vault`] and never shown.

mod roles;
mod rules;

use std::collections::BTreeMap;
use std::sync::Arc;

use kontor_model::{Clock, Error, ErrorCode, Fault, Id, IdGenerator, Kind, Result, SpaceId};
use kontor_store::system::SESSION;
use kontor_store::system::providers::{IDENTITY_LINK, IDENTITY_PROVIDER};
use kontor_store::{Batch, CommitError, Expr, Store, Write, system::INSTALLATION};
use serde::{Deserialize, Serialize};
use serde_json::{Value as J, json};

use crate::accounts::rows::{self, Cell, Row, int, text};
use crate::audit::By;
use crate::spaces;
use crate::vault::Vault;

pub use roles::Mapped;
pub use rules::{CLAIM_MAX, DOMAINS_MAX, GROUPS_MAX, SCOPES_MAX, check};

const SEALED_FOR: &str = "identity_provider";

/// What an administrator says of a provider besides how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What is asked for, `openid` among them.
    pub scopes: Vec<String>,
    /// E-mail domains, in small letters, whose people it vouches for.
    pub domains: Vec<String>,
    /// Whether somebody who is no user yet becomes one.
    pub just_in_time: bool,
    /// The role of somebody whom no group gives one; None keeps them out.
    pub default_role: Option<String>,
    /// The claim that lists groups.
    pub groups_claim: String,
    /// Group → role. Empty leaves roles alone.
    pub group_roles: BTreeMap<String, String>,
    /// Whether passwords are refused for its domains, owners' excepted.
    pub only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            domains: Vec::new(),
            just_in_time: false,
            default_role: Some("member".to_owned()),
            groups_claim: "groups".to_owned(),
            group_roles: BTreeMap::new(),
            only: false,
        }
    }
}

/// A provider of a space.
#[derive(Clone)]
pub struct Provider {
    pub id: Id,
    pub space: SpaceId,
    pub name: String,
    /// Its name for itself, an address without a slash at the end (OpenID Connect Discovery, 3).
    pub issuer: String,
    pub client_id: String,
    /// Sealed.
    secret: Option<String>,
    pub settings: Settings,
    pub is_enabled: bool,
    version: i64,
    /// Unix milliseconds, as the next.
    pub created_at: i64,
    pub updated_at: i64,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Provider {
    /// What the audit keeps of it.
    fn told(&self) -> J {
        json!({"id": self.id.to_string(), "name": self.name, "issuer": self.issuer, "client_id": self.client_id,
            "has_client_secret": self.has_secret(), "settings": self.settings, "is_enabled": self.is_enabled})
    }

    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether it vouches for people with this address.
    pub fn vouches_for(&self, email: &str) -> bool {
        domain(email).is_some_and(|domain| self.settings.domains.contains(&domain))
    }
}

/// The part of an address behind the @, in small letters.
pub fn domain(email: &str) -> Option<String> {
    let (name, domain) = email.trim().rsplit_once('@')?;
    (!name.is_empty() && !domain.is_empty()).then(|| domain.to_lowercase())
}

/// Which user a subject of a provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub provider: Id,
    /// The provider's name for the person (OpenID Connect Core, 8).
    pub subject: String,
    pub account: Id,
    pub space: SpaceId,
    pub user: Id,
    /// Unix milliseconds, as the next.
    pub created_at: i64,
    pub last_used_at: i64,
}

/// What a provider is to be.
#[derive(Clone)]
pub struct Draft {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// None keeps the one that is there; Some(None) takes it away.
    pub secret: Option<Option<String>>,
    pub settings: Settings,
    pub is_enabled: bool,
}

const COLUMNS: &rows::Columns = &[
    ("id", Kind::Int),
    ("of_space", Kind::Int),
    ("name", Kind::Text),
    ("issuer", Kind::Text),
    ("client_id", Kind::Text),
    ("client_secret", Kind::Text),
    ("settings", Kind::Json),
    ("enabled", Kind::Int),
    ("version", Kind::Int),
    ("created_at", Kind::Int),
    ("updated_at", Kind::Int),
];

const LINK_COLUMNS: &rows::Columns = &[
    ("provider_id", Kind::Int),
    ("subject", Kind::Text),
    ("account_id", Kind::Int),
    ("link_space", Kind::Int),
    ("user_id", Kind::Int),
    ("created_at", Kind::Int),
    ("last_used_at", Kind::Int),
];

fn provider(row: Vec<kontor_model::Value>) -> Result<Provider> {
    let mut row = Row::new(row);
    let (id, space, name, issuer) = (Id(row.int()), SpaceId(row.int()), row.text(), row.text());
    let (client_id, secret, settings) = (row.text(), row.optional_text(), row.text());
    let settings = serde_json::from_str(&settings).map_err(Error::internal)?;
    let (enabled, version, created_at, updated_at) = (row.int(), row.int(), row.int(), row.int());
    let is_enabled = enabled != 0;
    Ok(Provider { id, space, name, issuer, client_id, secret, settings, is_enabled, version, created_at, updated_at })
}

/// The providers of the installation that people may use now, by name.
///
/// # Errors
/// The database's.
pub async fn enabled(store: &dyn Store) -> Result<Vec<Provider>> {
    let select = rows::select(IDENTITY_PROVIDER, COLUMNS)
        .equals("enabled", Kind::Int, 1)
        .order(Expr::column("name", Kind::Text), false)
        .limit(1_000);
    store.rows(select).await?.into_iter().map(provider).collect()
}

/// Links of a user.
///
/// # Errors
/// The database's.
pub async fn links_of(store: &dyn Store, space: SpaceId, user: Id) -> Result<Vec<Link>> {
    let select = rows::select(IDENTITY_LINK, LINK_COLUMNS)
        .equals("link_space", Kind::Int, space.0)
        .equals("user_id", Kind::Int, user.0)
        .limit(100);
    Ok(store.rows(select).await?.into_iter().map(link).collect())
}

/// The link of a subject.
///
/// # Errors
/// The database's.
pub async fn link_of(store: &dyn Store, provider: Id, subject: &str) -> Result<Option<Link>> {
    let select = rows::select(IDENTITY_LINK, LINK_COLUMNS)
        .equals("provider_id", Kind::Int, provider.0)
        .equals("subject", Kind::Text, subject)
        .limit(1);
    Ok(store.rows(select).await?.into_iter().next().map(link))
}

fn link(row: Vec<kontor_model::Value>) -> Link {
    let mut row = Row::new(row);
    Link {
        provider: Id(row.int()),
        subject: row.text(),
        account: Id(row.int()),
        space: SpaceId(row.int()),
        user: Id(row.int()),
        created_at: row.int(),
        last_used_at: row.int(),
    }
}

/// The row of a new link.
pub(crate) fn link_row(link: &Link) -> Vec<Cell> {
    vec![
        int("provider_id", link.provider.0),
        text("subject", link.subject.as_str()),
        int("account_id", link.account.0),
        int("link_space", link.space.0),
        int("user_id", link.user.0),
        int("created_at", link.created_at),
        int("last_used_at", link.last_used_at),
    ]
}

/// Keeps providers.
pub struct Providers {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    vault: Arc<Vault>,
}

impl Providers {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<IdGenerator>, vault: Arc<Vault>) -> Self {
        Self { store, clock, ids, vault }
    }

    /// The providers of a space, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_space(&self, space: SpaceId) -> Result<Vec<Provider>> {
        let select = rows::select(IDENTITY_PROVIDER, COLUMNS)
            .equals("of_space", Kind::Int, space.0)
            .order(Expr::column("name", Kind::Text), false)
            .limit(1_000);
        self.store.rows(select).await?.into_iter().map(provider).collect()
    }

    /// The provider of this id, of any space.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, id: Id) -> Result<Option<Provider>> {
        let select = rows::select(IDENTITY_PROVIDER, COLUMNS).equals("id", Kind::Int, id.0).limit(1);
        self.store.rows(select).await?.into_iter().next().map(provider).transpose()
    }

    /// The provider of this id in the space.
    ///
    /// # Errors
    /// 404001 when there is none; the database's.
    pub async fn get(&self, space: SpaceId, id: Id) -> Result<Provider> {
        self.find(id).await?.filter(|found| found.space == space).ok_or_else(Error::not_found)
    }

    /// The providers that people may use now, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn enabled(&self) -> Result<Vec<Provider>> {
        enabled(&*self.store).await
    }

    /// The client secret.
    ///
    /// # Errors
    /// It was sealed under another master key.
    pub fn secret(&self, provider: &Provider) -> Result<Option<String>> {
        let Some(sealed) = &provider.secret else { return Ok(None) };
        let plain = self.vault.unseal(SEALED_FOR, provider.id.0, sealed)?;
        String::from_utf8(plain).map(Some).map_err(Error::internal)
    }

    fn sealed(&self, id: Id, secret: Option<&str>) -> Result<Option<String>> {
        secret.map(|secret| self.vault.seal(SEALED_FOR, id.0, secret.as_bytes())).transpose()
    }

    /// Makes one.
    ///
    /// # Errors
    /// 422000 for a domain that another workspace's provider vouches for, 409001 for a name that is taken; the
    /// database's.
    pub async fn create(&self, draft: Draft, by: By<'_>) -> Result<Provider> {
        let space = by.space;
        self.claim(space, &draft.settings.domains).await?;
        let (id, now) = (self.ids.next(), self.clock.now_ms());
        let secret = self.sealed(id, draft.secret.flatten().as_deref())?;
        let made = Provider {
            id,
            space,
            name: draft.name,
            issuer: draft.issuer,
            client_id: draft.client_id,
            secret,
            settings: draft.settings,
            is_enabled: draft.is_enabled,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut batch = Batch::new(INSTALLATION);
        let mut row = vec![
            int("id", id.0),
            int("of_space", space.0),
            text("kind", "oidc"),
            text("issuer", made.issuer.as_str()),
            int("created_at", now),
        ];
        row.extend(changing(&made)?);
        batch.insert(IDENTITY_PROVIDER, row);
        batch.writes.push(self.entry(by, id, "create", &made.told())?);
        self.commit(batch).await?;
        Ok(made)
    }

    /// Changes one; its issuer stays: subjects and the secret are that issuer's. One that is not enabled any more ends
    /// the sessions that it began.
    ///
    /// # Errors
    /// As [`Providers::create`]; 409000 when it was changed at the same time.
    pub async fn change(&self, of: &Provider, draft: Draft, by: By<'_>) -> Result<Provider> {
        let new_secret = draft.secret.is_some();
        self.claim(of.space, &draft.settings.domains).await?;
        let secret = match draft.secret {
            None => of.secret.clone(),
            Some(secret) => self.sealed(of.id, secret.as_deref())?,
        };
        let changed = Provider {
            name: draft.name,
            client_id: draft.client_id,
            secret,
            settings: draft.settings,
            is_enabled: draft.is_enabled,
            version: of.version + 1,
            updated_at: self.clock.now_ms(),
            ..of.clone()
        };
        let mut batch = Batch::new(INSTALLATION);
        let keys = vec![int("id", of.id.0), int("version", of.version)];
        batch.writes.push(rows::update(IDENTITY_PROVIDER, keys, changing(&changed)?, true));
        if of.is_enabled && !changed.is_enabled {
            batch.writes.push(self.ended(of.id));
        }
        let told = json!({"before": of.told(), "after": changed.told(), "client_secret_changed": new_secret});
        batch.writes.push(self.entry(by, of.id, "update", &told)?);
        self.commit(batch).await?;
        Ok(changed)
    }

    /// Deletes one, with its links and the sessions that it began. Its users stay, and are invited anew.
    ///
    /// # Errors
    /// 409000 when it was changed at the same time; the database's.
    pub async fn delete(&self, of: &Provider, by: By<'_>) -> Result<()> {
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(rows::delete(IDENTITY_PROVIDER, vec![int("id", of.id.0), int("version", of.version)], true));
        batch.writes.push(rows::delete(IDENTITY_LINK, vec![int("provider_id", of.id.0)], false));
        batch.writes.push(self.ended(of.id));
        batch.writes.push(self.entry(by, of.id, "delete", &of.told())?);
        self.commit(batch).await
    }

    /// What is done to a provider, for the commit that does it.
    fn entry(&self, by: By<'_>, provider: Id, action: &str, told: &J) -> Result<Write> {
        by.entry(&*self.clock, &self.ids, "identity_provider", provider, action, told)
    }

    /// The write that ends the sessions of a provider.
    fn ended(&self, provider: Id) -> Write {
        let now = self.clock.now_ms();
        rows::update(SESSION, vec![int("provider_id", provider.0)], vec![int("revoked_at", now)], false)
    }

    /// Links of a user.
    ///
    /// # Errors
    /// The database's.
    pub async fn links_of(&self, space: SpaceId, user: Id) -> Result<Vec<Link>> {
        links_of(&*self.store, space, user).await
    }

    /// Takes a user's links away, and ends the sessions that came by them.
    ///
    /// # Errors
    /// The database's.
    pub async fn unlink(&self, user: Id, by: By<'_>) -> Result<usize> {
        let space = by.space;
        let links = self.links_of(space, user).await?;
        let mut batch = Batch::new(INSTALLATION);
        for link in &links {
            let keys = vec![int("provider_id", link.provider.0), text("subject", link.subject.as_str())];
            batch.writes.push(rows::delete(IDENTITY_LINK, keys, false));
            let keys = vec![int("provider_id", link.provider.0), int("session_space", space.0), int("user_id", user.0)];
            batch.writes.push(rows::update(SESSION, keys, vec![int("revoked_at", self.clock.now_ms())], false));
        }
        if !links.is_empty() {
            let told = json!({"user_id": user.to_string(), "unlinked": links.len()});
            batch.writes.push(by.entry(&*self.clock, &self.ids, "user", user, "provider_unlink", &told)?);
            self.store.commit(batch).await?;
        }
        Ok(links.len())
    }

    /// A domain is vouched for by providers of one workspace only: whoever could name another's would be offered to
    /// its people.
    async fn claim(&self, space: SpaceId, domains: &[String]) -> Result<()> {
        let select = rows::select(IDENTITY_PROVIDER, COLUMNS).limit(10_000);
        let mut own = None;
        for row in self.store.rows(select).await? {
            let other = provider(row)?;
            let Some(taken) = other.settings.domains.iter().find(|domain| domains.contains(domain)) else { continue };
            if other.space == space {
                continue;
            }
            let mine = match own {
                Some(id) => id,
                None => *own.insert(spaces::workspace_of(&*self.store, space).await?),
            };
            if spaces::workspace_of(&*self.store, other.space).await? != mine {
                let detail =
                    format!("the domain {taken} is another workspace's; ask the operator of this installation");
                return Err(Error::new(ErrorCode::RuleRefused, detail));
            }
        }
        Ok(())
    }

    async fn commit(&self, batch: Batch) -> Result<()> {
        match self.store.commit(batch).await {
            Err(CommitError::Unique { .. }) => {
                Err(Fault::coded("name", ErrorCode::NotUnique, "is another provider's").into())
            }
            Err(CommitError::Guard { .. }) => {
                Err(Error::new(ErrorCode::Conflict, "the provider was changed at the same time; read it again"))
            }
            other => other.map_err(Into::into),
        }
    }
}

/// The columns that a change sets.
fn changing(of: &Provider) -> Result<Vec<Cell>> {
    let settings = serde_json::to_string(&of.settings).map_err(Error::internal)?;
    Ok(vec![
        text("name", of.name.as_str()),
        text("client_id", of.client_id.as_str()),
        text("client_secret", of.secret.clone()),
        ("settings", Kind::Json, kontor_model::Value::Json(settings)),
        int("enabled", i64::from(of.is_enabled)),
        int("version", of.version),
        int("updated_at", of.updated_at),
    ])
}
