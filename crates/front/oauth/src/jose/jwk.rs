//! Public keys.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde_json::{Value, json};

use super::base64;
use crate::random;

/// What is signed with; `none` and the symmetric ones do not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alg {
    EdDsa,
    Es256,
    Rs256,
    Ps256,
}

impl Alg {
    pub const fn name(self) -> &'static str {
        match self {
            Alg::EdDsa => "EdDSA",
            Alg::Es256 => "ES256",
            Alg::Rs256 => "RS256",
            Alg::Ps256 => "PS256",
        }
    }

    /// `Ed25519` is the name that RFC 9864 gives to what is meant by EdDSA here.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "EdDSA" | "Ed25519" => Some(Alg::EdDsa),
            "ES256" => Some(Alg::Es256),
            "RS256" => Some(Alg::Rs256),
            "PS256" => Some(Alg::Ps256),
            _ => None,
        }
    }
}

/// A public key of one algorithm; an RSA key is of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jwk {
    Ed25519(Vec<u8>),
    /// Uncompressed: 4, x, y.
    P256(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl Jwk {
    /// Reads a public key; one with private members is refused (RFC 9449, 4.3), and so is an RSA modulus under 2048
    /// bits.
    pub fn parse(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|private| object.contains_key(*private)) {
            return None;
        }
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let bytes = |name: &str| base64::decode(text(name)?);
        match (text("kty")?, text("crv")) {
            ("OKP", Some("Ed25519")) => bytes("x").filter(|x| x.len() == 32).map(Jwk::Ed25519),
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                (x.len() == 32 && y.len() == 32).then(|| Jwk::P256([&[4_u8][..], &x, &y].concat()))
            }
            ("RSA", _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                (n.len() >= 256 && n.len() <= 1_024 && n.first() != Some(&0) && (3..=8).contains(&e.len()))
                    .then_some(Jwk::Rsa { n, e })
            }
            _ => None,
        }
    }

    pub const fn alg(&self) -> Alg {
        match self {
            Jwk::Ed25519(_) => Alg::EdDsa,
            Jwk::P256(_) => Alg::Es256,
            Jwk::Rsa { .. } => Alg::Rs256,
        }
    }

    /// Whether it verifies what is signed with the algorithm.
    pub fn fits(&self, alg: Alg) -> bool {
        self.alg() == alg || (alg == Alg::Ps256 && matches!(self, Jwk::Rsa { .. }))
    }

    /// Its required members, in the order of the thumbprint.
    pub fn to_json(&self) -> Value {
        match self {
            Jwk::Ed25519(x) => json!({"crv": "Ed25519", "kty": "OKP", "x": base64::encode(x)}),
            Jwk::P256(point) => {
                let (x, y) = point.get(1..).and_then(|xy| xy.split_at_checked(32)).unwrap_or_default();
                json!({"crv": "P-256", "kty": "EC", "x": base64::encode(x), "y": base64::encode(y)})
            }
            Jwk::Rsa { n, e } => json!({"e": base64::encode(e), "kty": "RSA", "n": base64::encode(n)}),
        }
    }

    /// RFC 7638, SHA-256.
    pub fn thumbprint(&self) -> String {
        let text = match self.to_json() {
            Value::Object(members) => {
                let mut parts: Vec<String> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                parts.sort_unstable();
                format!("{{{}}}", parts.join(","))
            }
            other => other.to_string(),
        };
        base64::encode(&random::sha256(&text))
    }

    /// Whether it made the signature with the algorithm.
    pub fn verify(&self, alg: Alg, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(alg) {
            return false;
        }
        match self {
            Jwk::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            Jwk::P256(key) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(message, signature).is_ok(),
            Jwk::Rsa { n, e } => {
                let way = if alg == Alg::Ps256 { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
                RsaPublicKeyComponents { n, e }.verify(way, message, signature).is_ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_of_the_rfc() {
        // RFC 8037, A.3.
        let key = json!({"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(Jwk::parse(&key).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn the_signature_of_the_rfc() {
        // RFC 8037, A.4.
        let key =
            Jwk::parse(&json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}))
                .unwrap();
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            base64::decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
                .unwrap();
        let verifies = |message: &[u8], signature: &[u8]| key.verify(Alg::EdDsa, message, signature);
        assert!(verifies(signed.as_bytes(), &signature) && !key.verify(Alg::Es256, signed.as_bytes(), &signature));
        assert!(!verifies(b"x", &signature) && !verifies(signed.as_bytes(), &signature[1..]));
    }

    #[test]
    fn keys_that_are_refused() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let short = base64::encode(&[255; 128]);
        for bad in [
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "d": x}),
            json!({"kty": "oct", "k": x}),
            json!("x"),
            json!({}),
            json!({"kty": "OKP", "crv": "X25519", "x": x}),
            json!({"kty": "EC", "crv": "P-256", "x": x}),
            json!({"kty": "RSA", "n": short, "e": "AQAB"}),
            json!({"kty": "EC", "crv": "P-384", "x": x, "y": x}),
        ] {
            assert!(Jwk::parse(&bad).is_none(), "{bad}");
        }
    }
}
