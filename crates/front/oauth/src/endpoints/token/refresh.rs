//! `grant_type=refresh_token` (RFC 6749, 6; RFC 9700, 4.14).
//!
//! A refresh token is used up in the commit that makes the next one. A second use of any of them, also years of
//! restarts later, ends the family: either the client or a thief holds a copy, and nobody knows who.

use kontor_store::system::oauth::OAUTH_REFRESH;

use super::Asked;
use crate::db::{self, Committed};
use crate::error::OAuthError;
use crate::mint::{Issue, Issued};
use crate::scope::Scope;
use crate::{OAuth, grants, random};

impl OAuth {
    /// # Errors
    /// invalid_grant, invalid_scope, invalid_request; the database's.
    pub async fn by_refresh_token(&self, asked: &Asked<'_>) -> Result<Issued, OAuthError> {
        let token = asked.form.need("refresh_token")?;
        let known = self.refresh(token).await?.filter(|known| known.client == asked.client.id);
        let known = known.ok_or_else(OAuthError::invalid_grant)?;
        let now = self.clock.now_ms();
        if known.used {
            self.end_grant(known.grant).await?;
            return Err(OAuthError::invalid_grant());
        }
        let same_key = known.jkt.as_deref().is_none_or(|jkt| asked.jkt == Some(jkt));
        if !same_key || known.expires_at <= now {
            return Err(OAuthError::invalid_grant());
        }
        let grant = self.grant(known.grant).await?.ok_or_else(OAuthError::invalid_grant)?;
        let scope = narrower(asked.form.get("scope"), &grant.scope)?;
        let active = self.people.person(grant.space, grant.user).await?.is_some_and(|person| person.active);
        if !active {
            return Err(OAuthError::invalid_grant());
        }
        let (next, write) = grants::refresh_token(grant.id, asked.client.id, known.jkt.as_deref(), now)?;
        let mut batch = db::batch();
        let unused = vec![db::text("hash", &random::hash(token)), db::int("state", 0)];
        batch.writes.push(db::update(OAUTH_REFRESH, unused, vec![db::int("state", 1)]));
        batch.writes.push(grants::prolonged(grant.id, now));
        batch.writes.push(write);
        match db::commit(&*self.store, batch).await? {
            Committed::Done => {}
            Committed::Guard(0) => {
                self.end_grant(grant.id).await?;
                return Err(OAuthError::invalid_grant());
            }
            _ => return Err(OAuthError::invalid_grant()),
        }
        let issue = Issue {
            client: asked.client,
            grant: Some(&grant),
            scope: &scope,
            jkt: asked.jkt,
            nonce: None,
            until: None,
        };
        Ok(self.issue(issue, Some(next)).await?)
    }
}

/// What is asked for, when it is no more than what there is; without a word all of it.
///
/// # Errors
/// invalid_scope.
pub fn narrower(asked: Option<&str>, granted: &Scope) -> Result<Scope, OAuthError> {
    let Some(text) = asked else { return Ok(granted.clone()) };
    let scope =
        Scope::parse(text).map_err(|name| OAuthError::invalid_scope(format!("the scope {name} is not known")))?;
    if scope.is_empty() || !scope.is_within(granted) {
        return Err(OAuthError::invalid_scope(format!("what was agreed to is: {granted}")));
    }
    Ok(scope)
}
