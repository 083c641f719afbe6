//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628, 3.4 and 3.5): a device asks whether its person
//! has decided.

use kontor_model::{Id, Kind};
use kontor_store::system::oauth::OAUTH_DEVICE;

use super::Asked;
use crate::clients::metadata;
use crate::db::{self, Committed};
use crate::endpoints::device_authorization::state;
use crate::error::OAuthError;
use crate::mint::{Issue, Issued};
use crate::{OAuth, grants, random};

const COLUMNS: &[(&str, Kind)] = &[
    ("client", Kind::Int),
    ("grant_id", Kind::Int),
    ("state", Kind::Int),
    ("interval_s", Kind::Int),
    ("polled_at", Kind::Int),
    ("expires_at", Kind::Int),
];
/// What a device may come too early: its clock and the network are not ours.
const SLACK_MS: i64 = 500;
const SLOWER_S: i64 = 5;

impl OAuth {
    /// # Errors
    /// authorization_pending, slow_down, access_denied, expired_token, invalid_grant; the database's.
    pub async fn by_device_code(&self, asked: &Asked<'_>) -> Result<Issued, OAuthError> {
        let hash = random::hash(asked.form.need("device_code")?);
        let row = db::one(&*self.store, OAUTH_DEVICE, COLUMNS, vec![db::text("hash", &hash)]).await?;
        let row = row.filter(|row| row.int("client") == asked.client.id.0).ok_or_else(OAuthError::invalid_grant)?;
        let now = self.clock.now_ms();
        if row.int("expires_at") <= now {
            return Err(OAuthError::new("expired_token", "the device code is too old; begin again"));
        }
        match row.int("state") {
            state::PENDING => {
                let interval = row.int("interval_s");
                let early = (0..interval * 1_000 - SLACK_MS).contains(&(now - row.int("polled_at")));
                let mut set = vec![db::int("polled_at", now)];
                if early {
                    set.push(db::int("interval_s", interval + SLOWER_S));
                }
                let mut batch = db::batch();
                batch.writes.push(db::update_any(OAUTH_DEVICE, vec![db::text("hash", &hash)], set));
                db::commit(&*self.store, batch).await?;
                if early {
                    return Err(OAuthError::new("slow_down", "ask less often: five seconds longer than so far"));
                }
                Err(OAuthError::new("authorization_pending", "the person has not decided yet"))
            }
            state::DENIED => Err(OAuthError::new("access_denied", "the person did not agree")),
            state::ALLOWED => self.device_allowed(asked, &hash, Id(row.int("grant_id"))).await,
            _ => {
                self.end_grant(Id(row.int("grant_id"))).await?;
                Err(OAuthError::invalid_grant())
            }
        }
    }

    async fn device_allowed(&self, asked: &Asked<'_>, hash: &str, grant: Id) -> Result<Issued, OAuthError> {
        let grant = self.grant(grant).await?.ok_or_else(OAuthError::invalid_grant)?;
        let mut batch = db::batch();
        let allowed = vec![db::text("hash", hash), db::int("state", state::ALLOWED)];
        batch.writes.push(db::update(OAUTH_DEVICE, allowed, vec![db::int("state", state::USED)]));
        let refresh = if asked.client.metadata.grants(metadata::REFRESH) {
            let bound = asked.jkt.filter(|_| asked.client.is_public());
            let (token, write) = grants::refresh_token(grant.id, asked.client.id, bound, self.clock.now_ms())?;
            batch.writes.push(write);
            Some(token)
        } else {
            None
        };
        if db::commit(&*self.store, batch).await? != Committed::Done {
            return Err(OAuthError::invalid_grant());
        }
        let issue = Issue {
            client: asked.client,
            grant: Some(&grant),
            scope: &grant.scope,
            jkt: asked.jkt,
            nonce: None,
            until: None,
        };
        Ok(self.issue(issue, refresh).await?)
    }
}
