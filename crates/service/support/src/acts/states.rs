//! `resolve`, `reopen`, `close`.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Act, Asked, Plan, Sight};

use super::in_state;
use crate::mail;
use crate::ticket::{CLOSED, OPEN, PENDING, SOLVED};

pub(super) struct Resolve;

impl Act for Resolve {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "resolve"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let ticket = &asked.record;
            in_state(ticket, &[OPEN, PENDING], "an open or pending one is resolved")?;
            let fields = [("status", SOLVED.into()), ("resolution", asked.input.value("resolution").clone())];
            let mut step = sight.update(ticket, &fields)?.told("resolve", "resolved");
            step.letters.extend(mail::request(sight, ticket).await?);
            Ok(Plan::one(step))
        }
        .boxed()
    }
}

pub(super) struct Reopen;

impl Act for Reopen {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "reopen"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let ticket = &asked.record;
            in_state(ticket, &[PENDING, SOLVED, CLOSED], "a pending, solved or closed one is reopened")?;
            Ok(Plan::one(sight.update(ticket, &[("status", OPEN.into())])?.told("reopen", "reopened")))
        }
        .boxed()
    }
}

pub(super) struct Close;

impl Act for Close {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "close"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let ticket = &asked.record;
            in_state(ticket, &[OPEN, PENDING, SOLVED], "one that is not closed is closed")?;
            Ok(Plan::one(sight.update(ticket, &[("status", Value::from(CLOSED))])?.told("close", "closed")))
        }
        .boxed()
    }
}
