//! What follows from something outside, carried out in the program's own right: planned on what is there, committed
//! together with the writes that say that it was done.

use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use kontor_model::{Changes, Error, ErrorCode, Id, Result};
use kontor_store::{Batch, CommitError, Write};

use crate::act::{ATTEMPTS, overtaken};
use crate::change::{Answer, Done, Outcome};
use crate::counters::Counters;
use crate::{Ctx, Plan, Records, Sight};

/// Plans what follows from something outside.
pub trait Planner: Send + Sync {
    /// What is to be done, as things stand now; asked again when others change what it stands on.
    ///
    /// # Errors
    /// What stands in the way; the database's.
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>>;
}

/// A record after something was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub object: String,
    pub id: Id,
    pub done: Done,
}

impl Records {
    /// Looks at records as services do, outside of a change. `ctx` is the program's own.
    ///
    /// # Errors
    /// Those of the look.
    pub async fn glimpse<T>(&self, ctx: &Ctx, look: impl AsyncFnOnce(&Sight<'_>) -> Result<T>) -> Result<T> {
        let counters = Counters::default();
        let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
        look(&sight).await
    }

    /// Carries a plan out, all of it or nothing, with other writes of the same commit; what became of its steps. `turn`
    /// is what it is mainly about: those who are overtaken take turns by it. `ctx` is the program's own.
    ///
    /// # Errors
    /// 409000 when one of the other writes did not hold: somebody else has done it; those of the plan and its changes.
    pub async fn carry(
        &self,
        ctx: &Ctx,
        turn: Id,
        planner: &dyn Planner,
        also: &(dyn Fn(&[Carried]) -> Vec<Write> + Send + Sync),
    ) -> Result<Vec<Carried>> {
        let mut held = None;
        for attempt in 1..=ATTEMPTS {
            let counters = Counters::default();
            let plan = {
                let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
                planner.plan(&sight).await?
            };
            if plan.steps.is_empty() {
                let writes = also(&[]);
                if !writes.is_empty() {
                    self.commit(ctx, Batch { space: ctx.space(), writes }).await.map_err(taken_over)?;
                }
                return Ok(Vec::new());
            }
            let changes = Changes { steps: plan.steps, whole: true, allow_duplicates: true, ..Changes::default() };
            let numbers = counters.writes();
            let carried = Mutex::new(Vec::new());
            let keep = |results: &[Result<Outcome>]| {
                *carried.lock().unwrap_or_else(PoisonError::into_inner) = done(results);
                Answer { status: 200, headers: Vec::new(), body: Vec::new() }
            };
            let others = |results: &[Result<Outcome>]| {
                let mut writes = numbers.clone();
                writes.extend(also(&done(results)));
                writes
            };
            match self.change_and(ctx, changes, true, &keep, &others).await {
                Err(error) if attempt < ATTEMPTS && overtaken(&error, attempt, !numbers.is_empty()) => {
                    ctx.trace.add_retry();
                    if held.is_none() {
                        held = Some(self.act_turn(turn).await);
                    }
                }
                outcome => {
                    return outcome.map(|_| carried.into_inner().unwrap_or_else(PoisonError::into_inner));
                }
            }
        }
        Err(Error::new(ErrorCode::Conflict, "others change the record at the same time, again and again; repeat"))
    }
}

fn done(results: &[Result<Outcome>]) -> Vec<Carried> {
    let of = |outcome: &Outcome| Carried { object: outcome.def.name.clone(), id: outcome.id, done: outcome.done };
    results.iter().filter_map(|result| result.as_ref().ok().map(of)).collect()
}

fn taken_over(error: CommitError) -> Error {
    match error {
        CommitError::Store(error) => error.into(),
        CommitError::Guard { .. } => Error::new(ErrorCode::Conflict, "another process has taken this work over"),
        other @ CommitError::Unique { .. } => Error::internal(other),
    }
}
