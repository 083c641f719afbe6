//! URLs that carry credentials and must not be printed.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A URL whose password is shown only by [`SecretUrl::expose`]: `Debug`, `Display` and `Serialize` write
/// `postgres://user:***@host/db`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Takes any `scheme://rest`, also forms that are no URL by RFC 3986 but that drivers take, as
    /// `postgres://a,b/db`.
    ///
    /// # Errors
    /// What is wrong, without the text itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or("is not a URL")?;
        let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'+' || b == b'-');
        if !scheme_fits {
            return Err("is not a URL".to_owned());
        }
        if rest.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("is not a URL: the host is missing, or there is white space in it".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The part before `://`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The whole URL with its password, for the driver and nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The text of a URL with what may be secret replaced. It hides too much rather than too little: a password may
/// hold an unescaped `/`, `?` or `@`.
pub(crate) fn masked(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return "***".to_owned() };
    let (user_info, rest) = match rest.rsplit_once('@') {
        Some((user_info, rest)) => (Some(user_info), rest),
        None => (None, rest),
    };
    let shown_user = match user_info {
        // NATS puts a token where others have the user (nats://token@host).
        Some(info) => match info.split_once(':') {
            Some((user, _)) => format!("{user}:***@"),
            None if scheme == "postgres" || scheme == "postgresql" => format!("{info}@"),
            None => "***@".to_owned(),
        },
        None => String::new(),
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let query = query.map(masked_query).unwrap_or_default();
    format!("{scheme}://{shown_user}{place}{query}")
}

fn masked_query(query: &str) -> String {
    const SHOWN: &[&str] = &["sslmode", "host", "port", "application_name", "connect_timeout", "dbname", "user", "db"];
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if !SHOWN.contains(&name) => format!("{name}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("?{}", pairs.join("&"))
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&masked(&self.0))
    }
}

impl TryFrom<String> for SecretUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

/// A secret that is printed as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretText(String);

/// Of 32 bytes in hexadecimal.
const DIGITS: usize = 64;

impl SecretText {
    /// # Errors
    /// What is wrong, without the text itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() != DIGITS || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("is not {DIGITS} hexadecimal digits"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret, for what needs it and nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl TryFrom<String> for SecretText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_printed() {
        for (url, shown) in [
            ("postgres://user:s3cret@host/db", "postgres://user:***@host/db"),
            ("postgres://user:s3/cr?e@t@host/db", "postgres://user:***@host/db"),
            ("postgres://user@a:1,b:2/db?sslmode=require", "postgres://user@a:1,b:2/db?sslmode=require"),
            ("postgres:///db?host=/run&password=s3cret", "postgres:///db?host=/run&password=***"),
            ("redis://:s3cret@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
            ("nats://s3cret@127.0.0.1", "nats://***@127.0.0.1"),
            ("kafka://a:9092,b:9092", "kafka://a:9092,b:9092"),
        ] {
            let secret = SecretUrl::parse(url).unwrap();
            assert_eq!(format!("{secret:?}"), shown);
            assert_eq!(secret.to_string(), shown);
            assert_eq!(serde_json::to_value(&secret).unwrap(), shown);
            assert_eq!(secret.expose(), url);
        }
    }

    #[test]
    fn a_secret_is_long_and_never_printed() {
        let secret = SecretText::parse(&"5".repeat(64)).unwrap();
        assert_eq!(format!("{secret:?} {}", serde_json::to_value(&secret).unwrap()), "*** \"***\"");
        assert!(SecretText::parse(&"5".repeat(63)).is_err() && SecretText::parse(&"s".repeat(64)).is_err());
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in ["", "host:5432", "postgres://", "://host", "Postgres://h", "postgres://h\n/db", "postgres://h /db"]
        {
            assert!(SecretUrl::parse(text).is_err(), "{text}");
        }
    }
}
