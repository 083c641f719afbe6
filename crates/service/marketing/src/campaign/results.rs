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
            let by_status = counted(sight, "campaign_member", campaign.id, &["status"], None).await?;
            let mut members: Map<String, J> = Map::new();
            let mut total = 0;
            for row in &by_status {
                let count = row["n"].as_i64().unwrap_or(0);
                total += count;
                members.insert(row["status"].as_str().unwrap_or("none").to_owned(), json!(count));
            }
            let sent = counted(sight, "campaign_member", campaign.id, &[], Some("sent_at")).await?;
            let responded = counted(sight, "campaign_member", campaign.id, &[], Some("responded_at")).await?;
            let number = |rows: &[J]| rows.first().and_then(|row| row["n"].as_i64()).unwrap_or(0);
            let leads = counted(sight, "lead", campaign.id, &["status"], None).await?;
            let deals = counted(sight, "deal", campaign.id, &["stage.kind", "currency"], None).await?;
            let money = |name: &str| {
                let native = sight.ctx().catalog.require("campaign").ok()?.native();
                let (index, _) = native.field(name)?;
                serde_json::from_str::<J>(&native.show(index).text(campaign.value(name))).ok()
            };
            let shown = json!({
                "status": campaign.text("status"),
                "members": total,
                "by_status": members,
                "sent": number(&sent),
                "responded": number(&responded),
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

/// Records that name the campaign, counted by some fields; of deals the sum of their amounts, too. Only those that the
/// reader may read; none where it may read no such record.
async fn counted(sight: &Sight<'_>, object: &str, campaign: Id, by: &[&str], filled: Option<&str>) -> Result<Vec<J>> {
    let own = Filter::Test { path: "campaign_id".into(), op: Op::Eq, value: Json::String(campaign.to_string()) };
    let filled = filled.map(|path| Filter::Test { path: path.into(), op: Op::IsNull, value: Json::Bool(false) });
    let mut measures = vec![Measure { function: MeasureFn::Count, path: None, name: "n".to_owned() }];
    if object == "deal" {
        measures.push(Measure { function: MeasureFn::Sum, path: Some("amount".to_owned()), name: "amount".to_owned() });
    }
    let aggregate = Aggregate {
        object: object.to_owned(),
        filter: Some(Filter::And(std::iter::once(own).chain(filled).collect())),
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
