//! On the way to being a customer nobody is sent back by a rule; a person may do so.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use crate::lifecycle::is_back;

/// See the module.
pub(crate) struct Forward;

impl Hook for Forward {
    fn objects(&self) -> &'static [&'static str] {
        &["company", "contact"]
    }

    fn meet<'a>(&'a self, _: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let kept = |t: &Touched<'_>| {
                let (was, is) = t.field("lifecycle_stage");
                let back = t.after.is_some() && is_back(was.as_str()?, is.as_str());
                back.then(|| Verdict::Amend { id: t.id, field: "lifecycle_stage", value: Value::clone(was) })
            };
            Ok(touched.iter().filter(|t| t.is_by_service()).filter_map(kept).collect())
        }
        .boxed()
    }
}
