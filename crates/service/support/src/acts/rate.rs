//! `rate`.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::Result;
use kontor_records::{Act, Asked, Plan, Sight};

use super::in_state;
use crate::ticket::{CLOSED, SOLVED};

pub(super) struct Rate;

impl Act for Rate {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "rate"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let ticket = &asked.record;
            in_state(ticket, &[SOLVED, CLOSED], "a solved or closed one is rated")?;
            let mut fields = vec![("csat", asked.input.value("csat").clone())];
            if asked.input.text("comment").is_some() {
                fields.push(("csat_comment", asked.input.value("comment").clone()));
            }
            Ok(Plan::one(sight.update(ticket, &fields)?.told("rate", "rated")))
        }
        .boxed()
    }
}
