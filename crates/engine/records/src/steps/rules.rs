//! The services' rules, asked with what a set of changes would do, and what follows from what they say.

use std::collections::{HashMap, HashSet};

use kontor_model::{By, Error, Id, Result, Step, Value};

use super::workshop::{Refusal, Workshop};
use super::{Done, Effect};
use crate::derive::derive;
use crate::fetch::Working;
use crate::hook::{Touched, Verdict};
use crate::{Records, Sight};

/// How often rules may follow upon each other's changes.
const ROUNDS: usize = 8;

impl Records {
    /// Asks the rules about all effects, and about those that follow, until nothing follows any more. Says whether any
    /// step was refused.
    pub(super) async fn ask_rules(
        &self,
        shop: &mut Workshop<'_>,
        effects: &mut Vec<Effect>,
        refused: &mut [Option<Error>],
    ) -> Result<bool> {
        let mut late = false;
        let mut asked = 0;
        for _ in 0..ROUNDS {
            self.touch_parents(shop, effects, asked).await?;
            if asked == effects.len() {
                name_currencies(shop, effects);
                return Ok(late);
            }
            let (verdicts, seen) = self.verdicts(shop, effects.get(asked..).unwrap_or_default(), refused).await?;
            asked = effects.len();
            for (id, work) in seen {
                shop.work.entry(id).or_insert(work);
            }
            for verdict in verdicts {
                late |= self.obey(shop, effects, refused, verdict).await?;
            }
        }
        Err(Error::internal("rules of services follow upon each other without end"))
    }

    async fn verdicts(
        &self,
        shop: &Workshop<'_>,
        effects: &[Effect],
        refused: &[Option<Error>],
    ) -> Result<(Vec<Verdict>, Vec<(Id, Working)>)> {
        let sight = Sight::new(self, shop.ctx, shop.now, Some(&shop.work), &shop.counters).with_history(shop.history);
        let mut verdicts = Vec::new();
        for hook in &self.hooks {
            let touched: Vec<Touched<'_>> = effects
                .iter()
                .filter(|e| hook.objects().contains(&e.after.def.name.as_str()) && e.done != Done::Unchanged)
                .filter(|e| refused.get(e.step).is_some_and(Option::is_none))
                .map(Effect::touched)
                .collect();
            if !touched.is_empty() {
                verdicts.extend(hook.meet(&sight, &touched).await?);
            }
        }
        Ok((verdicts, sight.into_seen().into_iter().collect()))
    }

    async fn obey(
        &self,
        shop: &mut Workshop<'_>,
        effects: &mut Vec<Effect>,
        refused: &mut [Option<Error>],
        verdict: Verdict,
    ) -> Result<bool> {
        let (step, refusal) = match verdict {
            Verdict::Refuse { step, error } => (step, error),
            Verdict::Amend { id, field, value } => {
                let Err(error) = amend(shop, effects, id, field, &value) else { return Ok(false) };
                let step = effects.iter().rev().find(|e| e.id == id).map_or(0, |e| e.step);
                (step, error)
            }
            Verdict::Follow { step, then } => {
                if refused.get(step).is_some_and(Option::is_some) {
                    return Ok(false);
                }
                match self.follow(shop, step, &then).await {
                    Ok(more) => {
                        effects.extend(more);
                        return Ok(false);
                    }
                    Err(Refusal::Error(error)) if error.code().status() >= 500 => return Err(error),
                    Err(Refusal::Error(error)) => (step, error),
                    Err(Refusal::Faults(faults)) => (step, Error::from_faults(faults)),
                }
            }
        };
        match refused.get_mut(step) {
            Some(slot @ None) => *slot = Some(refusal),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Carries out a change that follows from another.
    async fn follow(&self, shop: &mut Workshop<'_>, number: usize, step: &Step) -> Result<Vec<Effect>, Refusal> {
        if step.by == By::Caller {
            self.authorised(shop.ctx, step)?;
        }
        shop.read_one(step).await?;
        shop.step(number, step)
    }

    /// A record whose lines were changed counts as changed: its totals may differ, and its version moves.
    async fn touch_parents(&self, shop: &mut Workshop<'_>, effects: &mut Vec<Effect>, from: usize) -> Result<()> {
        let mut known: HashSet<Id> = effects.iter().map(|e| e.id).collect();
        let mut parents: Vec<(usize, Id)> = Vec::new();
        let mut unread: HashMap<String, Vec<i64>> = HashMap::new();
        for effect in effects.iter().skip(from).filter(|e| e.done != Done::Unchanged) {
            let Some((object, index)) = shop.parent_of(&effect.after.def) else { continue };
            let places = [effect.before.as_ref(), Some(&effect.after)].into_iter().flatten();
            for id in places.filter_map(|w| w.values.get(index)?.as_i64().map(Id)) {
                if !known.insert(id) {
                    continue;
                }
                parents.push((effect.step, id));
                if !shop.work.contains_key(&id) {
                    unread.entry(object.clone()).or_default().push(id.0);
                }
            }
        }
        for (object, ids) in unread {
            let def = shop.ctx.whole.require(&object)?.clone();
            shop.work.extend(self.fetch_any(shop.ctx, &def, ids).await?);
        }
        for (step, id) in parents {
            let Some(before) = shop.work.get(&id).filter(|w| !w.deleted).cloned() else { continue };
            let mut after = before.clone();
            shop.touch(&mut after);
            effects.push(shop.effect(step, id, Done::Updated, Some(before), after));
        }
        Ok(())
    }
}

/// Gives parts of other records the workspace's currency, where no rule has given them that of their whole.
fn name_currencies(shop: &mut Workshop<'_>, effects: &mut [Effect]) {
    for effect in effects.iter_mut().filter(|e| e.after.def.part_of.is_some() && e.writes()) {
        let def = effect.after.def.clone();
        let has_money = def.shown().any(|(index, field)| {
            field.spec().name() == "money" && effect.after.values.get(index).is_some_and(|value| !value.is_null())
        });
        let Some((index, _)) = def.native().field("currency").filter(|_| has_money) else { continue };
        let work = shop.work.get_mut(&effect.id).map(|work| &mut work.values);
        for values in std::iter::once(&mut effect.after.values).chain(work) {
            if let Some(slot @ Value::Null) = values.get_mut(index) {
                *slot = Value::Text(shop.ctx.settings().currency.clone());
            }
        }
    }
}

/// Sets a field of a touched record, in the last thing that is done to it.
fn amend(shop: &mut Workshop<'_>, effects: &mut [Effect], id: Id, field: &str, value: &Value) -> Result<(), Error> {
    let unknown = || Error::internal("a rule set a field of a record that is not touched");
    let effect = effects.iter_mut().rev().find(|e| e.id == id).ok_or_else(unknown)?;
    let def = effect.after.def.clone();
    let (index, _) = def.native().field(field).ok_or_else(|| Error::internal(format!("no field {field}")))?;
    let slot = effect.after.values.get_mut(index).ok_or_else(unknown)?;
    if slot == value {
        return Ok(());
    }
    value.clone_into(slot);
    derive(&def, &mut effect.after.values)?;
    shop.work.insert(id, effect.after.clone());
    Ok(())
}

impl Effect {
    fn touched(&self) -> Touched<'_> {
        let was = self.before.as_ref().filter(|_| self.done != Done::Restored).map(|w| w.values.as_slice());
        let is = (!matches!(self.done, Done::Deleted | Done::Purged)).then_some(self.after.values.as_slice());
        let purged = self.done == Done::Purged;
        Touched { step: self.step, id: self.id, def: &self.after.def, before: was, after: is, by: self.by, purged }
    }
}
