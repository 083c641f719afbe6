//! Lets services do what is due by the clock, in every space. Each process does: what a sweep changes stands on what it
//! read, so that two at once do it once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_identity::callers::Holder;
use kontor_identity::spaces;
use kontor_model::{Allowance, Error, Id, Result, SpaceId};
use kontor_records::{Ctx, Sweep, Via};
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
    let mut sweeps: Vec<(Arc<dyn Sweep>, Instant)> = sweeps.into_iter().map(|sweep| (sweep, Instant::now())).collect();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(TICK) => {}
        }
        for (sweep, last) in &mut sweeps {
            if last.elapsed() < pace.unwrap_or_else(|| sweep.every()) {
                continue;
            }
            *last = Instant::now();
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = everywhere(&house, &**sweep) => {}
            }
        }
    }
}

async fn everywhere(house: &House, sweep: &dyn Sweep) {
    let spaces = match spaces::spaces(&*house.store).await {
        Ok(spaces) => spaces,
        Err(error) => return warn(&error, sweep),
    };
    for space in spaces.into_iter().filter(|space| space.ready) {
        let done = async {
            let ctx = enter(house, space.id, format!("sweep-{}", sweep.name())).await?;
            sweep.run(&house.records, &ctx).await
        };
        match done.await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(sweep = sweep.name(), space = space.id.0, count, "swept"),
            Err(error) => warn(&error, sweep),
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
