//! What is expected to come in, by period and owner, beside what came and what was to come.

use std::collections::BTreeMap;

use kontor_model::Result;
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

use super::{all, amount, ask, money};
use crate::definition::Definition;
use crate::table::{Table, plain};

/// Figures of a period, in ten-thousandths.
#[derive(Default)]
struct Figures {
    key: Vec<J>,
    pipeline: i64,
    best_case: i64,
    commit: i64,
    weighted: i64,
    won: i64,
    quota: i64,
}

type All = BTreeMap<String, Figures>;

fn of<'a>(all: &'a mut All, row: &Map<String, J>, names: [&str; 3]) -> &'a mut Figures {
    let key: Vec<J> = names.iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect();
    let words: Vec<String> = key.iter().map(plain).collect();
    let figures = all.entry(words.join("\u{1f}")).or_default();
    figures.key = key;
    figures
}

pub async fn table(sight: &Sight<'_>, definition: &Definition) -> Result<Table> {
    let mut figures = All::new();
    let bucket = definition.bucket_name();
    let sums = json!([{"fn": "sum", "field": "amount", "as": "total"}, {"fn": "sum", "field": "weighted_amount", "as": "weighted"}]);
    let pipeline = definition.of_pipeline("pipeline_id");

    let mut open = vec![json!({"field": "stage.kind", "op": "eq", "value": "open"})];
    open.extend(definition.within("expected_close_date").into_iter().chain(pipeline.clone()));
    let question = json!({"filter": all(open), "measures": sums, "limit": 10_000, "group_by": [
        {"field": "expected_close_date", "bucket": bucket}, "owner_id", "currency", "forecast_category"]});
    for row in ask(sight, "deal", &question).await? {
        let (total, weighted) = (amount(&row, "total"), amount(&row, "weighted"));
        let one = of(&mut figures, &row, ["expected_close_date", "owner_id", "currency"]);
        match row.get("forecast_category").and_then(J::as_str) {
            Some("omitted") => continue,
            Some("commit" | "closed") => one.commit += total,
            Some("best_case") => one.best_case += total,
            _ => one.pipeline += total,
        }
        one.weighted += weighted;
    }

    let mut won = vec![json!({"field": "stage.kind", "op": "eq", "value": "won"})];
    won.extend(definition.within("close_date").into_iter().chain(pipeline));
    let question = json!({"filter": all(won), "measures": sums, "limit": 10_000,
        "group_by": [{"field": "close_date", "bucket": bucket}, "owner_id", "currency"]});
    for row in ask(sight, "deal", &question).await? {
        of(&mut figures, &row, ["close_date", "owner_id", "currency"]).won += amount(&row, "total");
    }

    // A quota belongs to the period that it begins in.
    let question = json!({"filter": all(definition.within("period_start")), "limit": 10_000,
        "group_by": [{"field": "period_start", "bucket": bucket}, "owner_id", "currency"],
        "measures": [{"fn": "sum", "field": "amount", "as": "total"}]});
    for row in ask(sight, "sales_quota", &question).await? {
        of(&mut figures, &row, ["period_start", "owner_id", "currency"]).quota += amount(&row, "total");
    }

    let names = ["period", "owner_id", "currency", "pipeline", "best_case", "commit", "weighted", "won", "quota"];
    let mut table = Table::new(names);
    for one in figures.into_values() {
        let amounts = [one.pipeline, one.best_case, one.commit, one.weighted, one.won, one.quota];
        table.rows.push(one.key.into_iter().chain(amounts.map(money)).collect());
    }
    Ok(table)
}
