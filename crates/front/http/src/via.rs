//! Which way a request came in.

use axum::http::Extensions;

use crate::route::Mark;

/// The listeners of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Side {
    /// The only one: every route.
    #[default]
    Only,
    /// The one that faces the world, beside an internal one: no private routes.
    Public,
    /// The internal one: every route.
    Internal,
}

impl Side {
    /// Whether a route with this mark is there.
    pub fn shows(self, mark: Mark) -> bool {
        self != Side::Public || mark != Mark::Private
    }
}

/// How a request came in; the server puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Via {
    pub side: Side,
    /// Whether the connection itself is TLS.
    pub is_tls: bool,
}

impl Via {
    /// Of a request; one without a connection came by the only listener.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_side_hides_and_only_what_is_private() {
        for mark in [Mark::Public, Mark::Partner, Mark::Private] {
            assert!(Side::Only.shows(mark) && Side::Internal.shows(mark));
            assert_eq!(Side::Public.shows(mark), mark != Mark::Private);
        }
    }
}
