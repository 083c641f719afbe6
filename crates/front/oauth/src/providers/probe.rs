//! What an administrator hears who tries a provider out.

use kontor_identity::providers::Provider;
use serde_json::Value as J;

use super::key_set::KeySet;
use super::{Broken, Federation};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `metadata`, `pkce`, `algorithms`, `keys` or `client`.
    pub name: &'static str,
    pub ok: bool,
    /// What is wrong, or what was found.
    pub detail: String,
}

fn check(name: &'static str, ok: bool, detail: impl Into<String>) -> Check {
    Check { name, ok, detail: detail.into() }
}

impl Federation {
    /// Fetches metadata and keys anew, and shows the token endpoint the client's name and secret with a code that is
    /// none: a provider that knows the client refuses the code and nothing else.
    pub async fn probe(&self, provider: &Provider) -> Vec<Check> {
        let discovered = match self.discover(provider).await {
            Ok(discovered) => discovered,
            Err(Broken(why)) => return vec![check("metadata", false, why)],
        };
        let mut checks = vec![check("metadata", true, format!("the issuer is {}", provider.issuer))];
        let pkce =
            if discovered.knows_pkce { "S256 is sent" } else { "S256 is sent, and the provider does not announce it" };
        checks.push(check("pkce", discovered.knows_pkce, pkce));
        let algorithms = if discovered.signs_well {
            "ID tokens are signed in a way that is believed here"
        } else {
            "ID tokens are signed with none of ES256, RS256, PS256 and EdDSA"
        };
        checks.push(check("algorithms", discovered.signs_well, algorithms));
        checks.push(match self.document(provider, discovered.jwks_uri.as_str()).await {
            Ok(set) => {
                let count = KeySet::read(&set).len();
                check("keys", count > 0, format!("{count} keys that can be used"))
            }
            Err(why) => check("keys", false, why),
        });
        // 43 characters, as a verifier has to have (RFC 7636, 4.1).
        let verifier = "kontor-tries-out-whether-it-is-known-there-";
        checks.push(match self.ask_for_tokens(provider, &discovered, "kontor-test", verifier).await {
            Ok(answer) => {
                let document: J = answer.json().unwrap_or_default();
                let error = document.get("error").and_then(J::as_str);
                let known = answer.status == 400 && !matches!(error, None | Some("invalid_client" | "unauthorized_client"));
                let said = super::exchange::plain(error);
                let detail = if known {
                    "the provider knows the client".to_owned()
                } else {
                    format!("the provider answers {} ({said}): are client_id and client_secret right, and is the redirect_uri registered?", answer.status)
                };
                check("client", known, detail)
            }
            Err(Broken(why)) => check("client", false, why),
        });
        checks
    }
}
