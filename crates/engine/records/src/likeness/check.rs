//! New records that look like one that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_linkage::Likeness;
use kontor_model::{Error, ErrorCode, Fault, Id, Result, Value};

use super::keys::{Holders, keys};
use super::profile::{self, Profile};
use super::rule::Rule;
use super::score::{Scale, Why, is_identified, path};
use crate::counters::Counters;
use crate::fetch::Working;
use crate::{Ctx, Records, Sight};

/// A value that more than this number of records have tells nobody apart.
const MOST: u64 = 50;
/// Records that a refusal names.
const NAMED: usize = 10;

/// A record that is to be made.
pub(crate) struct Draft<'a> {
    pub step: usize,
    pub id: Id,
    pub work: &'a Working,
}

/// The drafts of one object.
struct Group<'a> {
    profile: &'static Profile,
    def: Arc<ObjectDef>,
    /// Each with the keys of what one record has as a rule.
    drafts: Vec<(Draft<'a>, BTreeSet<i64>)>,
}

impl Records {
    /// The refusals of new records that likely are there already, by step. Only records that the caller sees count: one
    /// that it does not see is not given away.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn likely_known(&self, ctx: &Ctx, drafts: Vec<Draft<'_>>) -> Result<Vec<(usize, Error)>> {
        let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
        for draft in drafts {
            let Some(profile) = profile::of(&draft.work.def.name) else { continue };
            let keys = keys(profile, &draft.work.def, &draft.work.values, true);
            if !keys.is_empty() {
                let def = draft.work.def.clone();
                let group =
                    groups.entry(def.name.clone()).or_insert_with(|| Group { profile, def, drafts: Vec::new() });
                group.drafts.push((draft, keys));
            }
        }
        let mut refused = Vec::new();
        for group in groups.values() {
            refused.extend(self.known_in(ctx, group).await?);
        }
        Ok(refused)
    }

    async fn known_in(&self, ctx: &Ctx, group: &Group<'_>) -> Result<Vec<(usize, Error)>> {
        let all: BTreeSet<i64> = group.drafts.iter().flat_map(|(_, keys)| keys).copied().collect();
        let several = group.drafts.iter().map(|(_, keys)| keys.len()).sum::<usize>() > all.len();
        let holders = self.holders_of(ctx, &all, MOST).await?;
        let ids: Vec<i64> = holders.ids().into_iter().collect();
        if ids.is_empty() && !several {
            return Ok(Vec::new());
        }
        let counters = Counters::default();
        let rule = Rule::of(&Sight::new(self, ctx, self.clock().now_ms(), None, &counters), &group.def.name).await?;
        if !rule.active {
            return Ok(Vec::new());
        }
        let found = if ids.is_empty() { HashMap::new() } else { self.fetch(ctx, &group.def, ids).await? };
        let view = ctx.catalog.require(&group.def.name)?;
        let mut refused: Vec<(usize, Error)> = Vec::new();
        let mut earlier: Vec<(&Draft<'_>, &BTreeSet<i64>)> = Vec::new();
        for (draft, keys) in &group.drafts {
            let values = &draft.work.values;
            let scale = Scale { profile: group.profile, view, id: draft.id.0, values, holders: &holders };
            let likely = |other: &Working| {
                let likeness = scale.weigh(&other.values);
                let counts = likeness.probability >= rule.refuse && is_identified(&likeness);
                (counts && !shares_unique(&group.def, values, &other.values)).then_some(likeness)
            };
            let sharing = keys_holders(&holders, keys);
            let others = found.iter().filter(|(id, other)| !other.deleted && sharing.contains(&id.0));
            let mut alike: Vec<(Id, Likeness<Why>)> =
                others.filter_map(|(id, other)| Some((*id, likely(other)?))).collect();
            alike.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability).then(a.0.cmp(&b.0)));
            if let Some((best, likeness)) = alike.first() {
                refused.push((
                    draft.step,
                    known(view, *best, likeness).with_ids(alike.iter().take(NAMED).map(|(id, _)| *id)),
                ));
                continue;
            }
            let twin = earlier.iter().find(|(other, shared)| !shared.is_disjoint(keys) && likely(other.work).is_some());
            match twin {
                Some((other, _)) => refused.push((draft.step, twice(view, other.step))),
                None => earlier.push((draft, keys)),
            }
        }
        Ok(refused)
    }
}

fn keys_holders(holders: &Holders, keys: &BTreeSet<i64>) -> BTreeSet<i64> {
    keys.iter().flat_map(|key| holders.of(*key)).copied().collect()
}

/// The database's own index says it, and which field it is.
fn shares_unique(def: &ObjectDef, values: &[Value], others: &[Value]) -> bool {
    let same =
        |i: usize| values.get(i).filter(|value| !value.is_null()).is_some_and(|value| others.get(i) == Some(value));
    def.shown().any(|(i, field)| field.unique && same(i))
}

fn known(view: &ObjectDef, id: Id, likeness: &Likeness<Why>) -> Error {
    let speaking = likeness.reasons.iter().filter(|reason| reason.weight > 0.0);
    let faults = speaking.map(|reason| {
        let message = format!("agrees with record {id} ({}, weight {:.1})", reason.level.name(), reason.weight);
        Fault {
            existing: Some(id),
            code: reason.level.name(),
            ..Fault::coded(path(view, reason.field.field), ErrorCode::LikelyDuplicate, message)
        }
    });
    let detail = format!(
        "a {} that is likely the same exists: {id} (score {:.3}); change that one, or send allow_duplicates=true to make another",
        view.label.to_lowercase(),
        likeness.probability
    );
    Error::new(ErrorCode::LikelyDuplicate, detail).with_faults(faults.collect())
}

fn twice(view: &ObjectDef, step: usize) -> Error {
    let what = view.label.to_lowercase();
    let detail =
        format!("is likely the same {what} as that of operation {step}; send allow_duplicates=true to make both");
    Error::new(ErrorCode::LikelyDuplicate, detail)
}
