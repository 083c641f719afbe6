//! `withdraw` of a consent.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

pub(crate) struct Withdraw;

impl Act for Withdraw {
    fn object(&self) -> &'static str {
        "consent"
    }

    fn name(&self) -> &'static str {
        "withdraw"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let consent = &asked.record;
            if let Some(at) = consent.int("withdrawn_at") {
                let since = kontor_model::time::datetime_text(at);
                return Err(refusal("consent_withdrawn", format!("the consent was withdrawn at {since}")));
            }
            let at = asked.input.int("at").unwrap_or_else(|| sight.now());
            let wrong = |message: &str| Err(Error::from(Fault::new("at", "range", message)));
            if at > sight.now() {
                return wrong("must not be in the future");
            }
            if consent.int("given_at").is_some_and(|given| at < given) {
                return wrong("must not be before given_at");
            }
            Ok(Plan::one(sight.update(consent, &[("withdrawn_at", Value::Int(at))])?.told("withdraw", "withdrawn")))
        }
        .boxed()
    }
}
