//! Groups of a provider as roles of a space.

use super::Settings;
use crate::roles::BUILT_IN;

/// What groups make of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// Roles are not this provider's business.
    Unmanaged,
    Role(String),
    /// Nothing lets them in.
    Nobody,
}

impl Settings {
    /// The role of somebody with these groups. Of several the one that stands first in the list of shipped roles, and
    /// before any of the space's own; a user has one.
    pub fn mapped(&self, groups: &[String]) -> Mapped {
        if self.group_roles.is_empty() {
            return Mapped::Unmanaged;
        }
        let rank = |role: &str| BUILT_IN.iter().position(|(name, _)| *name == role).unwrap_or(BUILT_IN.len());
        let roles = groups.iter().filter_map(|group| self.group_roles.get(group));
        let best = roles.min_by_key(|role| (rank(role), role.as_str()));
        best.or(self.default_role.as_ref()).map_or(Mapped::Nobody, |role| Mapped::Role(role.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(roles: &[(&str, &str)], default: Option<&str>) -> Settings {
        Settings {
            group_roles: roles.iter().map(|(group, role)| ((*group).to_owned(), (*role).to_owned())).collect(),
            default_role: default.map(str::to_owned),
            ..Settings::default()
        }
    }

    #[test]
    fn the_widest_shipped_role_counts() {
        let of = settings(&[("a", "field sales"), ("b", "sales"), ("c", "admin"), ("d", "bench")], Some("read-only"));
        let mapped = |groups: &[&str]| of.mapped(&groups.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>());
        assert_eq!(mapped(&["a", "b", "c"]), Mapped::Role("admin".into()));
        assert_eq!(mapped(&["a", "b"]), Mapped::Role("sales".into()));
        assert_eq!(mapped(&["a", "d", "x"]), Mapped::Role("bench".into()));
        assert_eq!(mapped(&["x", "A"]), Mapped::Role("read-only".into()));
        assert_eq!(settings(&[("a", "sales")], None).mapped(&[]), Mapped::Nobody);
        assert_eq!(settings(&[], None).mapped(&["a".into()]), Mapped::Unmanaged);
    }
}
