//! `grant_type=client_credentials` (RFC 6749, 4.4): a client acts for itself, with the role that an administrator gave
//! it. No refresh token: it can ask again.

use kontor_model::SpaceId;

use super::Asked;
use crate::error::OAuthError;
use crate::mint::{Issue, Issued};
use crate::scope::OPENID;
use crate::{OAuth, ask};

impl OAuth {
    /// # Errors
    /// invalid_scope, unauthorized_client; the database's.
    pub async fn by_credentials(&self, asked: &Asked<'_>) -> Result<Issued, OAuthError> {
        if asked.client.is_public() || asked.client.space == SpaceId(0) {
            return Err(OAuthError::new(
                "unauthorized_client",
                "a client that acts for itself is made by an administrator",
            ));
        }
        let scope = ask::scope(asked.form, asked.client)?;
        if let Some(name) = scope.names().find(|name| OPENID.contains(name)) {
            return Err(OAuthError::invalid_scope(format!("{name} is about a person, and there is none")));
        }
        let issue =
            Issue { client: asked.client, grant: None, scope: &scope, jkt: asked.jkt, nonce: None, until: None };
        Ok(self.issue(issue, None).await?)
    }
}
