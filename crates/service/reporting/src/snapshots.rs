//! Once a day: what lies in each open stage.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::time::{date_text, day_in};
use kontor_model::{Change, Changes, ErrorCode, Json, Result, Step};
use kontor_records::{Answer, Ctx, Outcome, Records, Sweep};
use serde_json::{Map, Value as J, json};

use crate::kind::asked;

/// Takes the snapshots of a day that has none. What two processes take at once is taken once: a snapshot's
/// `external_id` is its day, stage and currency.
pub(crate) struct Snapshots;

impl Sweep for Snapshots {
    fn name(&self) -> &'static str {
        "snapshots"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let today = date_text(day_in(records.clock().now_ms(), &ctx.settings().time_zone));
            let taken =
                json!({"filter": {"field": "taken_on", "value": today}, "measures": [{"fn": "count", "as": "n"}]});
            let taken = asked(records, ctx, "snapshot", &taken).await?;
            if taken.first().and_then(|row| row.get("n")?.as_i64()).unwrap_or(0) > 0 {
                return Ok(0);
            }
            let question = json!({"filter": {"field": "stage.kind", "value": "open"}, "limit": 1_000,
                "group_by": ["pipeline_id", "stage_id", "currency"], "measures": [
                    {"fn": "count", "as": "deals"}, {"fn": "sum", "field": "amount", "as": "amount"},
                    {"fn": "sum", "field": "weighted_amount", "as": "weighted"}]});
            let rows = asked(records, ctx, "deal", &question).await?;
            let steps: Vec<Step> = rows.iter().map(|row| snapshot(row, &today)).collect::<Result<_>>()?;
            let count = steps.len();
            if count == 0 {
                return Ok(0);
            }
            let render = |_: &[Result<Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
            let changes = Changes { steps, whole: true, ..Changes::default() };
            match records.change(ctx, changes, true, &render).await {
                Ok(_) => Ok(count),
                Err(error) if matches!(error.code(), ErrorCode::NotUnique | ErrorCode::Invalid) => Ok(0),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }
}

fn snapshot(row: &Map<String, J>, today: &str) -> Result<Step> {
    let of = |name: &str| row.get(name).cloned().unwrap_or_default();
    let word = |name: &str| of(name).as_str().unwrap_or("-").to_owned();
    let data = json!({
        "external_id": format!("{today} {} {} {}", word("pipeline_id"), word("stage_id"), word("currency")),
        "taken_on": today, "pipeline_id": of("pipeline_id"), "stage_id": of("stage_id"), "currency": of("currency"),
        "deal_count": of("deals"), "amount": of("amount"), "weighted_amount": of("weighted"),
    });
    let data = Json::parse_str(&data.to_string()).map_err(kontor_model::Error::internal)?;
    Ok(Step::of_service(Change::Create { object: "snapshot".to_owned(), data }))
}
