//! Attestation objects (WebAuthn 6.5.4): the authenticator data of a new credential, and who vouches for it.

use ciborium::Value;

use super::Refusal;
use super::cbor::{self, Map};

/// Who vouches for a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// Nobody.
    None,
    /// Its own key (WebAuthn 8.2, without a certificate); browsers leave it in place although none was asked for.
    Itself { algorithm: i64, signature: Vec<u8> },
}

/// An attestation object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    pub statement: Statement,
    /// For [`super::AuthenticatorData::parse`].
    pub authenticator_data: Vec<u8>,
}

impl Attestation {
    /// Reads all of the bytes.
    ///
    /// # Errors
    /// [`Refusal::Malformed`]; [`Refusal::Format`] for a statement of another kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let (value, rest) = cbor::item(bytes)?;
        if !rest.is_empty() {
            return Err(Refusal::Malformed);
        }
        let mut map = Map::of(value)?;
        let (Some(Value::Text(format)), Some(statement), Some(Value::Bytes(authenticator_data))) =
            (map.take("fmt"), map.take("attStmt"), map.take("authData"))
        else {
            return Err(Refusal::Malformed);
        };
        let statement = Self::statement(&format, Map::of(statement)?)?;
        Ok(Self { statement, authenticator_data })
    }

    fn statement(format: &str, mut map: Map) -> Result<Statement, Refusal> {
        match format {
            "none" if map.is_empty() => Ok(Statement::None),
            "packed" => {
                let (Some(Value::Integer(algorithm)), Some(Value::Bytes(signature))) =
                    (map.take("alg"), map.take("sig"))
                else {
                    return Err(Refusal::Malformed);
                };
                if !map.is_empty() {
                    return Err(Refusal::Format);
                }
                let algorithm = algorithm.try_into().map_err(|_| Refusal::Malformed)?;
                Ok(Statement::Itself { algorithm, signature })
            }
            _ => Err(Refusal::Format),
        }
    }
}
