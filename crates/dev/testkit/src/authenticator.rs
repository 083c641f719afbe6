//! An authenticator in software: makes passkeys and uses them as a browser would, and as an attacker would.
//!
//! CBOR is written here by hand, so that nothing of the product's own reading is on both sides of a test.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// Flags of authenticator data.
pub const PRESENT: u8 = 1;
pub const VERIFIED: u8 = 1 << 2;
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;

/// What signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    EdDsa,
    Es256,
    Rs256,
}

impl Algorithm {
    pub const ALL: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256];

    const fn number(self) -> i64 {
        match self {
            Algorithm::EdDsa => -8,
            Algorithm::Es256 => -7,
            Algorithm::Rs256 => -257,
        }
    }
}

enum Key {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
}

/// One passkey on one device, and the browser around it.
pub struct Authenticator {
    algorithm: Algorithm,
    key: Key,
    /// The credential's id.
    pub id: Vec<u8>,
    /// The user handle that it was made with.
    pub handle: Vec<u8>,
    /// Signatures so far; counting is off at 0.
    pub counter: u32,
    pub flags: u8,
    /// The page's origin.
    pub origin: String,
}

/// An answer before it is signed, for changes.
pub struct Draft {
    pub client_data: Value,
    pub party: String,
    pub flags: u8,
    pub counter: u32,
    pub id: Vec<u8>,
    pub handle: Option<Vec<u8>>,
    /// Instead of the key, in COSE.
    pub key: Option<Vec<u8>>,
    /// The attestation's format and statement, in CBOR; a statement of None signs itself.
    pub format: String,
    pub statement: Option<Vec<u8>>,
    /// Behind the authenticator data, and behind the attestation object.
    pub tail: Vec<u8>,
    pub outer_tail: Vec<u8>,
    /// Cuts so many bytes off the end of the attestation object or authenticator data.
    pub cut: usize,
    /// Whether the signature is spoiled.
    pub spoil: bool,
}

/// The head of a CBOR item.
pub fn head(major: u8, n: u64) -> Vec<u8> {
    let major = major << 5;
    match n {
        0..=23 => vec![major | u8::try_from(n).unwrap_or_default()],
        24..=0xFF => vec![major | 24, u8::try_from(n).unwrap_or_default()],
        0x100..=0xFFFF => [&[major | 25][..], &u16::try_from(n).unwrap_or_default().to_be_bytes()].concat(),
        _ => [&[major | 27][..], &n.to_be_bytes()].concat(),
    }
}

/// A CBOR integer.
pub fn int(n: i64) -> Vec<u8> {
    if n < 0 { head(1, (-1 - n).unsigned_abs()) } else { head(0, n.unsigned_abs()) }
}

pub fn text(text: &str) -> Vec<u8> {
    [head(3, text.len() as u64), text.as_bytes().to_vec()].concat()
}

pub fn bytes(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len() as u64), bytes.to_vec()].concat()
}

/// A CBOR map of encoded pairs.
pub fn map(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let body: Vec<u8> = pairs.iter().flat_map(|(key, value)| [key.clone(), value.clone()].concat()).collect();
    [head(5, pairs.len() as u64), body].concat()
}

fn random(n: usize) -> Vec<u8> {
    let mut bytes = vec![0; n];
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    bytes
}

impl Authenticator {
    /// With a new key, in a browser that shows a page of `origin`.
    pub fn new(algorithm: Algorithm, origin: &str) -> Self {
        let key = match algorithm {
            Algorithm::EdDsa => Key::EdDsa(Ed25519KeyPair::generate().expect("a key")),
            Algorithm::Es256 => Key::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            Algorithm::Rs256 => Key::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))),
        };
        Self {
            algorithm,
            key,
            id: random(32),
            handle: Vec::new(),
            counter: 0,
            flags: PRESENT | VERIFIED,
            origin: origin.to_owned(),
        }
    }

    /// The public key in COSE.
    pub fn cose(&self) -> Vec<u8> {
        self.cose_as(self.algorithm.number())
    }

    /// As [`Authenticator::cose`], of another algorithm.
    pub fn cose_as(&self, algorithm: i64) -> Vec<u8> {
        let alg = (int(3), int(algorithm));
        match &self.key {
            Key::EdDsa(pair) => {
                map(&[(int(1), int(1)), alg, (int(-1), int(6)), (int(-2), bytes(pair.public_key().as_ref()))])
            }
            Key::Es256(pair) => {
                let (x, y) =
                    pair.public_key().as_ref().get(1..).and_then(|xy| xy.split_at_checked(32)).expect("a point");
                map(&[(int(1), int(2)), alg, (int(-1), int(1)), (int(-2), bytes(x)), (int(-3), bytes(y))])
            }
            Key::Rs256(pair) => {
                let public = pair.public_key();
                let n = public.modulus().big_endian_without_leading_zero().to_vec();
                let e = public.exponent().big_endian_without_leading_zero().to_vec();
                map(&[(int(1), int(3)), alg, (int(-1), bytes(&n)), (int(-2), bytes(&e))])
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Es256(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Key::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
        }
    }

    fn draft(&self, kind: &str, options: &Value, party: &Value) -> Draft {
        Draft {
            client_data: json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false}),
            party: party.as_str().expect("a party").to_owned(),
            flags: self.flags,
            counter: self.counter,
            id: self.id.clone(),
            handle: Some(self.handle.clone()),
            key: None,
            format: "none".to_owned(),
            statement: Some(map(&[])),
            tail: Vec::new(),
            outer_tail: Vec::new(),
            cut: 0,
            spoil: false,
        }
    }

    /// Makes the passkey (`RegistrationResponseJSON`).
    pub fn create(&mut self, options: &Value) -> Value {
        self.create_with(options, |_| {})
    }

    /// As [`Authenticator::create`], with changes.
    pub fn create_with(&mut self, options: &Value, change: impl FnOnce(&mut Draft)) -> Value {
        let handle = options.pointer("/user/id").and_then(Value::as_str).expect("a user handle");
        self.handle = BASE64URL_NOPAD.decode(handle.as_bytes()).expect("base64url");
        let mut draft = self.draft("webauthn.create", options, options.pointer("/rp/id").unwrap_or(&Value::Null));
        draft.flags |= ATTESTED;
        change(&mut draft);
        let mut data = authenticator_data(&draft);
        if draft.flags & ATTESTED != 0 {
            let length = u16::try_from(draft.id.len()).expect("a short id").to_be_bytes();
            let key = draft.key.clone().unwrap_or_else(|| self.cose());
            data = [data, vec![0; 16], length.to_vec(), draft.id.clone(), key].concat();
        }
        data.extend_from_slice(&draft.tail);
        let client_data = draft.client_data.to_string();
        let statement = draft.statement.clone().unwrap_or_else(|| {
            let mut signature = self.sign(&signed(&data, &client_data));
            if draft.spoil {
                signature.iter_mut().for_each(|byte| *byte ^= 0x55);
            }
            map(&[(text("alg"), int(self.algorithm.number())), (text("sig"), bytes(&signature))])
        });
        let mut object =
            map(&[(text("fmt"), text(&draft.format)), (text("attStmt"), statement), (text("authData"), bytes(&data))]);
        object.extend_from_slice(&draft.outer_tail);
        object.truncate(object.len() - draft.cut);
        let id = BASE64URL_NOPAD.encode(&draft.id);
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "authenticatorAttachment": "platform", "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(client_data.as_bytes()),
                "attestationObject": BASE64URL_NOPAD.encode(&object), "transports": ["internal", "hybrid"]}})
    }

    /// Uses the passkey (`AuthenticationResponseJSON`).
    pub fn get(&mut self, options: &Value) -> Value {
        self.get_with(options, |_| {})
    }

    /// As [`Authenticator::get`], with changes.
    pub fn get_with(&mut self, options: &Value, change: impl FnOnce(&mut Draft)) -> Value {
        if self.counter > 0 {
            self.counter += 1;
        }
        let mut draft = self.draft("webauthn.get", options, &options["rpId"]);
        change(&mut draft);
        let mut data = [authenticator_data(&draft), draft.tail.clone()].concat();
        data.truncate(data.len() - draft.cut);
        let client_data = draft.client_data.to_string();
        let mut signature = self.sign(&signed(&data, &client_data));
        if draft.spoil {
            signature.iter_mut().for_each(|byte| *byte ^= 0x55);
        }
        let id = BASE64URL_NOPAD.encode(&draft.id);
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": {
            "clientDataJSON": BASE64URL_NOPAD.encode(client_data.as_bytes()),
            "authenticatorData": BASE64URL_NOPAD.encode(&data), "signature": BASE64URL_NOPAD.encode(&signature),
            "userHandle": draft.handle.map(|handle| BASE64URL_NOPAD.encode(&handle))}})
    }
}

fn authenticator_data(draft: &Draft) -> Vec<u8> {
    let party = digest(&SHA256, draft.party.as_bytes());
    [party.as_ref(), &[draft.flags], &draft.counter.to_be_bytes()].concat()
}

fn signed(data: &[u8], client_data: &str) -> Vec<u8> {
    [data, digest(&SHA256, client_data.as_bytes()).as_ref()].concat()
}
