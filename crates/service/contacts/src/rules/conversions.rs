//! What a lead agreed to is agreed to by the contact that is made of it.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

/// The most consents of a lead.
const MOST: u64 = 200;

/// See the module.
pub(crate) struct Conversions;

impl Hook for Conversions {
    fn objects(&self) -> &'static [&'static str] {
        &["lead"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for lead in touched.iter().filter(|t| !t.is_gone() && t.before.is_some()) {
                let (was, contact) = lead.field("contact_id");
                if contact.is_null() || was == contact {
                    continue;
                }
                let theirs =
                    [("lead_id", Op::Eq, Value::Int(lead.id.0)), ("contact_id", Op::IsNull, Value::Bool(true))];
                for consent in sight.find("consent", &theirs, MOST).await? {
                    let then = sight.update(&consent, &[("contact_id", contact.clone())])?;
                    out.push(Verdict::Follow { step: lead.step, then });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}
