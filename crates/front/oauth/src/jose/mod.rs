//! JSON Web Signature and Key, as much of them as is used here: compact form, EdDSA and ES256 to sign, RS256 and
//! PS256 also to verify what clients and identity providers sign (RFC 7515, 7517, 7638, 8037; RFC 8725 for what is refused).

pub mod base64;
mod jwk;
mod jws;

pub use jwk::{Alg, Jwk};
pub use jws::{Jws, Signer};
