//! Steps of dunning: what they mail can be read before anybody gets it.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Result};
use kontor_records::{Hook, Sight, Touched, Verdict};
use kontor_templates::{Limits, check};

use crate::papers::dunning::sample;

/// See the module.
pub(super) struct Texts;

impl Hook for Texts {
    fn objects(&self) -> &'static [&'static str] {
        &["dunning_step"]
    }

    fn meet<'a>(&'a self, _sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let changed = |step: &&Touched<'_>| {
                !step.is_gone() && ["subject", "body", "send_mail"].iter().any(|field| step.changes(field))
            };
            let refused = touched.iter().filter(changed).filter_map(|step| {
                let faults = faults(step);
                (!faults.is_empty()).then(|| Verdict::Refuse { step: step.step, error: Error::from_faults(faults) })
            });
            Ok(refused.collect())
        }
        .boxed()
    }
}

/// What is mailed has to be there, and to be a template; what is not is anybody's note.
fn faults(step: &Touched<'_>) -> Vec<Fault> {
    if step.field("send_mail").1.as_bool() != Some(true) {
        return Vec::new();
    }
    let known = sample();
    let all = ["subject", "body"].into_iter().filter_map(|field| {
        match step.field(field).1.as_str().filter(|text| !text.trim().is_empty()) {
            None => Some(Fault::new(field, "required", "is what is mailed; send it, or send_mail: false")),
            Some(text) => check(text, &known, &Limits::default()).err().map(|wrong| wrong.fault(field)),
        }
    });
    all.collect()
}
