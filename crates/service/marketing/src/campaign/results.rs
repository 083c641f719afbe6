//! `results` of a campaign: its members by what became of them, and the leads and deals that name it.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Aggregate, Error, Filter, Group, Id, Json, Measure, MeasureFn, Op, Result};
use kontor_records::{Look, Sheet, Sight, Viewed};
use serde_json::{Map, Value as J, json};

/// See the module.
pub(crate) struct Results;

impl Look for Results {
    fn object(&self) -> &'static str {
        "campaign"
    }

    fn name(&self) -> &'static str {
        "results"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let campaign = &viewed.record;
            // One question, so that the figures are of one moment.
            let marks = [count("sent", Some("sent_at")), count("responded", Some("responded_at"))];
            let by_status = counted(sight, "campaign_member", campaign.id, &["status"], &marks).await?;
            let mut members: Map<String, J> = Map::new();
            for row in &by_status {
                members.insert(row["status"].as_str().unwrap_or("none").to_owned(), row["n"].clone());
            }
            let total = |name: &str| by_status.iter().filter_map(|row| row[name].as_i64()).sum::<i64>();
            let leads = counted(sight, "lead", campaign.id, &["status"], &[]).await?;
            let amount =
                Measure { function: MeasureFn::Sum, path: Some("amount".to_owned()), name: "amount".to_owned() };
            let deals = counted(sight, "deal", campaign.id, &["stage.kind", "currency"], &[amount]).await?;
            let money = |name: &str| {
                let native = sight.ctx().catalog.require("campaign").ok()?.native();
                let (index, _) = native.field(name)?;
                serde_json::from_str::<J>(&native.show(index).text(campaign.value(name))).ok()
            };
            let shown = json!({
                "status": campaign.text("status"),
                "members": total("n"),
                "by_status": members,
                "sent": total("sent"),
                "responded": total("responded"),
                "leads": leads,
                "deals": deals,
                "budget": money("budget"),
                "cost": money("cost"),
                "currency": money("currency"),
            });
            Ok(Sheet::Json(shown.to_string().into_bytes()))
        }
        .boxed()
    }
}

fn count(name: &str, path: Option<&str>) -> Measure {
    Measure { function: MeasureFn::Count, path: path.map(str::to_owned), name: name.to_owned() }
}

/// Records that name the campaign, counted (`n`) and measured by some fields. Only those that the reader may read; none
/// where it may read no such record.
async fn counted(sight: &Sight<'_>, object: &str, campaign: Id, by: &[&str], more: &[Measure]) -> Result<Vec<J>> {
    let own = Filter::Test { path: "campaign_id".into(), op: Op::Eq, value: Json::String(campaign.to_string()) };
    let measures = std::iter::once(count("n", None)).chain(more.iter().cloned()).collect();
    let aggregate = Aggregate {
        object: object.to_owned(),
        filter: Some(own),
        group_by: by.iter().map(|path| Group { path: (*path).to_owned(), bucket: None, time_zone: None }).collect(),
        measures,
        ..Aggregate::default()
    };
    let bytes = match sight.records().aggregate(sight.ctx(), &aggregate).await {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.code().status(), 400 | 403) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&[b"[".as_slice(), &bytes, b"]"].concat()).map_err(Error::internal)
}
