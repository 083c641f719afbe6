//! What a request to a route takes of the limits, and of which.

use kontor_model::RouteKind;

use crate::route::{Access, Route};

/// Open routes where one says who one is; limited by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Pages for people.
    SignIn,
    /// Endpoints for applications.
    Token,
}

impl Gate {
    pub const fn name(self) -> &'static str {
        match self {
            Gate::SignIn => "sign_in",
            Gate::Token => "token",
        }
    }
}

/// A kind of routes with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Gate(Gate),
    /// Limited by credential.
    Route(RouteKind),
}

/// What a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Tokens of the credential's and the space's limits.
    pub cost: u64,
    pub kind: Option<Kind>,
}

impl Weight {
    /// Of a request like any other.
    pub const ONE: Self = Self { cost: 1, kind: None };
}

/// What a request to this route takes; a dear one costs `heavy`.
pub fn weight(route: &Route, heavy: u32) -> Weight {
    const HEAVY: &[&str] = &["batch", "composite", "aggregate", "imports", "exports"];
    let last = route.path.rsplit('/').next().unwrap_or_default();
    let cost = if route.method == "POST" && HEAVY.contains(&last) { u64::from(heavy) } else { 1 };
    Weight { cost, kind: kind(route, last) }
}

fn kind(route: &Route, last: &str) -> Option<Kind> {
    let is_asked = route.method != "GET";
    match route.path.split('/').nth(1).unwrap_or_default() {
        "sign-in" => Some(Kind::Gate(Gate::SignIn)),
        "oauth" if ["authorize", "device"].contains(&last) => Some(Kind::Gate(Gate::SignIn)),
        "oauth" if is_asked && route.access == Access::Open => Some(Kind::Gate(Gate::Token)),
        _ if !is_asked => None,
        _ => match last {
            "search" | "aggregate" => Some(Kind::Route(RouteKind::Search)),
            "batch" | "composite" | "imports" | "exports" => Some(Kind::Route(RouteKind::Bulk)),
            _ if route.access == Access::Metadata => Some(Kind::Route(RouteKind::Metadata)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Mark;

    fn of(method: &'static str, path: &'static str, access: Access) -> Weight {
        weight(&Route::new(method, path, "x", access, Mark::Partner, "x"), 5)
    }

    #[test]
    fn dear_requests_cost_more() {
        for path in
            ["/v1/{collection}/batch", "/v1/composite", "/v1/{collection}/aggregate", "/v1/exports", "/v1/imports"]
        {
            assert_eq!(of("POST", path, Access::Read).cost, 5, "{path}");
        }
        assert_eq!(of("POST", "/v1/{collection}/search", Access::Read).cost, 1);
        assert_eq!(of("GET", "/v1/{collection}", Access::Read), Weight::ONE);
    }

    #[test]
    fn routes_are_of_a_kind() {
        for (method, path, access, name) in [
            ("GET", "/sign-in", Access::Open, "sign_in"),
            ("POST", "/sign-in/second-factor", Access::Open, "sign_in"),
            ("GET", "/oauth/authorize", Access::Open, "sign_in"),
            ("POST", "/oauth/device", Access::Open, "sign_in"),
            ("POST", "/oauth/token", Access::Open, "token"),
            ("POST", "/oauth/introspect", Access::Open, "token"),
            ("GET", "/oauth/jwks", Access::Open, ""),
            ("POST", "/oauth/userinfo", Access::Signed, ""),
            ("POST", "/v1/{collection}/search", Access::Read, "search"),
            ("POST", "/v1/{collection}/aggregate", Access::Read, "search"),
            ("POST", "/v1/composite", Access::Write, "bulk"),
            ("POST", "/v1/imports", Access::Write, "bulk"),
            ("GET", "/v1/metadata/objects", Access::Read, ""),
            ("DELETE", "/v1/metadata/objects/{object}", Access::Metadata, "metadata"),
            ("POST", "/v1/{collection}", Access::Write, ""),
        ] {
            let name_of = |kind| match kind {
                Kind::Gate(gate) => gate.name(),
                Kind::Route(kind) => kind.name(),
            };
            assert_eq!(of(method, path, access).kind.map_or("", name_of), name, "{method} {path}");
        }
    }
}
