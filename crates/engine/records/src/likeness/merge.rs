//! `POST …/{id}/merge`: one record takes another in.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Fault, Field, FieldType, Id, Json, Result, Value};

use super::{COMPARED, MERGE, UNDO_DAYS, links};
use crate::act::Gives;
use crate::draft::is_common;
use crate::rights::Action as Right;
use crate::{Act, Asked, Found, Plan, Sight, refusal};

const DAY_MS: i64 = 86_400_000;
/// Objections of a person, which hold whichever record they were made at.
const OBJECTIONS: &str = "do_not_";

/// See the module.
pub struct Merge(pub &'static str);

impl Act for Merge {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "merge"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        Box::pin(plan(sight, self.0, asked))
    }
}

async fn plan(sight: &Sight<'_>, object: &'static str, asked: &Asked) -> Result<Plan> {
    let own = &asked.record;
    let id = asked.input.reference("with_id").ok_or_else(Error::not_found)?;
    if id == own.id {
        return Err(refusal("merge_with_itself", "with_id is the record itself; name the one that it takes in"));
    }
    let other = named(sight, object, id).await?;
    may_take(sight, &other).await?;
    let wishes = Wishes::read(sight, object, asked.input.json("fields"))?;
    let taken = taken(own, &other, &wishes);
    let before: Vec<(&str, Value)> = taken.iter().map(|(path, _)| (path.as_str(), own.value(path).clone())).collect();
    let after: Vec<(&str, Value)> = taken.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();

    // The other one first: its unique values are free when this one takes them.
    let mut plan = Plan::one(sight.delete(&other));
    let survivor = plan.push(sight.update(own, &after)?.told("merge", "merged").touching());
    let mut moved: BTreeMap<(String, Vec<String>), Vec<Json>> = BTreeMap::new();
    for link in links::to(sight, object, other.id).await? {
        if link.record.id == own.id || link.record.id == other.id {
            continue;
        }
        let to: Vec<(&str, Value)> = link.fields.iter().map(|field| (field.as_str(), Value::Int(own.id.0))).collect();
        plan.push(sight.update(&link.record, &to)?);
        let by = (link.record.object().to_owned(), link.fields);
        moved.entry(by).or_default().push(Json::String(link.record.id.to_string()));
    }
    let moved = moved.into_iter().map(|((object, fields), ids)| {
        Json::Object(vec![
            ("object".to_owned(), Json::String(object)),
            ("fields".to_owned(), Json::Array(fields.into_iter().map(Json::String).collect())),
            ("ids".to_owned(), Json::Array(ids)),
        ])
    });
    let record = sight.create(
        MERGE,
        &[
            ("merged_object", Value::text(object)),
            ("merged_id", Value::Int(other.id.0)),
            ("merged_into_object", Value::text(object)),
            ("merged_into_id", Value::Int(own.id.0)),
            ("moved", json(Json::Array(moved.collect()))),
            ("before", json(sight.data(object, &before)?)),
            ("expires_at", Value::Int(sight.now() + UNDO_DAYS * DAY_MS)),
        ],
    )?;
    let merge = plan.push(record);
    plan.gives = Gives::Named(vec![(object, Some(survivor)), ("merge", Some(merge))]);
    Ok(plan)
}

fn json(json: Json) -> Value {
    let mut out = Vec::new();
    json.write(&mut out);
    Value::Json(String::from_utf8_lossy(&out).into_owned())
}

/// The record that the caller names; one of another object is told from one that is not there.
async fn named(sight: &Sight<'_>, object: &str, id: Id) -> Result<Found> {
    let missing = match sight.visible(object, id).await {
        Err(error) if error.code() == ErrorCode::NotFound => error,
        outcome => return outcome,
    };
    for other in COMPARED.into_iter().filter(|name| *name != object) {
        if sight.visible(other, id).await.is_ok() {
            let detail = format!("with_id is a {other}; only a {object} can be merged into a {object}");
            return Err(refusal("merge_across_objects", detail));
        }
    }
    Err(missing)
}

/// Whether the caller may change the other record and put it into the bin.
async fn may_take(sight: &Sight<'_>, other: &Found) -> Result<()> {
    let (records, ctx) = (sight.records(), sight.ctx());
    for right in [Right::Update, Right::Delete] {
        if !records.reachable(ctx, right, &other.work.def, vec![other.id.0]).await?.contains(&other.id.0) {
            let detail = format!("the role {} may not {} {}", ctx.caller.policy.role, right.name(), other.id);
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
    }
    Ok(())
}

/// Whose value stays, where the caller has said so.
#[derive(Default)]
struct Wishes(Vec<(usize, bool)>);

impl Wishes {
    /// # Errors
    /// 400001 and 400002 naming the member.
    fn read(sight: &Sight<'_>, object: &str, sent: Option<&Json>) -> Result<Self> {
        let Some(sent) = sent else { return Ok(Self::default()) };
        let fault = |field: String, code, message: &str| Fault::new(field, code, message.to_owned());
        let Some(members) = sent.as_object() else {
            return Err(fault("fields".to_owned(), "type", "must be an object such as {\"phone\": \"with\"}").into());
        };
        let ctx = sight.ctx();
        let view = ctx.catalog.require(object)?;
        let rule = ctx.caller.policy.rule(object);
        let (mut wishes, mut faults) = (Self::default(), Vec::new());
        for (path, choice) in members {
            let at = format!("fields.{path}");
            let Some((index, field)) = view.field(path) else {
                let hint = kontor_model::name::hint(path, view.paths());
                let message = format!("is not a field of {object}{hint}");
                faults.push(Fault::coded(at, ErrorCode::UnknownField, message));
                continue;
            };
            let is_locked = view.native_path(index).is_some_and(|path| rule.locked.contains(&path));
            if !can_be_taken(view, field) || is_locked {
                faults.push(fault(at, "read_only", "cannot be chosen: it is not yours to set"));
                continue;
            }
            match choice.as_str() {
                Some("with") => wishes.0.push((index, true)),
                Some("own") => wishes.0.push((index, false)),
                _ => faults.push(fault(at, "not_allowed", "must be \"own\" or \"with\"").allowed(["own", "with"])),
            }
        }
        if faults.is_empty() { Ok(wishes) } else { Err(Error::from_faults(faults)) }
    }

    fn of(&self, field: usize) -> Option<bool> {
        self.0.iter().find(|(index, _)| *index == field).map(|(_, with)| *with)
    }
}

fn can_be_taken(def: &ObjectDef, field: &Field) -> bool {
    let is_derived = def.derived.iter().any(|derived| match derived {
        kontor_model::object::Derived::Joined { target, .. }
        | kontor_model::object::Derived::LineTotal { target, .. }
        | kontor_model::object::Derived::DaysBetween { target, .. } => *target == field.name,
    });
    !field.read_only && !is_common(field) && !is_derived
}

/// The fields that the survivor takes over, by version 1's paths, with their new values.
fn taken(own: &Found, other: &Found, wishes: &Wishes) -> Vec<(String, Value)> {
    let def = own.work.def.native();
    let fields = def.shown().filter(|(_, field)| can_be_taken(def, field));
    fields
        .filter_map(|(index, field)| {
            let path = def.path(field);
            let (mine, theirs) = (own.value(&path), other.value(&path));
            let theirs = match &field.ty {
                // Neither refers to itself, or to what is in the bin, afterwards.
                FieldType::Reference(_) | FieldType::AnyReference(_) if refers(theirs, own.id) => &Value::Null,
                _ => theirs,
            };
            let must = refers(mine, other.id) && matches!(&field.ty, FieldType::Reference(_));
            let objects = field.name.starts_with(OBJECTIONS) && theirs.as_bool() == Some(true);
            let takes = must || wishes.of(index).unwrap_or_else(|| objects || (is_empty(mine) && !is_empty(theirs)));
            let may_be_empty = !field.required || !is_empty(theirs);
            (takes && may_be_empty && mine != theirs).then(|| (path, theirs.clone()))
        })
        .flat_map(|(path, value)| {
            // What was written comes with what it was read as, behind it.
            let written = def.companion_path(&path).map(|second| (second.clone(), other.value(&second).clone()));
            std::iter::once((path, value)).chain(written)
        })
        .collect()
}

fn refers(value: &Value, id: Id) -> bool {
    value.as_i64() == Some(id.0)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || matches!(value.as_str(), Some("" | "[]" | "{}"))
}
