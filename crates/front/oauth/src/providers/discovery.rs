//! A provider's metadata (OpenID Connect Discovery 1.0; RFC 8414).

use std::sync::Arc;

use kontor_egress::{Call, Egress};
use kontor_identity::providers::Provider;
use serde_json::Value as J;
use url::Url;

use super::{Broken, Federation, LARGEST, METADATA_MS};

/// What is used of them.
#[derive(Debug, Clone)]
pub struct Discovered {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    pub userinfo_endpoint: Option<Url>,
    /// Whether the secret goes into the body: the provider knows no other way.
    pub posts_secret: bool,
    /// Whether every answer names the provider (RFC 9207, 3).
    pub names_itself: bool,
    /// Whether PKCE with S256 is announced, or nothing is said about it.
    pub knows_pkce: bool,
    /// Whether one of the algorithms that are believed here is announced, or nothing is said about it.
    pub signs_well: bool,
}

impl Discovered {
    /// # Errors
    /// What is wrong with the document.
    pub fn read(document: &J, issuer: &str, egress: &Egress) -> Result<Self, Broken> {
        let text = |name: &str| document.get(name).and_then(J::as_str);
        if text("issuer") != Some(issuer) {
            let said: String = text("issuer").unwrap_or("nothing").chars().take(200).collect();
            return Err(format!("its metadata are of another issuer: {said}").into());
        }
        let address = |name: &str| -> Result<Option<Url>, Broken> {
            let Some(text) = text(name) else { return Ok(None) };
            let url = Url::parse(text).ok().filter(|url| egress.check(url).is_ok());
            url.map(Some).ok_or_else(|| format!("its {name} is not an https address that may be called").into())
        };
        let need = |name: &str| address(name)?.ok_or_else(|| Broken(format!("its metadata have no {name}")));
        let lists = |name: &str, wanted: &[&str]| -> Option<bool> {
            let list = document.get(name)?.as_array()?;
            Some(list.iter().filter_map(J::as_str).any(|known| wanted.contains(&known)))
        };
        const METHODS: &str = "token_endpoint_auth_methods_supported";
        let posts = lists(METHODS, &["client_secret_post"]) == Some(true)
            && lists(METHODS, &["client_secret_basic"]) == Some(false);
        Ok(Self {
            authorization_endpoint: need("authorization_endpoint")?,
            token_endpoint: need("token_endpoint")?,
            jwks_uri: need("jwks_uri")?,
            userinfo_endpoint: address("userinfo_endpoint")?,
            posts_secret: posts,
            names_itself: document.get("authorization_response_iss_parameter_supported") == Some(&J::Bool(true)),
            knows_pkce: lists("code_challenge_methods_supported", &["S256"]) != Some(false),
            signs_well: lists(
                "id_token_signing_alg_values_supported",
                &["ES256", "RS256", "PS256", "EdDSA", "Ed25519"],
            ) != Some(false),
        })
    }
}

impl Federation {
    /// Metadata as of the last hour.
    ///
    /// # Errors
    /// The provider does not answer, or not as it has to.
    pub async fn discovered(&self, provider: &Provider) -> Result<Arc<Discovered>, Broken> {
        let now = self.clock.now_ms();
        if let Some((at, issuer, known)) = self.metadata.get(&provider.id)
            && issuer == provider.issuer
            && (0..METADATA_MS).contains(&(now - at))
        {
            return Ok(known);
        }
        let read = Arc::new(self.discover(provider).await?);
        self.metadata.insert(provider.id, (now, provider.issuer.clone(), read.clone()));
        Ok(read)
    }

    /// Metadata as of now.
    ///
    /// # Errors
    /// As [`Federation::discovered`].
    pub async fn discover(&self, provider: &Provider) -> Result<Discovered, Broken> {
        let address = format!("{}/.well-known/openid-configuration", provider.issuer);
        let document = self.document(provider, &address).await.map_err(|why| format!("its metadata: {why}"))?;
        Discovered::read(&document, &provider.issuer, &self.egress)
    }

    /// A JSON document of a provider.
    pub(super) async fn document(&self, provider: &Provider, address: &str) -> Result<J, String> {
        let url = Url::parse(address).map_err(|_| "not an address".to_owned())?;
        if !self.calls.count(&provider.id.to_string(), self.clock.now_ms()) {
            return Err("asked for too often; wait a minute".to_owned());
        }
        let answer = self.egress.send(Call::get(url).largest(LARGEST)).await.map_err(|why| why.to_string())?;
        if answer.status != 200 {
            return Err(format!("the address answers {}, not 200", answer.status));
        }
        answer.json().map_err(|why| why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metadata_are_of_their_issuer_and_lead_outside() {
        let egress = Egress::new(&[]);
        let good = json!({"issuer": "https://id.example", "authorization_endpoint": "https://id.example/a",
            "token_endpoint": "https://id.example/t", "jwks_uri": "https://id.example/k",
            "token_endpoint_auth_methods_supported": ["client_secret_post"]});
        let read = |document: &J| Discovered::read(document, "https://id.example", &egress);
        let fine = read(&good).unwrap();
        assert!(fine.posts_secret && fine.knows_pkce && !fine.names_itself && fine.userinfo_endpoint.is_none());
        for (name, value) in [
            ("issuer", json!("https://id.example/")),
            ("issuer", json!(null)),
            ("token_endpoint", json!("http://id.example/t")),
            ("token_endpoint", json!("https://127.0.0.1/t")),
            ("jwks_uri", json!("https://[::ffff:10.0.0.1]/k")),
            ("jwks_uri", json!("file:///k")),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("authorization_endpoint", json!(null)),
            ("userinfo_endpoint", json!("https://169.254.169.254/")),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
