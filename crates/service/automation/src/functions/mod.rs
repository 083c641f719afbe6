//! Functions of others: what they are called with, and how a call to each kind of them is made.
//!
//! A credential is a record; its secret lies beside it, sealed together with the provider and the address that it was
//! given for, so that neither can be changed under it. It is in no answer, no event and no history.

pub(crate) mod aws;
mod credential;
pub(crate) mod google;
mod keep;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kontor_egress::{Egress, Failure};
use kontor_model::{Error, ErrorCode, Id, Kind, Op, Result, SpaceId, Value};
use kontor_records::{Ctx, Found, Records, Sealing};
use kontor_store::{Expr, Select, Store, system};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::CREDENTIAL;
use crate::engine::intent::Outbound;
use crate::values::refused;
use aws::Signer;
use google::{ServiceAccount, Token};

pub(crate) use credential::{hooks, object};
pub use keep::Credentials;

/// The header of a function's key at Azure.
const AZURE_KEY: HeaderName = HeaderName::from_static("x-functions-key");
/// The service that AWS' signatures are for.
const LAMBDA: &str = "lambda";
/// Tokens that are remembered at a time.
const TOKENS: usize = 1_000;

pub(crate) fn away(detail: String) -> Error {
    Error::new(ErrorCode::Upstream, detail)
}

/// A call that came to nothing: 422000 where the next would come to the same, else 502000.
pub(crate) fn failed(failure: Failure) -> Error {
    match failure {
        Failure::Refused | Failure::TooLarge(_) => refused(failure.to_string()),
        _ => away(failure.to_string()),
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    provider: String,
    url: String,
    secret: String,
}

/// A credential with its secret.
pub(crate) struct Opened {
    id: Id,
    space: SpaceId,
    provider: String,
    base: Option<Url>,
    region: String,
    access_key_id: String,
    audience: String,
    secret: String,
    /// The secret as it is kept: another when it was given anew.
    sealed: String,
}

/// Tokens by credential: what they were made with, and they.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<(SpaceId, Id), (String, Token)>>);

impl Tokens {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(SpaceId, Id), (String, Token)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, opened: &Opened, now: i64) -> Option<String> {
        let tokens = self.lock();
        let (mark, token) = tokens.get(&(opened.space, opened.id))?;
        (*mark == opened.mark() && token.until > now).then(|| token.text.clone())
    }

    fn keep(&self, opened: &Opened, token: Token) {
        let mut tokens = self.lock();
        if tokens.len() >= TOKENS {
            tokens.clear();
        }
        tokens.insert((opened.space, opened.id), (opened.mark(), token));
    }

    /// The token was not taken: the next call asks for another. Whether there was one.
    pub fn forget(&self, opened: &Opened) -> bool {
        opened.provider == "google" && self.lock().remove(&(opened.space, opened.id)).is_some()
    }
}

/// Opens the credential of this name.
///
/// # Errors
/// 422000 naming what is missing; the database's.
pub(crate) async fn open(records: &Records, sealing: &dyn Sealing, own: &Ctx, name: &str) -> Result<Opened> {
    let named = [("name", Op::Eq, Value::text(name))];
    let found = records.glimpse(own, async |sight| sight.find(CREDENTIAL, &named, 1).await).await?.pop();
    let found = found.ok_or_else(|| refused(format!("there is no function credential \"{name}\"")))?;
    let sealed = sealed(&**records.store(), own.space(), found.id).await?;
    let again = |why: &str| refused(format!("{why}; PUT /v1/function_credentials/{}/secret sets it", found.id));
    let sealed = sealed.ok_or_else(|| again(&format!("the function credential \"{name}\" has no secret")))?;
    let plain = sealing.unseal(found.id.0, &sealed)?;
    let kept: Kept = serde_json::from_slice(&plain).map_err(Error::internal)?;
    if kept.provider != found.text("provider") || kept.url != found.text("url") {
        let why =
            format!("provider or url of the function credential \"{name}\" were changed since its secret was set");
        return Err(again(&why));
    }
    Opened::of(&found, own.space(), kept.secret, sealed)
}

async fn sealed(store: &dyn Store, space: SpaceId, credential: Id) -> Result<Option<String>> {
    let select = Select::new(space, system::FUNCTION_SECRET, vec![Expr::column("secret", Kind::Text)])
        .equals("credential_id", Kind::Int, credential.0)
        .limit(1);
    let row = store.rows(select).await?.pop();
    Ok(row.and_then(|row| row.first().and_then(Value::as_str).map(str::to_owned)))
}

/// Whether an address lies under another: of the same origin, the path equal or longer by whole parts.
fn is_under(url: &Url, base: &Url) -> bool {
    let path = base.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(path);
    url.origin() == base.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Opened {
    fn of(found: &Found, space: SpaceId, secret: String, sealed: String) -> Result<Self> {
        let url = Some(found.text("url")).filter(|url| !url.is_empty());
        let base = url.map(Url::parse).transpose().map_err(Error::internal)?;
        let text = |name: &str| found.text(name).to_owned();
        Ok(Self {
            id: found.id,
            space,
            provider: text("provider"),
            base,
            region: text("region"),
            access_key_id: text("access_key_id"),
            audience: text("audience"),
            secret,
            sealed,
        })
    }

    fn mark(&self) -> String {
        format!("{} {}", self.audience, self.sealed)
    }

    /// Where a call goes to.
    ///
    /// # Errors
    /// 422000 for an address that the credential is not for.
    pub fn address(&self, asked: &Outbound) -> Result<Url> {
        if asked.function.is_empty() {
            let url = parsed(&asked.url)?;
            let fits = self.base.as_ref().is_none_or(|base| is_under(&url, base));
            // What AWS is sent is signed and good for this call alone; what the others are sent is not.
            return if fits && (self.base.is_some() || self.provider == "aws") {
                Ok(url)
            } else {
                Err(refused("the address does not lie under the url of the function credential"))
            };
        }
        if self.provider != "aws" {
            return Err(refused("function names a function of AWS Lambda; for another provider say url"));
        }
        let region = &self.region;
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let own = || format!("https://{LAMBDA}.{region}.{domain}");
        let base = self.base.as_ref().map_or_else(own, |base| base.as_str().trim_end_matches('/').to_owned());
        let mut text = format!("{base}/2015-03-31/functions/{}/invocations", aws::encoded(&asked.function));
        if !asked.qualifier.is_empty() {
            text.push_str(&format!("?Qualifier={}", aws::encoded(&asked.qualifier)));
        }
        parsed(&text)
    }

    /// The headers by which the other side knows who calls.
    ///
    /// # Errors
    /// 502000 and 422000 of the token endpoint; a secret that fits into no header.
    pub async fn headers(
        &self,
        egress: &Egress,
        tokens: &Tokens,
        url: &Url,
        content_type: &str,
        body: &str,
        now: i64,
    ) -> Result<Vec<(HeaderName, HeaderValue)>> {
        let pairs = match self.provider.as_str() {
            "azure" => vec![(AZURE_KEY, self.secret.clone())],
            "google" => vec![(AUTHORIZATION, format!("Bearer {}", self.token(egress, tokens, now).await?))],
            _ => {
                let signer = Signer {
                    access_key_id: &self.access_key_id,
                    secret: &self.secret,
                    region: &self.region,
                    service: LAMBDA,
                };
                let [(date, moment), (_, signed)] =
                    signer.sign("POST", url, &[("content-type", content_type)], body.as_bytes(), now);
                vec![(HeaderName::from_static(date), moment), (AUTHORIZATION, signed)]
            }
        };
        let header = |(name, text): (HeaderName, String)| {
            let value = HeaderValue::try_from(text).map_err(|_| refused("the secret fits into no header"))?;
            Ok((name, value))
        };
        pairs.into_iter().map(header).collect()
    }

    async fn token(&self, egress: &Egress, tokens: &Tokens, now: i64) -> Result<String> {
        if let Some(known) = tokens.of(self, now) {
            return Ok(known);
        }
        let account = ServiceAccount::read(&self.secret).map_err(|fault| refused(fault.message))?;
        let base = self.base.as_ref().map(Url::as_str).unwrap_or_default();
        let audience = if self.audience.is_empty() { base } else { &self.audience };
        let token = account.token(egress, audience, now).await?;
        tokens.keep(self, token.clone());
        Ok(token.text)
    }
}

/// An address that is called.
///
/// # Errors
/// 422000.
pub(crate) fn parsed(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|error| refused(format!("\"{text}\" is no address: {error}")))?;
    if ["https", "http"].contains(&url.scheme()) { Ok(url) } else { Err(refused("an address begins with https://")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_under_others_by_whole_parts() {
        let base = Url::parse("https://shop.azurewebsites.net/api/").unwrap();
        for (url, fits) in [
            ("https://shop.azurewebsites.net/api/score", true),
            ("https://shop.azurewebsites.net/api?x=1", true),
            ("https://SHOP.azurewebsites.net:443/api/a/b", true),
            ("https://shop.azurewebsites.net/apis", false),
            ("https://shop.azurewebsites.net/api/../admin/host/keys", false),
            ("https://shop.azurewebsites.net/api/%2e%2e/admin", false),
            ("http://shop.azurewebsites.net/api/score", false),
            ("https://shop.azurewebsites.net.evil.example/api/score", false),
            ("https://shop.azurewebsites.net@evil.example/api/score", false),
            ("https://shop.azurewebsites.net:8443/api/score", false),
        ] {
            assert_eq!(is_under(&Url::parse(url).unwrap(), &base), fits, "{url}");
        }
        let whole = Url::parse("https://a.example").unwrap();
        assert!(is_under(&Url::parse("https://a.example/b").unwrap(), &whole));
    }
}
