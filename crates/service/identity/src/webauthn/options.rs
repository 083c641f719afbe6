//! What is asked of an authenticator (`PublicKeyCredentialCreationOptionsJSON`, `PublicKeyCredentialRequestOptionsJSON`,
//! WebAuthn 5.4 and 5.5).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value as J, json};

use super::{ALGORITHMS, RelyingParty};

/// A credential that is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Base64url.
    pub id: String,
    pub transports: Vec<String>,
}

fn descriptors(known: &[Descriptor]) -> J {
    known.iter().map(|one| json!({"type": "public-key", "id": one.id, "transports": one.transports})).collect()
}

/// For `navigator.credentials.create`: a passkey that is found without a name being typed. `known` are not made again.
pub fn creation(
    party: &RelyingParty,
    challenge: &str,
    handle: &[u8],
    (name, display_name): (&str, &str),
    known: &[Descriptor],
    timeout_ms: i64,
) -> J {
    let algorithms: Vec<J> = ALGORITHMS.iter().map(|alg| json!({"type": "public-key", "alg": alg})).collect();
    json!({
        "rp": {"id": party.id, "name": "Kontor"},
        "user": {"id": BASE64URL_NOPAD.encode(handle), "name": name, "displayName": display_name},
        "challenge": challenge,
        "pubKeyCredParams": algorithms,
        "timeout": timeout_ms,
        "excludeCredentials": descriptors(known),
        "authenticatorSelection":
            {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
        "attestation": "none",
    })
}

/// For `navigator.credentials.get`: one of `allowed`, or any that the authenticator has for this site.
pub fn request(party: &RelyingParty, challenge: &str, allowed: &[Descriptor], timeout_ms: i64) -> J {
    json!({
        "challenge": challenge, "timeout": timeout_ms, "rpId": party.id, "allowCredentials": descriptors(allowed),
        "userVerification": "required",
    })
}
