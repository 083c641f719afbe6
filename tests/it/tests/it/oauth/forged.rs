//! Forged access tokens (RFC 8725): what a stranger can make, and what even the holder of the signing key cannot pass
//! off as an access token of this API. None opens any route, in any version.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::StreamExt;
use kontor_http::route::Access;
use kontor_oauth::keys::seal::Vault;
use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use super::party::{App, base64url, claims, issuer};
use super::signed::now;
use crate::support::filled;

both!(forged_tokens_open_no_route);

fn part(json: &Value) -> String {
    base64url(json.to_string().as_bytes())
}

/// Everything that can be made without the server's private key.
fn forged(good: &str, key: &Value) -> Vec<(&'static str, String)> {
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    let changed = |name: &str, value: Value| {
        let mut all = claims(good);
        all[name] = value;
        part(&all)
    };
    let own = Ed25519KeyPair::generate().unwrap();
    let signed = |header: &Value, payload: &str| {
        let text = format!("{}.{payload}", part(header));
        let signature = base64url(own.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    };
    let hmac = |secret: &[u8], alg: &str| {
        let text = format!("{}.{payload}", part(&with("alg", json!(alg))));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        format!("{text}.{}", base64url(tag.as_ref()))
    };
    let es256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let by_es256 = {
        let text = format!("{}.{payload}", part(&with("alg", json!("ES256"))));
        let signature = es256.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", base64url(signature.as_ref()))
    };
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(own.public_key().as_ref())});
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let far = json!(4_000_000_000_i64);
    vec![
        ("alg none", format!("{}.{payload}.", part(&with("alg", json!("none"))))),
        ("alg none with a signature", format!("{}.{payload}.{signature}", part(&with("alg", json!("none"))))),
        ("alg nOnE", format!("{}.{payload}.", part(&with("alg", json!("nOnE"))))),
        ("alg empty", format!("{}.{payload}.{signature}", part(&with("alg", json!(""))))),
        ("HS256 by the public key", hmac(&public, "HS256")),
        ("HS256 by the key as JSON", hmac(key.to_string().as_bytes(), "HS256")),
        ("HS256 named EdDSA", hmac(&public, "EdDSA")),
        ("HS256 by nothing", hmac(b"", "HS256")),
        ("ES256 by a stranger", by_es256),
        ("a stranger's key under our kid", signed(&header, payload)),
        ("an embedded jwk", signed(&with("jwk", jwk), payload)),
        ("a jku", signed(&with("jku", json!("https://evil.example/jwks.json")), payload)),
        ("an x5u", signed(&with("x5u", json!("https://evil.example/x5u.pem")), payload)),
        ("a path as kid", signed(&with("kid", json!("../../../../dev/null")), payload)),
        ("SQL as kid", signed(&with("kid", json!("x' UNION SELECT 'k")), payload)),
        ("a critical extension", format!("{}.{payload}.{signature}", part(&with("crit", json!(["exp"]))))),
        ("another subject", format!("{head}.{}.{signature}", changed("sub", json!("1")))),
        ("more scope", format!("{head}.{}.{signature}", changed("scope", json!("admin crm:read crm:write")))),
        ("a longer life", format!("{head}.{}.{signature}", changed("exp", far.clone()))),
        ("a life in the future", signed(&header, &changed("nbf", far))),
        ("another audience", signed(&header, &changed("aud", json!("https://other.example")))),
        ("no signature", format!("{head}.{payload}.")),
        ("a signature of zeros", format!("{head}.{payload}.{}", base64url(&[0; 64]))),
        ("half a signature", good.get(..good.len() - 40).unwrap().to_owned()),
    ]
}

/// The installation's own signing key, unsealed as only somebody with the master key can: what it signs is genuine, and
/// still no access token unless its claims say so.
struct Genuine {
    key: Ed25519KeyPair,
    header: Value,
}

impl Genuine {
    fn of(api: &Api, kid: &str) -> Self {
        let digits = std::fs::read_to_string(api.place().data().join("master.key")).unwrap();
        let rows = api.place().rows(&format!("SELECT sealed FROM oauth_key WHERE kid = '{kid}'"));
        let sealed = rows[0][0].as_deref().unwrap().trim_start_matches("\\x").to_owned();
        let seed = Vault::new(&bytes(digits.trim())).open("oauth/signing-key/1", kid, &bytes(&sealed)).unwrap();
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid});
        Self { key: Ed25519KeyPair::from_seed_unchecked(&seed).unwrap(), header }
    }

    fn sign(&self, header: &Value, payload: &str) -> String {
        let text = format!("{}.{}", part(header), base64url(payload.as_bytes()));
        let signature = base64url(self.key.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    }

    /// A token with one claim changed, or taken out.
    fn with(&self, good: &str, name: &str, value: Value) -> String {
        let mut all = claims(good);
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name] = value;
        }
        self.sign(&self.header, &all.to_string())
    }

    /// A token with one member of the header changed.
    fn headed(&self, good: &str, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        if value.is_null() {
            header.as_object_mut().unwrap().remove(name);
        } else {
            header[name] = value;
        }
        self.sign(&header, &claims(good).to_string())
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// What the holder of the signing key can make.
fn misused(good: &str, genuine: &Genuine) -> Vec<(&'static str, String)> {
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let now = now();
    let said = claims(good);
    let twice = said.to_string().replacen('{', "{\"sub\":\"1\",", 1);
    let last = signature.chars().last().unwrap();
    // The last of 86 letters carries four bits: the others are not zero, and the bytes the same (RFC 4648, 3.5).
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let other = letters.chars().nth(letters.find(last).unwrap() ^ 1).unwrap();
    vec![
        ("an ID token's type", genuine.headed(good, "typ", json!("JWT"))),
        ("no type", genuine.headed(good, "typ", Value::Null)),
        ("the type of a proof", genuine.headed(good, "typ", json!("dpop+jwt"))),
        ("another installation's kid", genuine.headed(good, "kid", json!("other"))),
        ("no kid", genuine.headed(good, "kid", Value::Null)),
        ("a critical extension, signed", genuine.headed(good, "crit", json!(["exp"]))),
        ("an unencoded payload, signed", genuine.headed(good, "b64", json!(false))),
        ("another algorithm's name, signed", genuine.headed(good, "alg", json!("ES256"))),
        ("another issuer", genuine.with(good, "iss", json!("https://other.example"))),
        (
            "an issuer with a slash more",
            genuine.with(good, "iss", json!(format!("{}/", said["iss"].as_str().unwrap()))),
        ),
        ("no issuer", genuine.with(good, "iss", Value::Null)),
        ("another audience, signed", genuine.with(good, "aud", json!("https://other.example"))),
        ("no audience", genuine.with(good, "aud", Value::Null)),
        ("expired", genuine.with(good, "exp", json!(now - 1))),
        ("no expiry", genuine.with(good, "exp", Value::Null)),
        ("an expiry that is no number", genuine.with(good, "exp", json!("4000000000"))),
        ("not yet", genuine.with(good, "nbf", json!(now + 600))),
        ("given in the future", genuine.with(good, "iat", json!(now + 600))),
        ("no jti", genuine.with(good, "jti", Value::Null)),
        ("no subject", genuine.with(good, "sub", Value::Null)),
        ("a subject of nobody", genuine.with(good, "sub", json!("4242"))),
        ("no client", genuine.with(good, "client_id", Value::Null)),
        ("a client of nobody", genuine.with(good, "client_id", json!("kc_nobody"))),
        ("another space", genuine.with(good, "space", json!("7"))),
        ("no space", genuine.with(good, "space", Value::Null)),
        ("an agreement of nobody", genuine.with(good, "grant_id", json!("4242"))),
        ("bound to a key that is not shown", genuine.with(good, "cnf", json!({"jkt": "x".repeat(43)}))),
        ("bound in a way that is not known", genuine.with(good, "cnf", json!({"x5t#S256": "x"}))),
        ("a claim twice", genuine.sign(&genuine.header, &twice)),
        ("claims that are a list", genuine.sign(&genuine.header, "[]")),
        ("claims that are no JSON", genuine.sign(&genuine.header, "x")),
        ("huge", genuine.with(good, "pad", json!("x".repeat(10_000)))),
        ("letters behind it", format!("{good}AAAA")),
        ("a part behind it", format!("{good}.{signature}")),
        ("padded", format!("{head}.{payload}.{signature}==")),
        ("base64 that is not canonical", format!("{head}.{payload}.{}{other}", &signature[..signature.len() - 1])),
        ("the parts in another order", format!("{payload}.{head}.{signature}")),
        ("five parts, as an encrypted one", format!("{head}..{payload}.{payload}.{signature}")),
    ]
}

async fn forged_tokens_open_no_route(api: Api) {
    let app = App::confidential(&api).await;
    let tokens = app.tokens(&api, &[("scope", "openid crm:read crm:write admin")]).await;
    let good = tokens["access_token"].as_str().unwrap();
    let _ = api.with_key(good).get("/v1/customers?limit=1").await.expect(200);
    let keys = api.anonymous().get("/oauth/jwks").await.expect(200).json;
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(good.split('.').next().unwrap()).unwrap()).unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let genuine = Genuine::of(&api, header["kid"].as_str().unwrap());
    // What is signed like this is believed, so that what follows is refused for what it says.
    let _ = api.with_key(&genuine.with(good, "more", json!(1))).get("/v1/customers?limit=1").await.expect(200);
    let all = [
        forged(good, key),
        misused(good, &genuine),
        vec![("an ID token", tokens["id_token"].as_str().unwrap().to_owned())],
    ]
    .concat();
    assert!(all.len() >= 60, "{}", all.len());
    let document = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource\"", issuer(&api));
    let routes = kontor_rest::routes::ROUTES.iter().chain(kontor_oauth::ROUTES);
    let guarded = routes.filter(|route| route.access != Access::Open).flat_map(|route| {
        let newer = filled(route).replacen("/v1/", "/v2/", 1);
        let versions = if newer == filled(route) { vec![newer] } else { vec![filled(route), newer] };
        versions.into_iter().map(|path| (route.method, path))
    });
    let mut calls = Vec::new();
    for (method, path) in guarded {
        for (name, token) in &all {
            calls.push((*name, method, path.clone(), api.with_key(token)));
        }
    }
    assert!(calls.len() > 7_000, "{}", calls.len());
    let answers = futures::stream::iter(calls).map(|(name, method, path, caller)| async move {
        let reply = caller.request(method, &path).send().await;
        (name, reply)
    });
    let wrong: Vec<String> = answers
        .buffer_unordered(16)
        .filter_map(|(name, reply)| {
            let challenge = reply.header("www-authenticate");
            // Bound to a key, it is not for `Bearer` at all (RFC 9449, 7.2).
            let named = challenge.contains("error=\"invalid_token\"") && challenge.contains(&document);
            let code = reply.error_code();
            let right = reply.status == 401 && matches!(code, 401_001 | 401_002) && named;
            futures::future::ready((!right).then(|| format!("{name}: {challenge}: {reply}")))
        })
        .collect()
        .await;
    assert!(
        wrong.is_empty(),
        "{} were not refused as they should:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
    let _ = api.with_key(good).get("/v1/customers?limit=1").await.expect(200);
}
