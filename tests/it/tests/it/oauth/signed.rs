//! Keys of test clients.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::party::base64url;

/// An Ed25519 key that a client signs with.
pub struct Key(Ed25519KeyPair);

impl Key {
    pub fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    pub fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(self.0.public_key().as_ref())})
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = base64url(self.0.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    }
}

/// Unix seconds.
#[expect(clippy::disallowed_methods, reason = "a client has the machine's clock")]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
