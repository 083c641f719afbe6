//! The query string: named parameters, each at most once, in any order (api.md 6).

use std::str::FromStr;

use kontor_model::{Count, Error, ErrorCode, Filter, Json, Query, Result, Sort, name};

use kontor_questions::words::{count, op, sort};
use kontor_records::{DEFAULT_LIMIT, MAX_LIMIT};

use crate::percent;

/// What a list takes besides filters.
pub const LIST: &[&str] = &["limit", "cursor", "offset", "sort", "fields", "expand", "count", "q", "deleted", "filter"];
/// What the answer of one record takes.
pub const READ: &[&str] = &["fields", "expand"];
/// What a list of entries takes.
pub const PAGE: &[&str] = &["limit", "cursor"];
/// What a change takes.
pub const CHANGE: &[&str] = &["allow_duplicates"];

/// Decoded parameters.
#[derive(Debug, Default, PartialEq)]
pub struct Params(Vec<(String, String)>);

fn malformed(detail: String) -> Error {
    Error::new(ErrorCode::Malformed, detail)
}

fn bad_query(detail: String) -> Error {
    Error::new(ErrorCode::BadQuery, detail)
}

impl Params {
    /// Reads a query string; `filter` in `known` stands for all `filter[…]`.
    ///
    /// # Errors
    /// 400000 for a parameter that is unknown (naming the nearest), repeated or cannot be decoded.
    pub fn parse(query: &str, known: &[&str]) -> Result<Self> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent::decode(name, true, "a parameter's name")?.into_owned();
            let value = percent::decode(value, true, &format!("the parameter \"{name}\""))?.into_owned();
            let stem = name.split('[').next().unwrap_or_default();
            let is_filter = stem == "filter" && name != "filter";
            if !(known.contains(&stem) && (is_filter || name == stem)) || name == "filter" {
                return Err(malformed(unknown(&name, known)));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(malformed(format!("the parameter \"{name}\" is there more than once")));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// `limit`, within 32 bits; the engine says how much it may be.
    ///
    /// # Errors
    /// 400004.
    pub fn limit(&self) -> Result<Option<u32>> {
        self.number("limit", i32::MAX.unsigned_abs().into()).map(|n| n.and_then(|n| u32::try_from(n).ok()))
    }

    /// `limit` of a list that no plan is made for: 50 unless told, at most 500.
    ///
    /// # Errors
    /// 400004.
    pub fn page_limit(&self) -> Result<u32> {
        let limit = self.limit()?.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            return Ok(limit);
        }
        let detail = format!("limit must be between 1 and {MAX_LIMIT}, not {limit}");
        Err(Error::new(ErrorCode::LimitOutOfRange, detail))
    }

    /// `cursor` of a list whose cursor is the id that the page before ended with.
    ///
    /// # Errors
    /// 400005.
    pub fn before<T: FromStr>(&self) -> Result<Option<T>> {
        let before = self.cursor().map(str::parse).transpose();
        before.map_err(|_| Error::new(ErrorCode::BadCursor, "the cursor is none of this list's"))
    }

    fn number(&self, name: &str, most: u64) -> Result<Option<u64>> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse().ok().filter(|n| digits && *n <= most) {
            Some(n) => Ok(Some(n)),
            None => {
                let range = if name == "limit" {
                    "a whole number from 1 to 500"
                } else {
                    "a whole number that is not negative"
                };
                Err(Error::new(ErrorCode::LimitOutOfRange, format!("{name} must be {range}")))
            }
        }
    }

    /// # Errors
    /// 400000 for anything but true and false.
    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(malformed(format!("{name} must be true or false"))),
        }
    }

    /// Where a page begins; an empty cursor is the first page, as clients send it that fill in what they have.
    pub fn cursor(&self) -> Option<&str> {
        self.get("cursor").filter(|cursor| !cursor.is_empty())
    }

    /// A list of names separated by commas.
    ///
    /// # Errors
    /// 400003 for an empty name.
    pub fn names(&self, name: &str) -> Result<Option<Vec<String>>> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let names: Vec<String> = text.split(',').map(|n| n.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) {
            return Err(bad_query(format!("{name} is a list of names separated by commas, and one is empty")));
        }
        Ok(Some(names))
    }

    /// # Errors
    /// 400003.
    pub fn sort(&self) -> Result<Vec<Sort>> {
        self.names("sort")?.unwrap_or_default().iter().map(|text| sort(text)).collect()
    }

    /// # Errors
    /// 400000 naming the words that are right.
    pub fn count(&self) -> Result<Count> {
        self.get("count").map_or(Ok(Count::None), |text| {
            count(text).ok_or_else(|| malformed("count must be none, exact or estimate".to_owned()))
        })
    }

    /// All parameters `filter[…]` as they were sent.
    pub fn filters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(name, _)| name.starts_with("filter["))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All `filter[path]` and `filter[path][op]`, joined by AND; None without any.
    ///
    /// # Errors
    /// 400003 for brackets that are none, and for unknown operators, naming the nearest.
    pub fn filter(&self) -> Result<Option<Filter>> {
        let tests = self.0.iter().filter(|(name, _)| name.starts_with("filter["));
        let mut all = tests.map(|(name, value)| test(name, value)).collect::<Result<Vec<_>>>()?;
        Ok(if all.len() > 1 { Some(Filter::And(all)) } else { all.pop() })
    }

    /// Everything that a list takes.
    ///
    /// # Errors
    /// As the parts.
    pub fn query(&self, object: &str) -> Result<Query> {
        Ok(Query {
            object: object.to_owned(),
            filter: self.filter()?,
            text: self.get("q").map(str::to_owned),
            sort: self.sort()?,
            fields: self.names("fields")?,
            expand: self.names("expand")?.unwrap_or_default(),
            limit: self.limit()?,
            offset: self.number("offset", i64::MAX.unsigned_abs())?,
            cursor: self.cursor().map(str::to_owned),
            count: self.count()?,
            deleted: self.flag("deleted")?,
        })
    }
}

fn test(name: &str, value: &str) -> Result<Filter> {
    let wrong =
        || bad_query(format!("\"{}\" is no filter; write filter[field] or filter[field][operator]", short(name)));
    let inner = name.strip_prefix("filter[").and_then(|rest| rest.strip_suffix(']')).ok_or_else(wrong)?;
    let (path, operator) = inner.split_once("][").unwrap_or((inner, "eq"));
    if path.is_empty() || path.contains(['[', ']']) || operator.contains(['[', ']']) {
        return Err(wrong());
    }
    Ok(Filter::Test { path: path.to_owned(), op: op(operator)?, value: Json::String(value.to_owned()) })
}

fn unknown(given: &str, known: &[&str]) -> String {
    let hint = if given.starts_with("filter") && known.contains(&"filter") {
        " (write filter[field] or filter[field][operator])".to_owned()
    } else {
        name::hint(given, known.iter().copied().filter(|n| *n != "filter"))
    };
    let there = match known {
        [] => "this call takes none".to_owned(),
        known => format!("there are {}", known.join(", ").replace("filter", "filter[field]")),
    };
    format!("there is no parameter \"{}\"{hint}; {there}", short(given))
}

fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kontor_model::Op;
    use proptest::prelude::*;

    fn query(text: &str) -> Result<Query> {
        Params::parse(text, LIST)?.query("contact")
    }

    fn code(text: &str) -> ErrorCode {
        query(text).unwrap_err().code()
    }

    fn is(path: &str, op: Op, value: &str) -> Filter {
        Filter::Test { path: path.into(), op, value: value.into() }
    }

    #[test]
    fn a_whole_list() {
        let q = query("limit=100&sort=-created_at,name&fields=name,custom.score&expand=company&count=exact&q=a+b&offset=5&deleted=true").unwrap();
        assert_eq!(
            (q.limit, q.offset, q.count, q.deleted, q.text.as_deref()),
            (Some(100), Some(5), Count::Exact, true, Some("a b"))
        );
        assert_eq!(
            q.sort,
            [Sort { path: "created_at".into(), descending: true }, Sort { path: "name".into(), descending: false }]
        );
        assert_eq!((q.fields.unwrap().len(), q.expand), (2, vec!["company".to_owned()]));
        assert_eq!(query("").unwrap(), Query { object: "contact".into(), ..Query::default() });
    }

    #[test]
    fn filters() {
        assert_eq!(query("filter[city]=Berlin").unwrap().filter, Some(is("city", Op::Eq, "Berlin")));
        let both = "filter%5Bamount%5D%5Bgte%5D=100&filter[company.city][in]=a,b";
        assert_eq!(
            query(both).unwrap().filter,
            Some(Filter::And(vec![is("amount", Op::Gte, "100"), is("company.city", Op::In, "a,b")]))
        );
        for bad in
            ["filter[]=1", "filter[a", "filter[a]b=1", "filter[a][eq][b]=1", "filter[a][gtee]=1", "filter[a][]=1"]
        {
            assert_eq!(code(bad), ErrorCode::BadQuery, "{bad}");
        }
        let error = query("filter[a][containz]=1").unwrap_err();
        assert!(error.detail().contains("did you mean \"contains\""), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for bad in [
            "limit=",
            "limit=-1",
            "limit=abc",
            "limit=2147483648",
            "limit=99999999999999999999",
            "limit=1.5",
            "limit=+1",
            "offset=-1",
            "offset=",
        ] {
            assert_eq!(code(bad), ErrorCode::LimitOutOfRange, "{bad}");
        }
        for bad in [
            "limt=1",
            "limit=1&limit=2",
            "filter=1",
            "count=yes",
            "deleted=1",
            "q=%00",
            "q=%FF",
            "sort[a]=1",
            "=1",
            "Limit=1",
        ] {
            assert_eq!(code(bad), ErrorCode::Malformed, "{bad}");
        }
        for bad in ["sort=", "sort=-", "sort=a,,b", "sort=--a", "fields=", "expand=a,"] {
            assert_eq!(code(bad), ErrorCode::BadQuery, "{bad}");
        }
        assert!(query("limt=1").unwrap_err().detail().contains("did you mean \"limit\""));
        assert!(Params::parse("limit=1", &[]).unwrap_err().detail().contains("takes none"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(filter|limit|sort|q|&|=|\\[|\\]|%5B|%5D|%|[a-z0-9é,.-]){0,30}") {
            let _ = query(&text);
        }

        #[test]
        fn order_never_matters(pairs in Just(vec!["limit=3", "q=x", "filter[a]=1", "count=exact", "sort=a"]).prop_shuffle()) {
            let expected = query("limit=3&q=x&filter[a]=1&count=exact&sort=a").unwrap();
            prop_assert_eq!(query(&pairs.join("&")).unwrap(), expected);
        }
    }
}
