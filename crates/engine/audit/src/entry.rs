//! A new entry, a row of the commit that it tells of.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use kontor_model::{Error, Id, Kind, Result, Value};
use kontor_store::{ColumnRef, OnConflict, Write, system};

use crate::digest;

/// What a caller has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credential {
    ApiKey,
    /// An API key of a service account.
    ServiceAccount,
    /// A user's sign-in.
    Session,
    /// An access token of an OAuth client.
    Token,
    /// Work that was ordered before, under its orderer's rights.
    Job,
    /// The program itself, or its command line.
    #[default]
    System,
}

impl Credential {
    pub const ALL: &'static [Credential] = &[
        Credential::ApiKey,
        Credential::ServiceAccount,
        Credential::Session,
        Credential::Token,
        Credential::Job,
        Credential::System,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Credential::ApiKey => "api_key",
            Credential::ServiceAccount => "service_account",
            Credential::Session => "session",
            Credential::Token => "token",
            Credential::Job => "job",
            Credential::System => "system",
        }
    }
}

/// Who did it, by which credential, from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Who {
    pub user_id: Option<Id>,
    /// The key, session or client.
    pub key_id: Option<Id>,
    pub credential: Credential,
    /// Who acted in the user's name.
    pub impersonator: Option<Id>,
    pub ip: Option<IpAddr>,
}

/// What is written down.
#[derive(Debug)]
pub struct NewEntry<'a> {
    pub id: Id,
    /// Unix milliseconds.
    pub at: i64,
    pub object: &'a str,
    /// 0 for what is no record.
    pub record_id: i64,
    pub version: i64,
    pub action: &'a str,
    pub who: Who,
    pub request_id: &'a str,
    /// JSON: before and after, or what was asked for. With the address it is the personal part.
    pub changes: String,
}

impl NewEntry<'_> {
    /// The row, for a batch of the space that it belongs to.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn write(self) -> Result<Write> {
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(Error::internal)?;
        Ok(self.salted(&salt))
    }

    pub(crate) fn salted(self, salt: &[u8; 16]) -> Write {
        let ip = self.who.ip.map(|ip| ip.to_canonical().to_string());
        let commitment = digest::commitment(salt, Some(&self.changes), ip.as_deref());
        let optional = |id: Option<Id>| id.map_or(Value::Null, |id| Value::Int(id.0));
        Write::Insert {
            table: table(),
            columns: columns(),
            values: vec![
                Value::Int(self.id.0),
                Value::Int(self.at),
                Value::text(self.object),
                Value::Int(self.record_id),
                Value::Int(self.version),
                Value::text(self.action),
                optional(self.who.user_id),
                optional(self.who.key_id),
                Value::text(self.request_id),
                Value::Text(self.changes),
                Value::text(self.who.credential.name()),
                optional(self.who.impersonator),
                ip.into(),
                Value::Bytes(salt.to_vec()),
                Value::Bytes(commitment.to_vec()),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        }
    }
}

pub(crate) fn table() -> Arc<str> {
    static NAME: OnceLock<Arc<str>> = OnceLock::new();
    NAME.get_or_init(|| system::AUDIT.into()).clone()
}

/// Shared, so that the statement stays prepared.
fn columns() -> Arc<[ColumnRef]> {
    static COLUMNS: OnceLock<Arc<[ColumnRef]>> = OnceLock::new();
    COLUMNS
        .get_or_init(|| {
            [
                ("id", Kind::Int),
                ("at", Kind::Int),
                ("object", Kind::Text),
                ("record_id", Kind::Int),
                ("version", Kind::Int),
                ("action", Kind::Text),
                ("user_id", Kind::Int),
                ("key_id", Kind::Int),
                ("request_id", Kind::Text),
                ("changes", Kind::Text),
                ("credential", Kind::Text),
                ("impersonator_id", Kind::Int),
                ("ip", Kind::Text),
                ("salt", Kind::Bytes),
                ("commitment", Kind::Bytes),
            ]
            .map(|(name, kind)| ColumnRef::new(name, kind))
            .into()
        })
        .clone()
}
