//! How many deals came into each stage; one that came back counts again.

use std::collections::{BTreeMap, HashMap};

use kontor_model::Result;
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

use super::{Wanted, all, ask, count, per_cent};
use crate::definition::Definition;
use crate::live::{groups, parts};
use crate::table::Table;

/// The stages by position and id: a row with the stage's name, and how many came.
type Stages = BTreeMap<(i64, String), (Map<String, J>, i64)>;

/// Stages in the order of their pipeline, the lost ones left out: what came and went, and what is there now.
pub async fn table(sight: &Sight<'_>, definition: &Definition, wanted: &Wanted<'_>) -> Result<Table> {
    if let Some(stages) = kept(sight, definition, wanted).await? {
        return Ok(Table { live: true, ..shown(&stages) });
    }
    let mut left = definition.during("entered_at", wanted.zone);
    left.extend(definition.of_pipeline("stage.pipeline_id"));
    let mut there = definition.during("stage_entered_at", wanted.zone);
    there.extend(definition.of_pipeline("pipeline_id"));
    let mut stages = Stages::new();
    for (object, mut conditions) in [("stage_visit", left), ("deal", there)] {
        conditions.push(json!({"field": "stage.kind", "op": "ne", "value": "lost"}));
        let question = json!({"filter": all(conditions), "limit": 1_000,
            "group_by": ["stage_id", "stage.name", "stage.position"], "measures": [{"fn": "count", "as": "n"}]});
        for row in ask(sight, object, &question).await? {
            add(&mut stages, row);
        }
    }
    Ok(shown(&stages))
}

fn add(stages: &mut Stages, row: Map<String, J>) {
    let id = row.get("stage_id").and_then(J::as_str).unwrap_or_default().to_owned();
    let number = count(&row, "n");
    let entry = stages.entry((count(&row, "stage.position"), id)).or_insert((row, 0));
    entry.1 += number;
}

/// Of a live report: what came is counted by stage alone, and what stages are is looked up.
async fn kept(sight: &Sight<'_>, definition: &Definition, wanted: &Wanted<'_>) -> Result<Option<Stages>> {
    let Some(live) = wanted.live else { return Ok(None) };
    let Ok(counted) = parts(&sight.ctx().whole, wanted.kind, "", wanted.definition) else { return Ok(None) };
    let question = json!({"limit": 10_000, "group_by": ["id", "name", "position", "kind", "pipeline_id"],
        "measures": [{"fn": "count", "as": "n"}]});
    let known = ask(sight, "stage", &question).await?;
    let text = |row: &Map<String, J>, name: &str| row.get(name).and_then(J::as_str).unwrap_or_default().to_owned();
    let known: HashMap<String, Map<String, J>> = known.into_iter().map(|row| (text(&row, "id"), row)).collect();
    let pipeline = definition.pipeline.map(|id| id.to_string());
    let mut stages = Stages::new();
    for (number, part) in (0..).zip(&counted) {
        let Some(rows) = groups(sight, live, number, part).await? else { return Ok(None) };
        for mut row in rows {
            let stage = known.get(&text(&row, "stage_id"));
            let is_lost = stage.is_some_and(|stage| text(stage, "kind") == "lost");
            // A visit lies in the pipeline of its stage; a deal was counted by its own.
            let is_other = part.object == "stage_visit"
                && pipeline.as_ref().is_some_and(|id| stage.is_none_or(|stage| text(stage, "pipeline_id") != *id));
            if is_lost || is_other {
                continue;
            }
            for name in ["name", "position"] {
                let value = stage.and_then(|stage| stage.get(name)).cloned().unwrap_or_default();
                row.insert(format!("stage.{name}"), value);
            }
            add(&mut stages, row);
        }
    }
    Ok(Some(stages))
}

fn shown(stages: &Stages) -> Table {
    let mut table = Table::new(["stage_id", "stage", "deals", "of_previous", "of_first"]);
    let first = stages.values().next().map_or(0, |(_, deals)| *deals);
    let mut previous = None;
    for ((_, id), (row, deals)) in stages {
        table.rows.push(vec![
            json!(id),
            row.get("stage.name").cloned().unwrap_or_default(),
            json!(deals),
            previous.map_or(J::Null, |before| per_cent(*deals, before)),
            per_cent(*deals, first),
        ]);
        previous = Some(*deals);
    }
    table
}
