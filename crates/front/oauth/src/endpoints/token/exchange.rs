//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693), in two forms:
//!
//! - impersonation: `actor_token` is an administrator's access token with the scope `admin`, `subject_token` the id of a
//!   user of the same space (type [`USER_ID`]). The new token has the user's rights and names the administrator in
//!   `act`; the audit has an entry in the same commit, and every change made with it names client and administrator.
//! - narrowing: `subject_token` is one of the client's own access tokens; the new one may do less and lives no longer.

use std::sync::Arc;

use kontor_model::{Id, SpaceId};
use serde_json::json;

use super::Asked;
use super::refresh::narrower;
use crate::db;
use crate::endpoints::introspect::verified;
use crate::error::OAuthError;
use crate::mint::{Issue, Issued};
use crate::scope::{OPENID, Scope};
use crate::tokens::{Standing, Verified};
use crate::{ACCESS_TOKEN_S, OAuth, ask, grants};

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// A subject that is named by its id.
const USER_ID: &str = "urn:kontor:params:oauth:token-type:user_id";

fn refused(description: &str) -> OAuthError {
    OAuthError::invalid_request(description)
}

impl OAuth {
    /// # Errors
    /// invalid_request, invalid_scope, invalid_grant; the database's.
    pub async fn by_exchange(&self, asked: &Asked<'_>) -> Result<Issued, OAuthError> {
        if asked.form.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
            return Err(refused("requested_token_type is that of access tokens"));
        }
        let subject = asked.form.need("subject_token")?;
        let issued = match (asked.form.need("subject_token_type")?, asked.form.get("actor_token")) {
            (USER_ID, Some(actor)) if asked.form.get("actor_token_type") == Some(ACCESS_TOKEN) => {
                self.impersonate(asked, subject, actor).await?
            }
            (ACCESS_TOKEN, None) => self.narrow(asked, subject).await?,
            _ => {
                return Err(refused(
                    "subject_token is an access token, or a user's id together with an actor's access token",
                ));
            }
        };
        Ok(Issued { issued_token_type: Some(ACCESS_TOKEN), ..issued })
    }

    async fn standing(&self, token: &str) -> Result<(Arc<Verified>, Standing), OAuthError> {
        let token = verified(self, token).await?.ok_or_else(OAuthError::invalid_grant)?;
        let standing = self.tokens.standing(&token).await?.ok_or_else(OAuthError::invalid_grant)?;
        Ok((token, standing))
    }

    async fn narrow(&self, asked: &Asked<'_>, subject: &str) -> Result<Issued, OAuthError> {
        let (token, standing) = self.standing(subject).await?;
        let same_key = token.jkt.as_deref().is_none_or(|jkt| asked.jkt == Some(jkt));
        if token.client_id != asked.client.client_id || !same_key {
            return Err(OAuthError::invalid_grant());
        }
        let scope = narrower(asked.form.get("scope"), &token.scope)?;
        let issue = Issue {
            client: asked.client,
            grant: standing.grant.as_ref(),
            scope: &scope,
            jkt: asked.jkt,
            nonce: None,
            until: Some(token.exp),
        };
        Ok(self.issue(issue, None).await?)
    }

    async fn impersonate(&self, asked: &Asked<'_>, subject: &str, actor: &str) -> Result<Issued, OAuthError> {
        let client = asked.client;
        let (actor, standing) = self.standing(actor).await?;
        // A token of another space is as one that is unknown.
        if client.space != SpaceId(0) && actor.space != client.space {
            return Err(OAuthError::invalid_grant());
        }
        let Some(admin) = standing.grant.as_ref().filter(|grant| grant.actor.is_none()).map(|grant| grant.user) else {
            return Err(refused("the actor is a person who acts in her own name"));
        };
        let caller = self.tokens.acting(&actor, standing).await?;
        let is_admin = caller.policy.manages && actor.scope.has("admin");
        let same_key = actor.jkt.as_deref().is_none_or(|jkt| asked.jkt == Some(jkt));
        if !is_admin || !same_key || client.space == SpaceId(0) {
            return Err(OAuthError::new(
                "unauthorized_client",
                "only an administrator of the client's space acts for others",
            ));
        }
        let user = subject.parse::<Id>().ok().filter(|user| *user != admin);
        let person = match user {
            Some(user) => self.people.person(actor.space, user).await?.filter(|p| p.active).map(|p| (user, p)),
            None => None,
        };
        let Some((user, _)) = person else {
            return Err(refused("subject_token is not the id of an active user of this space"));
        };
        let scope = match asked.form.get("scope") {
            Some(_) => ask::scope(asked.form, client)?,
            None => Scope::stored("crm:read crm:write"),
        };
        if scope.names().any(|name| OPENID.contains(&name)) {
            return Err(OAuthError::invalid_scope("who acts for another does not sign in as that person"));
        }
        let now = self.clock.now_ms();
        let mut grant = self.new_grant(client.id, actor.space, user, scope.clone());
        grant.actor = Some(admin);
        grant.expires_at = now + ACCESS_TOKEN_S * 1_000;
        let entry = json!({"subject": user.to_string(), "actor": admin.to_string(), "client_id": client.client_id,
            "scope": scope.to_string(), "grant_id": grant.id.to_string()});
        let mut batch = db::batch();
        batch.writes.push(self.entry(asked.call, Arc::new(caller), "user", "impersonate", &entry).await?);
        batch.writes.push(grants::made(&grant, now));
        db::commit(&*self.store, batch).await?;
        let issue = Issue { client, grant: Some(&grant), scope: &scope, jkt: asked.jkt, nonce: None, until: None };
        Ok(self.issue(issue, None).await?)
    }
}
