//! Every step of a set of changes, checked against the records as the earlier steps leave them, and planned as writes.

mod alike;
mod lines;
mod reach;
mod rules;
mod update;
mod workshop;
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{By, Changes, Error, Fault, Id, Letter, Result, SpaceId, Told};
use kontor_store::{Batch, Write};

pub(crate) use self::lines::LINES;
pub(crate) use self::workshop::put;
use self::workshop::{Refusal, Workshop};
pub(crate) use self::write::with_member;
use crate::change::{Done, Outcome};
use crate::counters::Counters;
use crate::fetch::Working;
use crate::{Ctx, Posted, Records, references, unique};

/// A set of changes that is ready to be committed.
pub struct Prepared {
    /// By step; none for those that were refused.
    pub outcomes: Vec<Option<Outcome>>,
    pub batch: Batch,
    /// The step that each write of the batch belongs to; [`NO_STEP`] for those of no step.
    pub owners: Vec<usize>,
    /// Whether letters go with it.
    pub posts: bool,
}

/// The owner of writes that belong to the set as a whole.
pub const NO_STEP: usize = usize::MAX;

impl Prepared {
    pub fn empty(space: SpaceId) -> Self {
        Self { outcomes: Vec::new(), batch: Batch::new(space), owners: Vec::new(), posts: false }
    }
}

/// What one step does to one record.
struct Effect {
    step: usize,
    id: Id,
    done: Done,
    /// The record before, none when it is new.
    before: Option<Working>,
    after: Working,
    by: By,
    told: Option<Told>,
    letters: Vec<Letter>,
    /// Of a file that is made.
    bytes: Option<Arc<[u8]>>,
}

impl Records {
    /// Checks and plans; refusals go to `refused`, whose steps are skipped. Boxed, or every crate that changes records has
    /// a copy of it.
    pub(crate) fn prepare<'a>(
        &'a self,
        ctx: &'a Ctx,
        changes: &'a Changes,
        refused: &'a mut [Option<Error>],
    ) -> BoxFuture<'a, Result<Prepared>> {
        self.prepared(ctx, changes, refused).boxed()
    }

    async fn prepared(&self, ctx: &Ctx, changes: &Changes, refused: &mut [Option<Error>]) -> Result<Prepared> {
        let mut shop = Workshop {
            records: self,
            ctx,
            history: changes.history,
            now: self.clock().now_ms(),
            work: HashMap::new(),
            keys: HashMap::new(),
            names: HashMap::new(),
            counters: Counters::default(),
        };
        shop.read(changes, refused).await?;
        let untouched = (shop.work.clone(), shop.keys.clone());
        loop {
            let mut effects: Vec<Effect> = Vec::with_capacity(changes.steps.len());
            let mut faults: Vec<Vec<Fault>> = vec![Vec::new(); changes.steps.len()];
            for (i, step) in changes.steps.iter().enumerate() {
                if refused.get(i).is_some_and(Option::is_some) {
                    continue;
                }
                match shop.step(i, step) {
                    Ok(done) => {
                        if let (Some(name), Some(effect)) = (&step.name, done.first()) {
                            shop.names.insert(name.clone(), effect.id);
                        }
                        effects.extend(done);
                    }
                    Err(Refusal::Faults(found)) => {
                        if let Some(slot) = faults.get_mut(i) {
                            *slot = found;
                        }
                    }
                    Err(Refusal::Error(error)) => {
                        if let Some(slot) = refused.get_mut(i) {
                            *slot = Some(error);
                        }
                    }
                }
            }
            self.referred(ctx, &effects, &shop.work, &mut faults).await?;
            let mut late = note(&effects, faults, refused);
            late |= self.ask_likeness(ctx, changes, &effects, refused).await?;
            late |= self.ask_rules(&mut shop, &mut effects, refused).await?;
            let mut faults: Vec<Vec<Fault>> = vec![Vec::new(); changes.steps.len()];
            self.claimed(ctx, &effects, &shop.work, &mut faults).await?;
            if faults.iter().any(|found| !found.is_empty()) && shop.counters.moved(self, ctx).await? {
                // A number of a series may have been taken just now: the rules give the next one.
                (shop.work, shop.keys) = untouched.clone();
                shop.names.clear();
                shop.counters.clear();
                continue;
            }
            late |= note(&effects, faults, refused);
            let shared = effects.len() != effects.iter().map(|e| e.id).collect::<HashSet<_>>().len();
            let follows = effects.len() > changes.steps.len();
            if late && (shared || follows || !shop.names.is_empty()) {
                // A later step stands on one that was refused: work through the rest again without it.
                (shop.work, shop.keys) = untouched.clone();
                shop.names.clear();
                shop.counters.clear();
                continue;
            }
            effects.retain(|e| refused.get(e.step).is_some_and(Option::is_none));
            let purged = effects.iter().filter(|e| e.done == Done::Purged).map(|e| e.id.0).collect();
            let emptied = self.events_of(ctx, purged).await?;
            let lines = self.lines_after(&shop, &effects).await?;
            let letters = self.letters(ctx, &mut effects).await?;
            let mut prepared = self.write(&shop, changes.steps.len(), effects, &emptied, &lines)?;
            prepared.posts = !letters.is_empty();
            for (step, writes) in letters {
                prepared.batch.writes.extend(writes);
                prepared.owners.resize(prepared.batch.writes.len(), step);
            }
            return Ok(prepared);
        }
    }

    /// The letters of all effects as writes, by step.
    async fn letters(&self, ctx: &Ctx, effects: &mut [Effect]) -> Result<Vec<(usize, Vec<Write>)>> {
        let mut out = Vec::new();
        let Some(post) = &self.post else { return Ok(out) };
        for effect in effects {
            for letter in std::mem::take(&mut effect.letters) {
                let posted = Posted { object: effect.after.def.name.clone(), id: effect.id, letter };
                out.push((effect.step, post.compose(ctx.space(), &posted).await?));
            }
        }
        Ok(out)
    }

    /// References of the steps' own effects.
    async fn referred(
        &self,
        ctx: &Ctx,
        effects: &[Effect],
        work: &HashMap<Id, Working>,
        faults: &mut [Vec<Fault>],
    ) -> Result<()> {
        let mut asked = Vec::new();
        for effect in effects.iter().filter(|e| e.by == By::Caller && e.writes()) {
            asked.extend(references::asked(effect.step, &effect.after, effect.old(), ctx.caller.user_id));
        }
        if asked.is_empty() {
            return Ok(());
        }
        for (step, fault) in self.dangling(ctx, &asked, work).await? {
            faults.get_mut(step).into_iter().for_each(|slot| slot.push(fault.clone()));
        }
        Ok(())
    }

    /// Unique values of all effects.
    async fn claimed(
        &self,
        ctx: &Ctx,
        effects: &[Effect],
        work: &HashMap<Id, Working>,
        faults: &mut [Vec<Fault>],
    ) -> Result<()> {
        let mut claims = Vec::new();
        // A single create or update leaves the last word to the index: one look-up less.
        let several = effects.len() > 1;
        for effect in effects.iter().filter(|e| e.writes() && (several || e.done == Done::Restored)) {
            claims.extend(unique::claims(effect.step, effect.id, &effect.after, effect.old()));
        }
        if claims.is_empty() {
            return Ok(());
        }
        for (step, fault) in self.clashes(ctx, &claims, work).await? {
            faults.get_mut(step).into_iter().for_each(|slot| slot.push(fault.clone()));
        }
        Ok(())
    }
}

/// Refuses the steps with faults; says whether any of them had done something.
fn note(effects: &[Effect], faults: Vec<Vec<Fault>>, refused: &mut [Option<Error>]) -> bool {
    let mut late = false;
    for (i, found) in faults.into_iter().enumerate().filter(|(_, f)| !f.is_empty()) {
        late |= effects.iter().any(|e| e.step == i);
        if let Some(slot) = refused.get_mut(i) {
            *slot = Some(Error::from_faults(found));
        }
    }
    late
}

impl Effect {
    /// Whether it leaves a record that has new values.
    fn writes(&self) -> bool {
        matches!(self.done, Done::Created | Done::Updated | Done::Restored)
    }

    /// The values that an update replaces.
    fn old(&self) -> Option<&[kontor_model::Value]> {
        self.before.as_ref().filter(|_| self.done == Done::Updated).map(|w| w.values.as_slice())
    }
}
