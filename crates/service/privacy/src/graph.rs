//! What is known about a person: the records that point to theirs, and those that point to them.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Field, FieldType, Id, Kind, Result, Value};
use kontor_records::{Ctx, Records, Working};

/// More than that is no person.
const MOST: usize = 100_000;
/// Ids of one question.
const CHUNK: usize = 200;

/// How a record belongs to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The person's own record.
    Subject,
    /// Written about the person: activities, tickets and their comments.
    About,
    /// Points to the person, and has a life of its own: a customer, a deal.
    Linked,
    /// As the law asks for it.
    Kept,
}

impl Relation {
    pub const fn name(self) -> &'static str {
        match self {
            Relation::Subject => "subject",
            Relation::About => "about",
            Relation::Linked => "linked",
            Relation::Kept => "kept_by_law",
        }
    }
}

/// A record that was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub def: Arc<ObjectDef>,
    pub id: Id,
    pub record: Working,
    pub relation: Relation,
}

/// Whether a field says something about a person; what a space has added to an object about people does.
pub fn is_personal(def: &ObjectDef, field: &Field) -> bool {
    let added = field.custom && !def.custom && def.is_person() && field.ty.as_reference().is_none();
    let added = added && matches!(field.kind(), Kind::Text | Kind::Json);
    !field.retired && (field.personal || added) || (field.name == "external_id" && def.is_person())
}

/// Whether an object says anything about a person.
pub fn has_personal(def: &ObjectDef) -> bool {
    def.fields.iter().any(|field| is_personal(def, field))
}

/// The fields by which records of `def` can point to one of `target`. Who made, owns or works on a record is no
/// statement about them.
fn pointers<'a>(def: &'a ObjectDef, target: &'a ObjectDef) -> impl Iterator<Item = usize> + 'a {
    let points = |field: &Field| match &field.ty {
        FieldType::Reference(reference) => reference.object == target.name && target.name != "user",
        FieldType::AnyReference(_) => field.name != "id",
        _ => false,
    };
    def.fields.iter().enumerate().filter(move |(_, field)| !field.retired && points(field)).map(|(index, _)| index)
}

fn relation(parent: Relation, def: &ObjectDef) -> Relation {
    if def.kept_by_law {
        Relation::Kept
    } else if matches!(parent, Relation::Subject | Relation::About)
        && has_personal(def)
        && !def.is_person()
        && !def.custom
    {
        Relation::About
    } else {
        Relation::Linked
    }
}

/// Everything about a person, their own record first. `names` says whether a text of a list (participants of a meeting)
/// names them.
///
/// # Errors
/// 404001 when there is no such record; 422000 for one that the whole space points to; the database's.
pub async fn walk(
    records: &Records,
    ctx: &Ctx,
    def: &Arc<ObjectDef>,
    id: Id,
    names: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<Vec<Found>> {
    let record = records.stored(ctx, def, id).await?.ok_or_else(Error::not_found)?;
    let mut found = vec![Found { def: def.clone(), id, record, relation: Relation::Subject }];
    let mut seen: HashSet<Id> = HashSet::from([id]);
    let mut open: VecDeque<(Arc<ObjectDef>, Vec<i64>, Relation)> =
        VecDeque::from([(def.clone(), vec![id.0], Relation::Subject)]);
    while let Some((target, ids, from)) = open.pop_front() {
        for other in ctx.catalog.objects() {
            let relation = relation(from, other);
            let mut fresh = Vec::new();
            for field in pointers(other, &target) {
                for ids in ids.chunks(CHUNK) {
                    add(
                        records,
                        ctx,
                        other,
                        Some((field, ids)),
                        &|_| true,
                        relation,
                        &mut seen,
                        &mut found,
                        &mut fresh,
                    )
                    .await?;
                }
            }
            let taken_in =
                if from == Relation::Subject { taken_in(&found, other, &fresh, &target, &ids) } else { Vec::new() };
            for id in taken_in.into_iter().filter(|id| !seen.contains(id)).collect::<Vec<_>>() {
                let Some(record) = records.stored(ctx, &target, id).await? else { continue };
                seen.insert(id);
                found.push(Found { def: target.clone(), id, record, relation: Relation::Subject });
                open.push_back((target.clone(), vec![id.0], Relation::Subject));
            }
            // From a deal the way would lead to everybody else in it.
            if !fresh.is_empty() && (has_personal(other) || other.kept_by_law) {
                open.push_back((other.clone(), fresh, relation));
            }
        }
    }
    for other in ctx.catalog.objects().filter(|o| !o.custom && !o.kept_by_law) {
        let lists: Vec<usize> = other
            .fields
            .iter()
            .enumerate()
            .filter(|(_, f)| f.personal && matches!(f.ty, FieldType::Json(_)))
            .map(|(index, _)| index)
            .collect();
        if lists.is_empty() {
            continue;
        }
        let named = |record: &Working| {
            lists.iter().any(|index| record.values.get(*index).and_then(Value::as_str).is_some_and(names))
        };
        add(records, ctx, other, None, &named, Relation::Linked, &mut seen, &mut found, &mut Vec::new()).await?;
    }
    Ok(found)
}

/// The records that were merged into these: the same person under another id, in the bin.
fn taken_in(found: &[Found], def: &ObjectDef, fresh: &[i64], target: &ObjectDef, ids: &[i64]) -> Vec<Id> {
    let value = |record: &Working, path: &str| {
        def.native().field(path).and_then(|(index, _)| record.values.get(index)).cloned().unwrap_or_default()
    };
    let merged = |one: &Found| {
        let is_theirs = value(&one.record, "merged_into_id").as_i64().is_some_and(|into| ids.contains(&into))
            && value(&one.record, "merged_object")
                .as_str()
                .is_some_and(|name| name == target.key || name == target.name);
        value(&one.record, "merged_id").as_i64().filter(|_| is_theirs).map(Id)
    };
    let merges = found.iter().filter(|one| def.name == "merge" && fresh.contains(&one.id.0));
    merges.filter_map(merged).collect()
}

/// Adds the records that are new and fit.
#[expect(clippy::too_many_arguments, reason = "one step of the walk over its state")]
async fn add(
    records: &Records,
    ctx: &Ctx,
    def: &Arc<ObjectDef>,
    field: Option<(usize, &[i64])>,
    fits: &(dyn Fn(&Working) -> bool + Send + Sync),
    relation: Relation,
    seen: &mut HashSet<Id>,
    found: &mut Vec<Found>,
    fresh: &mut Vec<i64>,
) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let page = records.stored_page(ctx, def, field, after).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.0;
        for (id, record) in page.into_iter().filter(|(_, record)| fits(record)) {
            if seen.insert(id) {
                fresh.push(id.0);
                found.push(Found { def: def.clone(), id, record, relation });
            }
        }
        if found.len() > MOST {
            let detail = format!("more than {MOST} records point to this one: it is no person's");
            return Err(Error::new(ErrorCode::RuleRefused, detail));
        }
    }
}
