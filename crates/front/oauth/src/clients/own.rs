//! The installation's own web interface: a client that is there from the start and is kept in no table.
//!
//! It is a public client (RFC 6749, 2.1) whose pages lie at the issuer's own address, so a code that it asks for comes
//! back to this server and to nobody else; the person is not asked whether Kontor may use Kontor.

use kontor_model::{Id, SpaceId};

use super::metadata::{CODE, REFRESH};
use super::{AuthMethod, Client, Metadata, Source};

/// By this name the interface asks for access.
pub const CLIENT_ID: &str = "kontor-web";
/// Below every id that is ever given (ids carry the time).
pub const ID: Id = Id(1);

const SCOPE: &str = "openid profile email crm:read crm:write metadata:write admin";

/// The client, its addresses at `issuer`, which has no slash at its end.
pub fn client(issuer: &str) -> Client {
    Client {
        id: ID,
        client_id: CLIENT_ID.to_owned(),
        space: SpaceId(0),
        source: Source::BuiltIn,
        name: "Kontor".to_owned(),
        auth_method: AuthMethod::None,
        secret_hash: None,
        metadata: Metadata {
            redirect_uris: vec![format!("{issuer}/app/signed-in")],
            grant_types: vec![CODE.to_owned(), REFRESH.to_owned()],
            scope: SCOPE.to_owned(),
            post_logout_redirect_uris: vec![format!("{issuer}/app/signed-out")],
            ..Metadata::default()
        },
        user: None,
        role: None,
        created_at: 0,
        fetched_at: None,
        revoked: false,
    }
}

impl Client {
    /// Whether an answer to this address reaches nobody but this server. A loopback address with another port is
    /// another program's (RFC 8252, 8.6).
    pub fn is_own_page(&self, redirect_uri: &str) -> bool {
        self.source == Source::BuiltIn && self.metadata.redirect_uris.iter().any(|own| own == redirect_uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_page_is_its_own() {
        let own = client("http://127.0.0.1:8080");
        assert!(own.is_own_page("http://127.0.0.1:8080/app/signed-in"));
        for other in ["http://127.0.0.1:8081/app/signed-in", "http://127.0.0.1:8080/app", "https://evil.example/"] {
            assert!(!own.is_own_page(other), "{other}");
        }
        let managed = Client { source: Source::Managed, ..own };
        assert!(!managed.is_own_page("http://127.0.0.1:8080/app/signed-in"));
    }
}
