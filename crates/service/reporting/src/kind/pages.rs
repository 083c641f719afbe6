//! Answers that are longer than one: asked piece by piece, in the order of a key.

use kontor_model::{Id, Result};
use kontor_records::{Sight, refusal};
use serde_json::{Map, Value as J, json};

use super::{all, ask};

/// Groups of one answer.
const AT_ONCE: usize = 10_000;
/// The most that is read for a report.
const MOST: usize = 1_000_000;

/// What is asked: `object` by `key`, a field with ids, and what else there is to group by and to measure.
pub struct Ask<'a> {
    pub object: &'a str,
    pub key: &'a str,
    pub conditions: Vec<J>,
    pub groups: Vec<J>,
    pub measures: J,
}

/// Hands over all groups in the order of the key, those of one key together.
///
/// # Errors
/// 422000 when there are more than a report reads; those of the aggregate.
pub async fn each(sight: &Sight<'_>, asked: &Ask<'_>, mut take: impl FnMut(&[Map<String, J>])) -> Result<()> {
    let mut after = None;
    let mut read = 0;
    loop {
        let mut conditions = asked.conditions.clone();
        conditions.push(json!({"field": asked.key, "op": "is_null", "value": false}));
        conditions.extend(after.map(|id: Id| json!({"field": asked.key, "op": "gt", "value": id.to_string()})));
        let groups: Vec<J> = [json!(asked.key)].into_iter().chain(asked.groups.iter().cloned()).collect();
        let question = json!({"filter": all(conditions), "group_by": groups, "measures": asked.measures,
            "sort": [asked.key], "limit": AT_ONCE});
        let rows = ask(sight, asked.object, &question).await?;
        read += rows.len();
        if read > MOST {
            let detail = format!("the report would be made of more than {MOST} figures; narrow it by from and to");
            return Err(refusal("report_size", detail));
        }
        let is_whole = rows.len() < AT_ONCE;
        let parts: Vec<&[Map<String, J>]> = rows.chunk_by(|a, b| a.get(asked.key) == b.get(asked.key)).collect();
        // The last key of a full answer may go on in the next one.
        let whole = if is_whole || parts.len() == 1 { parts.len() } else { parts.len() - 1 };
        for part in parts.iter().take(whole) {
            take(part);
        }
        let last = whole.checked_sub(1).and_then(|place| parts.get(place)?.first()?.get(asked.key)?.as_str());
        after = last.and_then(|id| id.parse().ok());
        if is_whole || after.is_none() {
            return Ok(());
        }
    }
}
