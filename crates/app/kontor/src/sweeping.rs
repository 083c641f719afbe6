//! Lets services do what is due by the clock, in every space. Each process does: what a sweep changes stands on what it
//! read, so that two at once do it once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_identity::callers::Holder;
use kontor_identity::spaces;
use kontor_model::{Allowance, Error, Id, Result, SpaceId};
use kontor_records::{Ctx, Sweep, Via};
use kontor_store::{Bell, pulse, rounds};
use tokio::sync::watch;

use crate::house::House;

const TICK: Duration = Duration::from_secs(1);

/// Runs until the process stops. `pace` is the time between two looks, in place of each sweep's own.
pub async fn run(
    house: House,
    sweeps: Vec<Arc<dyn Sweep>>,
    pace: Option<Duration>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut sweeps: Vec<Swept> = sweeps.into_iter().map(|sweep| Swept::new(&house, sweep)).collect();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = pulse::at_rest(tokio::time::sleep(TICK)) => {}
        }
        for swept in &mut sweeps {
            let rung: BTreeSet<SpaceId> = swept.bells.iter().flat_map(|bell| bell.take()).collect();
            let is_time = swept.last.elapsed() >= pace.unwrap_or_else(|| swept.sweep.every());
            if is_time {
                swept.last = Instant::now();
            } else if rung.is_empty() {
                continue;
            }
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = sweep(&house, &*swept.sweep, |space| is_time || rung.contains(&space)) => {}
            }
        }
    }
}

/// A sweep, when it looked everywhere last, and what wakes it meanwhile.
struct Swept {
    sweep: Arc<dyn Sweep>,
    last: Instant,
    bells: Vec<Arc<Bell>>,
}

impl Swept {
    fn new(house: &House, sweep: Arc<dyn Sweep>) -> Self {
        let bells = sweep.wakes().iter().map(|table| house.commits.bell(table)).collect();
        Self { sweep, last: Instant::now(), bells }
    }
}

async fn sweep(house: &House, sweep: &dyn Sweep, is_due: impl Fn(SpaceId) -> bool) {
    let spaces = match spaces::spaces(&*house.store).await {
        Ok(spaces) => spaces,
        Err(error) => return warn(&error, sweep),
    };
    for space in spaces.into_iter().filter(|space| space.ready && is_due(space.id)) {
        let done = async {
            let ctx = enter(house, space.id, format!("sweep-{}", sweep.name())).await?;
            sweep.run(&house.records, &ctx).await
        };
        match done.await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(sweep = sweep.name(), space = space.id.0, count, "swept"),
            Err(error) if rounds::is_open(&*house.store, space.id).await => warn(&error, sweep),
            Err(_) => {}
        }
    }
}

fn warn(error: &Error, sweep: &dyn Sweep) {
    let cause = error.internal_text().unwrap_or(error.detail());
    tracing::warn!(sweep = sweep.name(), cause, "what is due was not done");
}

/// The program itself, at work in a space.
///
/// # Errors
/// 404001 for a space that is not there; the database's.
pub async fn enter(house: &House, space: SpaceId, request_id: String) -> Result<Ctx> {
    let holder = Holder {
        space,
        credential: Id(0),
        user: None,
        role: "admin".to_owned(),
        scopes: Some(vec!["admin".to_owned()]),
        allowance: Allowance::default(),
        via: Via::default(),
    };
    let caller = Arc::new(house.callers.of(holder).await?);
    Ok(Ctx::new(caller, house.catalogs.get(space).await?, request_id))
}
