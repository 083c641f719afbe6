//! What a provider may look like.

use std::collections::BTreeSet;

use kontor_model::Fault;

use super::Draft;

pub const SCOPES_MAX: usize = 20;
pub const DOMAINS_MAX: usize = 100;
pub const GROUPS_MAX: usize = 200;
pub const CLAIM_MAX: usize = 120;
const NAME_MAX: usize = 120;
const SECRET_MAX: usize = 1_000;

/// Puts a draft in order and says everything that is wrong with it. Whether the roles exist, and the issuer may be
/// called, is for those to ask who can tell.
pub fn check(draft: &mut Draft) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut wrong = |field: &str, code: &'static str, text: String| faults.push(Fault::new(field, code, text));
    let name = draft.name.trim().to_owned();
    if !(1..=NAME_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        wrong("name", "format", format!("must have 1 to {NAME_MAX} characters"));
    }
    draft.name = name;
    let id = &draft.client_id;
    if !(1..=255).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        wrong("client_id", "format", "must have 1 to 255 characters of ASCII".to_owned());
    }
    if let Some(Some(secret)) = &draft.secret
        && !(1..=SECRET_MAX).contains(&secret.len())
    {
        wrong("client_secret", "format", format!("must have 1 to {SECRET_MAX} bytes"));
    }
    let settings = &mut draft.settings;
    settings.domains = settings.domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
    dedup(&mut settings.domains);
    if settings.domains.len() > DOMAINS_MAX {
        wrong("domains", "too_many", format!("must be at most {DOMAINS_MAX}"));
    }
    if let Some(bad) = settings.domains.iter().find(|domain| !is_domain(domain)) {
        let shown: String = bad.chars().take(80).collect();
        wrong("domains", "format", format!("has {shown}, which is no e-mail domain such as acme.example"));
    }
    if settings.domains.is_empty() && (settings.just_in_time || settings.only) {
        wrong("domains", "required", "is required for just_in_time and for only".to_owned());
    }
    dedup(&mut settings.scopes);
    if !settings.scopes.iter().any(|scope| scope == "openid") {
        settings.scopes.insert(0, "openid".to_owned());
    }
    // scope-token of RFC 6749, 3.3.
    let is_scope = |text: &str| {
        (1..=CLAIM_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    if settings.scopes.len() > SCOPES_MAX || !settings.scopes.iter().all(|scope| is_scope(scope)) {
        wrong("scopes", "format", format!("must be at most {SCOPES_MAX} scopes (RFC 6749, 3.3)"));
    }
    let claim = &settings.groups_claim;
    if !(1..=CLAIM_MAX).contains(&claim.len()) || claim.chars().any(char::is_control) {
        wrong("groups_claim", "format", format!("must be the name of a claim, of at most {CLAIM_MAX} bytes"));
    }
    let long = |text: &String| text.is_empty() || text.chars().count() > 255;
    if settings.group_roles.len() > GROUPS_MAX || settings.group_roles.keys().any(long) {
        wrong("group_roles", "format", format!("must have at most {GROUPS_MAX} groups, of at most 255 characters"));
    }
    // An owner is made by an owner, not by a directory.
    if settings.group_roles.values().any(|role| role == "owner") {
        wrong("group_roles", "not_allowed", "must not give the role owner: an owner is made in Kontor".to_owned());
    }
    if settings.default_role.as_deref() == Some("owner") {
        wrong("default_role", "not_allowed", "must not be owner: an owner is made in Kontor".to_owned());
    }
    faults
}

fn dedup(texts: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    texts.retain(|text| seen.insert(text.clone()));
}

/// Labels of letters, digits and hyphens, at least two.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{Settings, domain};

    fn draft() -> Draft {
        Draft {
            name: " Acme ".into(),
            issuer: "https://id.acme.example".into(),
            client_id: "kontor".into(),
            secret: Some(Some("s".into())),
            settings: Settings {
                domains: vec!["Acme.Example".into(), "acme.example".into()],
                scopes: vec!["email".into()],
                just_in_time: true,
                ..Settings::default()
            },
            is_enabled: true,
        }
    }

    #[test]
    fn a_draft_is_put_in_order() {
        let mut good = draft();
        assert!(check(&mut good).is_empty());
        assert_eq!((good.name.as_str(), &good.settings.domains), ("Acme", &vec!["acme.example".to_owned()]));
        assert_eq!(good.settings.scopes, ["openid", "email"]);
    }

    #[test]
    fn each_fault_names_its_field() {
        type Spoil = fn(&mut Draft);
        let cases: &[(&str, Spoil)] = &[
            ("name", |d| d.name = " ".into()),
            ("client_id", |d| d.client_id = "ä".into()),
            ("client_secret", |d| d.secret = Some(Some(String::new()))),
            ("domains", |d| d.settings.domains.clear()),
            ("domains", |d| d.settings.domains = vec!["example".into()]),
            ("domains", |d| d.settings.domains = vec!["@acme.example".into()]),
            ("domains", |d| d.settings.domains = vec!["*.example".into()]),
            ("scopes", |d| d.settings.scopes = vec!["a b".into()]),
            ("groups_claim", |d| d.settings.groups_claim.clear()),
            ("group_roles", |d| drop(d.settings.group_roles.insert("a".into(), "owner".into()))),
            ("default_role", |d| d.settings.default_role = Some("owner".into())),
        ];
        for (field, spoil) in cases {
            let mut bad = draft();
            spoil(&mut bad);
            let faults = check(&mut bad);
            assert!(faults.len() == 1 && faults[0].field == *field, "{field}: {faults:?}");
        }
    }

    #[test]
    fn the_domain_is_behind_the_last_at() {
        assert_eq!(domain("Ada@Acme.Example").as_deref(), Some("acme.example"));
        assert_eq!(domain("a@evil.example@acme.example").as_deref(), Some("acme.example"));
        assert_eq!((domain("acme.example"), domain("@acme.example"), domain("ada@")), (None, None, None));
    }
}
