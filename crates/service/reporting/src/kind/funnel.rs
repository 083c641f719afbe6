//! How many deals came into each stage; one that came back counts again.

use std::collections::BTreeMap;

use kontor_model::Result;
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

use super::{all, ask, count, per_cent};
use crate::definition::Definition;
use crate::table::Table;

/// Stages in the order of their pipeline, the lost ones left out: what came and went, and what is there now.
pub async fn table(sight: &Sight<'_>, definition: &Definition, zone: &str) -> Result<Table> {
    let mut left = definition.during("entered_at", zone);
    left.extend(definition.of_pipeline("stage.pipeline_id"));
    let mut there = definition.during("stage_entered_at", zone);
    there.extend(definition.of_pipeline("pipeline_id"));
    let mut stages: BTreeMap<(i64, String), (Map<String, J>, i64)> = BTreeMap::new();
    for (object, mut conditions) in [("stage_visit", left), ("deal", there)] {
        conditions.push(json!({"field": "stage.kind", "op": "ne", "value": "lost"}));
        let question = json!({"filter": all(conditions), "limit": 1_000,
            "group_by": ["stage_id", "stage.name", "stage.position"], "measures": [{"fn": "count", "as": "n"}]});
        for row in ask(sight, object, &question).await? {
            let id = row.get("stage_id").and_then(J::as_str).unwrap_or_default().to_owned();
            let number = count(&row, "n");
            let entry = stages.entry((count(&row, "stage.position"), id)).or_insert((row, 0));
            entry.1 += number;
        }
    }
    let mut table = Table::new(["stage_id", "stage", "deals", "of_previous", "of_first"]);
    let first = stages.values().next().map_or(0, |(_, deals)| *deals);
    let mut previous = None;
    for ((_, id), (row, deals)) in &stages {
        table.rows.push(vec![
            json!(id),
            row.get("stage.name").cloned().unwrap_or_default(),
            json!(deals),
            previous.map_or(J::Null, |before| per_cent(*deals, before)),
            per_cent(*deals, first),
        ]);
        previous = Some(*deals);
    }
    Ok(table)
}
