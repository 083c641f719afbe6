//! What steps of sequences must be to be saved, and what a sequence leaves behind.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Op, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict, refusal};
use kontor_templates::check_condition;

use crate::values;

/// A step can be taken.
pub(crate) struct Steps;

impl Hook for Steps {
    fn objects(&self) -> &'static [&'static str] {
        &["sequence_step"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for step in touched.iter().filter(|t| !t.is_gone() && !t.is_by_service()) {
                let value = |path: &str| step.field(path).1;
                let mut faults = Vec::new();
                let condition = value("condition").as_str().unwrap_or_default();
                if !condition.is_empty() && step.changes("condition") {
                    let known = values::known(sight)?;
                    faults.extend(check_condition(condition, &known).err().map(|wrong| wrong.fault("condition")));
                }
                let (place, other) = (value("position").as_i64(), value("else_position").as_i64());
                if other.is_some_and(|other| other <= place.unwrap_or(0)) {
                    let message = "must be behind the step's own position: a way through a sequence has an end";
                    faults.push(Fault::new("else_position", "range", message));
                }
                if !faults.is_empty() {
                    out.push(Verdict::Refuse { step: step.step, error: Error::from_faults(faults) });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// A sequence that somebody is in, or has had mail of, stays.
pub(crate) struct Enrolments;

impl Hook for Enrolments {
    fn objects(&self) -> &'static [&'static str] {
        &["sequence"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for sequence in touched.iter().filter(|t| t.is_gone()) {
                let of = [("sequence_id", Op::Eq, Value::Int(sequence.id.0))];
                if !sight.find("enrolment", &of, 1).await?.is_empty() {
                    let detail = "people have been in it, and the links of their mail lead to it; set active to false";
                    out.push(Verdict::Refuse { step: sequence.step, error: refusal("sequence_used", detail) });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}
