//! How long it takes from the first day of work to a won deal.

use kontor_model::Result;
use kontor_records::Sight;
use serde_json::json;

use super::{all, ask};
use crate::definition::Definition;
use crate::table::Table;

pub async fn table(sight: &Sight<'_>, definition: &Definition) -> Result<Table> {
    let mut conditions = vec![
        json!({"field": "stage.kind", "op": "eq", "value": "won"}),
        json!({"field": "cycle_days", "op": "is_null", "value": false}),
    ];
    conditions.extend(definition.within("close_date"));
    conditions.extend(definition.of_pipeline("pipeline_id"));
    let keys: Vec<&str> = definition.group_by.as_deref().into_iter().collect();
    let question = json!({"filter": all(conditions), "group_by": keys, "limit": 10_000, "measures": [
        {"fn": "count", "as": "won"}, {"fn": "avg", "field": "cycle_days", "as": "average_days"},
        {"fn": "min", "field": "cycle_days", "as": "least_days"}, {"fn": "max", "field": "cycle_days", "as": "most_days"}]});
    let rows = ask(sight, "deal", &question).await?;
    let columns = keys.into_iter().chain(["won", "average_days", "least_days", "most_days"]).map(str::to_owned);
    Ok(Table::of(columns.collect(), &rows))
}
