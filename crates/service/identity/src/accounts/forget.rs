//! A user who is to be forgotten: what lets them into the space goes, and with their last space the login.

use kontor_model::{Id, Kind, Result, SpaceId, Value};
use kontor_store::Batch;
use kontor_store::system::oauth::OAUTH_GRANT;
use kontor_store::system::providers::IDENTITY_LINK;
use kontor_store::system::{ACCOUNT, EVENT, INSTALLATION, MEMBERSHIP, ONE_TIME, PASSKEY, SESSION};

use super::Accounts;
use super::invite::INVITED;
use super::rows::{self, int, text};

impl Accounts {
    /// The address that the user of a space signs in with, or is invited to.
    ///
    /// # Errors
    /// The database's.
    pub async fn address_of(&self, space: SpaceId, user: Id) -> Result<Option<String>> {
        let Some(stored) = self.membership_of(space, user).await? else { return Ok(None) };
        Ok(self.account(stored.account).await?.map(|account| account.email))
    }

    /// Empties the events of a user's invitations, removes their sessions with addresses and browsers, links and
    /// membership, and ends agreements with applications. The login itself (address, password, factors, passkeys) goes when no other space knows it. Says
    /// whether there was a membership.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_user(&self, space: SpaceId, user: Id) -> Result<bool> {
        // It has no entry of its own in the audit, by which the record's erasure would find it.
        let invited = vec![int("record_id", user.0), text("type", INVITED)];
        let writes = vec![rows::update(EVENT, invited, vec![text("data", Value::Null)], false)];
        self.parts.store.commit(Batch { space, writes }).await?;
        let of = |column: &'static str| vec![int(column, space.0), int("user_id", user.0)];
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(rows::delete(SESSION, of("session_space"), false));
        batch.writes.push(rows::delete(ONE_TIME, of("member_space"), false));
        batch.writes.push(rows::delete(IDENTITY_LINK, of("link_space"), false));
        batch.writes.push(rows::update(OAUTH_GRANT, of("of_space"), vec![int("revoked", 1)], false));
        let stored = self.membership_of(space, user).await?;
        if let Some(stored) = &stored {
            let account = || vec![int("account_id", stored.account.0)];
            let is_other = |other: &super::members::Stored| other.membership.space != space;
            batch.writes.push(rows::delete(
                MEMBERSHIP,
                [account(), vec![int("member_space", space.0)]].concat(),
                false,
            ));
            if self.stored_memberships(stored.account).await?.iter().any(is_other) {
                let last = vec![int("id", stored.account.0), int("last_space", space.0)];
                batch.writes.push(rows::update(ACCOUNT, last, vec![("last_space", Kind::Int, Value::Null)], false));
            } else {
                for table in [SESSION, ONE_TIME, PASSKEY, IDENTITY_LINK] {
                    batch.writes.push(rows::delete(table, account(), false));
                }
                batch.writes.push(rows::delete(ACCOUNT, vec![int("id", stored.account.0)], false));
            }
        }
        let done = self.parts.store.commit(batch).await;
        self.believed.forget();
        done?;
        Ok(stored.is_some())
    }
}
