//! Of the deals that were closed, how many were won.

use std::collections::BTreeMap;

use kontor_model::Result;
use kontor_records::Sight;
use serde_json::{Value as J, json};

use super::{all, amount, ask, count, money, per_cent};
use crate::definition::Definition;
use crate::table::{Table, plain};

#[derive(Default)]
struct Closed {
    key: Vec<J>,
    won: i64,
    lost: i64,
    amount: i64,
}

pub async fn table(sight: &Sight<'_>, definition: &Definition) -> Result<Table> {
    let mut conditions = vec![json!({"field": "stage.kind", "op": "in", "value": ["won", "lost"]})];
    conditions.extend(definition.within("close_date"));
    conditions.extend(definition.of_pipeline("pipeline_id"));
    let keys: Vec<String> = definition.group_by.iter().cloned().collect();
    let mut groups: Vec<&str> = keys.iter().map(String::as_str).filter(|key| *key != "currency").collect();
    groups.extend(["currency", "stage.kind"]);
    let question = json!({"filter": all(conditions), "group_by": groups, "limit": 10_000,
        "measures": [{"fn": "count", "as": "n"}, {"fn": "sum", "field": "amount", "as": "total"}]});
    let mut closed: BTreeMap<String, Closed> = BTreeMap::new();
    for row in ask(sight, "deal", &question).await? {
        let of = |name: &String| row.get(name).cloned().unwrap_or_default();
        let key: Vec<J> =
            keys.iter().filter(|key| *key != "currency").map(of).chain([of(&"currency".to_owned())]).collect();
        let words: Vec<String> = key.iter().map(plain).collect();
        let group = closed.entry(words.join("\u{1f}")).or_default();
        group.key = key;
        if row.get("stage.kind").and_then(J::as_str) == Some("won") {
            group.won += count(&row, "n");
            group.amount += amount(&row, "total");
        } else {
            group.lost += count(&row, "n");
        }
    }
    let names = groups.iter().filter(|name| **name != "stage.kind").copied();
    let mut table = Table::new(names.chain(["won", "lost", "closed", "win_rate", "won_amount"]));
    for group in closed.into_values() {
        let all = group.won + group.lost;
        let figures = [json!(group.won), json!(group.lost), json!(all), per_cent(group.won, all), money(group.amount)];
        table.rows.push(group.key.into_iter().chain(figures).collect());
    }
    Ok(table)
}
