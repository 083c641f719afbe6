//! Whether an ID token is to be believed (OpenID Connect Core, 3.1.3.7; RFC 8725).

use serde_json::{Map, Value as J};

use crate::jose::Alg;
use crate::mint::at_hash;
use crate::random;

/// How far clocks may differ, in seconds.
pub const SKEW_S: i64 = 60;
/// How old a token may be that was asked for a moment ago.
const OLDEST_S: i64 = 600;

/// What a token has to say.
pub struct Wanted<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// Unix seconds.
    pub now_s: i64,
}

/// The claims of a token whose signature is right.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(claims: &Map<String, J>, typ: &str, alg: Alg, wanted: &Wanted<'_>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(J::as_str);
    // Other tokens of the same provider are signed with the same keys (RFC 8725, 3.11).
    if !matches!(typ, "" | "jwt") {
        return Err("its token is of another type");
    }
    if text("iss") != Some(wanted.issuer) {
        return Err("its token is of another issuer");
    }
    let (ours, others) = match claims.get("aud") {
        Some(J::String(audience)) => (audience == wanted.client_id, false),
        Some(J::Array(all)) => (all.iter().any(|one| one.as_str() == Some(wanted.client_id)), all.len() > 1),
        _ => (false, false),
    };
    if !ours {
        return Err("its token is for another application");
    }
    match claims.get("azp") {
        Some(party) if party.as_str() != Some(wanted.client_id) => {
            return Err("its token was given to another application");
        }
        None if others => return Err("its token is for several applications and does not say for which"),
        _ => {}
    }
    let number = |name: &str| claims.get(name).and_then(J::as_f64).map(|seconds| seconds as i64);
    if number("exp").is_none_or(|exp| exp <= wanted.now_s - SKEW_S) {
        return Err("its token has expired");
    }
    let is_future = |at: i64| at > wanted.now_s + SKEW_S;
    if number("iat").is_none_or(is_future) || (claims.contains_key("nbf") && number("nbf").is_none_or(is_future)) {
        return Err("its token is of the future; are the clocks right?");
    }
    if number("iat").is_none_or(|iat| iat < wanted.now_s - OLDEST_S) {
        return Err("its token is too old");
    }
    if !text("nonce").is_some_and(|nonce| random::same(nonce, wanted.nonce)) {
        return Err("its token is not the answer to this sign-in");
    }
    if let Some(hash) = claims.get("at_hash") {
        let fits = wanted.access_token.is_some_and(|token| hash.as_str() == Some(at_hash(alg, token).as_str()));
        if !fits {
            return Err("its two tokens do not belong together");
        }
    }
    match text("sub") {
        Some(subject) if (1..=255).contains(&subject.len()) => Ok(()),
        _ => Err("its token does not say who it is about"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn wanted() -> Wanted<'static> {
        Wanted {
            issuer: "https://id.example",
            client_id: "kontor",
            nonce: "n",
            access_token: Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            now_s: NOW,
        }
    }

    fn claims(more: J) -> Map<String, J> {
        let mut all = json!({"iss": "https://id.example", "aud": "kontor", "sub": "1", "nonce": "n", "iat": NOW, "exp": NOW + 300});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    #[test]
    fn a_good_token_is_believed() {
        for more in [
            json!({}),
            json!({"aud": ["kontor"]}),
            json!({"aud": ["other", "kontor"], "azp": "kontor"}),
            json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}),
            json!({"iat": NOW + 59, "nbf": NOW + 59}),
            json!({"exp": NOW - 59}),
        ] {
            assert_eq!(check(&claims(more.clone()), "jwt", Alg::Es256, &wanted()), Ok(()), "{more}");
        }
    }

    #[test]
    fn every_claim_counts() {
        for more in [
            json!({"iss": "https://id.example/"}),
            json!({"iss": null}),
            json!({"aud": "other"}),
            json!({"aud": null}),
            json!({"aud": []}),
            json!({"aud": ["other", "kontor"]}),
            json!({"azp": "other"}),
            json!({"azp": 7}),
            json!({"exp": NOW - 60}),
            json!({"exp": null}),
            json!({"exp": "1900000000"}),
            json!({"iat": NOW + 61}),
            json!({"iat": NOW - 601}),
            json!({"iat": null}),
            json!({"nbf": NOW + 61}),
            json!({"nbf": "x"}),
            json!({"nonce": "m"}),
            json!({"nonce": null}),
            json!({"at_hash": "x"}),
            json!({"at_hash": 7}),
            json!({"sub": ""}),
            json!({"sub": null}),
            json!({"sub": "x".repeat(256)}),
        ] {
            assert!(check(&claims(more.clone()), "", Alg::Es256, &wanted()).is_err(), "{more}");
        }
        for typ in ["at+jwt", "logout+jwt", "dpop+jwt"] {
            assert!(check(&claims(json!({})), typ, Alg::Es256, &wanted()).is_err(), "{typ}");
        }
    }
}
