//! Seals the audit behind the commits; once a day verifies it and lets retention rules run. Every process offers to; one
//! does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_audit::Sealer;
use kontor_identity::spaces;
use kontor_model::{Error, Result, SpaceId};
use kontor_privacy::Privacy;
use kontor_store::system::INSTALLATION;
use tokio::sync::watch;

use crate::house::House;

const TICK: Duration = Duration::from_secs(1);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(600);
const DAY_MS: i64 = 86_400_000;

/// Runs until the process stops.
pub async fn run(house: House, privacy: Arc<Privacy>, holder: String, mut stopped: watch::Receiver<bool>) {
    if !house.audit.is_open() {
        tracing::warn!("the master key is not at hand: this process does not seal the audit");
        return;
    }
    let mut sealer = Sealer::new(house.store.clone(), house.clock.clone(), house.audit.clone(), holder);
    let mut pause = TICK;
    let mut looked = Instant::now();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(pause) => {}
        }
        pause = TICK;
        let ours = match seal(&house, &mut sealer).await {
            Ok(ours) => ours,
            Err(error) => {
                warn(&error, "the audit was not sealed");
                pause = PAUSE;
                // Another process may have what this one lacks (the key).
                sealer.release().await;
                false
            }
        };
        if ours && looked.elapsed() >= LOOK {
            looked = Instant::now();
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                outcome = daily(&house, &privacy) => if let Err(error) = outcome { warn(&error, "daily work was not done") },
            }
        }
    }
    sealer.release().await;
}

fn warn(error: &Error, what: &str) {
    tracing::warn!(error = error.internal_text().unwrap_or(error.detail()), "{what}");
}

async fn all(house: &House) -> Result<Vec<SpaceId>> {
    let spaces = spaces::spaces(&*house.store).await?;
    Ok(spaces.into_iter().map(|space| space.id).chain([INSTALLATION]).collect())
}

/// Whether this process is the one that seals.
async fn seal(house: &House, sealer: &mut Sealer) -> Result<bool> {
    Ok(sealer.tick(&all(house).await?).await?.is_some())
}

/// What is due once a day, in the spaces where it was not done for one.
async fn daily(house: &House, privacy: &Privacy) -> Result<()> {
    for space in all(house).await? {
        let zone = spaces::settings(&*house.store, space, &house.founding.defaults).await?.time_zone;
        privacy.daily(space, &zone).await?;
        let now = house.clock.now_ms();
        let last = kontor_audit::verified(&*house.store, space).await?;
        if last.is_some_and(|last| now - last.at < DAY_MS) {
            continue;
        }
        let report = kontor_audit::verify(&*house.store, space, &house.audit, None).await?;
        kontor_audit::keep(&*house.store, &report, now).await?;
        if let Some(fault) = &report.fault {
            tracing::error!(space = space.0, %fault, "the audit does not hold");
        }
    }
    Ok(())
}
