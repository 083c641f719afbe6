//! References must point to records that exist in the space and are not in the bin.

use std::collections::{HashMap, HashSet};

use kontor_model::{ErrorCode, Fault, Field, FieldType, Id, Kind, Op, Result, Value};
use kontor_store::{Cond, Expr, Which};

use crate::fetch::Working;
use crate::{Ctx, Records};

/// A reference that a change sets: the step it belongs to, the field's path, the object, the id.
#[derive(Debug, Clone)]
pub struct Asked {
    pub step: usize,
    pub path: String,
    /// None for a reference to any object.
    pub object: Option<String>,
    pub id: i64,
}

/// The references of a record that differ from what it had. That `caller`, the user whose credential was checked,
/// exists need not be asked.
pub fn asked(step: usize, now: &Working, before: Option<&[Value]>, caller: Option<Id>) -> Vec<Asked> {
    let def = &now.def;
    let is_caller = |field: &Field, index: usize| {
        field.name == "owner_id" && caller.is_some_and(|id| now.values.get(index) == Some(&Value::Int(id.0)))
    };
    def.shown()
        .filter(|(i, f)| !f.read_only && !is_caller(f, *i))
        .filter_map(|(i, field)| {
            let object = match &field.ty {
                FieldType::Reference(r) => Some(r.object.clone()),
                FieldType::AnyReference(_) => {
                    let named = field
                        .name
                        .strip_suffix("_id")
                        .map(|stem| format!("{stem}_object"))
                        .and_then(|n| def.field(&n))
                        .map(|(i, _)| i);
                    named.and_then(|i| now.values.get(i)?.as_str().map(str::to_owned))
                }
                _ => return None,
            };
            let id = now.values.get(i)?.as_i64()?;
            let changed = before.is_none_or(|b| b.get(i).and_then(Value::as_i64) != Some(id));
            changed.then(|| Asked { step, path: def.path(field), object, id })
        })
        .collect()
}

impl Records {
    /// The faults of references that lead nowhere, by step.
    pub(crate) async fn dangling(
        &self,
        ctx: &Ctx,
        asked: &[Asked],
        work: &HashMap<Id, Working>,
    ) -> Result<Vec<(usize, Fault)>> {
        let mut by_object: HashMap<&str, HashSet<i64>> = HashMap::new();
        let known = |a: &Asked| {
            work.get(&Id(a.id)).is_some_and(|w| !w.deleted && a.object.as_ref().is_none_or(|o| *o == w.def.name))
        };
        for a in asked.iter().filter(|a| !known(a)) {
            if let Some(object) = &a.object {
                by_object.entry(object).or_default().insert(a.id);
            }
        }
        let mut there: HashSet<(&str, i64)> = HashSet::new();
        for (object, ids) in by_object {
            let Some(def) = ctx.catalog.object(object) else { continue };
            let select = ctx.records_of(def, Which::Live, vec![Expr::column("id", Kind::Int)]).filter(Cond::Test {
                left: Expr::column("id", Kind::Int),
                op: Op::In,
                right: Value::Ints(ids.into_iter().collect()),
            });
            there.extend(self.rows(ctx, select).await?.iter().filter_map(|r| Some((object, r.first()?.as_i64()?))));
        }
        Ok(asked
            .iter()
            .filter(|a| !known(a))
            .filter_map(|a| {
                let message = match a.object.as_deref() {
                    None => "needs the object it refers to: send the name of the object beside it".to_owned(),
                    Some(object) if there.contains(&(object, a.id)) => return None,
                    Some(object) => format!("refers to a {object} that does not exist here"),
                };
                Some((
                    a.step,
                    Fault { code: "not_found", ..Fault::coded(&a.path, ErrorCode::Invalid, message) }
                        .value(a.id.to_string()),
                ))
            })
            .collect())
    }
}
