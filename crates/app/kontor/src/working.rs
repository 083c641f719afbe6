//! Workflows of this process: in whose right they run.

use std::sync::Arc;
use std::time::Duration;

use kontor_automation::{Automation, Credentials, Parts, Rights};
use kontor_config::Config;
use kontor_identity::callers::Holder;
use kontor_model::{Allowance, Id, Result, SpaceId};
use kontor_records::{Ctx, Via};

use crate::house::House;
use crate::sweeping;
use crate::telling::Sealed;

/// Between attempts seconds are this long where what is due is looked for quickly.
const QUICK: Duration = Duration::from_millis(20);
const SECOND: Duration = Duration::from_secs(1);

const PURPOSE: &str = "function secret";

/// What functions are called with.
pub fn credentials(house: &House) -> Arc<Credentials> {
    let sealing = Sealed { vault: house.vault.clone(), purpose: PURPOSE };
    Arc::new(Credentials { records: house.records.clone(), sealing: Arc::new(sealing) })
}

/// Wires them.
pub fn open(config: &Config, house: &House) -> Arc<Automation> {
    let within = house.clone();
    let parts = Parts {
        records: house.records.clone(),
        egress: house.egress.clone(),
        credentials: credentials(house),
        enter: Box::new(move |space, rights, request| {
            let house = within.clone();
            Box::pin(async move {
                match rights {
                    None => sweeping::enter(&house, space, request).await,
                    Some(rights) => enter(&house, space, rights, request).await,
                }
            })
        }),
        second: if config.sweeps.pace().is_some_and(|pace| pace <= SECOND) { QUICK } else { SECOND },
    };
    Automation::new(parts, &house.commits)
}

async fn enter(house: &House, space: SpaceId, rights: Rights, request: String) -> Result<Ctx> {
    // The run's id; never 0, which is the program itself.
    let credential = request.rsplit('-').next().and_then(|id| id.parse().ok()).unwrap_or(1);
    let holder = Holder {
        space,
        credential: Id(credential),
        user: rights.user,
        role: rights.role,
        scopes: Some(rights.scopes),
        allowance: Allowance::default(),
        via: Via::default(),
    };
    let caller = Arc::new(house.callers.of(holder).await?);
    Ok(Ctx::new(caller, house.catalogs.get(space).await?, request))
}
