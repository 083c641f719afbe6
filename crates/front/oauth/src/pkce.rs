//! Proof key for code exchange (RFC 7636). S256 is the only method.

use crate::jose::base64;
use crate::random;

/// A challenge is the base64url of a SHA-256: 43 characters.
pub fn is_challenge(text: &str) -> bool {
    base64::decode(text).is_some_and(|bytes| bytes.len() == 32)
}

/// 43 to 128 unreserved characters (RFC 7636, 4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

/// Whether the verifier is the one behind the challenge.
pub fn fits(verifier: &str, challenge: &str) -> bool {
    is_verifier(verifier) && random::same(&base64::encode(&random::sha256(verifier)), challenge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_the_rfc() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge(challenge) && fits(verifier, challenge));
        // The plain method: the challenge is the verifier.
        assert!(!fits(challenge, challenge));
        assert!(!fits("short", &base64::encode(&random::sha256("short"))));
    }

    proptest! {
        #[test]
        fn one_character_more_or_less_or_other_does_not_fit(verifier in "[A-Za-z0-9._~-]{43,127}", at in 0_usize..43, other in "[A-Za-z0-9]") {
            let challenge = base64::encode(&random::sha256(&verifier));
            prop_assert!(fits(&verifier, &challenge));
            let mut wrong = verifier.clone();
            wrong.replace_range(at..=at, &other);
            prop_assert_eq!(fits(&wrong, &challenge), wrong == verifier);
            let longer = format!("{verifier}{other}");
            let shorter = verifier.get(1..).unwrap_or_default();
            prop_assert!(!fits(&longer, &challenge) && !fits(shorter, &challenge));
        }
    }
}
