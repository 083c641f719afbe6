//! What the scopes of api.md 2 are by role.

use kontor_records::{Policy, Reach};

/// All scopes that a role can make use of: a session has them, and a key for which none were named.
pub fn of_role(policy: &Policy) -> Vec<String> {
    let writes = |rule: &kontor_records::Rule| rule.create || rule.update.max(rule.delete) != Reach::None;
    let scopes: &[&str] = if policy.manages {
        &["admin", "crm:read", "crm:write", "metadata:write"]
    } else if policy.own_rules().any(writes) {
        &["crm:read", "crm:write"]
    } else {
        // Who changes nothing else still reads its own news, and says so.
        let private = policy.private.values().map(|collection| format!("{collection}:write"));
        return std::iter::once("crm:read".to_owned()).chain(private).collect();
    };
    scopes.iter().map(|s| (*s).to_owned()).collect()
}

/// Whether everything that `wanted` opens is opened by `held` too.
pub fn covers(held: &[&str], wanted: &str) -> bool {
    let has = |scope: &str| held.contains(&scope);
    if has("admin") || has(wanted) {
        return true;
    }
    match wanted.rsplit_once(':') {
        // Who may write may read (authorise.rs of the engine).
        Some(("crm", "read")) => has("crm:write"),
        Some((collection, "read")) if collection != "metadata" => {
            has("crm:read") || has("crm:write") || has(&format!("{collection}:write"))
        }
        Some((collection, "write")) if collection != "crm" && collection != "metadata" => has("crm:write"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn no_scope_grows() {
        for (held, wanted, may) in [
            (&["admin"][..], "metadata:write", true),
            (&["crm:write"], "contacts:write", true),
            (&["crm:write"], "crm:read", true),
            (&["contacts:write"], "contacts:read", true),
            (&["crm:read"], "contacts:read", true),
            (&["crm:read"], "contacts:write", false),
            (&["crm:read", "crm:write"], "metadata:write", false),
            (&["crm:write"], "admin", false),
            (&["contacts:write"], "deals:read", false),
            (&["contacts:read"], "crm:read", false),
            (&[], "openid", false),
        ] {
            assert_eq!(covers(held, wanted), may, "{held:?} {wanted}");
        }
    }
}
