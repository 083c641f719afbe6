//! The conditions of a segment as a filter: other segments that they name are put in their place.

use kontor_model::{Error, ErrorCode, Fault, Filter, Id, Json, Op, Query, Result, Sort, Value};
use kontor_questions::filters;
use kontor_records::{Ctx, Found, Listing, Sight, refusal};

/// How far segments may name each other.
const DEEPEST: usize = 8;
/// The most members of a frozen segment that another may name.
const MOST_KEPT: u64 = 10_000;

/// Whom a segment holds, as a question.
pub(crate) struct Members {
    pub object: String,
    pub filter: Option<Filter>,
}

/// What a segment says, saved or about to be.
pub(crate) struct Definition<'a> {
    pub id: Id,
    pub object: &'a str,
    pub conditions: Option<Json>,
}

impl Definition<'_> {
    /// # Errors
    /// The conditions are no JSON, which they were checked to be.
    pub fn of(segment: &Found) -> Result<Definition<'_>> {
        let conditions = match segment.value("conditions").as_str() {
            Some(text) => Some(Json::parse_str(text).map_err(Error::internal)?),
            None => None,
        };
        Ok(Definition { id: segment.id, object: target(segment.text("target_object")), conditions })
    }
}

pub(crate) fn target(object: &str) -> &str {
    if object.is_empty() { "contact" } else { object }
}

impl Members {
    /// Of a segment that is saved: those that it follows, or keeps.
    ///
    /// # Errors
    /// 422000 for segments that name each other in a ring; 400003 for conditions that fit no more; the database's.
    pub async fn of(sight: &Sight<'_>, segment: &Found) -> Result<Self> {
        let object = target(segment.text("target_object")).to_owned();
        if segment.text("kind") == "frozen" {
            let filter = Some(kept(sight, segment).await?);
            return Ok(Self { object, filter });
        }
        Self::defined(sight, &Definition::of(segment)?).await
    }

    /// Of a definition.
    ///
    /// # Errors
    /// As [`Members::of`].
    pub async fn defined(sight: &Sight<'_>, definition: &Definition<'_>) -> Result<Self> {
        let mut above = vec![definition.id];
        let filter = match definition.conditions.as_ref().filter(|json| !is_nothing(json)) {
            Some(json) => Some(Box::pin(resolved(sight, json, definition.object, &mut above)).await?),
            None => None,
        };
        Ok(Self { object: definition.object.to_owned(), filter })
    }

    /// A question for those behind an id, in the order of their ids.
    pub fn after(&self, id: Option<Id>, limit: u32) -> Query {
        let behind = id.map(|id| Filter::Test { path: "id".into(), op: Op::Gt, value: Json::String(id.to_string()) });
        let filter = match (self.filter.clone(), behind) {
            (Some(own), Some(behind)) => Some(Filter::And(vec![own, behind])),
            (own, behind) => own.or(behind),
        };
        Query {
            object: self.object.clone(),
            filter,
            sort: vec![Sort { path: "id".to_owned(), descending: false }],
            limit: Some(limit),
            ..Query::default()
        }
    }
}

fn is_nothing(json: &Json) -> bool {
    json.as_object().is_some_and(<[_]>::is_empty) || json.as_array().is_some_and(<[_]>::is_empty)
}

/// Everybody.
fn all() -> Filter {
    Filter::Test { path: "id".into(), op: Op::IsNull, value: Json::Bool(false) }
}

fn wrong(message: impl Into<String>) -> Error {
    Fault::new("conditions", "format", message).into()
}

/// A condition with the segments that it names in their place. `above` are those that it is part of.
async fn resolved(sight: &Sight<'_>, json: &Json, object: &str, above: &mut Vec<Id>) -> Result<Filter> {
    // A list of conditions: all of them.
    if let Some(items) = json.as_array() {
        let all = Json::Object(vec![("and".to_owned(), Json::Array(items.to_vec()))]);
        return Box::pin(resolved(sight, &all, object, above)).await;
    }
    let Some([(key, value)]) = json.as_object() else { return filters::filter(json, "conditions") };
    match key.as_str() {
        "and" | "or" => {
            let items = value.as_array().filter(|items| !items.is_empty() && items.len() <= 200);
            let items = items.ok_or_else(|| wrong(format!("{key} takes a list of conditions")))?;
            let mut parts = Vec::with_capacity(items.len());
            for item in items {
                parts.push(Box::pin(resolved(sight, item, object, above)).await?);
            }
            Ok(if key == "and" { Filter::And(parts) } else { Filter::Or(parts) })
        }
        "not" => Ok(Filter::Not(Box::new(Box::pin(resolved(sight, value, object, above)).await?))),
        "segment" => {
            let id: Option<Id> = value.as_str().and_then(|text| text.parse().ok());
            let id = id.ok_or_else(|| wrong("segment takes the id of a segment"))?;
            let other = sight.record("segment", id).await?;
            let other = other.ok_or_else(|| wrong(format!("segment {id} does not exist here")))?;
            named(sight, &other, object, above).await
        }
        _ => filters::filter(json, "conditions"),
    }
}

async fn named(sight: &Sight<'_>, other: &Found, object: &str, above: &mut Vec<Id>) -> Result<Filter> {
    if above.contains(&other.id) {
        let ring: Vec<String> = above.iter().chain([&other.id]).map(Id::to_string).collect();
        let detail = format!("a segment may not be a part of itself: {}", ring.join(" names "));
        return Err(refusal("segment_ring", detail));
    }
    if above.len() >= DEEPEST {
        return Err(refusal("segment_depth", format!("segments name each other at most {DEEPEST} deep")));
    }
    let definition = Definition::of(other)?;
    if definition.object != object {
        let message = format!("segment {} holds {}, and this one {object}", other.id, definition.object);
        return Err(wrong(message));
    }
    if other.text("kind") == "frozen" {
        return kept(sight, other).await;
    }
    let Some(json) = definition.conditions.filter(|json| !is_nothing(json)) else { return Ok(all()) };
    above.push(other.id);
    let filter = Box::pin(resolved(sight, &json, object, above)).await;
    above.pop();
    filter
}

/// Those that a frozen segment keeps.
async fn kept(sight: &Sight<'_>, segment: &Found) -> Result<Filter> {
    let of = [("segment_id", Op::Eq, Value::Int(segment.id.0)), ("left_at", Op::IsNull, Value::Bool(true))];
    let rows = sight.find("segment_member", &of, MOST_KEPT + 1).await?;
    if rows.len() as u64 > MOST_KEPT {
        let detail = format!("a frozen segment that is used in another, or listed, has at most {MOST_KEPT} members");
        return Err(refusal("segment_size", detail));
    }
    let ids = rows.iter().filter_map(|row| row.int("record_id")).map(|id| Json::String(id.to_string()));
    Ok(Filter::Test { path: "id".into(), op: Op::In, value: Json::Array(ids.collect()) })
}

/// A page of ids and names.
///
/// # Errors
/// 400003; the database's.
pub(crate) async fn page(sight: &Sight<'_>, ctx: &Ctx, mut query: Query, named: bool) -> Result<(Listing, Vec<Json>)> {
    let def = ctx.catalog.require(&query.object)?;
    let mut fields = vec!["id".to_owned()];
    let name = &def.native().name_field;
    if named && name != "id" && def.field(name).is_some() {
        fields.push(name.clone());
    }
    query = filters::resolved(def, query);
    query.fields = Some(fields);
    let listing = sight.records().list(ctx, &query).await?;
    let text = [b"[".as_slice(), &listing.data, b"]"].concat();
    let rows = Json::parse(&text).map_err(Error::internal)?;
    let rows = rows.as_array().unwrap_or_default().to_vec();
    Ok((listing, rows))
}

/// Whether an error is about what was asked, and not about who asked or about this side.
pub(crate) fn is_about_question(error: &Error) -> bool {
    matches!(
        error.code(),
        ErrorCode::BadQuery | ErrorCode::Invalid | ErrorCode::UnknownField | ErrorCode::EnumNotAllowed
    )
}
