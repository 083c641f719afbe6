//! Lists (RFC 7644, 3.4.2): filter, order, page.
//!
//! What an index can answer of a filter narrows what is read; the filter itself is held against the resources as they
//! are answered with, so that it means the same for every attribute.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use kontor_model::{Count, Filter as Records, Query, Sort};
use kontor_records::Ctx;
use serde_json::{Value as J, json};

use crate::Scim;
use crate::error::{Kind, Refused, answer, refused};
use crate::filter::{self, Attribute, Filter, Op};
use crate::project::Projection;
use crate::schema::Type;

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Resources of a page.
pub const MOST: u64 = 200;
const USUAL: u64 = 100;
/// Records that a filter without an index, or an order, may look at.
const SCANNED: usize = 20_000;
const PAGE: u32 = 500;

/// What is asked for.
#[derive(Debug)]
pub struct Asked {
    pub filter: Option<Filter>,
    sort: Option<(Attribute, bool)>,
    /// Counted from 0.
    start: u64,
    count: u64,
    pub projection: Projection,
}

impl Asked {
    /// From a query string's parameters.
    ///
    /// # Errors
    /// invalidFilter, invalidValue.
    pub fn of(kind: &Type, given: &BTreeMap<String, String>) -> Result<Self, Refused> {
        let text = |name: &str| given.get(name).map(String::as_str);
        let filter = text("filter").map(|text| read_filter(kind, text)).transpose()?;
        let number = |name: &str| match text(name).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => text
                .parse::<i64>()
                .map(Some)
                .map_err(|_| refused(Kind::InvalidValue, format!("{name} is a number, not {text}"))),
        };
        let sort = match text("sortBy") {
            None => None,
            Some(by) => match filter::path(by) {
                Ok(filter::Path { attribute, filter: None }) if kind.knows(None, &attribute) => Some(attribute),
                _ => return Err(refused(Kind::InvalidPath, format!("sortBy: there is no attribute {by}"))),
            },
        };
        let down = match text("sortOrder") {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(refused(Kind::InvalidValue, "sortOrder is ascending or descending")),
        };
        let start = u64::try_from(number("startIndex")?.unwrap_or(1).max(1) - 1).unwrap_or_default();
        let count = number("count")?.map_or(USUAL, |n| u64::try_from(n.max(0)).unwrap_or_default()).min(MOST);
        Ok(Self {
            filter,
            sort: sort.map(|by| (by, down)),
            start,
            count,
            projection: Projection::new(text("attributes"), text("excludedAttributes"))?,
        })
    }

    /// From the body of a search, whose lists are lists.
    ///
    /// # Errors
    /// As [`Asked::of`].
    pub fn searched(kind: &Type, body: &J) -> Result<Self, Refused> {
        let one = |value: &J| match value {
            J::String(text) => Some(text.clone()),
            J::Number(number) => Some(number.to_string()),
            J::Array(all) => Some(all.iter().filter_map(J::as_str).collect::<Vec<_>>().join(",")),
            _ => None,
        };
        let members = body.as_object().into_iter().flatten();
        Self::of(kind, &members.filter_map(|(name, value)| Some((name.clone(), one(value)?))).collect())
    }
}

fn read_filter(kind: &Type, text: &str) -> Result<Filter, Refused> {
    let filter = filter::filter(text).map_err(|why| refused(Kind::InvalidFilter, format!("filter: {why}")))?;
    for (around, attribute) in filter.attributes() {
        if !kind.knows(around, attribute) {
            return Err(refused(Kind::InvalidFilter, format!("there is no attribute {}", attribute.name)));
        }
    }
    Ok(filter)
}

/// The text that an attribute must be equal to for the filter to hold.
pub fn required<'a>(filter: &'a Filter, name: &str) -> Option<&'a str> {
    match filter {
        Filter::Test(attribute, Op::Eq, J::String(text))
            if attribute.name.eq_ignore_ascii_case(name)
                && attribute.sub.as_deref().is_none_or(|sub| sub.eq_ignore_ascii_case("value")) =>
        {
            Some(text)
        }
        Filter::And(all) => all.iter().find_map(|one| required(one, name)),
        _ => None,
    }
}

/// A condition of the engine.
pub fn equal(path: &str, value: impl Into<kontor_model::Json>) -> Records {
    Records::Test { path: path.to_owned(), op: kontor_model::Op::Eq, value: value.into() }
}

impl Scim {
    /// Records of an object as JSON, oldest first.
    ///
    /// # Errors
    /// tooMany for more than can be looked at; the engine's.
    pub async fn all(&self, ctx: &Ctx, object: &str, filter: Option<Records>) -> Result<Vec<J>, Refused> {
        let (mut out, mut cursor) = (Vec::new(), None);
        loop {
            let query = Query {
                object: object.to_owned(),
                filter: filter.clone(),
                sort: vec![Sort::parse("id")],
                limit: Some(PAGE),
                cursor: cursor.take(),
                ..Query::default()
            };
            let listing = self.records.list(ctx, &query).await?;
            out.extend(parsed(&listing.data)?);
            match listing.next_cursor {
                Some(next) if out.len() < SCANNED => cursor = Some(next),
                Some(_) => {
                    return Err(refused(
                        Kind::TooMany,
                        "the filter looks at too much: ask with eq of userName, id or externalId",
                    ));
                }
                None => return Ok(out),
            }
        }
    }

    /// The records of a page that nothing narrows, and how many there are.
    ///
    /// # Errors
    /// The engine's.
    pub async fn page(&self, ctx: &Ctx, kind: &Type, asked: &Asked) -> Result<(Vec<J>, u64), Refused> {
        let query = Query {
            object: kind.object.to_owned(),
            sort: vec![Sort::parse("id")],
            limit: Some(u32::try_from(asked.count.max(1)).unwrap_or(1)),
            offset: Some(asked.start),
            count: Count::Exact,
            ..Query::default()
        };
        let listing = self.records.list(ctx, &query).await?;
        let mut records = parsed(&listing.data)?;
        records.truncate(usize::try_from(asked.count).unwrap_or_default());
        Ok((records, listing.total.unwrap_or_default()))
    }
}

fn parsed(data: &[u8]) -> Result<Vec<J>, Refused> {
    let mut text = Vec::with_capacity(data.len() + 2);
    text.push(b'[');
    text.extend_from_slice(data);
    text.push(b']');
    serde_json::from_slice(&text).map_err(|error| kontor_model::Error::internal(error).into())
}

impl Asked {
    /// Whether the engine's own pages are those that are asked for.
    pub fn is_plain(&self) -> bool {
        self.filter.is_none() && self.sort.is_none()
    }

    /// What is left of resources: those for which the filter holds, in order, and how many they are.
    pub fn chosen(&self, mut resources: Vec<J>) -> (Vec<J>, u64) {
        if let Some(filter) = &self.filter {
            resources.retain(|resource| filter::holds(filter, resource));
        }
        if let Some((by, down)) = &self.sort {
            resources.sort_by_cached_key(|resource| {
                let first = filter::values(resource, by).first().map(|value| match value {
                    J::String(text) => text.to_lowercase(),
                    other => other.to_string(),
                });
                Key(first, *down)
            });
        }
        let total = resources.len() as u64;
        let skip = usize::try_from(self.start).unwrap_or(usize::MAX);
        let take = usize::try_from(self.count).unwrap_or_default();
        (resources.into_iter().skip(skip).take(take).collect(), total)
    }

    /// The answer.
    pub fn answer(&self, resources: Vec<J>, total: u64) -> Response<Body> {
        let shown: Vec<J> = resources.into_iter().map(|resource| self.projection.of(resource)).collect();
        let body = json!({"schemas": [SCHEMA], "totalResults": total, "startIndex": self.start + 1,
            "itemsPerPage": shown.len(), "Resources": shown});
        answer(StatusCode::OK, &body, None)
    }
}

/// A list of everything there is.
pub fn whole(resources: &[J]) -> Response<Body> {
    let body = json!({"schemas": [SCHEMA], "totalResults": resources.len(), "startIndex": 1,
        "itemsPerPage": resources.len(), "Resources": resources});
    answer(StatusCode::OK, &body, None)
}

/// What is missing comes last, and first when the order is turned round (RFC 7644, 3.4.2.3).
#[derive(PartialEq, Eq)]
struct Key(Option<String>, bool);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if self.1 { order.reverse() } else { order }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
