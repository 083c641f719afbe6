//! The versions of the API (api.md 9).

/// A version of the API, oldest first. What sets them apart is a list of named changes in `kontor_catalog::versions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ApiVersion {
    /// The words that declarations, audit entries and events are kept in.
    #[default]
    V1,
    V2,
}

impl ApiVersion {
    /// Oldest first.
    pub const ALL: &'static [ApiVersion] = &[ApiVersion::V1, ApiVersion::V2];
    pub const NEWEST: ApiVersion = ApiVersion::V2;

    /// The first part of its paths: `v1`.
    pub const fn name(self) -> &'static str {
        match self {
            ApiVersion::V1 => "v1",
            ApiVersion::V2 => "v2",
        }
    }

    /// What its paths begin with: `/v1/`.
    pub const fn prefix(self) -> &'static str {
        match self {
            ApiVersion::V1 => "/v1/",
            ApiVersion::V2 => "/v2/",
        }
    }

    /// The version after it.
    pub fn successor(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|other| *other > self)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.name() == name)
    }

    /// The version that a path is of, with what follows the prefix; None for one that has no versions.
    pub fn of_path(path: &str) -> Option<(Self, &str)> {
        Self::ALL.iter().find_map(|v| Some((*v, path.strip_prefix(v.prefix())?)))
    }

    /// A path of version 1 as this version has it; any other path as it is.
    pub fn path(self, path: &str) -> String {
        match path.strip_prefix(ApiVersion::V1.prefix()) {
            Some(rest) => format!("{}{rest}", self.prefix()),
            None => path.to_owned(),
        }
    }

    /// A sentence whose paths are of version 1, with the paths of this version.
    pub fn sentence(self, text: &str) -> std::borrow::Cow<'_, str> {
        if self == ApiVersion::V1 || !text.contains(ApiVersion::V1.prefix()) {
            return text.into();
        }
        text.replace(ApiVersion::V1.prefix(), self.prefix()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_their_version() {
        assert_eq!(ApiVersion::of_path("/v2/deals/7"), Some((ApiVersion::V2, "deals/7")));
        assert_eq!(ApiVersion::of_path("/v1/"), Some((ApiVersion::V1, "")));
        for none in ["/v1", "/v3/deals", "/healthz", "/openapi/v1.json", "v1/deals"] {
            assert_eq!(ApiVersion::of_path(none), None, "{none}");
        }
        assert_eq!(ApiVersion::V2.path("/v1/jobs/7"), "/v2/jobs/7");
        assert_eq!(ApiVersion::V2.path("/docs"), "/docs");
        assert_eq!((ApiVersion::V1.successor(), ApiVersion::NEWEST.successor()), (Some(ApiVersion::V2), None));
        assert_eq!(ApiVersion::V2.sentence("see /v1/jobs and /openapi/v1.json"), "see /v2/jobs and /openapi/v1.json");
        assert_eq!(ApiVersion::V1.sentence("see /v1/jobs"), "see /v1/jobs");
        for version in ApiVersion::ALL {
            assert_eq!(ApiVersion::from_name(version.name()), Some(*version));
            assert_eq!(version.prefix(), format!("/{}/", version.name()));
        }
    }
}
