//! Webhooks of this process: whose rights they use, what seals their secrets.

use std::sync::Arc;
use std::time::Duration;

use kontor_config::Config;
use kontor_identity::callers::Holder;
use kontor_identity::vault::Vault;
use kontor_model::{Allowance, Result};
use kontor_records::{Sealing, Via};
use kontor_webhooks::{Parts, Rights, Webhooks};

use crate::house::House;

const PURPOSE: &str = "webhook secret";

/// The vault, for one purpose.
pub struct Sealed {
    pub vault: Arc<Vault>,
    pub purpose: &'static str,
}

impl Sealing for Sealed {
    fn seal(&self, owner: i64, plain: &[u8]) -> Result<String> {
        self.vault.seal(self.purpose, owner, plain)
    }

    fn unseal(&self, owner: i64, sealed: &str) -> Result<Vec<u8>> {
        self.vault.unseal(self.purpose, owner, sealed)
    }
}

/// Wires them.
pub fn open(config: &Config, house: &House) -> Arc<Webhooks> {
    let callers = house.callers.clone();
    let parts = Parts {
        records: house.records.clone(),
        catalogs: house.catalogs.clone(),
        egress: house.egress.clone(),
        sealing: Arc::new(Sealed { vault: house.vault.clone(), purpose: PURPOSE }),
        enter: Box::new(move |space, rights, endpoint| {
            let callers = callers.clone();
            let own = || Rights { user: None, role: "admin".to_owned(), scopes: vec!["admin".to_owned()] };
            let Rights { user, role, scopes } = rights.unwrap_or_else(own);
            let holder = Holder {
                space,
                credential: endpoint,
                user,
                role,
                scopes: Some(scopes),
                allowance: Allowance::default(),
                via: Via::default(),
            };
            Box::pin(async move { callers.of(holder).await.map(Arc::new) })
        }),
        first_retry: Duration::from_millis(config.webhooks.first_retry_ms),
        timeout: Duration::from_millis(config.webhooks.timeout_ms),
        days: config.events.days,
    };
    Webhooks::new(parts, &house.commits)
}
