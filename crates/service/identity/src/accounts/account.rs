//! The row of a login.

use kontor_model::{Id, Kind, Result, SpaceId};
use kontor_store::system::ACCOUNT;
use kontor_store::{Select, Write};

use super::Accounts;
use super::rows::{self, Cell, Row, int};

/// A login as it is stored.
#[derive(Clone)]
pub struct Account {
    pub id: Id,
    pub email: String,
    /// PHC string of argon2id; None until the first sign-in.
    pub password: Option<String>,
    /// Sealed.
    pub totp: Option<String>,
    /// Sealed; one that is not confirmed yet.
    pub totp_pending: Option<String>,
    /// The last time step whose code was used.
    pub totp_step: i64,
    /// Hashes of the codes that are left.
    pub recovery: Vec<String>,
    pub last_space: Option<SpaceId>,
    /// What authenticators know the login by, in base64url; None before the first passkey.
    pub user_handle: Option<String>,
    /// Raised by every change.
    pub version: i64,
}

const COLUMNS: &rows::Columns = &[
    ("id", Kind::Int),
    ("email", Kind::Text),
    ("password", Kind::Text),
    ("totp", Kind::Text),
    ("totp_pending", Kind::Text),
    ("totp_step", Kind::Int),
    ("recovery", Kind::Json),
    ("last_space", Kind::Int),
    ("user_handle", Kind::Text),
    ("version", Kind::Int),
];

impl Account {
    fn of(row: Vec<kontor_model::Value>) -> Self {
        let mut row = Row::new(row);
        Self {
            id: Id(row.int()),
            email: row.text(),
            password: row.optional_text(),
            totp: row.optional_text(),
            totp_pending: row.optional_text(),
            totp_step: row.int(),
            recovery: row.texts(),
            last_space: row.optional_int().map(SpaceId),
            user_handle: row.optional_text(),
            version: row.int(),
        }
    }

    /// A change of this state of it: another one in between fails the batch.
    pub fn change(&self, mut set: Vec<Cell>) -> Write {
        set.push(int("version", self.version + 1));
        rows::update(ACCOUNT, vec![int("id", self.id.0), int("version", self.version)], set, true)
    }
}

impl Accounts {
    pub(super) async fn account(&self, id: Id) -> Result<Option<Account>> {
        self.find(rows::select(ACCOUNT, COLUMNS).equals("id", Kind::Int, id.0)).await
    }

    /// `email` is folded.
    pub(super) async fn account_of(&self, email: &str) -> Result<Option<Account>> {
        self.find(rows::select(ACCOUNT, COLUMNS).equals("email", Kind::Text, email)).await
    }

    async fn find(&self, select: Select) -> Result<Option<Account>> {
        Ok(self.parts.store.rows(select.limit(1)).await?.into_iter().next().map(Account::of))
    }
}

impl Account {
    /// One that was just made.
    pub fn fresh(id: Id, email: &str) -> Self {
        Self {
            id,
            email: email.to_owned(),
            password: None,
            totp: None,
            totp_pending: None,
            totp_step: 0,
            recovery: Vec::new(),
            last_space: None,
            user_handle: None,
            version: 1,
        }
    }
}
