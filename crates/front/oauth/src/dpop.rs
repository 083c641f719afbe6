//! Demonstrating proof of possession (RFC 9449): the proof of one request.

use axum::http::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::jose::{Jws, base64};
use crate::keys::seal::Vault;
use crate::random;

pub const HEADER: &str = "dpop";
/// What a proof may be signed with; for metadata and challenges.
pub const ALGS: &str = "ES256 EdDSA RS256 PS256";
/// Seconds that clocks may differ, either way.
const SKEW_S: i64 = 60;
/// How long a proof's id is remembered: as long as the proof could be shown again.
pub const REMEMBERED_MS: i64 = (2 * SKEW_S + 5) * 1_000;

/// What a proof is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub method: &'a str,
    /// The address as the client knows it; its query does not matter.
    pub url: &'a str,
    /// The access token that it goes with.
    pub token: Option<&'a str>,
    /// Unix seconds.
    pub now_s: i64,
}

/// A proof that is in order but for being used before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of its key (RFC 7638).
    pub jkt: String,
    /// What is remembered of it.
    pub seen: String,
    pub nonce: Option<String>,
}

/// The proof of a request, when there is one.
///
/// # Errors
/// Several, or one that is no text.
pub fn given(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut all = headers.get_all(HEADER).iter();
    let first = all.next();
    if all.next().is_some() {
        return Err("there is more than one DPoP header");
    }
    first.map(|value| value.to_str().map_err(|_| "the DPoP header is not ASCII")).transpose()
}

/// Checks everything of RFC 9449, 4.3 but the replay.
///
/// # Errors
/// What is wrong, for the client's developer.
pub fn check(proof: &str, wanted: &Wanted<'_>) -> Result<Proof, &'static str> {
    let jws = Jws::parse(proof).ok_or("the proof is not a signed JWT with an algorithm that is known here")?;
    if jws.typ() != "dpop+jwt" {
        return Err("the proof's typ is not dpop+jwt");
    }
    let key = jws.own_key().ok_or("the proof's jwk is not a public key that is known here")?;
    let claims = jws.verified(&key).ok_or("the proof's signature is wrong")?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(wanted.method) {
        return Err("the proof's htm is not the method of the request");
    }
    if !text("htu").is_some_and(|htu| same_address(htu, wanted.url)) {
        return Err("the proof's htu is not the address of the request");
    }
    let iat = claims.get("iat").and_then(Value::as_f64).ok_or("the proof has no iat")?;
    #[expect(clippy::cast_precision_loss, reason = "seconds of this age are far below 2^52")]
    let age = wanted.now_s as f64 - iat;
    if !(-(SKEW_S as f64)..=SKEW_S as f64).contains(&age) {
        return Err("the proof's iat is more than 60 s away");
    }
    let jti = text("jti").filter(|jti| (1..=255).contains(&jti.len())).ok_or("the proof has no jti")?;
    if let Some(token) = wanted.token {
        let ath = base64::encode(&random::sha256(token));
        if !text("ath").is_some_and(|given| random::same(given, &ath)) {
            return Err("the proof's ath is not the hash of the access token");
        }
    }
    let jkt = key.thumbprint();
    Ok(Proof { seen: random::hash(&format!("dpop {jkt} {jti}")), jkt, nonce: text("nonce").map(str::to_owned) })
}

/// How long a nonce is handed out; the one before is good as well.
const NONCE_S: i64 = 300;

/// The nonce of now, the same in every process (RFC 9449, 8).
///
/// # Errors
/// The library's.
pub fn nonce(vault: &Vault, now_s: i64) -> kontor_model::Result<String> {
    vault.tag("oauth/dpop-nonce/1", &(now_s / NONCE_S).to_string())
}

/// Whether a nonce is that of now or the one before.
///
/// # Errors
/// The library's.
pub fn is_nonce(vault: &Vault, given: &str, now_s: i64) -> kontor_model::Result<bool> {
    Ok(random::same(given, &nonce(vault, now_s)?) || random::same(given, &nonce(vault, now_s - NONCE_S)?))
}

/// Scheme, host, port and path, each in its normal form (RFC 9449, 4.3).
fn same_address(given: &str, wanted: &str) -> bool {
    let (Ok(mut given), Ok(mut wanted)) = (Url::parse(given), Url::parse(wanted)) else { return false };
    for url in [&mut given, &mut wanted] {
        url.set_query(None);
        url.set_fragment(None);
    }
    given == wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{Alg, Signer};
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;
    const URL: &str = "https://crm.example/oauth/token";

    fn signer(alg: Alg) -> Signer {
        Signer::read(alg, &Signer::make(alg).unwrap()).unwrap()
    }

    fn claims() -> Value {
        json!({"htm": "POST", "htu": URL, "iat": NOW, "jti": "1"})
    }

    fn wanted(token: Option<&'static str>) -> Wanted<'static> {
        Wanted { method: "POST", url: URL, token, now_s: NOW }
    }

    fn proof(signer: &Signer, claims: &Value) -> String {
        let header = json!({"alg": signer.alg().name(), "typ": "dpop+jwt", "jwk": signer.public().to_json()});
        signer.sign_with(&header, claims).unwrap()
    }

    #[test]
    fn a_proof_is_bound_to_request_key_and_token() {
        for alg in [Alg::EdDsa, Alg::Es256] {
            let signer = signer(alg);
            let found = check(&proof(&signer, &claims()), &wanted(None)).unwrap();
            assert_eq!(found.jkt, signer.public().thumbprint());
            let mut with_token = claims();
            with_token["ath"] = json!(base64::encode(&random::sha256("t")));
            assert!(check(&proof(&signer, &with_token), &wanted(Some("t"))).is_ok());
            assert!(check(&proof(&signer, &with_token), &wanted(Some("u"))).is_err());
            assert!(check(&proof(&signer, &claims()), &wanted(Some("t"))).is_err());
        }
    }

    #[test]
    fn one_claim_wrong_is_refused() {
        let signer = signer(Alg::Es256);
        for (name, value) in [
            ("htm", json!("GET")),
            ("htm", json!("post")),
            ("htu", json!("https://crm.example/oauth/tokens")),
            ("htu", json!("http://crm.example/oauth/token")),
            ("htu", json!("https://evil.example/oauth/token")),
            ("htu", json!(7)),
            ("iat", json!(NOW - 61)),
            ("iat", json!(NOW + 61)),
            ("iat", json!("now")),
            ("iat", Value::Null),
            ("jti", json!("")),
            ("jti", Value::Null),
            ("jti", json!("j".repeat(256))),
        ] {
            let mut wrong = claims();
            wrong[name] = value.clone();
            assert!(check(&proof(&signer, &wrong), &wanted(None)).is_err(), "{name} {value}");
        }
        let mut fine = claims();
        fine["htu"] = json!("https://CRM.example:443/oauth/token?x#y");
        assert!(check(&proof(&signer, &fine), &wanted(None)).is_ok());
    }

    #[test]
    fn a_nonce_lasts_two_windows() {
        let vault = Vault::new(&[1; 32]);
        let given = nonce(&vault, NOW).unwrap();
        assert!(is_nonce(&vault, &given, NOW).unwrap() && is_nonce(&vault, &given, NOW + NONCE_S).unwrap());
        assert!(!is_nonce(&vault, &given, NOW + 2 * NONCE_S).unwrap() && !is_nonce(&vault, "", NOW).unwrap());
    }

    #[test]
    fn a_proof_brings_its_own_public_key() {
        let (signer, other) = (signer(Alg::EdDsa), signer(Alg::EdDsa));
        for header in [
            json!({"alg": "EdDSA", "typ": "dpop+jwt", "jwk": other.public().to_json()}),
            json!({"alg": "EdDSA", "typ": "JWT", "jwk": signer.public().to_json()}),
            json!({"alg": "EdDSA", "typ": "dpop+jwt"}),
            json!({"alg": "EdDSA", "typ": "dpop+jwt", "jwk": {"kty": "oct", "k": "AAAA"}}),
        ] {
            let token = signer.sign_with(&header, &claims()).unwrap();
            assert!(check(&token, &wanted(None)).is_err(), "{header}");
        }
    }
}
