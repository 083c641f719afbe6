//! To the provider and back.

use kontor_identity::accounts::Identity;
use kontor_identity::providers::Provider;
use kontor_model::Result;
use serde_json::{Map, Value as J};
use url::Url;

use super::attempt::Carried;
use super::discovery::Discovered;
use super::exchange::{Tokens, plain};
use super::id_token::{self, Wanted};
use super::{Broken, Federation, claims};
use crate::form::Form;
use crate::jose::{Jws, base64};
use crate::random;

/// The longest ID token, in bytes: some list hundreds of groups.
const LONGEST_TOKEN: usize = 64 << 10;

/// How a sign-in begins.
pub struct Start<'a> {
    /// What the browser is known by: a cookie of its own.
    pub browser: &'a str,
    pub carried: &'a Carried,
    /// The address that the person has typed already.
    pub login_hint: Option<&'a str>,
    /// Whether the person is to show anew who they are.
    pub again: bool,
}

/// What came back from a provider.
pub enum Came {
    /// Nothing that belongs to a sign-in of this browser.
    Strange,
    /// A sign-in that did not work out.
    Broken(Carried, Broken),
    SignedIn(Carried, Identity),
}

impl Federation {
    /// The address that a person is sent to (OpenID Connect Core, 3.1.2.1).
    ///
    /// # Errors
    /// The database's; within, the provider does not answer as it has to.
    pub async fn start(&self, provider: &Provider, of: &Start<'_>) -> Result<Result<Url, Broken>> {
        let discovered = match self.discovered(provider).await {
            Ok(discovered) => discovered,
            Err(broken) => return Ok(Err(broken)),
        };
        let state = self.remember(provider, of.browser, of.carried).await?;
        let challenge = base64::encode(&random::sha256(&self.verifier(&state)?));
        let mut url = discovered.authorization_endpoint.clone();
        let (scope, redirect_uri) = (provider.settings.scopes.join(" "), self.redirect_uri(provider.id));
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &provider.client_id)
                .append_pair("redirect_uri", &redirect_uri)
                .append_pair("scope", &scope)
                .append_pair("state", &state)
                .append_pair("nonce", &self.nonce(&state)?)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            if let Some(hint) = of.login_hint.filter(|hint| hint.len() <= 254) {
                query.append_pair("login_hint", hint);
            }
            if of.again {
                query.append_pair("prompt", "login");
            }
        }
        Ok(Ok(url))
    }

    /// What the provider's answer, the parameters of its redirect, stands for.
    ///
    /// # Errors
    /// The database's.
    pub async fn came_back(&self, provider: &Provider, browser: &str, answer: &Form) -> Result<Came> {
        let Some(state) = answer.get("state") else { return Ok(Came::Strange) };
        let Some(attempt) = self.recall(provider, browser, state).await? else { return Ok(Came::Strange) };
        let (verifier, nonce) = (self.verifier(state)?, self.nonce(state)?);
        let outcome = self.completed(provider, answer, &verifier, &nonce).await;
        Ok(match outcome {
            Ok(claims) => {
                let identity = claims::identity(&claims, &provider.settings, attempt.begun_at / 1_000);
                Came::SignedIn(attempt.carried, identity)
            }
            Err(broken) => Came::Broken(attempt.carried, broken),
        })
    }

    /// The checked claims behind an answer.
    async fn completed(
        &self,
        provider: &Provider,
        answer: &Form,
        verifier: &str,
        nonce: &str,
    ) -> Result<Map<String, J>, Broken> {
        let discovered = self.discovered(provider).await?;
        // Whose answer it is comes first: a code of another provider's is not for this one's token endpoint.
        match answer.get("iss") {
            Some(issuer) if issuer != provider.issuer => return Err("the answer is another provider's".into()),
            None if discovered.names_itself => return Err("the answer does not say whose it is".into()),
            _ => {}
        }
        if let Some(error) = answer.get("error") {
            return Err(format!("it refuses ({})", plain(Some(error))).into());
        }
        let code = answer.get("code").ok_or("the answer has no code")?;
        let tokens = self.exchange(provider, &discovered, code, verifier).await?;
        let mut claims = self.verified(provider, &discovered, &tokens, nonce).await?;
        if claims::is_thin(&claims, &provider.settings)
            && let (Some(token), Some(subject)) = (&tokens.access_token, claims.get("sub").and_then(J::as_str))
            && let Some(more) = self.userinfo(&discovered, token, subject).await
        {
            claims::complete(&mut claims, more);
        }
        Ok(claims)
    }

    async fn verified(
        &self,
        provider: &Provider,
        of: &Discovered,
        tokens: &Tokens,
        nonce: &str,
    ) -> Result<Map<String, J>, Broken> {
        let token = Jws::parse_within(&tokens.id_token, LONGEST_TOKEN);
        let token = token.ok_or("its token is not signed in a way that is believed here")?;
        let keys = self.keys(provider, of, false).await?;
        let mut key = keys.key(&token).cloned();
        if key.is_none() {
            key = self.keys(provider, of, true).await?.key(&token).cloned();
        }
        let key = key.ok_or("its token is signed with a key that it does not publish")?;
        let claims = token.verified(&key).ok_or("the signature of its token is wrong")?;
        let wanted = Wanted {
            issuer: &provider.issuer,
            client_id: &provider.client_id,
            nonce,
            access_token: tokens.access_token.as_deref(),
            now_s: self.clock.now_ms() / 1_000,
        };
        id_token::check(&claims, &token.typ(), token.alg(), &wanted)?;
        Ok(claims)
    }
}
