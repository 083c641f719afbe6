//! The provider's token endpoint and userinfo endpoint (RFC 6749, 4.1.3; OpenID Connect Core, 3.1.3 and 5.3).

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use kontor_egress::{Answer, Call};
use kontor_identity::providers::Provider;
use serde_json::{Map, Value as J};
use url::form_urlencoded;

use super::discovery::Discovered;
use super::{Broken, Federation, LARGEST};

/// What a code was exchanged for.
pub struct Tokens {
    pub id_token: String,
    pub access_token: Option<String>,
}

impl Federation {
    /// # Errors
    /// The provider refuses, does not answer, or not as it has to.
    pub(super) async fn exchange(
        &self,
        provider: &Provider,
        of: &Discovered,
        code: &str,
        verifier: &str,
    ) -> Result<Tokens, Broken> {
        let answer = self.ask_for_tokens(provider, of, code, verifier).await?;
        let document: J = answer.json().unwrap_or_default();
        let text = |name: &str| document.get(name).and_then(J::as_str);
        if answer.status != 200 {
            return Err(format!("it answers {} to the code ({})", answer.status, plain(text("error"))).into());
        }
        let id_token = text("id_token").ok_or("it answers without an ID token")?.to_owned();
        Ok(Tokens { id_token, access_token: text("access_token").map(str::to_owned) })
    }

    pub(super) async fn ask_for_tokens(
        &self,
        provider: &Provider,
        of: &Discovered,
        code: &str,
        verifier: &str,
    ) -> Result<Answer, Broken> {
        let unreadable = |error: kontor_model::Error| {
            tracing::error!(
                provider = provider.id.0,
                error = error.internal_text().unwrap_or(error.detail()),
                "a client secret cannot be read"
            );
            Broken::from("its client secret cannot be read here; enter it anew")
        };
        let secret = self.providers.secret(provider).map_err(unreadable)?;
        let redirect_uri = self.redirect_uri(provider.id);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        let mut call = Call::post(of.token_endpoint.clone()).largest(LARGEST);
        match &secret {
            Some(secret) if !of.posts_secret => {
                call = call.header(AUTHORIZATION, basic(&provider.client_id, secret)?);
            }
            Some(secret) => form.extend([("client_id", provider.client_id.as_str()), ("client_secret", secret)]),
            None => form.push(("client_id", &provider.client_id)),
        }
        self.egress.send(call.form(&form)).await.map_err(|why| format!("its token endpoint: {why}").into())
    }

    /// The claims at the userinfo endpoint, when they are of the same person.
    pub(super) async fn userinfo(&self, of: &Discovered, token: &str, subject: &str) -> Option<Map<String, J>> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        bearer.set_sensitive(true);
        let call = Call::get(of.userinfo_endpoint.clone()?).largest(LARGEST).header(AUTHORIZATION, bearer);
        let answer = self.egress.send(call).await.ok().filter(|answer| answer.status == 200)?;
        match answer.json().ok()? {
            J::Object(claims) if claims.get("sub").and_then(J::as_str) == Some(subject) => Some(claims),
            _ => None,
        }
    }
}

/// Name and secret are form-encoded before they are joined (RFC 6749, 2.3.1).
fn basic(client_id: &str, secret: &str) -> Result<HeaderValue, Broken> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(client_id), encode(secret));
    let text = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined));
    HeaderValue::try_from(text).map_err(|_| "its client secret cannot be sent".into())
}

/// An error's registered name and nothing else (RFC 6749, 5.2).
pub fn plain(error: Option<&str>) -> String {
    let text = error.unwrap_or("no reason given");
    let clean: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ')).collect();
    clean.chars().take(60).collect()
}
