//! What a view may say, held against the catalog as its author sees it.

use std::sync::Arc;

use kontor_catalog::{Catalog, ObjectDef};
use kontor_model::{ErrorCode, Field, Filter, Json, Query, Result, Sort, name};
use kontor_questions::{Members, filters, questions, words};

/// The most bytes of a definition.
pub(super) const LONGEST: usize = 32 * 1024;
/// Its members.
const MEMBERS: &[&str] = &["columns", "filter", "q", "sort", "group_by", "date_field", "end_field", "deleted"];
const MOST_COLUMNS: usize = 100;
/// The most characters of words that are looked for.
const LONGEST_Q: usize = 255;
/// Pixels.
const WIDTHS: std::ops::RangeInclusive<u64> = 20..=2_000;
/// Types that a board's columns are made of.
const GROUPS: &[&str] = &["enum", "reference", "bool"];
const DATES: &[&str] = &["date", "datetime"];

/// Checks the definition of a view of `kind` and gives the question that it asks.
///
/// # Errors
/// 400001 and 400002 with all faults, under `definition`.
pub(super) fn check(catalog: &Catalog, def: &Arc<ObjectDef>, kind: &str, json: &Json) -> Result<Query> {
    let mut members = Members::of(json, "definition", MEMBERS)?;
    let columns = members.array("columns").unwrap_or_default();
    if columns.len() > MOST_COLUMNS {
        members.fault("columns", "too_long", format!("has {} columns; at most {MOST_COLUMNS} are kept", columns.len()));
    }
    for (place, column) in columns.iter().take(MOST_COLUMNS).enumerate() {
        let at = format!("{}.{place}", members.at("columns"));
        members.keep("columns", self::column(catalog, def, column, &at));
    }
    let filter: Option<Filter> = questions::filter(&mut members);
    let text = members.string("q").filter(|q| !q.is_empty()).map(str::to_owned);
    if text.as_ref().is_some_and(|q| q.chars().count() > LONGEST_Q) {
        members.fault("q", "too_long", format!("must be at most {LONGEST_Q} characters"));
    }
    let sort: Vec<Sort> = members.strings("sort").unwrap_or_default().iter().filter_map(|s| members.keep("sort", words::sort(s))).collect();
    let needs = [("group_by", "board", GROUPS), ("date_field", "calendar", DATES), ("end_field", "", DATES)];
    for (member, of, types) in needs {
        let Some(path) = members.string(member) else {
            if of == kind {
                members.fault(member, "required", format!("is required: a {kind} is made by it"));
            }
            continue;
        };
        match found(catalog, def, path) {
            Err(why) => members.coded(member, ErrorCode::UnknownField, why),
            Ok(field) if (of == kind || of.is_empty()) && !types.contains(&field.spec().name()) => {
                let message = format!("\"{path}\" is {}; it must be {}", field.spec().name(), types.join(", "));
                members.fault(member, "not_allowed", message);
            }
            Ok(_) => {}
        }
    }
    let deleted = members.flag("deleted").unwrap_or_default();
    members.done()?;
    let query = Query { object: def.name.clone(), filter, text, sort, deleted, limit: Some(1), ..Query::default() };
    Ok(filters::resolved(def, query))
}

fn column(catalog: &Catalog, def: &Arc<ObjectDef>, json: &Json, at: &str) -> Result<()> {
    let mut members = Members::of(json, at, &["field", "width"])?;
    match members.string("field") {
        None if members.get("field").is_none() => members.fault("field", "required", "is required"),
        None => {}
        Some(path) => {
            if let Err(why) = found(catalog, def, path) {
                members.coded("field", ErrorCode::UnknownField, why);
            }
        }
    }
    if members.whole("width").is_some_and(|width| !WIDTHS.contains(&width)) {
        let message = format!("must be {} to {} pixels", WIDTHS.start(), WIDTHS.end());
        members.coded("width", ErrorCode::LimitOutOfRange, message);
    }
    members.done()
}

/// A field of the record, or of one that it refers to: `company.city`.
fn found<'a>(catalog: &'a Catalog, def: &'a Arc<ObjectDef>, path: &str) -> Result<&'a Field, String> {
    if let Some((_, field)) = def.field(path) {
        return Ok(field);
    }
    if let Some((relation, rest)) = path.split_once('.').filter(|(relation, _)| *relation != "custom")
        && let Some((_, field)) = def.relation(relation)
        && let Some(target) = field.ty.as_reference().and_then(|to| catalog.object(&to.object))
    {
        let unknown = || format!("{} has no field \"{rest}\"{}", target.name, name::hint(rest, target.paths()));
        return target.field(rest).map(|(_, field)| field).ok_or_else(unknown);
    }
    Err(format!("{} has no field \"{path}\"{}", def.name, name::hint(path, def.paths().chain(def.relations()))))
}
