//! What is expected to come in, by period and owner, beside what came and what was to come.

use std::collections::BTreeMap;

use kontor_model::{Fault, Result};
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

use super::{all, amount, ask, key, money};
use crate::definition::Definition;
use crate::table::Table;

/// Whose a forecast is: what deals are grouped by, and what quotas are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Owner,
    Team,
    Territory,
}

impl Whose {
    pub fn of_deal(self) -> &'static str {
        match self {
            Whose::Owner => "owner_id",
            Whose::Team => "owner.team_id",
            Whose::Territory => "territory_id",
        }
    }
}

/// Whose figures are wanted; the owners' when nothing is said.
///
/// # Errors
/// 400001 for what forecasts are not grouped by.
pub fn keys(definition: &Definition) -> Result<Whose> {
    match definition.group_by.as_deref() {
        None | Some("owner_id") => Ok(Whose::Owner),
        Some("owner.team_id") => Ok(Whose::Team),
        Some("territory_id") => Ok(Whose::Territory),
        Some(other) => {
            let message = "must be owner_id, owner.team_id or territory_id";
            Err(Fault::new("definition.group_by", "not_allowed", message).value(other).into())
        }
    }
}

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
    let (values, key) = key(row, &names);
    let figures = all.entry(key).or_default();
    figures.key = values;
    figures
}

pub async fn table(sight: &Sight<'_>, definition: &Definition) -> Result<Table> {
    let whose = keys(definition)?;
    let owner = whose.of_deal();
    let mut figures = All::new();
    let bucket = definition.bucket_name();
    let sums = json!([{"fn": "sum", "field": "amount", "as": "total"}, {"fn": "sum", "field": "weighted_amount", "as": "weighted"}]);
    let pipeline = definition.of_pipeline("pipeline_id");

    let mut open = vec![json!({"field": "stage.kind", "op": "eq", "value": "open"})];
    open.extend(definition.within("expected_close_date").into_iter().chain(pipeline.clone()));
    let question = json!({"filter": all(open), "measures": sums, "limit": 10_000, "group_by": [
        {"field": "expected_close_date", "bucket": bucket}, owner, "currency", "forecast_category"]});
    for row in ask(sight, "deal", &question).await? {
        let (total, weighted) = (amount(&row, "total"), amount(&row, "weighted"));
        let one = of(&mut figures, &row, ["expected_close_date", owner, "currency"]);
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
        "group_by": [{"field": "close_date", "bucket": bucket}, owner, "currency"]});
    for row in ask(sight, "deal", &question).await? {
        of(&mut figures, &row, ["close_date", owner, "currency"]).won += amount(&row, "total");
    }

    quotas(sight, definition, whose, &mut figures).await?;

    let names = ["period", owner, "currency", "pipeline", "best_case", "commit", "weighted", "won", "quota"];
    let mut table = Table::new(names);
    for one in figures.into_values() {
        let amounts = [one.pipeline, one.best_case, one.commit, one.weighted, one.won, one.quota];
        table.rows.push(one.key.into_iter().chain(amounts.map(money)).collect());
    }
    Ok(table)
}

/// A quota belongs to the period that it begins in. One that is set for a team or a territory is theirs alone; a team
/// that has none has those of its members together.
async fn quotas(sight: &Sight<'_>, definition: &Definition, whose: Whose, figures: &mut All) -> Result<()> {
    let is_set = |field: &str, set: bool| json!({"field": field, "op": "is_null", "value": !set});
    let personal = || vec![is_set("team_id", false), is_set("territory_id", false)];
    let (by, conditions) = match whose {
        Whose::Owner => ("owner_id", personal()),
        Whose::Team => ("team_id", vec![is_set("team_id", true)]),
        Whose::Territory => ("territory_id", vec![is_set("territory_id", true)]),
    };
    let asked = async |by: &str, mut conditions: Vec<J>| {
        conditions.extend(definition.within("period_start"));
        let question = json!({"filter": all(conditions), "limit": 10_000,
            "group_by": [{"field": "period_start", "bucket": definition.bucket_name()}, by, "currency"],
            "measures": [{"fn": "sum", "field": "amount", "as": "total"}]});
        ask(sight, "sales_quota", &question).await
    };
    for row in asked(by, conditions).await? {
        of(figures, &row, ["period_start", by, "currency"]).quota += amount(&row, "total");
    }
    if whose == Whose::Team {
        let mut together = BTreeMap::new();
        for row in asked("owner.team_id", personal()).await? {
            let names = ["period_start", "owner.team_id", "currency"];
            let (_, key) = key(&row, &names);
            *together.entry(key).or_insert(0) += amount(&row, "total");
            of(figures, &row, names);
        }
        for (key, total) in together {
            if let Some(team) = figures.get_mut(&key).filter(|team| team.quota == 0) {
                team.quota = total;
            }
        }
    }
    Ok(())
}
