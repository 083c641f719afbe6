//! Parameters of a query or form, each at most once (RFC 6749, 3.1 and 3.2).

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::error::OAuthError;

const MOST: usize = 100;

/// Parameters by name; those without a value count as absent.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// A query string or a form's body.
    ///
    /// # Errors
    /// invalid_request for a repeated parameter, or for text that is not UTF-8.
    pub fn parse(text: &[u8]) -> Result<Self, OAuthError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            if name.contains('\u{FFFD}') || value.contains('\u{FFFD}') || value.contains('\0') {
                return Err(OAuthError::invalid_request("a parameter is not UTF-8"));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
                return Err(OAuthError::invalid_request(format!("the parameter {name} is there twice")));
            }
            if pairs.len() >= MOST {
                return Err(OAuthError::invalid_request("there are too many parameters"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self(pairs))
    }

    /// A body that must be a form.
    ///
    /// # Errors
    /// invalid_request for another type, and as [`Form::parse`].
    pub fn body(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError::invalid_request("send Content-Type: application/x-www-form-urlencoded"));
        }
        Self::parse(body)
    }

    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// # Errors
    /// invalid_request when it is absent.
    pub fn need(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(format!("the parameter {name} is missing")))
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_comes_once() {
        let form = Form::parse(b"a=1&b=%C3%BC+x&empty=").unwrap();
        assert_eq!((form.get("a"), form.get("b"), form.get("empty")), (Some("1"), Some("ü x"), None));
        assert_eq!(form.need("c").unwrap_err().code, "invalid_request");
        for bad in [&b"a=1&a=1"[..], b"a=1&%61=2", b"a=%FF", b"a=&a=1", b"a=%00"] {
            assert_eq!(Form::parse(bad).unwrap_err().code, "invalid_request");
        }
    }
}
