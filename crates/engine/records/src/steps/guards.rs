//! The services' rules across records, asked with what a set of changes would do.

use kontor_model::{Error, Result};

use super::{Done, Effect};
use crate::guard::Touched;
use crate::{Ctx, Records};

impl Records {
    /// Rules across records; says whether any step was refused.
    pub(super) async fn ask_guards(
        &self,
        ctx: &Ctx,
        effects: &[Effect],
        refused: &mut [Option<Error>],
    ) -> Result<bool> {
        let mut late = false;
        for guard in &self.guards {
            let touched: Vec<Touched<'_>> = effects
                .iter()
                .filter(|e| e.after.def.name == guard.object() && e.done != Done::Unchanged)
                .map(Effect::touched)
                .collect();
            if touched.is_empty() {
                continue;
            }
            for (step, error) in guard.refuse(self, ctx, &touched).await? {
                late = true;
                if let Some(slot) = refused.get_mut(step) {
                    *slot = Some(error);
                }
            }
        }
        Ok(late)
    }
}

impl Effect {
    fn touched(&self) -> Touched<'_> {
        let was = self.before.as_ref().filter(|_| self.done != Done::Restored).map(|w| w.values.as_slice());
        let is = (!matches!(self.done, Done::Deleted | Done::Purged)).then_some(self.after.values.as_slice());
        Touched { step: self.step, id: self.id, def: &self.after.def, before: was, after: is }
    }
}
