//! What a client says of itself, in the words of RFC 7591, 2. Members that are not known are ignored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as J};

use super::Source;
use crate::error::OAuthError;
use crate::jose::{Alg, Jwk};
use crate::redirect;
use crate::scope::Scope;

pub const CODE: &str = "authorization_code";
pub const REFRESH: &str = "refresh_token";
pub const CREDENTIALS: &str = "client_credentials";
pub const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Every grant there is; no implicit, no password (RFC 9700, 2.1.2 and 2.4).
pub const GRANTS: &[&str] = &[CODE, REFRESH, CREDENTIALS, DEVICE, EXCHANGE];
/// Those of clients that nobody vouches for.
const OPEN_GRANTS: &[&str] = &[CODE, REFRESH, DEVICE];
const MOST_URIS: usize = 20;
const LONGEST_NAME: usize = 120;

/// How a client shows that it is itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    None,
    Basic,
    Post,
    PrivateKeyJwt,
}

impl AuthMethod {
    pub const ALL: [AuthMethod; 4] = [AuthMethod::None, AuthMethod::Basic, AuthMethod::Post, AuthMethod::PrivateKeyJwt];

    pub const fn name(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::Basic => "client_secret_basic",
            AuthMethod::Post => "client_secret_post",
            AuthMethod::PrivateKeyJwt => "private_key_jwt",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    pub const fn has_secret(self) -> bool {
        matches!(self, AuthMethod::Basic | AuthMethod::Post)
    }
}

/// What is stored of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    /// The widest that it may ask for; empty is no limit of its own.
    pub scope: String,
    pub jwks: Option<J>,
    pub jwks_uri: Option<String>,
    pub client_uri: Option<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub id_token_signed_response_alg: Option<String>,
    pub dpop_bound_access_tokens: bool,
    pub require_pushed_authorization_requests: bool,
}

impl Metadata {
    pub fn grants(&self, grant: &str) -> bool {
        self.grant_types.iter().any(|known| known == grant)
    }

    pub fn scope(&self) -> Scope {
        Scope::stored(&self.scope)
    }

    pub fn id_token_alg(&self) -> Alg {
        self.id_token_signed_response_alg.as_deref().and_then(Alg::from_name).unwrap_or(Alg::Es256)
    }
}

/// Metadata with what stands beside them in a client's row.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    pub name: String,
    pub auth_method: AuthMethod,
    pub metadata: Metadata,
}

fn wrong(description: impl Into<String>) -> OAuthError {
    OAuthError::new("invalid_client_metadata", description)
}

fn text<'a>(members: &'a Map<String, J>, name: &str) -> Result<Option<&'a str>, OAuthError> {
    match members.get(name) {
        None | Some(J::Null) => Ok(None),
        Some(J::String(text)) if text.len() <= 2_048 && !text.chars().any(char::is_control) => Ok(Some(text)),
        Some(_) => Err(wrong(format!("{name} is not a text of at most 2,048 characters"))),
    }
}

fn texts(members: &Map<String, J>, name: &str) -> Result<Option<Vec<String>>, OAuthError> {
    let J::Array(items) = members.get(name).unwrap_or(&J::Null) else {
        return if members.get(name).is_none_or(J::is_null) {
            Ok(None)
        } else {
            Err(wrong(format!("{name} is not a list")))
        };
    };
    if items.len() > MOST_URIS {
        return Err(wrong(format!("{name} has more than {MOST_URIS} members")));
    }
    let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().map(Some).ok_or_else(|| wrong(format!("{name} is not a list of texts")))
}

fn flag(members: &Map<String, J>, name: &str) -> Result<bool, OAuthError> {
    match members.get(name) {
        None | Some(J::Null) => Ok(false),
        Some(J::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong(format!("{name} is neither true nor false"))),
    }
}

fn https(members: &Map<String, J>, name: &str) -> Result<Option<String>, OAuthError> {
    match text(members, name)? {
        None => Ok(None),
        Some(address) if url::Url::parse(address).is_ok_and(|u| u.scheme() == "https" && u.username().is_empty()) => {
            Ok(Some(address.to_owned()))
        }
        Some(_) => Err(wrong(format!("{name} is not an https address"))),
    }
}

/// Reads and checks metadata.
///
/// # Errors
/// invalid_redirect_uri and invalid_client_metadata (RFC 7591, 3.2.2), each naming what is wrong.
pub fn read(body: &J, source: Source) -> Result<Described, OAuthError> {
    let members = body.as_object().ok_or_else(|| wrong("the metadata are not a JSON object"))?;
    let method = match (text(members, "token_endpoint_auth_method")?, source) {
        (Some(name), _) => {
            AuthMethod::from_name(name).ok_or_else(|| wrong("token_endpoint_auth_method is not known here"))?
        }
        (None, Source::Document) => AuthMethod::None,
        (None, _) => AuthMethod::Basic,
    };
    if source == Source::Document && method.has_secret() {
        return Err(wrong("a public document cannot name a client with a secret"));
    }
    let redirect_uris = texts(members, "redirect_uris")?.unwrap_or_default();
    for uri in &redirect_uris {
        redirect::check(uri).map_err(|why| OAuthError::new("invalid_redirect_uri", why))?;
    }
    let grant_types = texts(members, "grant_types")?.unwrap_or_else(|| vec![CODE.into()]);
    let known = if source == Source::Managed { GRANTS } else { OPEN_GRANTS };
    if let Some(grant) = grant_types.iter().find(|grant| !known.contains(&grant.as_str())) {
        let grant: String = grant.chars().filter(char::is_ascii_graphic).take(80).collect();
        return Err(wrong(format!("the grant type {grant} is not for this client; there are {}", known.join(", "))));
    }
    let of = |grant: &str| grant_types.iter().any(|known| known == grant);
    if of(CODE) && redirect_uris.is_empty() {
        return Err(OAuthError::new("invalid_redirect_uri", "redirect_uris has at least one member"));
    }
    if method == AuthMethod::None && (of(CREDENTIALS) || of(EXCHANGE)) {
        return Err(wrong("client_credentials and token exchange need a client that authenticates itself"));
    }
    if texts(members, "response_types")?.is_some_and(|types| types.iter().any(|t| t != "code")) {
        return Err(wrong("the only response type is code"));
    }
    let scope = Scope::parse(text(members, "scope")?.unwrap_or_default())
        .map_err(|name| wrong(format!("the scope {name} is not known")))?;
    if source != Source::Managed
        && let Some(name) = scope.reserved()
    {
        return Err(wrong(format!("the scope {name} is only for clients that an administrator has made")));
    }
    let jwks = members.get("jwks").filter(|set| !set.is_null()).cloned();
    let jwks_uri = https(members, "jwks_uri")?;
    if jwks.is_some() && jwks_uri.is_some() {
        return Err(wrong("jwks and jwks_uri exclude each other"));
    }
    if let Some(set) = &jwks {
        let keys = set.get("keys").and_then(J::as_array).filter(|keys| keys.len() <= MOST_URIS);
        if keys.is_none_or(|keys| keys.iter().any(|key| Jwk::parse(key).is_none())) {
            return Err(wrong("jwks is not a set of public keys for EdDSA, ES256 or RS256"));
        }
    }
    if method == AuthMethod::PrivateKeyJwt && jwks.is_none() && jwks_uri.is_none() {
        return Err(wrong("private_key_jwt needs jwks or jwks_uri"));
    }
    let id_token_alg = text(members, "id_token_signed_response_alg")?;
    if id_token_alg.is_some_and(|alg| !matches!(alg, "EdDSA" | "ES256")) {
        return Err(wrong("id_token_signed_response_alg is EdDSA or ES256"));
    }
    let post_logout = texts(members, "post_logout_redirect_uris")?.unwrap_or_default();
    for uri in &post_logout {
        redirect::check(uri).map_err(wrong)?;
    }
    let name: String =
        text(members, "client_name")?.unwrap_or("An application").trim().chars().take(LONGEST_NAME).collect();
    Ok(Described {
        name: if name.is_empty() { "An application".into() } else { name },
        auth_method: method,
        metadata: Metadata {
            redirect_uris,
            grant_types,
            scope: scope.to_string(),
            jwks,
            jwks_uri,
            client_uri: https(members, "client_uri")?,
            post_logout_redirect_uris: post_logout,
            id_token_signed_response_alg: id_token_alg.map(str::to_owned),
            dpop_bound_access_tokens: flag(members, "dpop_bound_access_tokens")?,
            require_pushed_authorization_requests: flag(members, "require_pushed_authorization_requests")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_defaults_are_those_of_the_rfc() {
        let read = read(&json!({"redirect_uris": ["https://a.example/cb"], "unknown": 1}), Source::Dynamic).unwrap();
        assert_eq!(
            (read.auth_method, read.metadata.grant_types.as_slice()),
            (AuthMethod::Basic, &[CODE.to_owned()][..])
        );
        assert_eq!(read.metadata.id_token_alg(), Alg::Es256);
    }

    #[test]
    fn what_is_refused_at_registration() {
        let good = json!({"redirect_uris": ["https://a.example/cb"]});
        for (name, value, code) in [
            ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["https://a.example/cb#x"]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["http://a.example/cb"]), "invalid_redirect_uri"),
            ("redirect_uris", json!([]), "invalid_redirect_uri"),
            ("redirect_uris", json!("https://a.example/cb"), "invalid_client_metadata"),
            ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
            ("grant_types", json!(["password"]), "invalid_client_metadata"),
            ("grant_types", json!([CREDENTIALS]), "invalid_client_metadata"),
            ("grant_types", json!([EXCHANGE]), "invalid_client_metadata"),
            ("response_types", json!(["token"]), "invalid_client_metadata"),
            ("scope", json!("admin"), "invalid_client_metadata"),
            ("scope", json!("root"), "invalid_client_metadata"),
            ("jwks", json!({"keys": [{"kty": "oct", "k": "AAAA"}]}), "invalid_client_metadata"),
            ("jwks_uri", json!("http://a.example/jwks"), "invalid_client_metadata"),
            ("token_endpoint_auth_method", json!("private_key_jwt"), "invalid_client_metadata"),
            ("token_endpoint_auth_method", json!("tls_client_auth"), "invalid_client_metadata"),
            ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
            ("client_name", json!(7), "invalid_client_metadata"),
            ("post_logout_redirect_uris", json!(["javascript:x"]), "invalid_client_metadata"),
            ("dpop_bound_access_tokens", json!("yes"), "invalid_client_metadata"),
        ] {
            let mut body = good.clone();
            body[name] = value.clone();
            assert_eq!(read(&body, Source::Dynamic).unwrap_err().code, code, "{name} {value}");
        }
        assert!(read(&json!([]), Source::Managed).is_err());
        assert!(
            read(
                &json!({"redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": "client_secret_basic"}),
                Source::Document
            )
            .is_err()
        );
    }
}
