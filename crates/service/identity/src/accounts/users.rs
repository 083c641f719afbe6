//! The user records behind logins.

use std::sync::Arc;

use kontor_catalog::Catalogs;
use kontor_model::changes::Mode;
use kontor_model::{Allowance, Change, Changes, Error, ErrorCode, Id, Json, Kind, Result, SpaceId};
use kontor_records::{Answer, Ctx, Outcome, Via};
use kontor_store::{Expr, Select, Store, Which};

use super::rows::Row;
use super::{Accounts, Membership, Person};
use crate::callers::Holder;

/// A user that is not in the bin.
async fn person(store: &dyn Store, catalogs: &Catalogs, space: SpaceId, user: Id) -> Result<Option<Person>> {
    let catalog = catalogs.get(space).await?;
    let def = catalog.require("user")?;
    let columns = [("name", Kind::Text), ("email", Kind::Text), ("active", Kind::Bool)];
    let columns: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
    let mut select = Select::new(space, def.table_name().clone(), columns).equals("id", Kind::Int, user.0).limit(1);
    select.from = def.source(Which::Live);
    let Some(mut row) = store.rows(select).await?.into_iter().next() else { return Ok(None) };
    let active = row.pop().and_then(|value| value.as_bool()).unwrap_or(true);
    let mut row = Row::new(row);
    Ok(Some(Person { name: row.text(), email: row.optional_text(), active }))
}

impl Accounts {
    /// The user's name and address.
    ///
    /// # Errors
    /// 404001 when there is none; the database's.
    pub async fn person(&self, space: SpaceId, user: Id) -> Result<Person> {
        person(&*self.parts.store, &self.parts.catalogs, space, user).await?.ok_or_else(Error::not_found)
    }

    pub(super) async fn is_active(&self, space: SpaceId, user: Id) -> Result<bool> {
        let person = person(&*self.parts.store, &self.parts.catalogs, space, user).await?;
        Ok(person.is_some_and(|person| person.active))
    }

    /// The user, who has to be active.
    pub(super) async fn active_person(&self, space: SpaceId, user: Id) -> Result<Person> {
        let person = self.person(space, user).await?;
        if !person.active {
            return Err(Error::new(ErrorCode::RuleRefused, "the user is not active: set active to true first"));
        }
        Ok(person)
    }
}

impl Accounts {
    /// Writes the address that the owner signs in with into the owner's record. A record that does not take it is no
    /// reason to keep the owner out.
    pub(super) async fn name_address(&self, member: &Membership, address: &str) {
        if let Err(error) = self.try_name_address(member, address).await {
            tracing::warn!(error = %error, "the owner's record did not take the e-mail address");
        }
    }

    async fn try_name_address(&self, member: &Membership, address: &str) -> Result<()> {
        let holder = Holder {
            space: member.space,
            credential: Id(0),
            via: Via::default(),
            user: Some(member.user),
            role: member.role.clone(),
            scopes: Some(vec!["admin".to_owned()]),
            allowance: Allowance::default(),
        };
        let caller = Arc::new(self.parts.callers.of(holder).await?);
        let ctx = Ctx::new(caller, self.parts.catalogs.get(member.space).await?, "first sign-in");
        let change = Change::Update {
            object: "user".to_owned(),
            id: member.user,
            if_match: None,
            mode: Mode::Merge,
            data: Json::from(&serde_json::json!({"email": address})),
        };
        let changes = Changes { steps: vec![change.into()], ..Changes::default() };
        let render = |_: &[Result<Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
        self.parts.records.change(&ctx, changes, true, &render).await.map(|_| ())
    }
}
