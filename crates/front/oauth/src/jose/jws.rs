//! Signed tokens in compact form.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use kontor_model::{Error, Result};
use serde_json::{Map, Value};

use super::{Alg, Jwk, base64};
use crate::random;

const LONGEST: usize = 8_192;

/// A token taken apart; nothing in it is believed before [`Jws::verified`].
#[derive(Debug)]
pub struct Jws<'a> {
    header: Map<String, Value>,
    alg: Alg,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Whether the text has three parts and so is no API key.
    pub fn looks_like(text: &str) -> bool {
        text.split('.').count() == 3
    }

    /// Takes a token apart. None for what is malformed, has an algorithm that is not known here (`none`, HS256, …),
    /// a critical extension (RFC 7515, 4.1.11) or an unencoded payload.
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::parse_within(text, LONGEST)
    }

    /// As [`Jws::parse`], of at most so many bytes.
    pub fn parse_within(text: &'a str, longest: usize) -> Option<Self> {
        if text.len() > longest {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header = object(&base64::decode(header)?)?;
        if header.contains_key("crit") || header.contains_key("b64") || header.contains_key("zip") {
            return None;
        }
        let alg = Alg::from_name(header.get("alg")?.as_str()?)?;
        Some(Self { header, alg, signed, payload, signature: base64::decode(signature)? })
    }

    pub fn alg(&self) -> Alg {
        self.alg
    }

    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// The type in small letters without `application/` (RFC 7515, 4.1.9).
    pub fn typ(&self) -> String {
        let text = self.header.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        text.strip_prefix("application/").map(str::to_owned).unwrap_or(text)
    }

    /// The key that the token itself names; only a proof of possession may bring its own (RFC 9449, 4.2).
    pub fn own_key(&self) -> Option<Jwk> {
        Jwk::parse(self.header.get("jwk")?)
    }

    /// The claims, when `key` made the signature with the algorithm that the header says.
    pub fn verified(&self, key: &Jwk) -> Option<Map<String, Value>> {
        if !key.verify(self.alg, self.signed.as_bytes(), &self.signature) {
            return None;
        }
        object(&base64::decode(self.payload)?)
    }

    /// The claims as they are said, for choosing whose key to look for.
    pub fn unverified(&self) -> Option<Map<String, Value>> {
        object(&base64::decode(self.payload)?)
    }
}

/// An object in which no name comes twice: two readers of such a token would not read the same (RFC 7515, 4).
fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    kontor_model::Json::parse(bytes).ok()?.as_object()?;
    serde_json::from_slice(bytes).ok()
}

/// A private key.
pub enum Signer {
    EdDsa(Box<Ed25519KeyPair>),
    Es256(Box<EcdsaKeyPair>),
}

impl Signer {
    /// A new key as it is kept: a seed of 32 bytes, or PKCS #8.
    ///
    /// # Errors
    /// The machine gives no randomness; RSA is not signed with.
    pub fn make(alg: Alg) -> Result<Vec<u8>> {
        match alg {
            Alg::EdDsa => Ok(random::bytes::<32>()?.to_vec()),
            Alg::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map(|document| document.as_ref().to_vec())
                .map_err(Error::internal),
            Alg::Rs256 | Alg::Ps256 => Err(Error::internal("RSA keys are not made")),
        }
    }

    /// # Errors
    /// The bytes are no key of the algorithm.
    pub fn read(alg: Alg, bytes: &[u8]) -> Result<Self> {
        match alg {
            Alg::EdDsa => {
                Ed25519KeyPair::from_seed_unchecked(bytes).map(|k| Signer::EdDsa(Box::new(k))).map_err(Error::internal)
            }
            Alg::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes)
                .map(|k| Signer::Es256(Box::new(k)))
                .map_err(Error::internal),
            Alg::Rs256 | Alg::Ps256 => Err(Error::internal("RSA keys are not kept")),
        }
    }

    pub const fn alg(&self) -> Alg {
        match self {
            Signer::EdDsa(_) => Alg::EdDsa,
            Signer::Es256(_) => Alg::Es256,
        }
    }

    pub fn public(&self) -> Jwk {
        match self {
            Signer::EdDsa(key) => Jwk::Ed25519(key.public_key().as_ref().to_vec()),
            Signer::Es256(key) => Jwk::P256(key.public_key().as_ref().to_vec()),
        }
    }

    /// A token of these claims.
    ///
    /// # Errors
    /// The library's.
    pub fn sign(&self, typ: &str, kid: Option<&str>, claims: &Value) -> Result<String> {
        let mut header = serde_json::json!({"alg": self.alg().name(), "typ": typ});
        if let (Some(kid), Some(header)) = (kid, header.as_object_mut()) {
            header.insert("kid".into(), kid.into());
        }
        self.sign_with(&header, claims)
    }

    /// A token with a header of one's own.
    ///
    /// # Errors
    /// The library's.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> Result<String> {
        let signed = format!(
            "{}.{}",
            base64::encode(header.to_string().as_bytes()),
            base64::encode(claims.to_string().as_bytes())
        );
        let signature = match self {
            Signer::EdDsa(key) => base64::encode(key.sign(signed.as_bytes()).as_ref()),
            Signer::Es256(key) => {
                let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(Error::internal)?;
                base64::encode(signature.as_ref())
            }
        };
        Ok(format!("{signed}.{signature}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_signed_is_verified_by_its_own_key_only() {
        for alg in [Alg::EdDsa, Alg::Es256] {
            let signer = Signer::read(alg, &Signer::make(alg).unwrap()).unwrap();
            let other = Signer::read(alg, &Signer::make(alg).unwrap()).unwrap();
            let token = signer.sign("at+jwt", Some("k1"), &json!({"sub": "1"})).unwrap();
            let jws = Jws::parse(&token).unwrap();
            assert_eq!((jws.alg, jws.kid(), jws.typ().as_str()), (alg, Some("k1"), "at+jwt"));
            assert_eq!(jws.verified(&signer.public()).unwrap()["sub"], "1");
            assert!(jws.verified(&other.public()).is_none());
            let tampered = token.replacen(&token[token.len() - 4..], "AAAA", 1);
            assert!(Jws::parse(&tampered).is_none_or(|jws| jws.verified(&signer.public()).is_none()));
        }
    }

    #[test]
    fn malformed_tokens_are_no_tokens() {
        let part = |json: &str| base64::encode(json.as_bytes());
        let payload = part("{}");
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"EdDSA","crit":["exp"]}"#,
            r#"{"alg":"EdDSA","b64":false}"#,
            r#"{"alg":"none","alg":"EdDSA"}"#,
            r#"{"alg":["EdDSA"]}"#,
            "{}",
            "[]",
            "x",
            r#"{"alg":"EdDSA","zip":"DEF"}"#,
        ] {
            assert!(Jws::parse(&format!("{}.{payload}.AAAA", part(header))).is_none(), "{header}");
        }
        let good = part(r#"{"alg":"EdDSA"}"#);
        for text in [
            "",
            ".",
            "..",
            "a.b",
            &format!("{good}.{payload}"),
            &format!("{good}.{payload}.A=="),
            &format!("{good}.{payload}.A.A"),
        ] {
            assert!(Jws::parse(text).is_none_or(|jws| jws.unverified().is_none()), "{text}");
        }
    }
}
