//! The rows of passkeys.

use data_encoding::BASE64URL_NOPAD;
use kontor_model::{Id, Kind, Result, Value};
use kontor_store::system::PASSKEY;
use kontor_store::{Expr, Select, Write};

use super::super::Accounts;
use super::super::rows::{self, Cell, Row, int, list, text};
use super::{MOST, Passkeys};
use crate::webauthn::{Descriptor, Registered};

/// A passkey as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: Id,
    pub account: Id,
    /// The credential's id in base64url.
    pub credential: String,
    /// COSE in base64url.
    public_key: String,
    pub name: String,
    /// The authenticator's model, 32 hexadecimal digits; zeros where it does not say.
    pub aaguid: String,
    pub transports: Vec<String>,
    pub counter: u32,
    /// Whether it may be, and is, on more than one device.
    pub backup_eligible: bool,
    pub backed_up: bool,
    /// Unix milliseconds, as the following.
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

const COLUMNS: &rows::Columns = &[
    ("id", Kind::Int),
    ("account_id", Kind::Int),
    ("credential", Kind::Text),
    ("public_key", Kind::Text),
    ("name", Kind::Text),
    ("aaguid", Kind::Text),
    ("transports", Kind::Json),
    ("counter", Kind::Int),
    ("backup_eligible", Kind::Int),
    ("backed_up", Kind::Int),
    ("created_at", Kind::Int),
    ("last_used_at", Kind::Int),
];

impl Passkey {
    fn of(row: Vec<Value>) -> Self {
        let mut row = Row::new(row);
        Self {
            id: Id(row.int()),
            account: Id(row.int()),
            credential: row.text(),
            public_key: row.text(),
            name: row.text(),
            aaguid: row.text(),
            transports: row.texts(),
            counter: u32::try_from(row.int()).unwrap_or(u32::MAX),
            backup_eligible: row.int() != 0,
            backed_up: row.int() != 0,
            created_at: row.int(),
            last_used_at: row.optional_int(),
        }
    }

    pub(super) fn new(id: Id, account: Id, name: &str, made: &Registered, now: i64) -> Self {
        Self {
            id,
            account,
            credential: BASE64URL_NOPAD.encode(&made.id),
            public_key: BASE64URL_NOPAD.encode(&made.public_key),
            name: name.to_owned(),
            aaguid: crate::token::hex(&made.aaguid),
            transports: made.transports.clone(),
            counter: made.counter,
            backup_eligible: made.backup_eligible,
            backed_up: made.backed_up,
            created_at: now,
            last_used_at: None,
        }
    }

    pub(super) fn row(&self) -> Vec<Cell> {
        vec![
            int("id", self.id.0),
            int("account_id", self.account.0),
            text("credential", self.credential.as_str()),
            text("public_key", self.public_key.as_str()),
            text("name", self.name.as_str()),
            text("aaguid", self.aaguid.as_str()),
            ("transports", Kind::Json, list(&self.transports)),
            int("counter", i64::from(self.counter)),
            int("backup_eligible", i64::from(self.backup_eligible)),
            int("backed_up", i64::from(self.backed_up)),
            int("created_at", self.created_at),
            int("last_used_at", self.last_used_at),
        ]
    }

    /// The public key in COSE.
    pub(super) fn cose(&self) -> Vec<u8> {
        BASE64URL_NOPAD.decode(self.public_key.as_bytes()).unwrap_or_default()
    }

    pub(super) fn descriptor(&self) -> Descriptor {
        Descriptor { id: self.credential.clone(), transports: self.transports.clone() }
    }

    /// What a use changes; another use of the same counter in between, or the passkey's end, fails the batch.
    pub(super) fn used(&self, counter: u32, backed_up: bool, now: i64) -> Write {
        let keys = vec![int("id", self.id.0), int("counter", i64::from(self.counter))];
        let set =
            vec![int("counter", i64::from(counter)), int("backed_up", i64::from(backed_up)), int("last_used_at", now)];
        rows::update(PASSKEY, keys, set, true)
    }
}

/// The write that ends all passkeys of a login.
pub fn gone(account: Id) -> Write {
    rows::delete(PASSKEY, vec![int("account_id", account.0)], false)
}

async fn read(accounts: &Accounts, select: Select) -> Result<Vec<Passkey>> {
    Ok(accounts.parts.store.rows(select).await?.into_iter().map(Passkey::of).collect())
}

/// Whether a login has passkeys.
///
/// # Errors
/// The database's.
pub async fn are_there(accounts: &Accounts, account: Id) -> Result<bool> {
    let select = rows::select(PASSKEY, &[("id", Kind::Int)]).equals("account_id", Kind::Int, account.0).limit(1);
    Ok(!accounts.parts.store.rows(select).await?.is_empty())
}

impl Passkeys {
    /// A login's passkeys, oldest first.
    pub(super) async fn of(&self, account: Id) -> Result<Vec<Passkey>> {
        let select = rows::select(PASSKEY, COLUMNS)
            .equals("account_id", Kind::Int, account.0)
            .order(Expr::column("id", Kind::Int), false)
            .limit(MOST as u64 + 1);
        read(&self.accounts, select).await
    }

    pub(super) async fn by_credential(&self, credential: &[u8]) -> Result<Option<Passkey>> {
        let id = BASE64URL_NOPAD.encode(credential);
        let select = rows::select(PASSKEY, COLUMNS).equals("credential", Kind::Text, id).limit(1);
        Ok(read(&self.accounts, select).await?.pop())
    }
}
