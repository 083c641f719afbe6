//! What a provider's claims say of a person (OpenID Connect Core, 5.1).

use kontor_identity::accounts::Identity;
use kontor_identity::providers::Settings;
use serde_json::{Map, Value as J};

use super::id_token::SKEW_S;

/// More groups than this are a directory.
const GROUPS: usize = 2_000;

/// What says that an address is the person's own. `xms_edov` is Microsoft Entra's: the domain is the directory's.
const VERIFIED: [&str; 2] = ["email_verified", "xms_edov"];

/// Adds what the userinfo endpoint says. What was signed counts, and what is said of another address does not.
pub fn complete(claims: &mut Map<String, J>, more: Map<String, J>) {
    let same_address = !claims.contains_key("email") || claims.get("email") == more.get("email");
    for (name, value) in more {
        let fits = same_address || !VERIFIED.contains(&name.as_str());
        if fits && !claims.contains_key(&name) {
            claims.insert(name, value);
        }
    }
}

/// Whether something that is needed of a person is missing and may be asked for at the userinfo endpoint.
pub fn is_thin(claims: &Map<String, J>, settings: &Settings) -> bool {
    !claims.contains_key("email")
        || !VERIFIED.iter().any(|name| claims.contains_key(*name))
        || !claims.contains_key("name")
        || (!settings.group_roles.is_empty() && !claims.contains_key(&settings.groups_claim))
}

/// Somebody, as checked claims describe them; `begun_s` is when the sign-in began, in Unix seconds.
pub fn identity(claims: &Map<String, J>, settings: &Settings, begun_s: i64) -> Identity {
    let text = |name: &str| claims.get(name).and_then(J::as_str).map(str::trim).filter(|text| !text.is_empty());
    let names = [text("given_name"), text("family_name")];
    let joined = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = text("name").map(str::to_owned).or(Some(joined).filter(|name| !name.is_empty()));
    let verified = VERIFIED.iter().any(|name| claims.get(*name).is_some_and(is_true));
    let short = |text: &&str| (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    Identity {
        subject: text("sub").unwrap_or_default().to_owned(),
        email: text("email").map(str::to_owned),
        email_verified: verified,
        name: name.or_else(|| text("preferred_username").map(str::to_owned)),
        groups: texts(claims.get(&settings.groups_claim)),
        amr: texts(claims.get("amr")).iter().map(String::as_str).filter(short).take(10).map(str::to_owned).collect(),
        // One that lies before this sign-in is an older one that the provider still believes.
        auth_time: (claims.get("auth_time").and_then(J::as_i64))
            .filter(|at| *at > 0 && *at < begun_s - SKEW_S)
            .map(|at| at.saturating_mul(1_000)),
    }
}

/// Some providers write truth as text or as a number.
fn is_true(value: &J) -> bool {
    match value {
        J::Bool(value) => *value,
        J::String(text) => text == "true" || text == "1",
        J::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// A list of texts, or one text alone.
fn texts(value: Option<&J>) -> Vec<String> {
    match value {
        Some(J::String(text)) => vec![text.clone()],
        Some(J::Array(items)) => items.iter().filter_map(J::as_str).take(GROUPS).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(claims: J) -> Identity {
        identity(claims.as_object().unwrap(), &Settings::default(), 1_000)
    }

    #[test]
    fn people_are_read_as_providers_write_them() {
        let ada = of(json!({"sub": "1", "email": " Ada@acme.example ", "email_verified": "true", "given_name": "Ada",
            "family_name": "Lovelace", "groups": "crm", "amr": ["pwd", "x y", 7], "auth_time": 500}));
        assert_eq!((ada.name.as_deref(), ada.email.as_deref()), (Some("Ada Lovelace"), Some("Ada@acme.example")));
        assert!(ada.email_verified && ada.groups == ["crm"] && ada.amr == ["pwd"] && ada.auth_time == Some(500_000));
        let bob = of(json!({"sub": "2", "preferred_username": "bob", "groups": ["a", 1, "b"], "auth_time": 950}));
        assert_eq!((bob.name.as_deref(), bob.groups.len(), bob.auth_time), (Some("bob"), 2, None));
        for unsure in [
            json!({}),
            json!({"email_verified": false}),
            json!({"email_verified": "yes"}),
            json!({"email_verified": [true]}),
        ] {
            assert!(!of(unsure.clone()).email_verified, "{unsure}");
        }
        assert!(of(json!({"xms_edov": 1})).email_verified);
    }

    #[test]
    fn thin_tokens_are_completed() {
        let thin = |claims: J| is_thin(claims.as_object().unwrap(), &Settings::default());
        let full = json!({"email": "a@b.example", "name": "A", "email_verified": true});
        assert!(thin(json!({"email": "a@b.example", "name": "A"})) && !thin(full));
        let completed = |more: J| {
            let mut claims = json!({"sub": "1", "email": "a@b.example"}).as_object().unwrap().clone();
            complete(&mut claims, more.as_object().unwrap().clone());
            identity(&claims, &Settings::default(), 0)
        };
        let own = completed(json!({"sub": "2", "email": "a@b.example", "email_verified": true, "name": "A"}));
        assert!(own.email_verified && own.name.as_deref() == Some("A") && own.subject == "1");
        let other = completed(json!({"email": "c@b.example", "email_verified": true}));
        assert!(!other.email_verified && other.email.as_deref() == Some("a@b.example"));
    }
}
