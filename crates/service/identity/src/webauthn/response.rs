//! What a page sends back (`RegistrationResponseJSON`, `AuthenticationResponseJSON`, WebAuthn 5.1).

use data_encoding::BASE64URL_NOPAD;
use kontor_model::Json;

use super::authenticator_data::LONGEST_ID;
use super::{ClientData, Refusal, cbor};

/// Transports that are kept, and the characters of one.
const TRANSPORTS: usize = 8;
const TRANSPORT: usize = 20;
/// RSA of 8,192 bits.
const LONGEST_SIGNATURE: usize = 1_024;
const LONGEST_HANDLE: usize = 64;

/// A credential that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub id: Vec<u8>,
    pub client_data: ClientData,
    pub client_data_json: Vec<u8>,
    pub attestation_object: Vec<u8>,
    /// How the authenticator is reached; handed back when it is asked again.
    pub transports: Vec<String>,
}

/// A credential that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    pub id: Vec<u8>,
    pub client_data: ClientData,
    pub client_data_json: Vec<u8>,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
}

fn bytes(json: &Json, name: &str, most: usize) -> Result<Vec<u8>, Refusal> {
    let text = json.get(name).and_then(Json::as_str).ok_or(Refusal::Malformed)?;
    // Some browsers' polyfills pad.
    let bytes = BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).map_err(|_| Refusal::Malformed)?;
    if bytes.is_empty() || bytes.len() > most { Err(Refusal::Malformed) } else { Ok(bytes) }
}

/// Raw id, the members of `response`, the client's data as bytes and as read.
type Parts<'a> = (Vec<u8>, &'a Json, Vec<u8>, ClientData);

/// The id, the response, and the client data in it.
fn parts(json: &Json) -> Result<Parts<'_>, Refusal> {
    if json.get("type").and_then(Json::as_str) != Some("public-key") {
        return Err(Refusal::Malformed);
    }
    let id = bytes(json, "id", LONGEST_ID)?;
    if json.get("rawId").is_some() && bytes(json, "rawId", LONGEST_ID)? != id {
        return Err(Refusal::Malformed);
    }
    let response = json.get("response").ok_or(Refusal::Malformed)?;
    let client_data_json = bytes(response, "clientDataJSON", cbor::LONGEST)?;
    let client_data = ClientData::parse(&client_data_json)?;
    Ok((id, response, client_data_json, client_data))
}

impl Registration {
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn read(json: &Json) -> Result<Self, Refusal> {
        let (id, response, client_data_json, client_data) = parts(json)?;
        let transports = response.get("transports").and_then(Json::as_array).unwrap_or_default().iter();
        let transports = transports.filter_map(Json::as_str).filter(|text| {
            text.len() <= TRANSPORT && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        Ok(Self {
            id,
            client_data,
            client_data_json,
            attestation_object: bytes(response, "attestationObject", cbor::LONGEST)?,
            transports: transports.take(TRANSPORTS).map(str::to_owned).collect(),
        })
    }
}

impl Assertion {
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn read(json: &Json) -> Result<Self, Refusal> {
        let (id, response, client_data_json, client_data) = parts(json)?;
        let user_handle = match response.get("userHandle") {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) if text.is_empty() => None,
            Some(_) => Some(bytes(response, "userHandle", LONGEST_HANDLE)?),
        };
        Ok(Self {
            id,
            client_data,
            client_data_json,
            authenticator_data: bytes(response, "authenticatorData", cbor::LONGEST)?,
            signature: bytes(response, "signature", LONGEST_SIGNATURE)?,
            user_handle,
        })
    }
}
