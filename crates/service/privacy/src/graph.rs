//! What is known about a person: the records that point to theirs, and those that point to them.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Field, FieldType, Id, Kind, Result, Value};
use kontor_records::{Ctx, Records, Working};

use crate::needles::Needles;

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

/// Everything about a person, their own record first. A text of a list (participants of a meeting) that has one of the
/// `needles` names them.
///
/// # Errors
/// 404001 when there is no such record; 422000 for one that the whole space points to; the database's.
pub async fn walk(records: &Records, ctx: &Ctx, def: &Arc<ObjectDef>, id: Id, needles: &Needles) -> Result<Vec<Found>> {
    let record = records.stored(ctx, def, id).await?.ok_or_else(Error::not_found)?;
    let mut walk = Walk { records, ctx, seen: HashSet::new(), found: Vec::new(), open: VecDeque::new() };
    walk.begin(def, id, record);
    walk.follow().await?;
    walk.listed(needles).await?;
    walk.follow().await?;
    Ok(walk.found)
}

/// What was found so far, and from where the way goes on.
struct Walk<'a> {
    records: &'a Records,
    ctx: &'a Ctx,
    seen: HashSet<Id>,
    found: Vec<Found>,
    open: VecDeque<(Arc<ObjectDef>, Vec<i64>, Relation)>,
}

impl Walk<'_> {
    /// A record of the person's own.
    fn begin(&mut self, def: &Arc<ObjectDef>, id: Id, record: Working) {
        self.seen.insert(id);
        self.found.push(Found { def: def.clone(), id, record, relation: Relation::Subject });
        self.open.push_back((def.clone(), vec![id.0], Relation::Subject));
    }

    /// Records that point to what was found, and those that point to these.
    async fn follow(&mut self) -> Result<()> {
        while let Some((target, ids, from)) = self.open.pop_front() {
            for other in self.ctx.catalog.objects() {
                let relation = relation(from, other);
                let mut fresh = Vec::new();
                for field in pointers(other, &target) {
                    for ids in ids.chunks(CHUNK) {
                        fresh.extend(self.add(other, Some((field, ids)), &|_| Some(relation)).await?);
                    }
                }
                let merged = if from == Relation::Subject {
                    taken_in(&self.found, other, &fresh, &target, &ids)
                } else {
                    Vec::new()
                };
                for id in merged {
                    if !self.seen.contains(&id)
                        && let Some(record) = self.records.stored(self.ctx, &target, id).await?
                    {
                        self.begin(&target, id, record);
                    }
                }
                // From a deal the way would lead to everybody else in it.
                if !fresh.is_empty() && (has_personal(other) || other.kept_by_law) {
                    self.open.push_back((other.clone(), fresh, relation));
                }
            }
        }
        Ok(())
    }

    /// Records that list the person. What they wrote themselves is about them, and so is what hangs on it.
    async fn listed(&mut self, needles: &Needles) -> Result<()> {
        for other in self.ctx.catalog.objects().filter(|o| !o.custom && !o.kept_by_law) {
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
            let role = |record: &Working| {
                let texts = lists.iter().filter_map(|index| record.values.get(*index).and_then(Value::as_str));
                let naming: Vec<&str> = texts.filter(|text| needles.named(text)).collect();
                let wrote = naming.iter().any(|text| needles.wrote(text));
                (!naming.is_empty()).then_some(if wrote { Relation::About } else { Relation::Linked })
            };
            let fresh = self.add(other, None, &role).await?;
            let wrote = self.found.iter().filter(|one| one.relation == Relation::About && fresh.contains(&one.id.0));
            let wrote: Vec<i64> = wrote.map(|one| one.id.0).collect();
            if !wrote.is_empty() {
                self.open.push_back((other.clone(), wrote, Relation::About));
            }
        }
        Ok(())
    }

    /// Adds the records that are new, where `role` says how they belong to the person; their ids.
    async fn add(
        &mut self,
        def: &Arc<ObjectDef>,
        field: Option<(usize, &[i64])>,
        role: &(dyn Fn(&Working) -> Option<Relation> + Send + Sync),
    ) -> Result<Vec<i64>> {
        let (mut after, mut fresh) = (i64::MIN, Vec::new());
        loop {
            let page = self.records.stored_page(self.ctx, def, field, after).await?;
            let Some((last, _)) = page.last() else { return Ok(fresh) };
            after = last.0;
            for (id, record) in page {
                if let Some(relation) = role(&record)
                    && self.seen.insert(id)
                {
                    fresh.push(id.0);
                    self.found.push(Found { def: def.clone(), id, record, relation });
                }
            }
            if self.found.len() > MOST {
                let detail = format!("more than {MOST} records point to this one: it is no person's");
                return Err(Error::new(ErrorCode::RuleRefused, detail));
            }
        }
    }
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
