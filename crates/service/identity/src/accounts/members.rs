//! Which spaces a login may enter, and as whom.

use kontor_model::{Error, Id, Kind, Result, SpaceId};
use kontor_store::system::{ACCOUNT, INSTALLATION, MEMBERSHIP, SESSION};
use kontor_store::{Batch, CommitError, Cond, Expr};

use super::account::Account;
use super::external::by_provider;
use super::rows::{self, Row, int};
use super::{Accounts, Membership, Session};

const COLUMNS: &rows::Columns = &[
    ("account_id", Kind::Int),
    ("member_space", Kind::Int),
    ("user_id", Kind::Int),
    ("role", Kind::Text),
    ("accepted_at", Kind::Int),
];

/// A membership as it is stored.
pub struct Stored {
    pub account: Id,
    pub membership: Membership,
    /// Whether the person has said yes.
    pub accepted: bool,
}

impl Accounts {
    /// All memberships of a login, open invitations among them.
    pub(super) async fn stored_memberships(&self, account: Id) -> Result<Vec<Stored>> {
        let cond = Cond::Test {
            left: Expr::column("account_id", Kind::Int),
            op: kontor_model::Op::Eq,
            right: account.0.into(),
        };
        self.read_memberships(cond).await
    }

    /// The membership that makes someone this user.
    pub(super) async fn membership_of(&self, space: SpaceId, user: Id) -> Result<Option<Stored>> {
        let test = |name: &str, value: i64| Cond::Test {
            left: Expr::column(name, Kind::Int),
            op: kontor_model::Op::Eq,
            right: value.into(),
        };
        let cond = Cond::And(vec![test("member_space", space.0), test("user_id", user.0)]);
        Ok(self.read_memberships(cond).await?.into_iter().next())
    }

    async fn read_memberships(&self, cond: Cond) -> Result<Vec<Stored>> {
        let select = rows::select(MEMBERSHIP, COLUMNS)
            .filter(cond)
            .order(Expr::column("member_space", Kind::Int), false)
            .limit(1_000);
        let one = |row| {
            let mut row = Row::new(row);
            let account = Id(row.int());
            let membership = Membership { space: SpaceId(row.int()), user: Id(row.int()), role: row.text() };
            Stored { account, membership, accepted: row.optional_int().is_some() }
        };
        Ok(self.parts.store.rows(select).await?.into_iter().map(one).collect())
    }

    /// The spaces that a login may enter now: accepted, and its user there is active.
    ///
    /// # Errors
    /// The database's.
    pub async fn memberships(&self, account: Id) -> Result<Vec<Membership>> {
        let mut open = Vec::new();
        for stored in self.stored_memberships(account).await? {
            let Stored { membership, accepted, .. } = stored;
            if accepted && self.is_active(membership.space, membership.user).await? {
                open.push(membership);
            }
        }
        Ok(open)
    }

    /// Whether someone signs in as this user.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_login(&self, space: SpaceId, user: Id) -> Result<bool> {
        Ok(self.membership_of(space, user).await?.is_some_and(|stored| stored.accepted))
    }

    /// The role of a user whom someone signs in as.
    ///
    /// # Errors
    /// The database's.
    pub async fn role_of(&self, space: SpaceId, user: Id) -> Result<Option<String>> {
        let stored = self.membership_of(space, user).await?.filter(|stored| stored.accepted);
        Ok(stored.map(|stored| stored.membership.role))
    }

    /// Where a login begins by password: the space it was in last, or the first that is open to it.
    ///
    /// # Errors
    /// 403000 when every space that it may enter is entered by a provider only; the database's.
    pub(super) async fn home(&self, account: &Account) -> Result<Option<Membership>> {
        let (mut open, mut barred) = (Vec::new(), None);
        for membership in self.memberships(account.id).await? {
            match self.barred(&account.email, &membership).await? {
                Some(provider) => barred = Some(provider),
                None => open.push(membership),
            }
        }
        if let Some(provider) = barred.filter(|_| open.is_empty()) {
            return Err(by_provider(&provider));
        }
        let last = open.iter().find(|membership| Some(membership.space) == account.last_space);
        Ok(last.or(open.first()).cloned())
    }

    /// The spaces that a session may work in: those of its login, or with a provider's the provider's own.
    ///
    /// # Errors
    /// The database's.
    pub async fn spaces_of(&self, session: &Session) -> Result<Vec<Membership>> {
        let open = self.memberships(session.account).await?;
        let within = |membership: &Membership| session.provider.is_none() || membership.space == session.space;
        Ok(open.into_iter().filter(within).collect())
    }

    /// Takes a session to another of its holder's spaces.
    ///
    /// # Errors
    /// 404001 for a space that is not open to the holder, 403000 for one that is entered by a provider only; the
    /// database's.
    pub async fn switch(&self, session: &Session, space: SpaceId) -> Result<Session> {
        let open = self.spaces_of(session).await?;
        let Some(to) = open.into_iter().find(|membership| membership.space == space) else {
            return Err(Error::not_found());
        };
        if session.provider.is_none()
            && let Some(account) = self.account(session.account).await?
        {
            self.refuse_barred(&account.email, &to).await?;
        }
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(rows::update(
            SESSION,
            vec![int("id", session.id.0)],
            vec![int("session_space", to.space.0), int("user_id", to.user.0)],
            true,
        ));
        batch.writes.push(rows::update(
            ACCOUNT,
            vec![int("id", session.account.0)],
            vec![int("last_space", to.space.0)],
            false,
        ));
        match self.parts.store.commit(batch).await {
            Err(CommitError::Guard { .. }) => return Err(Error::not_found()),
            other => other?,
        }
        self.believed.forget();
        Ok(Session { space: to.space, user: to.user, role: to.role, ..session.clone() })
    }
}
