//! `progress` of a sequence: who is where, and how it ended for the others.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Aggregate, Error, Filter, Group, Json, Measure, MeasureFn, Op, Result};
use kontor_records::{Look, Sheet, Sight, Viewed};
use serde_json::{Value as J, json};

/// See the module.
pub(crate) struct Progress;

impl Look for Progress {
    fn object(&self) -> &'static str {
        "sequence"
    }

    fn name(&self) -> &'static str {
        "progress"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let own = || Filter::Test {
                path: "sequence_id".into(),
                op: Op::Eq,
                value: Json::String(viewed.record.id.to_string()),
            };
            let counted = async |by: &[&str], more: Option<Filter>| -> Result<J> {
                let group = |path: &&str| Group { path: (*path).to_owned(), bucket: None, time_zone: None };
                let aggregate = Aggregate {
                    object: "enrolment".to_owned(),
                    filter: Some(Filter::And(std::iter::once(own()).chain(more).collect())),
                    group_by: by.iter().map(group).collect(),
                    measures: vec![Measure { function: MeasureFn::Count, path: None, name: "n".to_owned() }],
                    ..Aggregate::default()
                };
                let bytes = sight.records().aggregate(sight.ctx(), &aggregate).await?;
                serde_json::from_slice(&[b"[".as_slice(), &bytes, b"]"].concat()).map_err(Error::internal)
            };
            let active = Filter::Test { path: "status".into(), op: Op::Eq, value: Json::String("active".into()) };
            let shown = json!({
                "by_status": counted(&["status"], None).await?,
                "by_position": counted(&["position"], Some(active)).await?,
                "by_reason": counted(&["status", "stop_reason"], None).await?,
            });
            Ok(Sheet::Json(shown.to_string().into_bytes()))
        }
        .boxed()
    }
}
