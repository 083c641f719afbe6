//! Counts what events tell: a consumer of the log.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_events::{Consumer, Effects, Event, head, object_of};
use kontor_model::{Result, SpaceId};
use kontor_records::{Records, Sight, Slice};
use kontor_store::Write;

use super::counter::{Counter, State, Which, counters};
use super::shares::recount;

/// The objects that are counted in a space, as they were when the log ended at this number: a counter that came later
/// has counted what these events tell of when it was built.
type Counted = (i64, Arc<HashSet<String>>);

#[derive(Default)]
pub(crate) struct Counting {
    known: Mutex<HashMap<SpaceId, Counted>>,
}

impl Consumer for Counting {
    fn name(&self) -> &'static str {
        super::CONSUMER
    }

    fn types(&self) -> &'static [&'static str] {
        &["*"]
    }

    fn handle<'a>(&'a self, sight: &'a Sight<'a>, event: &'a Event) -> BoxFuture<'a, Result<Effects>> {
        async move {
            let object = object_of(&event.kind);
            let (records, ctx) = (sight.records(), sight.ctx());
            let store = &**records.store();
            if !self.counted(records, ctx.space(), event.sequence).await?.contains(object) {
                return Ok(Effects::default());
            }
            let mut writes: Vec<Write> = Vec::new();
            for counter in counters(store, ctx.space(), Which::Object(object)).await? {
                if counter.state == State::Stopped {
                    continue;
                }
                let ids = [event.record_id];
                let counted = async {
                    let aggregate = counter.part.aggregate(&ctx.catalog)?;
                    let shares = records.tally_shares(ctx, &aggregate, Slice::Of(&ids)).await?;
                    recount(store, ctx.space(), &counter, &ids, shares).await
                };
                // Also where nothing follows the version is raised: somebody may be building on what was there before.
                match counted.await {
                    Ok(counted) => {
                        writes.push(counter.raise(counter.state, counter.built_to));
                        writes.extend(counted);
                    }
                    Err(error) if error.code().status() < 500 => writes.push(stopped(&counter, &error)),
                    Err(error) => return Err(error),
                }
            }
            Ok(Effects { writes, ..Effects::default() })
        }
        .boxed()
    }
}

/// A counter whose question cannot be asked any more.
pub(super) fn stopped(counter: &Counter, error: &kontor_model::Error) -> Write {
    tracing::warn!(report = counter.report, why = error.detail(), "a live report is computed from now on");
    counter.raise(State::Stopped, counter.built_to)
}

impl Counting {
    async fn counted(&self, records: &Records, space: SpaceId, sequence: i64) -> Result<Arc<HashSet<String>>> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().get(&space).filter(|(up_to, _)| *up_to >= sequence) {
            return Ok(known.clone());
        }
        let store = &**records.store();
        // The end of the log first: what is read after it is at least as new.
        let up_to = head(store, space).await?.last;
        let all = counters(store, space, Which::All).await?;
        let objects: Arc<HashSet<String>> = Arc::new(all.into_iter().map(|counter| counter.part.object).collect());
        lock().insert(space, (up_to, objects.clone()));
        Ok(objects)
    }
}
