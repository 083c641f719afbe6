//! `POST /v1/reports/{id}/rebuild`: a live report is counted anew from the records.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

pub(crate) struct Rebuild;

impl Act for Rebuild {
    fn object(&self) -> &'static str {
        "report"
    }

    fn name(&self) -> &'static str {
        "rebuild"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            if !asked.record.flag("live") {
                return Err(refusal(
                    "report_live",
                    "its result is computed whenever it is read; there is nothing to rebuild",
                ));
            }
            let now = [("rebuild_requested_at", Value::Int(sight.now()))];
            Ok(Plan::one(sight.update(&asked.record, &now)?))
        }
        .boxed()
    }
}
