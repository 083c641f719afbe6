//! Events for a broker, where the configuration names one.

use anyhow::{Result, anyhow};
use kontor_bus::{Parts, Publisher};
use kontor_config::Config;

use crate::house::House;
use crate::sweeping;

/// What carries the log to the broker; none without one.
///
/// # Errors
/// `broker_url` names a broker that this build does not know.
pub fn open(config: &Config, house: &House) -> Result<Option<Publisher>> {
    let Some(url) = &config.broker_url else { return Ok(None) };
    let bus = kontor_bus::open(url.expose(), config.events.days).map_err(|why| anyhow!("broker_url: {why}"))?;
    let own = house.clone();
    let parts = Parts {
        records: house.records.clone(),
        bus,
        enter: Box::new(move |space| {
            let house = own.clone();
            Box::pin(async move { sweeping::enter(&house, space, "bus".to_owned()).await })
        }),
        holder: format!("{}-{}", std::process::id(), house.ids.next()),
        alone: config.database_url.is_none(),
    };
    Ok(Some(Publisher::new(parts, &house.commits)))
}
