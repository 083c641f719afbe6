//! What is owed, by how long it has been due.

use std::collections::BTreeMap;

use kontor_model::Result;
use kontor_model::time::date_text;
use kontor_records::Sight;
use serde_json::{Value as J, json};

use super::{all, amount, ask, money};
use crate::definition::Definition;
use crate::table::{Table, plain};

/// Columns, with the first and the last number of days past due.
const AGES: &[(&str, Option<i64>, Option<i64>)] = &[
    ("not_due", None, Some(0)),
    ("days_1_30", Some(1), Some(30)),
    ("days_31_60", Some(31), Some(60)),
    ("days_61_90", Some(61), Some(90)),
    ("days_over_90", Some(91), None),
];

pub async fn table(sight: &Sight<'_>, definition: &Definition) -> Result<Table> {
    let today = definition.to.unwrap_or_else(|| sight.today());
    let group = definition.group_by.as_deref().unwrap_or("customer_id");
    let mut owed: BTreeMap<String, (Vec<J>, Vec<i64>)> = BTreeMap::new();
    for (place, (_, from, to)) in AGES.iter().enumerate() {
        let mut conditions = vec![json!({"field": "status", "op": "eq", "value": "open"})];
        // Due on the last day that is `from` days ago, and not before the one that is `to` days ago.
        if let Some(from) = from {
            conditions.push(json!({"field": "due_date", "op": "lte", "value": date_text(today - from)}));
        }
        match to {
            Some(0) => conditions.push(json!({"or": [
                {"field": "due_date", "op": "gte", "value": date_text(today)},
                {"field": "due_date", "op": "is_null", "value": true}]})),
            Some(to) => conditions.push(json!({"field": "due_date", "op": "gte", "value": date_text(today - to)})),
            None => {}
        }
        let question = json!({"filter": all(conditions), "group_by": [group, "currency"], "limit": 10_000,
            "measures": [{"fn": "sum", "field": "amount_due", "as": "due"}]});
        for row in ask(sight, "invoice", &question).await? {
            let key: Vec<J> =
                [group, "currency"].iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect();
            let words: Vec<String> = key.iter().map(plain).collect();
            let (_, ages) = owed.entry(words.join("\u{1f}")).or_insert_with(|| (key, vec![0; AGES.len()]));
            if let Some(age) = ages.get_mut(place) {
                *age += amount(&row, "due");
            }
        }
    }
    let ages = AGES.iter().map(|(name, _, _)| *name);
    let mut table = Table::new([group, "currency"].into_iter().chain(ages).chain(["total"]));
    for (key, ages) in owed.into_values() {
        let total = ages.iter().sum();
        table.rows.push(key.into_iter().chain(ages.into_iter().map(money)).chain([money(total)]).collect());
    }
    Ok(table)
}
