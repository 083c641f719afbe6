//! What became of an e-mail that was sent from here.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Step, Value};
use kontor_records::{Fate, Found, Hear, News, Sight};

use crate::activity::{DONE, first_status};

/// See the module.
pub(crate) struct Fates;

impl Hear for Fates {
    fn object(&self) -> &'static str {
        "email"
    }

    fn hear<'a>(&'a self, sight: &'a Sight<'a>, email: &'a Found, fate: &'a Fate) -> BoxFuture<'a, Result<Vec<Step>>> {
        async move {
            let (status, reason) = match &fate.news {
                // One of several that arrived does not hide that another did not.
                News::Sent if email.text("mail_status") != "queued" => return Ok(Vec::new()),
                News::Sent => {
                    let fields = [
                        ("status", Value::from(DONE)),
                        ("completed_at", Value::Int(fate.at)),
                        ("mail_status", "sent".into()),
                    ];
                    return Ok(vec![sight.update(email, &fields)?.told("deliver", "sent")]);
                }
                News::Failed { reason } => ("failed", reason),
                News::Bounced { reason, .. } => ("bounced", reason),
            };
            let reason: String = reason.chars().take(255).collect();
            let fields = [
                ("status", Value::from(first_status("email"))),
                ("mail_status", status.into()),
                ("mail_reason", reason.into()),
            ];
            Ok(vec![sight.update(email, &fields)?.told("undeliver", "undelivered")])
        }
        .boxed()
    }
}
