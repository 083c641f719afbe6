//! `grant_type=authorization_code` (RFC 6749, 4.1.3; RFC 7636, 4.6).
//!
//! A code is used up by one conditional update in the commit that makes the refresh token: of any number of
//! simultaneous uses one goes through. A use after that ends what the first one gave (RFC 9700, 4.5).

use kontor_model::{Id, Kind};
use kontor_store::system::oauth::OAUTH_CODE;

use super::Asked;
use crate::clients::metadata;
use crate::db::{self, Committed};
use crate::error::OAuthError;
use crate::mint::{Issue, Issued};
use crate::{OAuth, grants, pkce, random};

const COLUMNS: &[(&str, Kind)] = &[
    ("grant_id", Kind::Int),
    ("client", Kind::Int),
    ("redirect_uri", Kind::Text),
    ("challenge", Kind::Text),
    ("nonce", Kind::Text),
    ("jkt", Kind::Text),
    ("state", Kind::Int),
    ("expires_at", Kind::Int),
];

impl OAuth {
    /// # Errors
    /// invalid_grant, invalid_request; the database's.
    pub async fn by_code(&self, asked: &Asked<'_>) -> Result<Issued, OAuthError> {
        let code = asked.form.need("code")?;
        let verifier = asked.form.get("code_verifier").ok_or_else(OAuthError::invalid_grant)?;
        let hash = random::hash(code);
        let row = db::one(&*self.store, OAUTH_CODE, COLUMNS, vec![db::text("hash", &hash)]).await?;
        let row = row.filter(|row| row.int("client") == asked.client.id.0).ok_or_else(OAuthError::invalid_grant)?;
        let id = Id(row.int("grant_id"));
        let now = self.clock.now_ms();
        if row.int("state") != 0 {
            self.end_grant(id).await?;
            return Err(OAuthError::invalid_grant());
        }
        let same_address = asked.form.get("redirect_uri").is_none_or(|given| given == row.text("redirect_uri"));
        // What the authorization request was bound to, this one must prove.
        let same_key = row.opt_text("jkt").is_none_or(|jkt| asked.jkt == Some(jkt.as_str()));
        if !same_address || !same_key || row.int("expires_at") <= now || !pkce::fits(verifier, &row.text("challenge")) {
            return Err(OAuthError::invalid_grant());
        }
        let grant = self.grant(id).await?.ok_or_else(OAuthError::invalid_grant)?;
        let mut batch = db::batch();
        let unused = vec![db::text("hash", &hash), db::int("state", 0)];
        batch.writes.push(db::update(OAUTH_CODE, unused, vec![db::int("state", 1)]));
        let refresh = if asked.client.metadata.grants(metadata::REFRESH) {
            let bound = asked.jkt.filter(|_| asked.client.is_public());
            let (token, write) = grants::refresh_token(id, asked.client.id, bound, now)?;
            batch.writes.push(write);
            Some(token)
        } else {
            None
        };
        if db::commit(&*self.store, batch).await? != Committed::Done {
            self.end_grant(id).await?;
            return Err(OAuthError::invalid_grant());
        }
        let nonce = row.opt_text("nonce");
        let issue = Issue {
            client: asked.client,
            grant: Some(&grant),
            scope: &grant.scope,
            jkt: asked.jkt,
            nonce: nonce.as_deref(),
            until: None,
        };
        Ok(self.issue(issue, refresh).await?)
    }
}
