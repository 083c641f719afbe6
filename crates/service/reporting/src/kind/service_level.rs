//! How many tickets kept what was promised.

use std::collections::BTreeMap;

use kontor_model::Result;
use kontor_records::Sight;
use serde_json::{Value as J, json};

use super::{all, ask, count, per_cent};
use crate::definition::Definition;
use crate::table::{Table, plain};

pub async fn table(sight: &Sight<'_>, definition: &Definition, zone: &str) -> Result<Table> {
    let mut conditions = vec![json!({"field": "sla_status", "op": "in", "value": ["met", "breached"]})];
    conditions.extend(definition.during("created_at", zone));
    let key = definition.group_by.as_deref();
    let groups: Vec<&str> = key.into_iter().chain(["sla_status"]).collect();
    let question = json!({"filter": all(conditions), "group_by": groups, "limit": 10_000,
        "measures": [{"fn": "count", "as": "n"}]});
    let mut kept: BTreeMap<String, (Option<J>, i64, i64)> = BTreeMap::new();
    for row in ask(sight, "ticket", &question).await? {
        let value = key.map(|key| row.get(key).cloned().unwrap_or_default());
        let entry = kept.entry(value.as_ref().map(plain).unwrap_or_default()).or_insert((value, 0, 0));
        match row.get("sla_status").and_then(J::as_str) {
            Some("met") => entry.1 += count(&row, "n"),
            _ => entry.2 += count(&row, "n"),
        }
    }
    let mut table = Table::new(key.into_iter().chain(["met", "breached", "attainment"]));
    for (value, met, breached) in kept.into_values() {
        let figures = [json!(met), json!(breached), per_cent(met, met + breached)];
        table.rows.push(value.into_iter().chain(figures).collect());
    }
    Ok(table)
}
