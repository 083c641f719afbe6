//! What becomes of a campaign's letters.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Step};
use kontor_records::{Fate, Found, Hear, News, Sight};

use crate::person::digest;
use crate::suppression;

/// See the module.
pub(crate) struct Fates;

impl Hear for Fates {
    fn object(&self) -> &'static str {
        "campaign_member"
    }

    fn hear<'a>(&'a self, sight: &'a Sight<'a>, member: &'a Found, fate: &'a Fate) -> BoxFuture<'a, Result<Vec<Step>>> {
        async move {
            let (status, reason, event) = match &fate.news {
                News::Sent => return Ok(Vec::new()),
                News::Failed { reason } => ("failed", reason, ("fail", "failed")),
                News::Bounced { reason, .. } => ("bounced", reason, ("bounce", "bounced")),
            };
            let mut steps = Vec::new();
            // Who has answered since was reached after all.
            if matches!(member.text("status"), "sent" | "failed") {
                let reason: String = reason.chars().take(255).collect();
                let fields = [("status", status.into()), ("reason", reason.into())];
                steps.push(sight.update(member, &fields)?.told(event.0, event.1));
            }
            if matches!(fate.news, News::Bounced { hard: true, .. }) {
                steps.extend(suppression::put(sight, &digest(&fate.to), "bounced").await?);
            }
            Ok(steps)
        }
        .boxed()
    }
}
