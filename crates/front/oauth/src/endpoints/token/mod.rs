//! `POST /oauth/token`: one file per grant (RFC 6749, 4 and 5).

mod client_credentials;
mod code;
mod device;
mod exchange;
mod refresh;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};

use crate::call::Call;
use crate::clients::{Client, metadata};
use crate::dpop::{self, Wanted};
use crate::error::OAuthError;
use crate::form::Form;
use crate::{OAuth, ask, db};

/// What a grant is given.
pub struct Asked<'a> {
    pub call: &'a Call,
    pub form: &'a Form,
    pub client: &'a Client,
    /// The key that the request proves to hold.
    pub jkt: Option<&'a str>,
}

pub async fn handle(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, OAuthError> {
    let call = Call::of(request).await?;
    let form = call.form()?;
    let client = oauth.client(&call.headers, &form, &call.client()).await?;
    let grant = form.need("grant_type")?;
    let Some(grant) = metadata::GRANTS.iter().find(|known| **known == grant) else {
        return Err(OAuthError::new("unsupported_grant_type", format!("there are {}", metadata::GRANTS.join(", "))));
    };
    // A client without offline access still says what it holds: only its own tokens come here.
    if !client.metadata.grants(grant) {
        return Err(OAuthError::new("unauthorized_client", "the client did not register this grant type"));
    }
    ask::resource(&form, &oauth.issuer)?;
    let jkt = oauth.proof(&call, "/oauth/token").await?;
    if client.metadata.dpop_bound_access_tokens && jkt.is_none() {
        return Err(OAuthError::invalid_proof("this client's tokens are bound to a key: send a DPoP proof"));
    }
    let asked = Asked { call: &call, form: &form, client: &client, jkt: jkt.as_deref() };
    let issued = match *grant {
        metadata::CODE => oauth.by_code(&asked).await?,
        metadata::REFRESH => oauth.by_refresh_token(&asked).await?,
        metadata::CREDENTIALS => oauth.by_credentials(&asked).await?,
        metadata::DEVICE => oauth.by_device_code(&asked).await?,
        _ => oauth.by_exchange(&asked).await?,
    };
    Ok(oauth.answer(issued)?)
}

impl OAuth {
    /// The thumbprint of the key that a request to an endpoint of ours proves to hold, if it brings a proof.
    ///
    /// # Errors
    /// invalid_dpop_proof, use_dpop_nonce (RFC 9449, 5 and 8); the database's.
    pub async fn proof(&self, call: &Call, path: &str) -> Result<Option<String>, OAuthError> {
        let Some(proof) = dpop::given(&call.headers).map_err(OAuthError::invalid_proof)? else { return Ok(None) };
        let now = self.clock.now_ms();
        let url = format!("{}{path}", self.issuer);
        let wanted = Wanted { method: call.method.as_str(), url: &url, token: None, now_s: now / 1_000 };
        let proof = dpop::check(proof, &wanted).map_err(OAuthError::invalid_proof)?;
        if let Some(nonce) = &proof.nonce
            && !dpop::is_nonce(&self.vault, nonce, now / 1_000)?
        {
            let fresh = dpop::nonce(&self.vault, now / 1_000)?;
            let error = OAuthError::new("use_dpop_nonce", "the nonce is not one of ours, or is too old");
            return Err(OAuthError { nonce: Some(fresh), ..error });
        }
        if !db::first_time(&*self.store, &proof.seen, now + dpop::REMEMBERED_MS).await? {
            return Err(OAuthError::invalid_proof("the proof was used before"));
        }
        Ok(Some(proof.jkt))
    }
}
