//! What reports and dashboards must be to be saved: questions that can be asked, layouts of reports that there are.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Id, Json, Result, name};
use kontor_records::{Hook, Sight, Touched, Verdict};
use serde_json::Value as J;

use crate::kind;
use crate::live::parts;
use crate::looks::{known, report_id};
use crate::saved_views::own;

/// A definition that cannot be asked is refused when it is saved.
pub(crate) struct Definitions;

impl Hook for Definitions {
    fn objects(&self) -> &'static [&'static str] {
        &["report"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let check =
                |one: &Touched<'_>| check(sight, one).err().map(|error| Verdict::Refuse { step: one.step, error });
            Ok(touched.iter().filter(|one| !one.is_gone()).filter_map(check).collect())
        }
        .boxed()
    }
}

fn check(sight: &Sight<'_>, report: &Touched<'_>) -> Result<()> {
    let kind = report.value("kind").as_str().unwrap_or("aggregate");
    let object = report.value("target_object").as_str().unwrap_or_default();
    let catalog = &sight.ctx().whole;
    if !object.is_empty() && catalog.object(object).is_none() {
        let hint = name::hint(object, catalog.objects().map(|def| def.name.as_str()));
        return Err(Fault::new("target_object", "unknown", format!("there is no object \"{object}\"{hint}")).into());
    }
    let definition = match report.value("definition").as_str() {
        Some(text) => Some(Json::parse_str(text).map_err(Error::internal)?),
        None => None,
    };
    kind::check(kind, object, definition.as_ref())?;
    if report.value("live").as_bool() == Some(true)
        && let Err(why) = parts(catalog, kind, object, definition.as_ref())
    {
        return Err(Fault::new("live", "not_allowed", format!("this report cannot be live: {why}")).into());
    }
    Ok(())
}

/// A layout names reports that there are.
pub(crate) struct Dashboards;

impl Hook for Dashboards {
    fn objects(&self) -> &'static [&'static str] {
        &["dashboard"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut verdicts = Vec::new();
            for one in touched.iter().filter(|one| !one.is_gone()) {
                let checked = match own(sight, one) {
                    Ok(()) => layout(sight, one).await?,
                    refused => refused,
                };
                if let Err(error) = checked {
                    verdicts.push(Verdict::Refuse { step: one.step, error });
                }
            }
            Ok(verdicts)
        }
        .boxed()
    }
}

async fn layout(sight: &Sight<'_>, dashboard: &Touched<'_>) -> Result<Result<()>> {
    let Some(text) = dashboard.value("layout").as_str().filter(|_| dashboard.changes("layout")) else {
        return Ok(Ok(()));
    };
    let layout: J = serde_json::from_str(text).map_err(Error::internal)?;
    let fault = |field: String, code, message: &str| Ok(Err(Fault::new(field, code, message).into()));
    let Some(tiles) = layout.as_array() else {
        return fault(
            "layout".into(),
            "type",
            "must be an array of {\"report_id\", \"x\", \"y\", \"width\", \"height\"}",
        );
    };
    let ids: Vec<Option<Id>> = tiles.iter().map(report_id).collect();
    let there = known(sight, &ids.iter().copied().flatten().collect::<Vec<_>>()).await?;
    for (place, id) in ids.iter().enumerate() {
        if id.is_none_or(|id| !there.contains(&id)) {
            return fault(
                format!("layout.{place}.report_id"),
                "not_found",
                "refers to a report that does not exist here",
            );
        }
    }
    Ok(Ok(()))
}
