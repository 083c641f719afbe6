//! Bodies as the request log may keep them: secrets masked first, then cut.

use serde_json::Value as J;

/// What stands in the place of a secret.
pub const MASKED: &str = "[masked]";
/// The most bytes of a body that are kept.
const KEPT: usize = 16 << 10;
/// The longest body that is looked through.
const READ: usize = 256 << 10;

/// Members whose name has one of these in it, `-` and `_` left out, hold secrets.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "apikey",
    "privatekey",
    "accesskey",
    "credential",
    "cookie",
    "recoverycode",
    "otp",
    "assertion",
    "signature",
];
/// Exact names that are too short to look for within others.
const SECRET_WORDS: &[&str] = &["pin", "cvv", "cvc", "key"];
/// Beginnings of secrets of this and of other houses.
const SECRET_BEGINNINGS: &[&str] =
    &["ak_", "whsec_", "sk_live_", "sk_test_", "rt_", "ghp_", "github_pat_", "xoxb-", "xoxp-", "AKIA"];

/// A body as it is kept. None for an empty one; what is no JSON or too long is only counted.
pub fn masked(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    if body.len() > READ {
        return Some(format!("[left out: {} bytes]", body.len()));
    }
    let Ok(mut document) = serde_json::from_slice::<J>(body) else {
        return Some(format!("[not JSON: {} bytes]", body.len()));
    };
    mask(&mut document);
    let mut text = document.to_string();
    if text.len() > KEPT {
        text.truncate(text.floor_char_boundary(KEPT));
        text.push('…');
    }
    Some(text)
}

fn mask(value: &mut J) {
    match value {
        J::Object(members) => {
            // A fault says the field's name beside what was sent in it.
            let of_secret = members.get("field").and_then(J::as_str).is_some_and(is_secret_name);
            for (name, value) in members.iter_mut() {
                let is_secret = is_secret_name(name) || (of_secret && name == "value");
                if is_secret && !value.is_null() && !value.is_boolean() {
                    *value = MASKED.into();
                } else {
                    mask(value);
                }
            }
        }
        J::Array(items) => items.iter_mut().for_each(mask),
        J::String(text) => {
            if let Some(clean) = without_secrets(text) {
                *text = clean;
            }
        }
        _ => {}
    }
}

fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SECRET_WORDS.contains(&plain.as_str()) || SECRET_NAMES.iter().any(|secret| plain.contains(secret))
}

/// The text with its secrets masked; None when it has none.
fn without_secrets(text: &str) -> Option<String> {
    let in_word = |c: char| c.is_ascii_alphanumeric() || "-_.+/=~".contains(c);
    let mut out = String::new();
    let mut found = false;
    let mut rest = text;
    while let Some(start) = rest.find(in_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !in_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        let secret = is_secret(word);
        out.push_str(if secret { MASKED } else { word });
        found |= secret;
        rest = after;
    }
    out.push_str(rest);
    found.then_some(out)
}

/// A key of a known form, or a JSON Web Token (RFC 7519): three parts, the first of which begins as `{"` does in base64url.
fn is_secret(word: &str) -> bool {
    // Keys are also written behind a name: key=ak_…
    let named = word.rsplit(['=', '/']).find(|part| !part.is_empty()).unwrap_or(word);
    let key =
        |text: &str| SECRET_BEGINNINGS.iter().any(|head| text.strip_prefix(head).is_some_and(|rest| rest.len() >= 8));
    let token = |text: &str| text.starts_with("eyJ") && text.matches('.').count() >= 2;
    key(word) || key(named) || token(word) || token(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &J) -> J {
        serde_json::from_str(&masked(body.to_string().as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn secrets_are_masked_by_name() {
        for name in [
            "password",
            "new_password",
            "client_secret",
            "Authorization",
            "api_key",
            "X-Api-Key",
            "access_token",
            "privateKey",
            "pin",
        ] {
            assert_eq!(read(&json!({name: "hunter2"})), json!({name: MASKED}), "{name}");
            assert_eq!(read(&json!([{"a": {name: ["hunter2"]}}])), json!([{"a": {name: MASKED}}]), "{name}");
        }
        let fault =
            json!({"errors": [{"field": "data.password", "value": "hunter2"}, {"field": "name", "value": "x"}]});
        assert_eq!(
            read(&fault),
            json!({"errors": [{"field": "data.password", "value": MASKED}, {"field": "name", "value": "x"}]})
        );
        let plain = json!({"name": "Acme", "shipping": "x", "monkey": "y", "password": null, "ok": true, "n": 1.5});
        assert_eq!(read(&plain), plain);
    }

    #[test]
    fn secrets_are_masked_by_their_form() {
        let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln";
        for secret in ["ak_00000000000000000000000000abcdef", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", jwt] {
            assert_eq!(read(&json!({"note": secret})), json!({"note": MASKED}));
            assert_eq!(
                read(&json!({"note": format!("use {secret}, please")})),
                json!({"note": format!("use {MASKED}, please")})
            );
            assert!(!masked(format!("\"https://x.example/?k={secret}\"").as_bytes()).unwrap().contains(secret));
        }
        for plain in ["break_even", "ak_47", "eyJ", "Straße 1, 北京", "a.b.c"] {
            assert_eq!(read(&json!({"note": plain})), json!({"note": plain}));
        }
    }

    #[test]
    fn what_cannot_be_looked_through_is_left_out() {
        assert_eq!(masked(b""), None);
        assert_eq!(masked(b"password=hunter2").unwrap(), "[not JSON: 16 bytes]");
        assert_eq!(masked(&vec![b' '; READ + 1]).unwrap(), format!("[left out: {} bytes]", READ + 1));
        let long = masked(json!({"text": "é".repeat(20_000)}).to_string().as_bytes()).unwrap();
        assert!(long.len() <= KEPT + 3 && long.ends_with('…'));
    }
}
