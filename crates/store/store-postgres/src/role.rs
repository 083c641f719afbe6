//! The role that statements run as: no superuser, no owner, so that row security holds for it (PostgreSQL 5.9).
//!
//! Roles belong to the whole cluster, and several processes may start at once: each step may find that another was
//! quicker, and is looked at again then.

use std::sync::Arc;

use kontor_store::{Guard, StoreError};
use kontor_store_sql::{ident, is_name};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use crate::connect::aside;
use crate::error::{describe, store_error};
use crate::options::{PostgresOptions, RowSecurity, Target};

/// How often a step is tried that met another process.
const TRIES: usize = 20;

/// How statements stand to row security.
#[derive(Debug, Clone, Default)]
pub enum Standing {
    /// It is off: no space is set.
    #[default]
    Off,
    /// Statements run as this role.
    Role(Arc<Role>),
    /// Statements run as the login, which owns the tables; they force their policies on it.
    Forced,
    /// Statements run as the login, which is above its tables' policies, because there is no role to run as.
    Above(Arc<str>),
}

/// A role that the login may take on.
#[derive(Debug)]
pub struct Role {
    pub name: String,
    /// The login's schema, quoted, where it is not the role's by itself.
    path: Option<String>,
    /// Whether the login is a superuser.
    superuser: bool,
}

impl Standing {
    /// What a session begins with.
    pub fn session(&self) -> Option<String> {
        let Self::Role(role) = self else { return None };
        Some(role.text("SET"))
    }

    /// What a transaction of a space begins with; all of it, when `whole`, where sessions keep nothing.
    pub fn transaction(&self, begin: &str, whole: bool, space: kontor_model::SpaceId) -> String {
        let mut text = begin.to_owned();
        if let (Self::Role(role), true) = (self, whole) {
            text.push_str("; ");
            text.push_str(&role.text("SET LOCAL"));
        }
        if self.sets_space() {
            text.push_str("; ");
            text.push_str(&local(space));
        }
        text
    }

    /// Whether statements are preceded by their space.
    pub fn sets_space(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Whether a statement outside of any transaction changes nothing, since no space is set there; `session` says that
    /// sessions keep their role.
    pub fn refuses_strays(&self, session: bool) -> bool {
        match self {
            Self::Role(_) => session,
            Self::Forced => true,
            Self::Off | Self::Above(_) => false,
        }
    }

    /// Whether the views of [`kontor_store_sql::ddl::view`] may be read.
    pub fn has_views(&self) -> bool {
        matches!(self, Self::Role(_))
    }

    /// What an operator is told.
    pub fn guard(&self) -> Guard {
        match self {
            Self::Off => Guard::Open("row security is off (database.row_security)".to_owned()),
            Self::Role(role) if role.superuser => Guard::Weak(format!(
                "row security holds for statements, which run as {}, but the login is a superuser: let the database be owned by a role that is none",
                role.name
            )),
            Self::Role(role) => Guard::Holds(format!("row security: statements run as {}", role.name)),
            Self::Forced => Guard::Holds("row security is forced on the owner of the tables".to_owned()),
            Self::Above(why) => Guard::Open(format!("row security does not hold: {why}")),
        }
    }
}

impl Role {
    fn text(&self, set: &str) -> String {
        let mut text = format!("{set} ROLE ");
        ident(&self.name, &mut text);
        if let Some(path) = &self.path {
            text.push_str(&format!("; {set} search_path = {path}"));
        }
        text
    }
}

/// Sets the space until the end of the transaction.
pub fn local(space: kontor_model::SpaceId) -> String {
    format!("SET LOCAL kontor.space = '{space}'")
}

/// Why the role cannot be had.
enum Without {
    Server(Error),
    Because(String),
}

impl From<Error> for Without {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// Finds out, and makes the role where there is none yet.
pub async fn standing(target: &Target, options: &PostgresOptions) -> Result<Standing, StoreError> {
    if options.row_security == RowSecurity::Off {
        return Ok(Standing::Off);
    }
    if !is_name(&options.role) {
        return Err(StoreError::Internal(format!("database.role {:?} is not a name of a-z, 0-9 and _", options.role)));
    }
    let found = timeout(options.statement_timeout, aside(target, async |client| Ok(find(client, &options.role).await)))
        .await
        .map_err(|_| StoreError::Unavailable("the database did not answer in time".to_owned()))?
        .map_err(|error| store_error(&error))?;
    let why = match found {
        Ok(role) => return Ok(Standing::Role(Arc::new(role))),
        Err(Without::Server(error)) => return Err(store_error(&error)),
        Err(Without::Because(why)) => why,
    };
    if options.row_security == RowSecurity::Require {
        return forced(target, &why).await;
    }
    tracing::warn!(why, "row security does not hold: statements run as the login");
    Ok(Standing::Above(why.into()))
}

/// Without a role, an owner can still force policies on itself, unless it is above all of them.
async fn forced(target: &Target, why: &str) -> Result<Standing, StoreError> {
    let text = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let above = aside(target, async |client| client.query_typed_one(text, &[]).await?.try_get(0)).await;
    if above.map_err(|error| store_error(&error))? {
        return Err(StoreError::Internal(format!(
            "row security is required, but the login is above it (superuser or BYPASSRLS), and {why}"
        )));
    }
    Ok(Standing::Forced)
}

async fn find(client: &Client, role: &str) -> Result<Role, Without> {
    let mut name = String::new();
    ident(role, &mut name);
    let text = "SELECT rolsuper, quote_ident(current_schema()) FROM pg_roles WHERE rolname = current_user";
    let login = client.query_typed_one(text, &[]).await?;
    let (superuser, schema): (bool, Option<String>) = (login.try_get(0)?, login.try_get(1)?);
    for _ in 0..TRIES {
        let text = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = $1";
        let known = client.query_typed_opt(text, &[(&role, Type::TEXT)]).await?;
        match known.map(|row| row.try_get::<_, bool>(0)).transpose()? {
            None => {
                let made = client.batch_execute(&format!("CREATE ROLE {name} NOLOGIN")).await;
                refused(made, &format!("the role {role} is not there and the login may not make it"))?;
                continue;
            }
            Some(true) => {
                return Err(Without::Because(format!(
                    "the role {role} is a superuser, or has BYPASSRLS, CREATEROLE or CREATEDB"
                )));
            }
            Some(false) => {}
        }
        let taken_on = client.batch_execute(&format!("BEGIN; SET LOCAL ROLE {name}")).await;
        if taken_on.is_ok() {
            let row = client.query_typed_one("SELECT quote_ident(current_schema())", &[]).await?;
            let own: Option<String> = row.try_get(0)?;
            client.batch_execute("ROLLBACK").await?;
            let path = schema.filter(|schema| own.as_ref() != Some(schema));
            return Ok(Role { name: role.to_owned(), path, superuser });
        }
        client.batch_execute("ROLLBACK").await?;
        refused(taken_on, "")
            .or_else(|refusal| if matches!(refusal, Without::Because(_)) { Ok(()) } else { Err(refusal) })?;
        let granted = client.batch_execute(&format!("GRANT {name} TO CURRENT_USER")).await;
        refused(granted, &format!("the login is not a member of the role {role} and may not become one"))?;
    }
    Err(Without::Because(format!("the role {role} was changed again and again by others")))
}

/// Passes what another process was quicker with; `why` when the login has not the right to it.
fn refused(outcome: Result<(), Error>, why: &str) -> Result<(), Without> {
    let Err(error) = outcome else { return Ok(()) };
    match error.code() {
        Some(code)
            if [
                SqlState::DUPLICATE_OBJECT,
                SqlState::UNIQUE_VIOLATION,
                SqlState::UNDEFINED_OBJECT,
                SqlState::INVALID_PARAMETER_VALUE,
            ]
            .contains(code) =>
        {
            Ok(())
        }
        // "tuple concurrently updated" has no code of its own.
        Some(code) if *code == SqlState::INTERNAL_ERROR && describe(&error).contains("concurrently") => Ok(()),
        Some(code) if [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::READ_ONLY_SQL_TRANSACTION].contains(code) => {
            Err(Without::Because(why.to_owned()))
        }
        _ => Err(Without::Server(error)),
    }
}
