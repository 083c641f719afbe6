//! Keys of a provider.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

use crate::oauth::party::base64url;

/// A key that a provider signs with.
pub enum Key {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    pub fn of(alg: &str) -> Self {
        match alg {
            "EdDSA" => Self::EdDsa(Ed25519KeyPair::generate().unwrap()),
            "ES256" => Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            _ => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        }
    }

    /// The public key of a set.
    pub fn jwk(&self, kid: &str) -> Value {
        let mut key = match self {
            Self::EdDsa(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().as_ref())})
            }
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
            }
            Self::Rsa(key) => {
                let public = key.public_key();
                let n = public.modulus().big_endian_without_leading_zero().to_vec();
                let e = public.exponent().big_endian_without_leading_zero().to_vec();
                json!({"kty": "RSA", "n": base64url(&n), "e": base64url(&e)})
            }
        };
        key["kid"] = json!(kid);
        key["use"] = json!("sig");
        key
    }

    /// A token with this header; `alg` says how it is signed, `none` and HS256 (with the public key) among them.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let message = text.as_bytes();
        let random = SystemRandom::new();
        let signature = match (self, header["alg"].as_str().unwrap()) {
            (_, "none") => Vec::new(),
            (key, "HS256") => {
                let public = key.jwk("")["x"].as_str().unwrap_or_default().to_owned();
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), message).as_ref().to_vec()
            }
            (Self::EdDsa(key), _) => key.sign(message).as_ref().to_vec(),
            (Self::Es256(key), _) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            (Self::Rsa(key), alg) => {
                let mut signature = vec![0; key.public_modulus_len()];
                let way = if alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                key.sign(way, &random, message, &mut signature).unwrap();
                signature
            }
        };
        format!("{text}.{}", base64url(&signature))
    }
}
