//! ID tokens of Google Cloud, for a service account's key: the grant of RFC 7523 with `target_audience`.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kontor_egress::{Call, Egress};
use kontor_model::{Fault, Result};
use serde_json::{Value as J, json};
use url::Url;

use super::{away, failed};
use crate::values::refused;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// Seconds that an assertion is good for.
const GOOD: i64 = 600;
/// A token is not used in its last minute.
const MARGIN_MS: i64 = 60_000;
/// The least bytes of a key's modulus.
const RSA_BYTES: usize = 256;

/// The key of a service account, as Google Cloud gives it to be kept.
pub(crate) struct ServiceAccount {
    pub email: String,
    key_id: String,
    token_uri: Url,
    key: KeyPair,
}

/// A token and until when it is used (Unix milliseconds).
#[derive(Clone)]
pub(crate) struct Token {
    pub text: String,
    pub until: i64,
}

impl ServiceAccount {
    /// Reads the JSON file of a key.
    ///
    /// # Errors
    /// What is wrong with it, never its text.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let bad =
            |why: &str| Fault::new("secret", "format", format!("must be the JSON key of a service account: {why}"));
        let file: J = serde_json::from_str(text).map_err(|_| bad("it is no JSON"))?;
        let member = |name: &str| file[name].as_str().unwrap_or_default();
        if member("type") != "service_account" || member("client_email").is_empty() {
            return Err(bad("its type is service_account, and it has a client_email"));
        }
        let inner: String =
            member("private_key").lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let key = STANDARD.decode(inner).ok().and_then(|der| KeyPair::from_pkcs8(&der).ok());
        let key = key.filter(|key| key.public_modulus_len() >= RSA_BYTES);
        let key = key.ok_or_else(|| bad("its private_key is an RSA key of 2048 bits or more in PEM (PKCS #8)"))?;
        let given = Some(member("token_uri")).filter(|text| !text.is_empty()).unwrap_or(TOKEN_URI);
        let token_uri = Url::parse(given).map_err(|_| bad("its token_uri is no address"))?;
        Ok(Self {
            email: member("client_email").to_owned(),
            key_id: member("private_key_id").to_owned(),
            token_uri,
            key,
        })
    }

    /// What proves that it asks: signed with its key, for `audience`. `now` is in Unix seconds.
    fn assertion(&self, audience: &str, now: i64) -> Result<String> {
        let part = |value: &J| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        let claims = json!({"iss": self.email, "sub": self.email, "aud": self.token_uri.as_str(),
            "target_audience": audience, "iat": now, "exp": now + GOOD});
        let text = format!("{}.{}", part(&head), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| kontor_model::Error::internal("a key of a service account signs nothing"))?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Asks for a token. `now` is in Unix milliseconds.
    ///
    /// # Errors
    /// 502000 for what may be another time; 422000 when it is refused.
    pub async fn token(&self, egress: &Egress, audience: &str, now: i64) -> Result<Token> {
        let assertion = self.assertion(audience, now.div_euclid(1_000))?;
        let call = Call::post(self.token_uri.clone()).form(&[("grant_type", GRANT), ("assertion", &assertion)]);
        let answer = egress.send(call).await.map_err(failed)?;
        let said = answer.json().unwrap_or_default();
        if answer.status != 200 {
            let why = said["error"].as_str().unwrap_or("nothing more");
            let detail =
                format!("the token endpoint answered {}: {}", answer.status, why.chars().take(200).collect::<String>());
            return Err(if answer.status >= 500 || answer.status == 429 { away(detail) } else { refused(detail) });
        }
        let text = said["id_token"].as_str().ok_or_else(|| refused("the token endpoint gave no id_token"))?;
        // Where the token does not say until when it is good, it is used once.
        let until = ends(text).map_or(0, |seconds| seconds.saturating_mul(1_000).saturating_sub(MARGIN_MS));
        Ok(Token { text: text.to_owned(), until })
    }
}

/// When a token ends (Unix seconds).
fn ends(token: &str) -> Option<i64> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<J>(&claims).ok()?["exp"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_said_and_not_shown() {
        for wrong in [
            "",
            "s3cret-words",
            "{}",
            r#"{"type": "service_account"}"#,
            r#"{"type": "service_account", "client_email": "a@b.example", "private_key": "s3cret-words"}"#,
            r#"{"type": "authorized_user", "client_email": "a@b.example"}"#,
        ] {
            let fault = ServiceAccount::read(wrong).err().unwrap();
            assert!(fault.message.contains("service account") && !fault.message.contains("s3cret"), "{wrong}");
        }
    }

    #[test]
    fn a_token_says_when_it_ends() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp": 1800000000}"#);
        assert_eq!(ends(&format!("e30.{claims}.x")), Some(1_800_000_000));
        assert_eq!(ends("opaque"), None);
    }
}
