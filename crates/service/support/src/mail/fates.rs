//! What became of an answer's letter, noted on the comment.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Step, Value};
use kontor_records::{Fate, Found, Hear, News, Sight};

/// See the module.
pub(crate) struct Fates;

impl Hear for Fates {
    fn object(&self) -> &'static str {
        "ticket_comment"
    }

    fn hear<'a>(
        &'a self,
        sight: &'a Sight<'a>,
        comment: &'a Found,
        fate: &'a Fate,
    ) -> BoxFuture<'a, Result<Vec<Step>>> {
        async move {
            let (status, reason) = match &fate.news {
                News::Sent => ("sent", None),
                News::Failed { reason } => ("failed", Some(reason)),
                News::Bounced { reason, .. } => ("bounced", Some(reason)),
            };
            let reason: Option<String> = reason.map(|reason| reason.chars().take(255).collect());
            let fields = [("mail_status", Value::from(status)), ("mail_reason", reason.into())];
            let step = sight.update(comment, &fields)?;
            Ok(vec![if status == "sent" { step } else { step.told("undeliver", "undelivered") }])
        }
        .boxed()
    }
}
