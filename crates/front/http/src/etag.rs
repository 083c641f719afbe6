//! Entity tags and preconditions (RFC 9110, 8.8.3 and 13.1): a record's tag is its version, `"7"`.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};
use kontor_model::{Error, ErrorCode, Result};

/// A precondition header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`
    Any,
    List(Vec<Tag>),
}

/// One entity tag, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub weak: bool,
    pub text: String,
}

impl Tags {
    /// Reads `*` or a list of tags.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(header: &str) -> Result<Self, &'static str> {
        let mut rest = header.trim_matches([' ', '\t']);
        if rest == "*" {
            return Ok(Tags::Any);
        }
        let mut tags = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            let weak = rest.starts_with("W/");
            let opened = rest.strip_prefix("W/").unwrap_or(rest);
            let text = opened.strip_prefix('"').ok_or("a tag is written in double quotes, as \"7\"")?;
            let (text, after) = text.split_once('"').ok_or("a tag ends with a double quote")?;
            if text.bytes().any(|b| b <= b' ' || b == 0x7F) {
                return Err("a tag has no spaces or control characters");
            }
            tags.push(Tag { weak, text: text.to_owned() });
            rest = after.trim_start_matches([' ', '\t']);
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None if rest.is_empty() => return Ok(Tags::List(tags)),
                None => return Err("tags are separated by commas"),
            }
        }
    }

    /// Whether one of them is `text`, weak or not (RFC 9110, 8.8.3.2).
    pub fn weakly(&self, text: &str) -> bool {
        match self {
            Tags::Any => true,
            Tags::List(tags) => tags.iter().any(|tag| tag.text == text),
        }
    }
}

/// Lines of one header joined; None when it is absent.
fn header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>> {
    let mut joined = String::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| malformed(name, "only ASCII is allowed"))?;
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(text);
    }
    if headers.get(name).is_none() {
        return Ok(None);
    }
    Tags::parse(&joined).map(Some).map_err(|why| malformed(name, why))
}

fn malformed(name: &HeaderName, why: &str) -> Error {
    let name = if *name == IF_MATCH { "If-Match" } else { "If-None-Match" };
    Error::new(ErrorCode::Malformed, format!("{name} is malformed: {why}"))
}

/// `If-None-Match`.
///
/// # Errors
/// 400000.
pub fn if_none_match(headers: &HeaderMap) -> Result<Option<Tags>> {
    if headers.get(IF_NONE_MATCH).is_none() {
        return Ok(None);
    }
    header(headers, &IF_NONE_MATCH)
}

/// The version that `If-Match` demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// No header, or `*`: whatever version there is.
    Any,
    /// One of these.
    OneOf(Vec<i64>),
}

impl Expected {
    /// The one version, when there is no more than one.
    pub fn single(&self) -> Option<i64> {
        match self {
            Expected::OneOf(versions) => versions.first().copied(),
            Expected::Any => None,
        }
    }
}

/// `If-Match`. Weak tags and tags that are no version match no record, and so stand for version 0.
///
/// # Errors
/// 400000.
pub fn if_match(headers: &HeaderMap) -> Result<Expected> {
    if headers.get(IF_MATCH).is_none() {
        return Ok(Expected::Any);
    }
    Ok(match header(headers, &IF_MATCH)? {
        None | Some(Tags::Any) => Expected::Any,
        Some(Tags::List(tags)) => {
            let version = |tag: &Tag| if tag.weak { 0 } else { tag.text.parse().ok().filter(|v| *v > 0).unwrap_or(0) };
            let mut versions: Vec<i64> = tags.iter().map(version).collect();
            versions.sort_unstable_by(|a, b| b.cmp(a));
            versions.dedup();
            Expected::OneOf(versions)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn expected(text: &'static str) -> Result<Expected> {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_static(text));
        if_match(&headers)
    }

    #[test]
    fn versions_are_read_from_strong_tags() {
        assert_eq!(expected("\"7\"").unwrap(), Expected::OneOf(vec![7]));
        assert_eq!(expected(" \"7\" , \"9\"").unwrap(), Expected::OneOf(vec![9, 7]));
        assert_eq!(expected("*").unwrap(), Expected::Any);
        assert_eq!(expected("W/\"7\"").unwrap(), Expected::OneOf(vec![0]));
        assert_eq!(expected("\"abc\"").unwrap(), Expected::OneOf(vec![0]));
        for bad in ["7", "\"7", "\"7\" \"8\"", "\"7\",", "", "W/7", "\"a b\"", "*, \"7\""] {
            assert_eq!(expected(bad).unwrap_err().code(), ErrorCode::Malformed, "{bad}");
        }
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), Expected::Any);
    }

    #[test]
    fn none_match_is_weak() {
        assert!(Tags::parse("\"1\", W/\"7\"").unwrap().weakly("7"));
        assert!(Tags::parse("*").unwrap().weakly("7"));
        assert!(!Tags::parse("\"1\"").unwrap().weakly("7"));
    }
}
