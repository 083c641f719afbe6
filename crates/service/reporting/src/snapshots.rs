//! Once a day: what lies in each open stage, and what is expected to come in.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::time::{date_text, day_in};
use kontor_model::{Change, Changes, ErrorCode, Json, Result, Step};
use kontor_records::{Answer, Ctx, Outcome, Records, Sweep};
use serde_json::{Map, Value as J, json};

use crate::kind::{amount, asked, count, key, money};

const EVERY: Duration = Duration::from_secs(300);

/// Takes the snapshots of a day that has none. What two processes take at once is taken once: a snapshot's
/// `external_id` is its day, stage and currency.
pub(crate) struct Snapshots;

/// As [`Snapshots`], of the forecast: by owner, pipeline, currency and the month in which deals are to close.
pub(crate) struct ForecastSnapshots;

impl Sweep for Snapshots {
    fn name(&self) -> &'static str {
        "snapshots"
    }

    fn every(&self) -> Duration {
        EVERY
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let Some(today) = untaken(records, ctx, "snapshot").await? else { return Ok(0) };
            let question = json!({"filter": {"field": "stage.kind", "value": "open"}, "limit": 1_000,
                "group_by": ["pipeline_id", "stage_id", "currency"], "measures": [
                    {"fn": "count", "as": "deals"}, {"fn": "sum", "field": "amount", "as": "amount"},
                    {"fn": "sum", "field": "weighted_amount", "as": "weighted"}]});
            let rows = asked(records, ctx, "deal", &question).await?;
            let data = rows.iter().map(|row| stage(row, &today)).collect();
            take(records, ctx, "snapshot", data).await
        }
        .boxed()
    }
}

impl Sweep for ForecastSnapshots {
    fn name(&self) -> &'static str {
        "forecast_snapshots"
    }

    fn every(&self) -> Duration {
        EVERY
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let Some(today) = untaken(records, ctx, "forecast_snapshot").await? else { return Ok(0) };
            let conditions = [
                json!({"field": "stage.kind", "value": "open"}),
                json!({"field": "expected_close_date", "op": "is_null", "value": false}),
                json!({"field": "forecast_category", "op": "ne", "value": "omitted"}),
            ];
            let question = json!({"filter": {"and": conditions}, "limit": 10_000,
                "group_by": [{"field": "expected_close_date", "bucket": "month"}, "owner_id", "pipeline_id", "currency",
                    "forecast_category"],
                "measures": [{"fn": "count", "as": "deals"}, {"fn": "sum", "field": "amount", "as": "amount"},
                    {"fn": "sum", "field": "weighted_amount", "as": "weighted"}]});
            let mut months: BTreeMap<String, Month> = BTreeMap::new();
            for row in asked(records, ctx, "deal", &question).await? {
                let (values, key) = key(&row, &["expected_close_date", "pipeline_id", "owner_id", "currency"]);
                let month = months.entry(key).or_insert_with(|| Month { key: values, ..Month::default() });
                month.add(&row);
            }
            let data = months.into_values().map(|month| month.data(&today)).collect();
            take(records, ctx, "forecast_snapshot", data).await
        }
        .boxed()
    }
}

/// The day, when it has no snapshots yet.
async fn untaken(records: &Records, ctx: &Ctx, object: &str) -> Result<Option<String>> {
    let today = date_text(day_in(records.clock().now_ms(), &ctx.settings().time_zone));
    let taken = json!({"filter": {"field": "taken_on", "value": today}, "measures": [{"fn": "count", "as": "n"}]});
    let taken = asked(records, ctx, object, &taken).await?;
    let is_taken = taken.first().is_some_and(|row| count(row, "n") > 0);
    Ok((!is_taken).then_some(today))
}

/// All of them or none, so that a day that has one has all.
async fn take(records: &Records, ctx: &Ctx, object: &str, data: Vec<J>) -> Result<usize> {
    let step = |data: J| {
        let data = Json::parse_str(&data.to_string()).map_err(kontor_model::Error::internal)?;
        Ok(Step::of_service(Change::Create { object: object.to_owned(), data }))
    };
    let steps: Vec<Step> = data.into_iter().map(step).collect::<Result<_>>()?;
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

fn stage(row: &Map<String, J>, today: &str) -> J {
    let of = |name: &str| row.get(name).cloned().unwrap_or_default();
    let word = |name: &str| of(name).as_str().unwrap_or("-").to_owned();
    json!({
        "external_id": format!("{today} {} {} {}", word("pipeline_id"), word("stage_id"), word("currency")),
        "taken_on": today, "pipeline_id": of("pipeline_id"), "stage_id": of("stage_id"), "currency": of("currency"),
        "deal_count": of("deals"), "amount": of("amount"), "weighted_amount": of("weighted"),
    })
}

/// What an owner expects of a month; amounts in ten-thousandths. Its key is month, pipeline, owner, currency.
#[derive(Default)]
struct Month {
    key: Vec<J>,
    deals: i64,
    pipeline: i64,
    best_case: i64,
    commit: i64,
    weighted: i64,
}

impl Month {
    fn add(&mut self, row: &Map<String, J>) {
        self.deals += count(row, "deals");
        self.weighted += amount(row, "weighted");
        let category = match row.get("forecast_category").and_then(J::as_str) {
            Some("commit" | "closed") => &mut self.commit,
            Some("best_case") => &mut self.best_case,
            _ => &mut self.pipeline,
        };
        *category += amount(row, "amount");
    }

    fn data(&self, today: &str) -> J {
        let of = |place: usize| self.key.get(place).cloned().unwrap_or_default();
        let words: Vec<&str> = self.key.iter().map(|part| part.as_str().unwrap_or("-")).collect();
        json!({
            "external_id": format!("{today} {}", words.join(" ")),
            "taken_on": today, "closes_in": of(0), "pipeline_id": of(1), "owner_id": of(2), "currency": of(3),
            "deal_count": self.deals, "pipeline_amount": money(self.pipeline),
            "best_case_amount": money(self.best_case), "commit_amount": money(self.commit),
            "weighted_amount": money(self.weighted),
        })
    }
}
