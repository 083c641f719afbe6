//! Links and tickets that work once: rows that are gone when they have been used.

use kontor_model::{Error, ErrorCode, Id, Kind, Result, SpaceId};
use kontor_store::Write;
use kontor_store::system::ONE_TIME;

use super::rows::{self, Row, int, text};
use super::{Accounts, Membership};
use crate::token::{self, Prefix};

/// What it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The owner's first sign-in, who names the address of the new login.
    Owner,
    Invitation,
    Reset,
    /// Between the password and the second factor.
    SecondFactor,
}

impl Purpose {
    const ALL: [Purpose; 4] = [Purpose::Owner, Purpose::Invitation, Purpose::Reset, Purpose::SecondFactor];

    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Owner => "owner",
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
            Purpose::SecondFactor => "second_factor",
        }
    }

    /// How long it works.
    const fn lasts_ms(self) -> i64 {
        match self {
            Purpose::Owner => 24 * 3_600_000,
            Purpose::Invitation => 7 * 24 * 3_600_000,
            Purpose::Reset => 3_600_000,
            Purpose::SecondFactor => 5 * 60_000,
        }
    }
}

const COLUMNS: &rows::Columns = &[
    ("id", Kind::Int),
    ("purpose", Kind::Text),
    ("account_id", Kind::Int),
    ("member_space", Kind::Int),
    ("user_id", Kind::Int),
    ("role", Kind::Text),
    ("tries", Kind::Int),
    ("expires_at", Kind::Int),
];

/// A link or ticket as it is stored.
pub struct Ticket {
    pub id: Id,
    pub purpose: Purpose,
    pub account: Option<Id>,
    pub member: Option<Membership>,
    /// Failures so far.
    pub tries: i64,
}

impl Ticket {
    /// Uses it up; someone else's use in between fails the batch.
    pub fn spend(&self) -> Write {
        rows::delete(ONE_TIME, vec![int("id", self.id.0)], true)
    }

    /// Counts a failure.
    pub fn fail(&self) -> Write {
        let keys = vec![int("id", self.id.0), int("tries", self.tries)];
        rows::update(ONE_TIME, keys, vec![int("tries", self.tries + 1)], true)
    }
}

impl Accounts {
    /// A new one: its text, when it ends, and the row that keeps it.
    pub(super) fn new_ticket(
        &self,
        purpose: Purpose,
        account: Option<Id>,
        member: Option<&Membership>,
    ) -> Result<(String, i64, Vec<rows::Cell>)> {
        let token = token::generate_as(Prefix::Once).map_err(Error::internal)?;
        let expires_at = self.now() + purpose.lasts_ms();
        let row = vec![
            int("id", self.parts.ids.next().0),
            text("hash", token::hex(&token::digest(&token))),
            text("purpose", purpose.name()),
            int("account_id", account.map(|id| id.0)),
            int("member_space", member.map(|member| member.space.0)),
            int("user_id", member.map(|member| member.user.0)),
            text("role", member.map(|member| member.role.clone())),
            int("tries", 0),
            int("expires_at", expires_at),
        ];
        Ok((token, expires_at, row))
    }

    /// The one behind a text.
    ///
    /// # Errors
    /// 401001 for one that is unknown or was used, 401002 for one that has expired.
    pub(super) async fn ticket(&self, token: &str) -> Result<Ticket> {
        let unknown = || Error::new(ErrorCode::BadCredential, "the link or ticket is unknown or was used already");
        if !token::is_well_formed_as(Prefix::Once, token) {
            return Err(unknown());
        }
        let hash = token::hex(&token::digest(token));
        let select = rows::select(ONE_TIME, COLUMNS).equals("hash", Kind::Text, hash).limit(1);
        let row = self.parts.store.rows(select).await?.into_iter().next().ok_or_else(unknown)?;
        let mut row = Row::new(row);
        let (id, purpose, account) = (Id(row.int()), row.text(), row.optional_int().map(Id));
        let (space, user, role) = (row.optional_int(), row.optional_int(), row.text());
        let (tries, expires_at) = (row.int(), row.int());
        if expires_at <= self.now() {
            return Err(Error::new(ErrorCode::ExpiredCredential, "the link or ticket has expired: ask for a new one"));
        }
        let purpose = Purpose::ALL.into_iter().find(|known| known.name() == purpose).ok_or_else(unknown)?;
        let member = space.zip(user).map(|(space, user)| Membership { space: SpaceId(space), user: Id(user), role });
        Ok(Ticket { id, purpose, account, member, tries })
    }
}
