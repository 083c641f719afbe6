//! How many began in each period, whether or not anything happened to them since.

use kontor_catalog::ObjectDef;
use kontor_model::Result;
use kontor_records::Sight;
use serde_json::{Value as J, json};

use super::Question;
use crate::kind::{all, ask, count, own};

/// Where members are records of another object, or the records themselves: the first day of each period, and how many.
///
/// # Errors
/// Those of the aggregate.
pub async fn of(
    sight: &Sight<'_>,
    def: &ObjectDef,
    member: &str,
    since: &str,
    question: &Question,
    zone: &str,
) -> Result<Vec<(J, i64)>> {
    let whom = def.field(member).and_then(|(_, field)| field.ty.as_reference());
    let (object, path) = match (since.split_once('.'), whom) {
        // A date of the members themselves: `customer.created_at` of `customer_id`.
        (Some((relation, path)), Some(reference)) if reference.relation == relation => (&reference.object, path),
        _ => (&def.name, since),
    };
    let of = sight.ctx().catalog.require(object)?;
    let is_moment = own::moment(sight, of, path);
    let mut group = json!({"field": path, "bucket": question.bucket.name()});
    if let (true, Some(group)) = (is_moment, group.as_object_mut()) {
        group.insert("time_zone".to_owned(), json!(zone));
    }
    let measure = match object == &def.name {
        true => json!({"fn": "count_distinct", "field": member, "as": "members"}),
        false => json!({"fn": "count", "as": "members"}),
    };
    let mut conditions = question.within(path, is_moment.then_some(zone));
    conditions.extend(question.filter.clone().filter(|_| object == &def.name));
    let body = json!({"filter": all(conditions), "group_by": [group],
        "measures": [measure], "limit": 10_000});
    let rows = ask(sight, object, &body).await?;
    Ok(rows.iter().map(|row| (row.get(path).cloned().unwrap_or_default(), count(row, "members"))).collect())
}
