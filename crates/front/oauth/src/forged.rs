//! Twenty-two ways to forge an access token (RFC 8725), and the one that is good.

use super::*;
use crate::jose::{Alg, Signer, base64};
use serde_json::json;

const ISSUER: &str = "https://crm.example";
const NOW: i64 = 1_800_000_000;

fn signer(alg: Alg) -> Signer {
    Signer::read(alg, &Signer::make(alg).unwrap()).unwrap()
}

fn claims() -> J {
    json!({"iss": ISSUER, "aud": ISSUER, "sub": "7", "client_id": "c", "iat": NOW, "exp": NOW + 3_600, "jti": "j", "scope": "crm:read",
        "space": "1", "grant_id": "2"})
}

fn header() -> J {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k"})
}

/// As the server reads it: parsed, its key looked up by kid, verified.
fn read(token: &str, key: &Jwk) -> Result<Verified, Refused> {
    let jws = Jws::parse(token).ok_or(Refused::Bad)?;
    if jws.kid() != Some("k") {
        return Err(Refused::Bad);
    }
    accept(&jws, key, ISSUER, NOW)
}

fn with(mut value: J, name: &str, new: J) -> J {
    if new.is_null() {
        value.as_object_mut().unwrap().remove(name);
    } else {
        value[name] = new;
    }
    value
}

#[test]
fn a_good_token_is_read() {
    let own = signer(Alg::EdDsa);
    let token = own.sign_with(&header(), &claims()).unwrap();
    let read = read(&token, &own.public()).unwrap();
    assert_eq!((read.sub.as_str(), read.grant, read.space), ("7", Some(Id(2)), SpaceId(1)));
}

#[test]
fn forged_headers_are_refused() {
    let (own, other) = (signer(Alg::EdDsa), signer(Alg::EdDsa));
    let key = own.public();
    let good = own.sign_with(&header(), &claims()).unwrap();
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let part = |json: &J| base64::encode(json.to_string().as_bytes());
    let hmac = |header: &J, secret: &[u8]| {
        let signed = format!("{}.{payload}", part(header));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        format!("{signed}.{}", base64::encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()).as_ref()))
    };
    let public = match &key {
        Jwk::Ed25519(x) => x.clone(),
        _ => Vec::new(),
    };
    let es256 = signer(Alg::Es256);
    let forged = [
        ("alg none, no signature", format!("{}.{payload}.", part(&with(header(), "alg", json!("none"))))),
        ("alg none, old signature", format!("{}.{payload}.{signature}", part(&with(header(), "alg", json!("none"))))),
        ("alg NoNe", format!("{}.{payload}.", part(&with(header(), "alg", json!("NoNe"))))),
        ("no alg", format!("{}.{payload}.{signature}", part(&with(header(), "alg", J::Null)))),
        ("HS256 with the public key", hmac(&with(header(), "alg", json!("HS256")), &public)),
        (
            "HS256 with the public key as JSON",
            hmac(&with(header(), "alg", json!("HS256")), key.to_json().to_string().as_bytes()),
        ),
        ("the key's other algorithm", es256.sign_with(&with(header(), "alg", json!("ES256")), &claims()).unwrap()),
        ("a stranger's key", other.sign_with(&header(), &claims()).unwrap()),
        ("an embedded jwk", other.sign_with(&with(header(), "jwk", other.public().to_json()), &claims()).unwrap()),
        ("a jku", other.sign_with(&with(header(), "jku", json!("https://evil.example/jwks")), &claims()).unwrap()),
        ("an x5u", other.sign_with(&with(header(), "x5u", json!("https://evil.example/cert")), &claims()).unwrap()),
        ("an unknown kid", own.sign_with(&with(header(), "kid", json!("../../dev/null")), &claims()).unwrap()),
        ("a critical extension", own.sign_with(&with(header(), "crit", json!(["x"])), &claims()).unwrap()),
        ("an ID token", own.sign_with(&with(header(), "typ", json!("JWT")), &claims()).unwrap()),
        ("no typ", own.sign_with(&with(header(), "typ", J::Null), &claims()).unwrap()),
        ("another payload", format!("{head}.{}.{signature}", part(&with(claims(), "sub", json!("8"))))),
        ("no signature", format!("{head}.{payload}.")),
        ("a signature of zeros", format!("{head}.{payload}.{}", base64::encode(&[0; 64]))),
    ];
    for (name, token) in forged {
        assert_eq!(read(&token, &key), Err(Refused::Bad), "{name}");
    }
    // ES256: r = s = 0 (CVE-2022-21449).
    let zeros = format!("{}.{payload}.{}", part(&with(header(), "alg", json!("ES256"))), base64::encode(&[0; 64]));
    assert_eq!(read(&zeros, &es256.public()), Err(Refused::Bad));
}

#[test]
fn signed_claims_that_are_wrong_are_refused() {
    let own = signer(Alg::EdDsa);
    for (name, value, why) in [
        ("exp", json!(NOW), Refused::Expired),
        ("exp", json!(NOW - 1), Refused::Expired),
        ("exp", J::Null, Refused::Bad),
        ("exp", json!("never"), Refused::Bad),
        ("iat", json!(NOW + 61), Refused::Bad),
        ("nbf", json!(NOW + 61), Refused::Bad),
        ("nbf", json!("x"), Refused::Bad),
        ("iss", json!("https://crm.example/"), Refused::Bad),
        ("iss", json!("https://evil.example"), Refused::Bad),
        ("aud", json!("https://other.example"), Refused::Bad),
        ("aud", json!([]), Refused::Bad),
        ("aud", J::Null, Refused::Bad),
        ("aud", json!({"https://crm.example": 1}), Refused::Bad),
        ("sub", J::Null, Refused::Bad),
        ("sub", json!(7), Refused::Bad),
        ("jti", J::Null, Refused::Bad),
        ("client_id", J::Null, Refused::Bad),
        ("scope", json!(["admin"]), Refused::Bad),
        ("space", J::Null, Refused::Bad),
        ("space", json!("1 OR 1=1"), Refused::Bad),
        ("cnf", json!({}), Refused::Bad),
        ("cnf", json!({"x5t#S256": "x"}), Refused::Bad),
    ] {
        let token = own.sign_with(&header(), &with(claims(), name, value.clone())).unwrap();
        assert_eq!(read(&token, &own.public()), Err(why), "{name} {value}");
    }
    for (name, value) in
        [("iat", json!(NOW + 60)), ("nbf", json!(NOW + 60)), ("aud", json!(["x", ISSUER])), ("exp", json!(NOW + 1))]
    {
        let token = own.sign_with(&header(), &with(claims(), name, value.clone())).unwrap();
        assert!(read(&token, &own.public()).is_ok(), "{name} {value}");
    }
}
