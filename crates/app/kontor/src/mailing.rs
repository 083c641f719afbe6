//! Lets mail out, tells services what became of it, removes what is old.

use std::sync::Arc;

use kontor_config::{Config, Mail};
use kontor_mailbox::Mailroom;
use kontor_outbox::{Delivery, Old, Teller};
use kontor_records::Sweep;
use kontor_rest::Api;
use kontor_rest::inbound::Inbound;

use crate::house::House;
use crate::{services, sweeping};

/// What delivers.
pub fn delivery(house: &House, config: &Config) -> Delivery {
    Delivery {
        outbox: house.outbox.clone(),
        holder: format!("{}-{}", std::process::id(), house.ids.next()),
        alone: config.database_url.is_none(),
        per_minute: config.mail.per_minute,
        bulk_per_minute: config.mail.bulk_per_minute,
    }
}

/// Where mail comes in.
pub fn inbound(house: &House, api: &Arc<Api>) -> Arc<Inbound> {
    let (records, outbox) = (house.records.clone(), house.outbox.clone());
    let within = house.clone();
    Arc::new(Inbound {
        api: api.clone(),
        room: Mailroom { records, outbox, services: services::receives() },
        enter: Box::new(move |space, request_id| {
            let house = within.clone();
            Box::pin(async move { sweeping::enter(&house, space, request_id).await })
        }),
    })
}

/// What is done about mail now and then.
pub fn sweeps(house: &House, mail: &Mail) -> Vec<Arc<dyn Sweep>> {
    let outbox = || house.outbox.clone();
    vec![Arc::new(Teller(outbox())), Arc::new(Old { outbox: outbox(), days: mail.keep_days })]
}
