//! An aggregate of one's own.

use kontor_catalog::ObjectDef;
use kontor_model::{Aggregate, Fault, Json, Result};
use kontor_records::Sight;

use super::{Wanted, answered};
use crate::live::{groups, parts};
use crate::table::Table;

pub async fn table(sight: &Sight<'_>, wanted: &Wanted<'_>) -> Result<Table> {
    let Some(definition) = wanted.definition.filter(|_| !wanted.object.is_empty()) else {
        return Err(Fault::new("definition", "required", "the report has no definition yet").into());
    };
    let def = sight.ctx().catalog.require(wanted.object)?;
    if let Some(table) = kept(sight, wanted, definition).await? {
        return Ok(table);
    }
    let is_moment = |path: &str| moment(sight, def, path);
    let question = in_zone(definition, wanted.zone, &is_moment);
    let rows = answered(sight.records(), sight.ctx(), wanted.object, &question).await?;
    let aggregate = kontor_questions::questions::aggregate(wanted.object, &question)?;
    Ok(Table::of(columns(&aggregate), &rows))
}

fn columns(aggregate: &Aggregate) -> Vec<String> {
    let keys = aggregate.group_by.iter().map(|group| group.path.clone());
    keys.chain(aggregate.measures.iter().map(|measure| measure.name.clone())).collect()
}

/// Of a live report, from its counter.
async fn kept(sight: &Sight<'_>, wanted: &Wanted<'_>, definition: &Json) -> Result<Option<Table>> {
    let Some(live) = wanted.live else { return Ok(None) };
    let catalog = &sight.ctx().whole;
    let Ok(counted) = parts(catalog, wanted.kind, wanted.object, Some(definition)) else { return Ok(None) };
    let Some(part) = counted.first() else { return Ok(None) };
    let Some(rows) = groups(sight, live, 0, part).await? else { return Ok(None) };
    let table = Table::of(columns(&part.aggregate(catalog)?), &rows);
    Ok(Some(Table { live: true, ..table }))
}

/// Whether a path, of the object itself or one relation further, is a moment: a date lies in no zone.
pub(super) fn moment(sight: &Sight<'_>, def: &ObjectDef, path: &str) -> bool {
    let own = |def: &ObjectDef, path: &str| def.field(path).is_some_and(|(_, field)| field.spec().name() == "datetime");
    let further = || {
        let (relation, rest) = path.split_once('.')?;
        let (_, field) = def.relation(relation)?;
        Some(own(sight.ctx().catalog.object(&field.ty.as_reference()?.object)?, rest))
    };
    own(def, path) || further().unwrap_or_default()
}

/// Buckets of moments that name no zone are the reader's.
fn in_zone(definition: &Json, zone: &str, is_moment: &dyn Fn(&str) -> bool) -> Json {
    let Some(members) = definition.as_object() else { return definition.clone() };
    let group = |group: &Json| match group.as_object() {
        Some(own)
            if group.get("time_zone").is_none()
                && group.get("bucket").is_some()
                && !zone.is_empty()
                && group.get("field").and_then(Json::as_str).is_some_and(is_moment) =>
        {
            let named = ("time_zone".to_owned(), Json::String(zone.to_owned()));
            Json::Object(own.iter().cloned().chain([named]).collect())
        }
        _ => group.clone(),
    };
    let member = |(key, value): &(String, Json)| match value.as_array() {
        Some(groups) if key == "group_by" => (key.clone(), Json::Array(groups.iter().map(group).collect())),
        _ => (key.clone(), value.clone()),
    };
    Json::Object(members.iter().map(member).collect())
}
