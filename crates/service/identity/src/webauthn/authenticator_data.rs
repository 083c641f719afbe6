//! Authenticator data (WebAuthn 6.1): for whom, in which state, and at registration the new key.

use super::cbor::{self, Map};
use super::{PublicKey, Refusal};

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// Bytes of a credential id (WebAuthn 7.1, step 26 of Level 3).
pub const LONGEST_ID: usize = 1_023;

/// What the authenticator says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    /// SHA-256 of the relying party's id.
    pub party: [u8; 32],
    pub user_present: bool,
    pub user_verified: bool,
    /// Whether the key may leave the authenticator, and whether it has.
    pub backup_eligible: bool,
    pub backed_up: bool,
    /// Signatures so far; 0 where they are not counted.
    pub counter: u32,
    pub attested: Option<Attested<'a>>,
}

/// The credential that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested<'a> {
    /// The authenticator's model; zeros where it does not say.
    pub aaguid: [u8; 16],
    pub id: &'a [u8],
    pub key: PublicKey,
    /// The key as COSE.
    pub cose: &'a [u8],
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Refusal> {
    bytes.split_first_chunk::<N>().map(|(head, rest)| (*head, rest)).ok_or(Refusal::Malformed)
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of the bytes.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for what is cut off or has something behind it, [`Refusal::BackupFlags`] for backed up
    /// without being eligible, and those of the key.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let (party, rest) = split::<32>(bytes)?;
        let ([flags], rest) = split::<1>(rest)?;
        let (counter, rest) = split::<4>(rest)?;
        let has = |flag: u8| flags & flag != 0;
        let (attested, rest) = if has(ATTESTED) {
            let (attested, rest) = Attested::read(rest)?;
            (Some(attested), rest)
        } else {
            (None, rest)
        };
        let rest = if has(EXTENSIONS) {
            let (extensions, rest) = cbor::item(rest)?;
            // What they say is not used: none were asked for.
            Map::of(extensions)?;
            rest
        } else {
            rest
        };
        if !rest.is_empty() {
            return Err(Refusal::Malformed);
        }
        if has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
            return Err(Refusal::BackupFlags);
        }
        Ok(Self {
            party,
            user_present: has(PRESENT),
            user_verified: has(VERIFIED),
            backup_eligible: has(BACKUP_ELIGIBLE),
            backed_up: has(BACKED_UP),
            counter: u32::from_be_bytes(counter),
            attested,
        })
    }
}

impl<'a> Attested<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refusal> {
        let (aaguid, rest) = split::<16>(bytes)?;
        let (length, rest) = split::<2>(rest)?;
        let length = usize::from(u16::from_be_bytes(length));
        if length == 0 || length > LONGEST_ID {
            return Err(Refusal::Malformed);
        }
        let (id, at_key) = rest.split_at_checked(length).ok_or(Refusal::Malformed)?;
        let (key, rest) = PublicKey::read(at_key)?;
        let cose = at_key.get(..at_key.len() - rest.len()).ok_or(Refusal::Malformed)?;
        Ok((Self { aaguid, id, key, cose }, rest))
    }
}
