//! The arithmetic: what records have added comes out of their groups, what they add now goes in.

use std::collections::BTreeMap;

use kontor_model::{Error, Kind, Op, Result, SpaceId, Value};
use kontor_records::{Share, Tally};
use kontor_store::{ColumnRef, Cond, Expr, OnConflict, Select, Store, Write, system};
use serde_json::Value as J;

use super::counter::Counter;

/// What a record or a group has, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Kept {
    keys: String,
    figures: Vec<i128>,
}

/// A change of a group.
#[derive(Debug, Clone, Default)]
struct Delta {
    records: i64,
    figures: Vec<i128>,
}

impl Delta {
    fn add(&mut self, figures: &[i128], sign: i64) {
        self.records += sign;
        self.figures.resize(self.figures.len().max(figures.len()), 0);
        self.figures.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure * i128::from(sign));
    }
}

/// What has to be written so that these records count for what they add now. Stands on the counter's version.
///
/// # Errors
/// The database's.
pub(super) async fn recount(
    store: &dyn Store,
    space: SpaceId,
    counter: &Counter,
    records: &[i64],
    now: Vec<Share>,
) -> Result<Vec<Write>> {
    let mut before = shares(store, space, counter, records).await?;
    let mut writes = Vec::new();
    let mut deltas: BTreeMap<String, Delta> = BTreeMap::new();
    for share in now {
        let kept = Kept { keys: keys_text(&share.keys)?, figures: share.figures };
        let old = before.remove(&share.record);
        if old.as_ref() == Some(&kept) {
            continue;
        }
        if let Some(old) = old {
            deltas.entry(old.keys).or_default().add(&old.figures, -1);
        }
        deltas.entry(kept.keys.clone()).or_default().add(&kept.figures, 1);
        writes.push(put_share(counter, share.record, kept));
    }
    for (record, old) in before {
        deltas.entry(old.keys).or_default().add(&old.figures, -1);
        writes.push(take_share(counter, record));
    }
    let keys: Vec<String> = deltas.keys().cloned().collect();
    let mut groups = stored_groups(store, space, counter, Some(keys), None).await?;
    for (keys, delta) in deltas {
        let (mut records, mut sums) = groups.remove(&keys).unwrap_or_default();
        records += delta.records;
        sums.resize(sums.len().max(delta.figures.len()), 0);
        sums.iter_mut().zip(&delta.figures).for_each(|(sum, figure)| *sum += figure);
        writes.push(if records == 0 { take_group(counter, &keys) } else { put_group(counter, keys, records, &sums) });
    }
    Ok(writes)
}

/// The groups of a counter; none when there are more than `most`.
///
/// # Errors
/// The database's.
pub(super) async fn tallies(
    store: &dyn Store,
    space: SpaceId,
    counter: &Counter,
    most: usize,
) -> Result<Option<Vec<Tally>>> {
    let groups = stored_groups(store, space, counter, None, Some(most as u64 + 1)).await?;
    if groups.len() > most {
        return Ok(None);
    }
    let tally =
        |(keys, (records, figures)): (String, (i64, Vec<i128>))| Ok(Tally { keys: keys_of(&keys)?, records, figures });
    groups.into_iter().map(tally).collect::<Result<Vec<_>>>().map(Some)
}

fn of_part(counter: &Counter, space: SpaceId, table: &str, columns: Vec<Expr>) -> Select {
    Select::new(space, table, columns).equals("report_id", Kind::Int, counter.report).equals(
        "part",
        Kind::Int,
        counter.number,
    )
}

async fn shares(store: &dyn Store, space: SpaceId, counter: &Counter, records: &[i64]) -> Result<BTreeMap<i64, Kept>> {
    let id = || Expr::column("record_id", Kind::Int);
    let columns = vec![id(), Expr::column("keys", Kind::Text), Expr::column("figures", Kind::Text)];
    let select = of_part(counter, space, system::REPORT_SHARE, columns).filter(Cond::Test {
        left: id(),
        op: Op::In,
        right: Value::Ints(records.to_vec()),
    });
    let share = |row: Vec<Value>| {
        let [Value::Int(id), Value::Text(keys), Value::Text(figures)]: [Value; 3] = row.try_into().ok()? else {
            return None;
        };
        Some((id, Kept { keys, figures: figures_of(&figures) }))
    };
    Ok(store.rows(select).await?.into_iter().filter_map(share).collect())
}

type Groups = BTreeMap<String, (i64, Vec<i128>)>;

async fn stored_groups(
    store: &dyn Store,
    space: SpaceId,
    counter: &Counter,
    keys: Option<Vec<String>>,
    limit: Option<u64>,
) -> Result<Groups> {
    let key = || Expr::column("keys", Kind::Text);
    let columns = vec![key(), Expr::column("records", Kind::Int), Expr::column("figures", Kind::Text)];
    let mut select = of_part(counter, space, system::REPORT_GROUP, columns);
    match keys {
        Some(keys) if keys.is_empty() => return Ok(Groups::new()),
        Some(keys) => select = select.filter(Cond::Test { left: key(), op: Op::In, right: Value::Texts(keys) }),
        None => {}
    }
    select.limit = limit;
    let group = |row: Vec<Value>| {
        let [Value::Text(keys), Value::Int(records), Value::Text(figures)]: [Value; 3] = row.try_into().ok()? else {
            return None;
        };
        Some((keys, (records, figures_of(&figures))))
    };
    Ok(store.rows(select).await?.into_iter().filter_map(group).collect())
}

fn put(table: &str, row: Vec<(&str, Kind, Value)>) -> Write {
    let (columns, values): (Vec<_>, Vec<_>) =
        row.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).unzip();
    let (table, columns) = (table.into(), columns.into());
    Write::Insert { table, columns, values, on_conflict: OnConflict::Replace, search: None }
}

fn put_share(counter: &Counter, record: i64, kept: Kept) -> Write {
    put(
        system::REPORT_SHARE,
        vec![
            ("report_id", Kind::Int, counter.report.into()),
            ("part", Kind::Int, counter.number.into()),
            ("record_id", Kind::Int, record.into()),
            ("keys", Kind::Text, kept.keys.into()),
            ("figures", Kind::Text, figures_text(&kept.figures).into()),
        ],
    )
}

fn put_group(counter: &Counter, keys: String, records: i64, figures: &[i128]) -> Write {
    put(
        system::REPORT_GROUP,
        vec![
            ("report_id", Kind::Int, counter.report.into()),
            ("part", Kind::Int, counter.number.into()),
            ("keys", Kind::Text, keys.into()),
            ("records", Kind::Int, records.into()),
            ("figures", Kind::Text, figures_text(figures).into()),
        ],
    )
}

fn take(table: &str, counter: &Counter, key: (ColumnRef, Value)) -> Write {
    let keys =
        vec![system::key("report_id", Kind::Int, counter.report), system::key("part", Kind::Int, counter.number), key];
    Write::Delete { table: table.into(), keys, must: false, search: false }
}

fn take_share(counter: &Counter, record: i64) -> Write {
    take(system::REPORT_SHARE, counter, system::key("record_id", Kind::Int, record))
}

fn take_group(counter: &Counter, keys: &str) -> Write {
    take(system::REPORT_GROUP, counter, system::key("keys", Kind::Text, keys))
}

fn figures_text(figures: &[i128]) -> String {
    figures.iter().map(i128::to_string).collect::<Vec<_>>().join(" ")
}

fn figures_of(text: &str) -> Vec<i128> {
    text.split_ascii_whitespace().filter_map(|figure| figure.parse().ok()).collect()
}

/// Keys as one text, the same for the same keys.
fn keys_text(keys: &[Value]) -> Result<String> {
    let one = |value: &Value| match value {
        Value::Null => Ok(J::Null),
        Value::Bool(is) => Ok(J::from(*is)),
        Value::Int(number) => Ok(J::from(*number)),
        Value::Text(text) => Ok(J::from(text.as_str())),
        other => Err(Error::internal(format!("no group has the key {other:?}"))),
    };
    keys.iter().map(one).collect::<Result<Vec<_>>>().map(|keys| J::from(keys).to_string())
}

fn keys_of(text: &str) -> Result<Vec<Value>> {
    let keys: Vec<J> = serde_json::from_str(text).map_err(Error::internal)?;
    let one = |key: J| match key {
        J::Bool(is) => Value::Bool(is),
        J::Number(number) => number.as_i64().map_or(Value::Null, Value::Int),
        J::String(text) => Value::Text(text),
        _ => Value::Null,
    };
    Ok(keys.into_iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            ".{0,20}".prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn keys_and_figures_are_kept(keys in proptest::collection::vec(value(), 0..8),
            figures in proptest::collection::vec(any::<i128>(), 0..8)) {
            prop_assert_eq!(keys_of(&keys_text(&keys).unwrap()).unwrap(), keys);
            prop_assert_eq!(figures_of(&figures_text(&figures)), figures);
        }

        #[test]
        fn what_goes_in_comes_out(figures in proptest::collection::vec(any::<i64>(), 0..8)) {
            let figures: Vec<i128> = figures.into_iter().map(i128::from).collect();
            let mut delta = Delta::default();
            delta.add(&figures, 1);
            delta.add(&figures, -1);
            prop_assert!(delta.records == 0 && delta.figures.iter().all(|sum| *sum == 0));
        }
    }
}
