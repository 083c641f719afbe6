//! New records that are likely there already.

use kontor_model::{By, Changes, Error, Result};

use super::{Effect, Records};
use crate::Ctx;
use crate::change::Done;
use crate::likeness::Draft;

impl Records {
    /// Refuses what the caller makes a second time; says whether anything was.
    pub(super) async fn ask_likeness(
        &self,
        ctx: &Ctx,
        changes: &Changes,
        effects: &[Effect],
        refused: &mut [Option<Error>],
    ) -> Result<bool> {
        if changes.allow_duplicates {
            return Ok(false);
        }
        let is_asked = |e: &&Effect| {
            e.done == Done::Created && e.by == By::Caller && refused.get(e.step).is_some_and(Option::is_none)
        };
        let drafts: Vec<Draft<'_>> =
            effects.iter().filter(is_asked).map(|e| Draft { step: e.step, id: e.id, work: &e.after }).collect();
        if drafts.is_empty() {
            return Ok(false);
        }
        let found = self.likely_known(ctx, drafts).await?;
        let late = !found.is_empty();
        for (step, error) in found {
            if let Some(slot @ None) = refused.get_mut(step) {
                *slot = Some(error);
            }
        }
        Ok(late)
    }
}
