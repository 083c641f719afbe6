//! What the browser says of the ceremony (CollectedClientData, WebAuthn 5.8.1).

use data_encoding::BASE64URL_NOPAD;
use kontor_model::Json;
use subtle::ConstantTimeEq;

use super::{Refusal, RelyingParty};

const LONGEST: usize = 8 << 10;

/// Client data, parsed from the bytes that are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientData {
    kind: String,
    /// Base64url of the challenge, as it was handed out.
    pub challenge: String,
    origin: String,
    is_framed: bool,
}

impl ClientData {
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > LONGEST {
            return Err(Refusal::Malformed);
        }
        let json = Json::parse(bytes).map_err(|_| Refusal::Malformed)?;
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned).ok_or(Refusal::Malformed);
        let challenge = text("challenge")?;
        BASE64URL_NOPAD.decode(challenge.as_bytes()).map_err(|_| Refusal::Malformed)?;
        let is_framed = match json.get("crossOrigin") {
            None | Some(Json::Null) => false,
            Some(value) => value.as_bool().ok_or(Refusal::Malformed)?,
        };
        let is_framed = is_framed || json.get("topOrigin").is_some();
        Ok(Self { kind: text("type")?, challenge, origin: text("origin")?, is_framed })
    }

    /// WebAuthn 7.1, steps 7 to 11, and 7.2, steps 11 to 15.
    ///
    /// # Errors
    /// [`Refusal::WrongType`], [`Refusal::WrongChallenge`], [`Refusal::WrongOrigin`].
    pub fn check(&self, kind: &str, challenge: &str, party: &RelyingParty) -> Result<(), Refusal> {
        if self.kind != kind {
            return Err(Refusal::WrongType);
        }
        if !bool::from(self.challenge.as_bytes().ct_eq(challenge.as_bytes())) {
            return Err(Refusal::WrongChallenge);
        }
        if self.is_framed || self.origin != party.origin {
            return Err(Refusal::WrongOrigin);
        }
        Ok(())
    }
}
