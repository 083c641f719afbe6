//! Events that start workflows, and those that runs wait for: a consumer of the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{Consumer, Effects, Event, Types};
use kontor_model::{Op, Result, SpaceId, Value};
use kontor_records::Sight;

use crate::acts::begun;
use crate::engine::depth_of;
use crate::matching::{Trigger, about};
use crate::{RUN, WORKFLOW, state};

/// Active workflows of a space.
const MOST: u64 = 1_000;
/// Runs that may lead to one another: a workflow that starts itself does so this often.
const DEEPEST: i64 = 5;
/// How long workflows are believed without asking; a change of one is seen in the log before what follows it.
const BELIEVED: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct Starting {
    known: Mutex<HashMap<SpaceId, (Instant, Arc<Vec<Trigger>>)>>,
}

impl Consumer for Starting {
    fn name(&self) -> &'static str {
        "automation"
    }

    fn types(&self) -> &'static [&'static str] {
        &["*"]
    }

    fn handle<'a>(&'a self, sight: &'a Sight<'a>, event: &'a Event) -> BoxFuture<'a, Result<Effects>> {
        async move {
            let mut effects = Effects::default();
            let (object, id) = about(event);
            if object == WORKFLOW {
                self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&sight.ctx().space());
                return Ok(effects);
            }
            if object == RUN || object == crate::STEP {
                return Ok(effects);
            }
            for (run, version, types) in state::waiting(&**sight.records().store(), sight.ctx().space(), id).await? {
                if Types::parse(&types)?.has(&event.kind) {
                    effects.writes.push(state::woken(run, version, event.sequence, sight.now()));
                }
            }
            for trigger in self.triggers(sight).await?.iter() {
                match trigger.refuses(sight.ctx(), event, false) {
                    Ok(None) => {}
                    Ok(Some(_)) => continue,
                    // A condition that names what this record has not: it does not hold.
                    Err(error) if error.code().status() < 500 => {
                        tracing::debug!(workflow = trigger.workflow.id.0, %error, "a condition was not asked");
                        continue;
                    }
                    Err(error) => return Err(error),
                }
                // As it is now: it may have been switched off since.
                let Some(workflow) = sight.record(WORKFLOW, trigger.workflow.id).await? else { continue };
                if !workflow.flag("active") {
                    continue;
                }
                let mut fields = begun(&workflow);
                let depth = event.data["request_id"].as_str().and_then(depth_of).map_or(0, |depth| depth + 1);
                fields.extend([
                    ("event_type", Value::text(event.kind.as_str())),
                    ("event_sequence", Value::Int(event.sequence)),
                    ("related_to_object", Value::text(object)),
                    ("related_to_id", Value::Int(id.0)),
                    ("depth", Value::Int(depth)),
                ]);
                if depth > DEEPEST {
                    continue;
                }
                if depth == DEEPEST {
                    let why =
                        format!("loop: {depth} runs led to this one, the last that may; look at what starts what");
                    fields.extend([
                        ("status", Value::text("failed")),
                        ("error", Value::text(why)),
                        ("finished_at", Value::Int(sight.now())),
                    ]);
                }
                effects.steps.push(sight.create(RUN, &fields)?);
            }
            Ok(effects)
        }
        .boxed()
    }
}

impl Starting {
    async fn triggers(&self, sight: &Sight<'_>) -> Result<Arc<Vec<Trigger>>> {
        let space = sight.ctx().space();
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, known)) = lock().get(&space).filter(|(at, _)| at.elapsed() < BELIEVED) {
            let _ = at;
            return Ok(known.clone());
        }
        let active = [("active", Op::Eq, Value::Bool(true)), ("trigger_kind", Op::Eq, Value::text("event"))];
        let found = sight.find(WORKFLOW, &active, MOST).await?;
        let triggers: Arc<Vec<Trigger>> = Arc::new(found.into_iter().filter_map(Trigger::of).collect());
        lock().insert(space, (Instant::now(), triggers.clone()));
        Ok(triggers)
    }
}
