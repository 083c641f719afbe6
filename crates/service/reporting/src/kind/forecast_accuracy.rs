//! What was expected when a period began, against what was won in it.

use std::collections::BTreeMap;

use kontor_model::time::date_text;
use kontor_model::{Bucket, Json, Result};
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

use super::period::{day_of, index};
use super::{all, amount, ask, key, money, per_cent};
use crate::definition::{self, Definition, MEMBERS};
use crate::table::Table;

/// The longest that a forecast is looked at before its period.
const MOST_DAYS: u64 = 366;

/// What is asked: the usual members, and `days_before`.
pub struct Question {
    common: Definition,
    /// How long before a period its forecast is looked at.
    days_before: i64,
}

impl Question {
    /// # Errors
    /// 400001 with all faults, under `definition`.
    pub fn of(json: Option<&Json>) -> Result<Self> {
        let known: Vec<&str> = MEMBERS.iter().copied().chain(["days_before"]).collect();
        let mut members = definition::members(json, &known)?;
        let common = Definition::read(&mut members);
        if common.bucket.is_some_and(|bucket| matches!(bucket, Bucket::Day | Bucket::Week)) {
            members.fault("bucket", "not_allowed", "must be month, quarter or year: forecasts are kept by month");
        }
        if common.group_by.as_deref().is_some_and(|group| !matches!(group, "owner_id" | "pipeline_id")) {
            members.fault("group_by", "not_allowed", "must be owner_id or pipeline_id");
        }
        let days_before = members.whole("days_before").unwrap_or(0);
        if days_before > MOST_DAYS {
            members.fault("days_before", "range", format!("must be between 0 and {MOST_DAYS}"));
        }
        members.done()?;
        Ok(Self { common, days_before: i64::try_from(days_before).unwrap_or(0) })
    }

    /// With other bounds, where there are some.
    ///
    /// # Errors
    /// 400001 for bounds that exclude each other.
    pub fn between(self, (from, to): (Option<i64>, Option<i64>)) -> Result<Self> {
        Ok(Self { common: self.common.between(from, to)?, ..self })
    }
}

/// Figures in ten-thousandths.
#[derive(Default)]
struct Figures {
    period: J,
    taken_on: J,
    key: Vec<J>,
    commit: i64,
    best_case: i64,
    weighted: i64,
    won: i64,
}

type All = BTreeMap<(i64, String), Figures>;

pub async fn table(sight: &Sight<'_>, question: &Question) -> Result<Table> {
    let common = &question.common;
    let bucket = common.bucket.unwrap_or(Bucket::Month);
    let names: Vec<&str> = common.group_by.as_deref().into_iter().chain(["currency"]).collect();
    let mut figures = All::new();
    won(sight, common, bucket, &names, &mut figures).await?;
    for (period, day) in looked_at(sight, question, bucket).await? {
        forecast(sight, common, bucket, (period, day), &names, &mut figures).await?;
    }
    let amounts = ["commit", "best_case", "weighted", "won", "difference", "accuracy"];
    let mut table = Table::new(["period", "taken_on"].into_iter().chain(names.iter().copied()).chain(amounts));
    for one in figures.into_values() {
        let difference = one.won - one.weighted;
        let missed = per_cent(difference.abs().min(one.won), one.won);
        let accuracy = match missed.as_str().and_then(|text| kontor_model::decimal::parse_scaled(text, 2).ok()) {
            Some(missed) if !one.taken_on.is_null() => {
                json!(kontor_model::decimal::to_decimal(10_000 - missed, 2).to_string())
            }
            _ => J::Null,
        };
        let sums = [one.commit, one.best_case, one.weighted, one.won, difference].map(money);
        let head = [one.period, one.taken_on].into_iter().chain(one.key);
        table.rows.push(head.chain(sums).chain([accuracy]).collect());
    }
    Ok(table)
}

async fn won(sight: &Sight<'_>, common: &Definition, bucket: Bucket, names: &[&str], out: &mut All) -> Result<()> {
    let mut conditions = vec![json!({"field": "stage.kind", "op": "eq", "value": "won"})];
    conditions.extend(common.within("close_date").into_iter().chain(common.of_pipeline("pipeline_id")));
    let groups: Vec<J> = [json!({"field": "close_date", "bucket": bucket.name()})]
        .into_iter()
        .chain(names.iter().map(|name| json!(name)))
        .collect();
    let body = json!({"filter": all(conditions), "group_by": groups, "limit": 10_000,
        "measures": [{"fn": "sum", "field": "amount", "as": "total"}]});
    for row in ask(sight, "deal", &body).await? {
        let period = row.get("close_date").cloned().unwrap_or_default();
        let Some(day) = day_of(&period) else { continue };
        let one = of(out, index(day, bucket), &row, names);
        one.period = period;
        one.won += amount(&row, "total");
    }
    Ok(())
}

fn of<'a>(all: &'a mut All, period: i64, row: &Map<String, J>, names: &[&str]) -> &'a mut Figures {
    let (values, key) = key(row, names);
    let figures = all.entry((period, key)).or_default();
    figures.key = values;
    figures
}

/// For each period the day whose forecast is looked at: the last before it began, else the first in it. Periods are by
/// their first day as it is answered.
async fn looked_at(sight: &Sight<'_>, question: &Question, bucket: Bucket) -> Result<Vec<(J, i64)>> {
    let months = question.common.within("closes_in");
    let periods = json!({"filter": all(months), "limit": 10_000,
        "group_by": [{"field": "closes_in", "bucket": bucket.name()}], "measures": [{"fn": "count", "as": "n"}]});
    let days = json!({"group_by": ["taken_on"], "measures": [{"fn": "count", "as": "n"}], "limit": 10_000});
    let days: Vec<i64> =
        ask(sight, "forecast_snapshot", &days).await?.iter().filter_map(|row| day_of(row.get("taken_on")?)).collect();
    let mut out = Vec::new();
    for row in ask(sight, "forecast_snapshot", &periods).await? {
        let Some((period, first)) = row.get("closes_in").and_then(|period| Some((period.clone(), day_of(period)?)))
        else {
            continue;
        };
        let wanted = first - question.days_before;
        let before = days.iter().copied().filter(|day| *day <= wanted).max();
        let within = |day: &i64| *day > wanted && index(*day, bucket) <= index(first, bucket);
        out.extend(before.or_else(|| days.iter().copied().filter(within).min()).map(|day| (period, day)));
    }
    Ok(out)
}

async fn forecast(
    sight: &Sight<'_>,
    common: &Definition,
    bucket: Bucket,
    (period, taken_on): (J, i64),
    names: &[&str],
    out: &mut All,
) -> Result<()> {
    let Some(first) = day_of(&period) else { return Ok(()) };
    let mut conditions = vec![json!({"field": "taken_on", "op": "eq", "value": date_text(taken_on)})];
    conditions.extend(common.within("closes_in").into_iter().chain(common.of_pipeline("pipeline_id")));
    let groups: Vec<J> = [json!({"field": "closes_in", "bucket": bucket.name()}), json!("taken_on")]
        .into_iter()
        .chain(names.iter().map(|name| json!(name)))
        .collect();
    let sum = |field: &str| json!({"fn": "sum", "field": field, "as": field});
    let sums = ["commit_amount", "best_case_amount", "weighted_amount"].map(sum);
    let body = json!({"filter": all(conditions), "group_by": groups, "measures": sums, "limit": 10_000});
    for row in ask(sight, "forecast_snapshot", &body).await? {
        let Some(own) = row.get("closes_in").and_then(day_of).filter(|day| index(*day, bucket) == index(first, bucket))
        else {
            continue;
        };
        let one = of(out, index(own, bucket), &row, names);
        one.period = period.clone();
        one.taken_on = row.get("taken_on").cloned().unwrap_or_default();
        one.commit += amount(&row, "commit_amount");
        one.best_case += amount(&row, "best_case_amount");
        one.weighted += amount(&row, "weighted_amount");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let read = |text: &str| Question::of(Some(&Json::parse_str(text).unwrap()));
        for (bad, field) in [
            (r#"{"bucket": "week"}"#, "definition.bucket"),
            (r#"{"group_by": "stage_id"}"#, "definition.group_by"),
            (r#"{"days_before": 400}"#, "definition.days_before"),
            (r#"{"days": 1}"#, "definition.days"),
        ] {
            assert_eq!(read(bad).err().unwrap().faults()[0].field, field, "{bad}");
        }
        assert_eq!(read(r#"{"days_before": 30}"#).unwrap().days_before, 30);
        assert!(read("{}").unwrap().between((Some(2), Some(1))).is_err());
    }
}
