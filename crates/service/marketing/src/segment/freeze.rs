//! `freeze` of a segment: it stops following, and its members are written down in the background.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Act, Asked, Plan, Sight, refusal};

use super::conditions::Members;
/// See the module.
pub(crate) struct Freeze;

impl Act for Freeze {
    fn object(&self) -> &'static str {
        "segment"
    }

    fn name(&self) -> &'static str {
        "freeze"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let segment = &asked.record;
            if segment.text("kind") == "frozen" {
                return Err(refusal("segment_frozen", "the segment is frozen already"));
            }
            if segment.flag("tracked") {
                return Err(refusal(
                    "segment_tracked",
                    "the segment keeps who comes and goes; set tracked to false first",
                ));
            }
            Members::of(sight, segment).await?;
            let fields = [("kind", Value::text("frozen")), ("frozen_at", sight.now().into()), ("drawing", true.into())];
            Ok(Plan::one(sight.update(segment, &fields)?.told("freeze", "frozen")))
        }
        .boxed()
    }
}
