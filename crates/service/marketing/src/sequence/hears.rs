//! What becomes of a sequence's letters: who cannot be reached goes no further.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Step};
use kontor_records::{Fate, Found, Hear, News, Sight};

use super::stops::stop;
use crate::person::digest;
use crate::suppression;

/// See the module.
pub(crate) struct Fates;

impl Hear for Fates {
    fn object(&self) -> &'static str {
        "enrolment"
    }

    fn hear<'a>(
        &'a self,
        sight: &'a Sight<'a>,
        enrolment: &'a Found,
        fate: &'a Fate,
    ) -> BoxFuture<'a, Result<Vec<Step>>> {
        async move {
            let reason = match &fate.news {
                News::Sent | News::Bounced { hard: false, .. } => return Ok(Vec::new()),
                News::Failed { .. } => "not_delivered",
                News::Bounced { .. } => "bounced",
            };
            let mut steps = Vec::new();
            if matches!(enrolment.text("status"), "active" | "paused") {
                steps.push(stop(sight, enrolment, reason)?);
            }
            if reason == "bounced" {
                steps.extend(suppression::put(sight, &digest(&fate.to), "bounced").await?);
            }
            Ok(steps)
        }
        .boxed()
    }
}
