//! What a segment must be to be saved: conditions that can be asked of its object, and no part of itself.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Json, Op, Result, Value, name};
use kontor_records::{Hook, Sight, Touched, Verdict, refusal};

use super::conditions::{Definition, Members, is_about_question, page, target};

/// See the module.
pub(crate) struct Definitions;

impl Hook for Definitions {
    fn objects(&self) -> &'static [&'static str] {
        &["segment"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for segment in touched {
                let refused =
                    if segment.is_gone() { named(sight, segment).await? } else { check(sight, segment).await? };
                out.extend(refused.map(|error| Verdict::Refuse { step: segment.step, error }));
            }
            Ok(out)
        }
        .boxed()
    }
}

async fn check(sight: &Sight<'_>, segment: &Touched<'_>) -> Result<Option<Error>> {
    if segment.is_by_service() {
        return Ok(None);
    }
    let (was, is) = segment.field("kind");
    if is.as_str() == Some("frozen") && was.as_str() != Some("frozen") {
        return Ok(Some(refusal("segment_kind", "a segment is frozen by its action freeze")));
    }
    if was.as_str() == Some("frozen")
        && ["kind", "conditions", "target_object"].iter().any(|path| segment.changes(path))
    {
        return Ok(Some(refusal(
            "segment_frozen",
            "a frozen segment stays as it is; make another of the same conditions",
        )));
    }
    if !["conditions", "target_object"].iter().any(|path| segment.changes(path)) {
        return Ok(None);
    }
    let object = target(segment.field("target_object").1.as_str().unwrap_or_default());
    let catalog = &sight.ctx().catalog;
    if catalog.object(object).is_none_or(|def| !def.routed) {
        let hint = name::hint(object, catalog.objects().filter(|def| def.routed).map(|def| def.name.as_str()));
        let message = format!("there is no object \"{object}\"{hint}");
        return Ok(Some(Fault::new("target_object", "unknown", message).into()));
    }
    let conditions = match segment.field("conditions").1.as_str().map(Json::parse_str).transpose() {
        Ok(json) => json,
        Err(_) => return Ok(Some(Fault::new("conditions", "format", "must be a filter, as in a search").into())),
    };
    let definition = Definition { id: segment.id, object, conditions };
    let asked = async {
        let members = Members::defined(sight, &definition).await?;
        // Asked once: what it names and compares is checked by asking.
        page(sight, sight.ctx(), members.after(None, 1), false).await.map(drop)
    };
    match asked.await {
        Ok(()) => Ok(None),
        Err(error) if is_about_question(&error) && error.faults().is_empty() => {
            Ok(Some(Fault::new("conditions", "format", error.detail()).into()))
        }
        Err(error) if error.code().status() < 500 => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// What would look for a segment that is gone.
async fn named(sight: &Sight<'_>, segment: &Touched<'_>) -> Result<Option<Error>> {
    let waiting = [
        ("segment_id", Op::Eq, Value::Int(segment.id.0)),
        ("status", Op::In, Value::Texts(vec!["scheduled".into(), "running".into(), "paused".into()])),
    ];
    let campaigns = sight.find("campaign", &waiting, 1).await?;
    Ok(campaigns.first().map(|campaign| {
        refusal("segment_used", format!("campaign {} is sent to it; cancel or complete that first", campaign.id))
    }))
}
