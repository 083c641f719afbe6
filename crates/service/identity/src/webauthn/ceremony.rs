//! The two ceremonies, step by step (WebAuthn Level 3, 7.1 and 7.2).

use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use super::attestation::Statement;
use super::{Assertion, Attestation, AuthenticatorData, PublicKey, Refusal, Registration, RelyingParty};

/// What is kept of a new credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub id: Vec<u8>,
    /// COSE.
    pub public_key: Vec<u8>,
    pub algorithm: i64,
    pub counter: u32,
    pub aaguid: [u8; 16],
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub transports: Vec<String>,
}

/// What is known of a credential that is used.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// COSE.
    pub public_key: &'a [u8],
    pub counter: u32,
    pub backup_eligible: bool,
}

/// What is news of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    pub counter: u32,
    pub backed_up: bool,
}

/// The state of the authenticator (7.1, steps 13 to 18; 7.2, steps 16 to 20).
fn check(data: &AuthenticatorData<'_>, party: &RelyingParty) -> Result<(), Refusal> {
    let wanted = digest(&SHA256, party.id.as_bytes());
    if !bool::from(data.party.ct_eq(wanted.as_ref())) {
        return Err(Refusal::WrongParty);
    }
    if !data.user_present {
        return Err(Refusal::NobodyPresent);
    }
    if !data.user_verified {
        return Err(Refusal::NotVerified);
    }
    Ok(())
}

/// Authenticator data with the hash of the client data: what is signed.
fn signed(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    [authenticator_data, digest(&SHA256, client_data_json).as_ref()].concat()
}

/// Whether a new credential may be kept. That its id is new here is for the caller to see.
///
/// # Errors
/// Why not.
pub fn register(party: &RelyingParty, challenge: &str, response: &Registration) -> Result<Registered, Refusal> {
    response.client_data.check("webauthn.create", challenge, party)?;
    let attestation = Attestation::parse(&response.attestation_object)?;
    let data = AuthenticatorData::parse(&attestation.authenticator_data)?;
    check(&data, party)?;
    let attested = data.attested.as_ref().ok_or(Refusal::Malformed)?;
    if attested.id != response.id {
        return Err(Refusal::Malformed);
    }
    if let Statement::Itself { algorithm, signature } = &attestation.statement {
        let message = signed(&attestation.authenticator_data, &response.client_data_json);
        if *algorithm != attested.key.algorithm() || !attested.key.verify(&message, signature) {
            return Err(Refusal::Signature);
        }
    }
    Ok(Registered {
        id: response.id.clone(),
        public_key: attested.cose.to_vec(),
        algorithm: attested.key.algorithm(),
        counter: data.counter,
        aaguid: attested.aaguid,
        backup_eligible: data.backup_eligible,
        backed_up: data.backed_up,
        transports: response.transports.clone(),
    })
}

/// Whether a credential was used. Whose it is, is for the caller to see.
///
/// # Errors
/// Why not.
pub fn assert(
    party: &RelyingParty,
    challenge: &str,
    known: Known<'_>,
    response: &Assertion,
) -> Result<Asserted, Refusal> {
    response.client_data.check("webauthn.get", challenge, party)?;
    let data = AuthenticatorData::parse(&response.authenticator_data)?;
    check(&data, party)?;
    if data.backup_eligible != known.backup_eligible {
        return Err(Refusal::BackupFlags);
    }
    let key = PublicKey::parse(known.public_key)?;
    if !key.verify(&signed(&response.authenticator_data, &response.client_data_json), &response.signature) {
        return Err(Refusal::Signature);
    }
    // Step 22: who counts has to count up. Synchronised passkeys do not count.
    if (data.counter != 0 || known.counter != 0) && data.counter <= known.counter {
        return Err(Refusal::Counter);
    }
    Ok(Asserted { counter: data.counter, backed_up: data.backed_up })
}
