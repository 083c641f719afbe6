//! What is done to territories.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

/// Has all records gone through again.
pub(crate) struct Assign;

impl Act for Assign {
    fn object(&self) -> &'static str {
        "territory"
    }

    fn name(&self) -> &'static str {
        "assign"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            if asked.record.value("assigned_at").is_null() {
                return Err(refusal(
                    "assignment_pending",
                    "records are being gone through already; wait for assigned_at",
                ));
            }
            let fields = [("assigned_at", Value::Null)];
            Ok(Plan::one(sight.update(&asked.record, &fields)?.told("assign", "assignment_asked")))
        }
        .boxed()
    }
}
