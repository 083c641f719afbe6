//! Seeing as another user does: for a quarter of an hour an administrator reads with a user's rights, and changes nothing.
//!
//! What is given is an access token of the interface's own client on an agreement of its own, without a refresh token. It
//! names the administrator in `act` (RFC 8693, 4.1); the door lets it through to what reads records, and to nothing else.

use std::sync::Arc;

use kontor_http::Admitted;
use kontor_model::{Error, ErrorCode, Id, Result};
use kontor_records::{Access, Caller, Credential, refusal};
use serde_json::json;

use crate::clients::own;
use crate::mint::Issue;
use crate::scope::Scope;
use crate::tokens::Standing;
use crate::{OAuth, db, grants};

/// Life of such a token in seconds.
const SEEING_S: i64 = 900;
/// Records, and nothing that a role manages.
const SCOPE: &str = "crm:read";

/// What is given.
#[derive(Debug, Clone)]
pub struct Seeing {
    pub access_token: String,
    /// Seconds.
    pub expires_in: i64,
    /// Unix milliseconds.
    pub expires_at: i64,
    pub scope: String,
    /// What the user is called.
    pub name: String,
}

fn forbidden(detail: &str) -> Error {
    Error::new(ErrorCode::Forbidden, detail)
}

impl OAuth {
    /// A token with which the caller, an administrator who is signed in, reads as `user` does. The audit has an entry in
    /// the same commit.
    ///
    /// # Errors
    /// 403000 for keys, other applications, whoever acts for another already, and for a user who may do more than the
    /// caller; 403001; 404001; 422000 for oneself and for a user who is not active; the database's.
    pub async fn see_as(&self, admitted: &Admitted, user: Id, reason: Option<&str>) -> Result<Seeing> {
        let caller = admitted.caller()?;
        caller.may_manage(Access::Admin)?;
        let admin = self.in_person(caller).await?;
        let (space, client) = (caller.space, own::client(&self.issuer));
        let person = self.people.person(space, user).await?.ok_or_else(Error::not_found)?;
        if user == admin {
            return Err(refusal("oneself", "this is who you are; choose another user"));
        }
        if !person.active {
            return Err(refusal("inactive_user", "the user may not sign in, and so sees nothing"));
        }
        let (now, scope) = (self.clock.now_ms(), Scope::stored(SCOPE));
        let mut grant = self.new_grant(client.id, space, user, scope.clone());
        grant.actor = Some(admin);
        grant.read_only = true;
        grant.expires_at = now + SEEING_S * 1_000;
        let standing = Standing { client: client.clone(), grant: Some(grant.clone()), role: person.role };
        let theirs = self.tokens.standing_for(space, standing, vec![SCOPE.to_owned()]).await?;
        if !theirs.policy.is_within(&caller.policy) {
            return Err(forbidden("this user may do what you may not; who may do as much sees as this user does"));
        }
        let entry = json!({"subject": user.to_string(), "actor": admin.to_string(), "client_id": client.client_id,
            "scope": scope.to_string(), "grant_id": grant.id.to_string(), "read_only": true, "reason": reason});
        let mut batch = db::batch();
        batch.writes.push(self.noted(admitted, caller.clone(), "user", "impersonate", &entry).await?);
        batch.writes.push(grants::made(&grant, now));
        db::commit(&*self.store, batch).await?;
        let until = Some(now / 1_000 + SEEING_S);
        let issue = Issue { client: &client, grant: Some(&grant), scope: &scope, jkt: None, nonce: None, until };
        let issued = self.issue(issue, None).await?;
        Ok(Seeing {
            access_token: issued.access_token,
            expires_in: issued.expires_in,
            expires_at: grant.expires_at,
            scope: scope.to_string(),
            name: person.name,
        })
    }

    /// The person who is signed in, in her own name, to the pages of this installation itself.
    async fn in_person(&self, caller: &Arc<Caller>) -> Result<Id> {
        if caller.via.impersonator.is_some() {
            return Err(forbidden("who acts for another does not go on to a third; end that first"));
        }
        let own = match caller.via.credential {
            Credential::Session => caller.user_id,
            Credential::Token if caller.via.client == Some(own::ID) => {
                let grant = self.grant(caller.key_id).await?;
                grant.filter(|grant| grant.actor.is_none() && Some(grant.user) == caller.user_id).map(|grant| grant.user)
            }
            _ => None,
        };
        own.ok_or_else(|| forbidden("only a person who is signed in to Kontor itself may do this, no key and no application"))
    }
}
