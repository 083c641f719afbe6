//! Unique values: looked up before a set of changes is committed, so that every clash is named; the database's own
//! index has the last word.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{ErrorCode, Fault, Field, Id, Result, Value};

use crate::fetch::Working;
use crate::{Ctx, Records};

/// A unique value that a change sets.
#[derive(Debug, Clone)]
pub struct Claim {
    pub step: usize,
    pub id: Id,
    pub def: Arc<ObjectDef>,
    pub field: usize,
    pub value: Value,
}

/// The fault of a value that another record has; which one is said only to those who see all records.
pub fn taken(ctx: &Ctx, def: &ObjectDef, field: &Field, value: &Value, existing: Option<Id>) -> Fault {
    let existing = existing.filter(|_| ctx.caller.sees_all(def));
    let code = field.taken_code.unwrap_or(ErrorCode::NotUnique);
    let by = existing.map(|id| format!(" by record {id}")).unwrap_or_default();
    let mut fault =
        Fault::coded(def.path(field), code, format!("is taken{by}")).value(field.spec().show().plain(value));
    fault.existing = existing;
    fault
}

/// The unique values of a record that differ from what it had.
pub fn claims(step: usize, id: Id, now: &Working, before: Option<&[Value]>) -> Vec<Claim> {
    now.def
        .shown()
        .filter(|(_, f)| f.unique)
        .filter_map(|(i, _)| {
            let value = now.values.get(i).filter(|v| !v.is_null())?;
            let changed = before.is_none_or(|b| b.get(i) != Some(value));
            changed.then(|| Claim { step, id, def: now.def.clone(), field: i, value: value.clone() })
        })
        .collect()
}

fn comparable(value: &Value) -> String {
    format!("{value:?}")
}

impl Records {
    /// The faults of values that other records have, or that two changes of the set claim, by step.
    pub(crate) async fn clashes(
        &self,
        ctx: &Ctx,
        claims: &[Claim],
        work: &HashMap<Id, Working>,
    ) -> Result<Vec<(usize, Fault)>> {
        let mut faults = Vec::new();
        let mut groups: HashMap<(String, usize), Vec<&Claim>> = HashMap::new();
        for claim in claims {
            groups.entry((claim.def.name.clone(), claim.field)).or_default().push(claim);
        }
        for ((_, index), claims) in groups {
            let Some(first) = claims.first() else { continue };
            let Some(field) = first.def.fields.get(index) else { continue };
            let values: Vec<Value> = claims.iter().map(|c| c.value.clone()).collect();
            let mut holders: HashMap<String, Id> = HashMap::new();
            for (id, holder) in self.holders(ctx, &first.def, index, &values).await? {
                // A holder that this set moves off the value, or bins, is in nobody's way.
                let still = work.get(&id).is_none_or(|w| !w.deleted && w.values.get(index) == holder.values.get(index));
                if let Some(value) = holder.values.get(index).filter(|_| still) {
                    holders.insert(comparable(value), id);
                }
            }
            for claim in claims {
                match holders.get(&comparable(&claim.value)) {
                    Some(holder) if *holder != claim.id => {
                        faults.push((claim.step, taken(ctx, &claim.def, field, &claim.value, Some(*holder))))
                    }
                    Some(_) => {}
                    None => {
                        holders.insert(comparable(&claim.value), claim.id);
                    }
                }
            }
        }
        Ok(faults)
    }
}
