//! Times that a clock wrote which has been set back since. Without this a run that waits for a few seconds would wait for
//! as long as the clock was set back.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_jobs::cron;
use kontor_model::clock::NOTICED_MS;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Ctx, Plan, Planner, Sight};

use super::{Automation, lost};
use crate::state::{self, Row, State};
use crate::{RUN, WORKFLOW};

/// Runs, or workflows, of one look.
const MOST: u64 = 500;
const DAY_MS: i64 = 86_400_000;

/// A run that says until when it waits.
struct Later {
    run: Id,
    until: i64,
}

impl Planner for Later {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let run = sight.record(RUN, self.run).await?.filter(|run| run.text("status") == "waiting");
            let Some(run) = run else { return Ok(Plan::default()) };
            Ok(Plan::one(sight.update(&run, &[("waits_until", Value::Int(self.until))])?))
        }
        .boxed()
    }
}

/// The next stroke of a workflow, as the clock is now.
struct Stroke {
    workflow: Id,
}

impl Planner for Stroke {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let Some(workflow) = sight.record(WORKFLOW, self.workflow).await? else { return Ok(Plan::default()) };
            let own = workflow.text("time_zone");
            let zone = if own.is_empty() { sight.settings().time_zone.as_str() } else { own };
            let (now, last) = (sight.now(), workflow.int("last_started_at"));
            // A stroke that has been does not come again.
            let from = last.filter(|last| *last > now && *last - now <= DAY_MS).unwrap_or(now);
            let next = cron::next(workflow.text("schedule"), zone, from);
            let is_sooner = next.zip(workflow.int("next_at")).is_some_and(|(next, planned)| next < planned);
            if !is_sooner || !workflow.flag("active") {
                return Ok(Plan::default());
            }
            Ok(Plan::one(sight.update(&workflow, &[("next_at", next.map_or(Value::Null, Value::Int))])?))
        }
        .boxed()
    }
}

/// When a run goes on, and how it is kept then: a pause, or a wait of so long, begins anew. None for a moment that its
/// step names.
fn moved(row: &Row, now: i64) -> Option<(i64, State)> {
    let pause = row.wake_at?.saturating_sub(row.planned_at?).max(0);
    let at = now.saturating_add(pause);
    let mut state = row.state.clone();
    if let Some(waiting) = state.waiting.as_mut().filter(|_| row.woken_by.is_none()) {
        if waiting.named {
            return None;
        }
        waiting.until = Some(at);
    }
    Some((at, state))
}

impl Automation {
    /// Puts right what a clock has left that was set back.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn mend(&self, own: &Ctx) -> Result<()> {
        let now = self.now();
        for row in state::ahead(self.store(), own.space(), now, MOST).await? {
            let Some((at, state)) = moved(&row, now) else { continue };
            let place = state::put_right(&row, &state, at, now)?;
            tracing::info!(run = %row.run, "a run waits no longer by a clock that was set back");
            if state.waiting.is_some() && row.woken_by.is_none() {
                let later = Later { run: row.run, until: at };
                let also = |done: &[kontor_records::Carried]| {
                    if done.is_empty() { Vec::new() } else { vec![place.clone()] }
                };
                lost(self.records().carry(own, row.run, &later, &also).await)?;
            } else {
                self.write(own.space(), place).await?;
            }
        }
        let ahead = [
            ("next_at", Op::Gt, Value::Int(now)),
            ("updated_at", Op::Gt, Value::Int(now.saturating_add(NOTICED_MS))),
            ("active", Op::Eq, Value::Bool(true)),
            ("trigger_kind", Op::Eq, Value::text("schedule")),
        ];
        let found = self.records().glimpse(own, async |sight| sight.find(WORKFLOW, &ahead, MOST).await).await?;
        for workflow in found {
            lost(self.records().carry(own, workflow.id, &Stroke { workflow: workflow.id }, &|_| Vec::new()).await)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::state::Waiting;

    fn row(wake_at: i64, planned_at: i64, waiting: Option<Waiting>, woken_by: Option<i64>) -> Row {
        let state = State {
            workflow: json!({}),
            steps: json!([]),
            todo: Vec::new(),
            outputs: Map::new(),
            count: 1,
            tries: 0,
            waiting,
        };
        Row { run: Id(1), version: 3, wake_at: Some(wake_at), woken_by, state, planned_at: Some(planned_at) }
    }

    #[test]
    fn waits_begin_anew_and_named_moments_stay() {
        let hour = 3_600_000;
        let waits = |named| Some(Waiting { until: Some(hour + 5_000), named, event: None });
        let at = |row: &Row| moved(row, 7).map(|(at, state)| (at, state.waiting.and_then(|waiting| waiting.until)));
        // A retry; what goes on at once; a wait of five seconds; one until a moment; one that its event has ended.
        assert_eq!(at(&row(hour + 5_000, hour, None, None)), Some((5_007, None)));
        assert_eq!(at(&row(hour - 9, hour, None, None)), Some((7, None)));
        assert_eq!(at(&row(hour + 5_000, hour, waits(false), None)), Some((5_007, Some(5_007))));
        assert_eq!(at(&row(hour + 5_000, hour, waits(true), None)), None);
        assert_eq!(at(&row(hour, hour, waits(true), Some(4))), Some((7, Some(hour + 5_000))));
    }
}
