//! Public keys (COSE_Key, RFC 9052 and 9053; WebAuthn 5.8.5 and 6.5.1.1) and their signatures.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::Refusal;
use super::cbor::{self, Map};

/// What is offered, best first: EdDSA, ES256, RS256 (COSE algorithm numbers).
pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];

const KTY: i64 = 1;
const ALG: i64 = 3;

/// A key of one of [`ALGORITHMS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    Ed25519([u8; 32]),
    /// The uncompressed point, 65 bytes.
    P256(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads one at the beginning; what is behind it is given back.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::Algorithm`], or [`Refusal::Key`] for a key of an offered algorithm that is none.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), Refusal> {
        let (value, rest) = cbor::item(bytes)?;
        Ok((Self::of(&Map::of(value)?)?, rest))
    }

    /// Reads one that fills the bytes.
    ///
    /// # Errors
    /// As [`PublicKey::read`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        match Self::read(bytes)? {
            (key, []) => Ok(key),
            _ => Err(Refusal::Malformed),
        }
    }

    fn of(map: &Map) -> Result<Self, Refusal> {
        let kty = map.int(KTY).ok_or(Refusal::Malformed)?;
        let field = |key| map.bytes(key).ok_or(Refusal::Key);
        match map.int(ALG).ok_or(Refusal::Malformed)? {
            -8 if kty == 1 && map.int(-1) == Some(6) => {
                field(-2)?.try_into().map(PublicKey::Ed25519).map_err(|_| Refusal::Key)
            }
            -7 if kty == 2 && map.int(-1) == Some(1) => {
                // Compressed points have a boolean for y: the specification forbids them.
                let (x, y) = (field(-2)?, field(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Refusal::Key);
                }
                Ok(PublicKey::P256([&[4_u8][..], x, y].concat()))
            }
            -257 if kty == 3 => {
                let (n, e) = (field(-1)?, field(-2)?);
                // 2,048 to 8,192 bits; an exponent of at least 2^16, odd.
                let is_fit = (256..=1_024).contains(&n.len())
                    && n.first() != Some(&0)
                    && (3..=8).contains(&e.len())
                    && e.first() != Some(&0)
                    && e.last().is_some_and(|last| last % 2 == 1);
                if is_fit { Ok(PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() }) } else { Err(Refusal::Key) }
            }
            alg if ALGORITHMS.contains(&alg) => Err(Refusal::Key),
            _ => Err(Refusal::Algorithm),
        }
    }

    /// Its COSE algorithm.
    pub const fn algorithm(&self) -> i64 {
        match self {
            PublicKey::Ed25519(_) => -8,
            PublicKey::P256(_) => -7,
            PublicKey::Rsa { .. } => -257,
        }
    }

    /// Whether the key signed the message; signatures of ES256 are DER (WebAuthn 6.5.5).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            PublicKey::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            PublicKey::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            PublicKey::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}
