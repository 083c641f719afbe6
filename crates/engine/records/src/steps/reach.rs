//! Records that a caller may read and may not change.

use std::collections::HashSet;

use kontor_model::{By, Change, Changes, Error, ErrorCode, Id, Result};

use super::workshop::Workshop;
use crate::rights::{Action, Reach};

impl Workshop<'_> {
    /// Refuses steps over records that the caller may read and may not change.
    pub(super) async fn reach(&self, changes: &Changes, refused: &mut [Option<Error>]) -> Result<()> {
        let policy = &self.ctx.caller.policy;
        let own = changes.steps.iter().filter(|step| step.by == By::Caller);
        let asked = own.filter_map(|step| Some((action(&step.change)?, step.change.object())));
        for (wanted, object) in asked.collect::<HashSet<_>>() {
            let rule = policy.rule(object);
            let reach = rule.reach(wanted);
            // What is shared, or opened by its owner, is read beyond the reach and changed within it.
            let is_opened = self.ctx.whole.object(object).is_some_and(|def| def.opened_by.is_some());
            let reads_more = is_opened || self.ctx.caller.standing.shared.contains(object);
            if reach == Reach::All || (reach >= rule.read && !reads_more) {
                continue;
            }
            let def = self.ctx.whole.require(object)?.clone();
            let ids: Vec<i64> = self.work.iter().filter(|(_, w)| w.def.name == def.name).map(|(id, _)| id.0).collect();
            if ids.is_empty() {
                continue;
            }
            let reachable = self.records.reachable(self.ctx, wanted, &def, ids).await?;
            let steps = changes.steps.iter().zip(refused.iter_mut());
            for (step, slot) in
                steps.filter(|(s, slot)| slot.is_none() && s.by == By::Caller && s.change.object() == object)
            {
                if action(&step.change) == Some(wanted) && self.meant(&step.change).any(|id| !reachable.contains(&id.0))
                {
                    let verb = if wanted == Action::Delete { "delete" } else { "change" };
                    let detail = format!(
                        "the role {} may {verb} only some of the {} that it sees, and not this one",
                        policy.role, def.plural
                    );
                    *slot = Some(Error::new(ErrorCode::Forbidden, detail));
                }
            }
        }
        Ok(())
    }

    /// The records of the space that a step is about.
    fn meant<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = &'a Id> {
        let (one, by_key) = match change {
            Change::Update { id, .. } | Change::Delete { id, .. } | Change::Restore { id, .. } => (Some(id), None),
            Change::Upsert { object, by, value, .. } => {
                let key = self.key(object, by, value).ok();
                (None, key.and_then(|(index, key)| self.keys.get(&(object.clone(), index, format!("{key:?}")))))
            }
            Change::Create { .. } | Change::Purge { .. } => (None, None),
        };
        one.into_iter().chain(by_key.into_iter().flatten()).filter(|id| self.work.contains_key(id))
    }
}

/// What a change does to a record that is there.
fn action(change: &Change) -> Option<Action> {
    match change {
        Change::Update { .. } | Change::Upsert { .. } => Some(Action::Update),
        Change::Delete { .. } | Change::Restore { .. } => Some(Action::Delete),
        Change::Create { .. } | Change::Purge { .. } => None,
    }
}
