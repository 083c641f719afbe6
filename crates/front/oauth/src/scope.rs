//! Scopes (api.md 2): which there are, who may ask for them, what they are called on the consent page.

use std::collections::BTreeSet;

/// Scopes of OpenID Connect.
pub const OPENID: &[&str] = &["openid", "profile", "email", "offline_access"];
/// Those that speak of everything in a space.
pub const WIDE: &[&str] = &["crm:read", "crm:write", "metadata:write", "scim", "admin"];
/// Only for clients that an administrator has made.
const MANAGED_ONLY: &[&str] = &["metadata:write", "scim", "admin"];
const MOST: usize = 64;

/// A checked list of scopes, each once, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// Reads the parameter `scope` (RFC 6749, 3.3).
    ///
    /// # Errors
    /// The scope that is not known here.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            if !is_known(name) {
                return Err(name.chars().filter(char::is_ascii_graphic).take(80).collect());
            }
            names.insert(name.to_owned());
        }
        if names.len() > MOST {
            return Err(format!("more than {MOST} scopes"));
        }
        Ok(Self(names))
    }

    /// What was stored; names that are no scopes any more are left out.
    pub fn stored(text: &str) -> Self {
        Self(text.split(' ').filter(|name| is_known(name)).map(str::to_owned).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether this asks for nothing that `wider` does not have.
    pub fn is_within(&self, wider: &Scope) -> bool {
        self.0.iter().all(|name| wider.covers(name))
    }

    fn covers(&self, name: &str) -> bool {
        if self.has(name) {
            return true;
        }
        if OPENID.contains(&name) {
            return false;
        }
        if self.has("admin") {
            return true;
        }
        match name.rsplit_once(':') {
            Some(("crm" | "metadata", _)) | None => false,
            Some((collection, "read")) => {
                self.has("crm:read") || self.has(&format!("{collection}:write")) || self.has("crm:write")
            }
            Some((_, "write")) => self.has("crm:write"),
            Some(_) => false,
        }
    }

    /// Scopes that a client which nobody vouches for may not have.
    pub fn reserved(&self) -> Option<&str> {
        MANAGED_ONLY.iter().copied().find(|name| self.has(name))
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

fn is_known(name: &str) -> bool {
    if OPENID.contains(&name) || WIDE.contains(&name) {
        return true;
    }
    name.split_once(':').is_some_and(|(collection, verb)| {
        matches!(verb, "read" | "write")
            && !matches!(collection, "crm" | "metadata")
            && (1..=64).contains(&collection.len())
            && collection.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// What the consent page says.
pub fn words(name: &str) -> String {
    match name {
        "openid" => "Know who you are".into(),
        "profile" => "See your name".into(),
        "email" => "See your e-mail address".into(),
        "offline_access" => "Keep this access while you are away".into(),
        "crm:read" => "Read all records that you may read".into(),
        "crm:write" => "Change all records that you may change".into(),
        "metadata:write" => "Change objects and fields".into(),
        "admin" => "Do everything that you may do as an administrator".into(),
        other => match other.split_once(':') {
            Some((collection, "write")) => format!("Read and change {}", collection.replace('_', " ")),
            Some((collection, _)) => format!("Read {}", collection.replace('_', " ")),
            None => other.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_scopes_are_read_and_others_named() {
        assert_eq!(Scope::parse("openid  deals:read openid").unwrap().to_string(), "deals:read openid");
        for bad in [
            "root",
            "deals:delete",
            "Deals:read",
            ":read",
            "crm:delete",
            "metadata:read",
            "a b:read\"",
            "deals:read:write",
        ] {
            assert!(Scope::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn narrower_is_told_from_wider() {
        let of = |text| Scope::parse(text).unwrap();
        for (narrow, wide) in [
            ("deals:read", "crm:read"),
            ("deals:write", "crm:write"),
            ("deals:read", "deals:write"),
            ("crm:read", "crm:read crm:write"),
            ("deals:write metadata:write crm:write", "admin"),
            ("", "openid"),
        ] {
            assert!(of(narrow).is_within(&of(wide)), "{narrow} in {wide}");
        }
        for (wider, narrow) in [
            ("crm:read", "deals:read"),
            ("deals:write", "crm:read"),
            ("admin", "crm:write"),
            ("openid", "admin"),
            ("deals:write", "deals:read"),
            ("contacts:read", "deals:read"),
            ("crm:write", "crm:read"),
            ("metadata:write", "crm:write"),
        ] {
            assert!(!of(wider).is_within(&of(narrow)), "{wider} in {narrow}");
        }
    }
}
