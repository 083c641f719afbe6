//! Keys of records as rows: written with the record, read to find those that share one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use kontor_catalog::ObjectDef;
use kontor_linkage::key;
use kontor_model::{Kind, Op, Result, Value};
use kontor_store::{ColumnRef, Cond, Expr, OnConflict, Select, Write, system};
use sha2::{Digest, Sha256};

use super::profile::{Key, Profile, of};
use crate::fetch::Working;
use crate::{Ctx, Records};

/// Rows that one look at several keys reads before each is asked for by itself.
const TOGETHER: u64 = 1_000;

impl Key {
    /// Made of what one record has as a rule.
    pub const fn identifies(self) -> bool {
        !matches!(self, Key::Person(..) | Key::Firm(_) | Key::Place(..))
    }

    /// Whether it is made of this field.
    pub fn is_of(self, field: &str) -> bool {
        match self {
            Key::Email(path) | Key::Phone(path) | Key::Domain(path) | Key::Tax(path) | Key::Firm(path) => path == field,
            Key::Person(a, b) | Key::Place(a, b) => a == field || b == field,
        }
    }

    /// The key of a record; none where the record says too little.
    pub fn number(self, def: &ObjectDef, values: &[Value]) -> Option<i64> {
        let text = |path: &str| {
            let index = def.native().field(path).map(|(index, _)| index);
            index.and_then(|index| values.get(index)).and_then(Value::as_str).unwrap_or_default()
        };
        let key = match self {
            Key::Email(path) => key::email(text(path)),
            Key::Phone(path) => key::phone(text(path)),
            Key::Domain(path) => key::domain(text(path)),
            Key::Tax(path) => key::tax(text(path)),
            Key::Person(first, last) => key::person(text(first), text(last)),
            Key::Firm(path) => key::firm(text(path)),
            Key::Place(code, street) => key::place(text(code), text(street)),
        };
        key.map(|key| number(&def.key, &key))
    }
}

/// The keys of a record, as numbers; `identifying` asks only for those of what one record has as a rule.
pub fn keys(profile: &Profile, def: &ObjectDef, values: &[Value], identifying: bool) -> BTreeSet<i64> {
    let wanted = profile.keys.iter().filter(|key| key.identifies() || !identifying);
    wanted.filter_map(|key| key.number(def, values)).collect()
}

/// A key as a number: what it was made of cannot be read from the table, and two that fall together only cost a
/// comparison.
pub fn number(object: &str, key: &str) -> i64 {
    let digest = Sha256::new().chain_update(object).chain_update([0]).chain_update(key).finalize();
    digest.iter().take(8).fold(0_i64, |n, byte| (n << 8) | i64::from(*byte))
}

fn columns() -> Arc<[ColumnRef]> {
    static COLUMNS: OnceLock<Arc<[ColumnRef]>> = OnceLock::new();
    COLUMNS
        .get_or_init(|| [("key", Kind::Int), ("record_id", Kind::Int)].map(|(n, k)| ColumnRef::new(n, k)).into())
        .clone()
}

fn table() -> Arc<str> {
    static NAME: OnceLock<Arc<str>> = OnceLock::new();
    NAME.get_or_init(|| system::MATCH_KEY.into()).clone()
}

pub fn insert(key: i64, record: i64, on_conflict: OnConflict) -> Write {
    let values = vec![Value::Int(key), Value::Int(record)];
    Write::Insert { table: table(), columns: columns(), values, on_conflict, search: None }
}

fn delete(key: i64, record: i64) -> Write {
    let keys = vec![system::key("key", Kind::Int, key), system::key("record_id", Kind::Int, record)];
    Write::Delete { table: table(), keys, must: false, search: false }
}

/// The writes that make the keys of a record those of its new values: none for a record that is not there, or in the
/// bin.
pub(crate) fn key_writes(id: i64, before: Option<&Working>, after: Option<&Working>, writes: &mut Vec<Write>) {
    let Some(profile) = before.or(after).and_then(|w| of(&w.def.name)) else { return };
    let of_record = |w: &Working| keys(profile, &w.def, &w.values, false);
    let old = before.filter(|w| !w.deleted).map(of_record).unwrap_or_default();
    let new = after.filter(|w| !w.deleted).map(of_record).unwrap_or_default();
    // A new record has no rows that could be in the way.
    let on_conflict = if before.is_none() { OnConflict::Fail } else { OnConflict::Keep };
    writes.extend(old.difference(&new).map(|key| delete(*key, id)));
    writes.extend(new.difference(&old).map(|key| insert(*key, id, on_conflict)));
}

/// Who has which key.
#[derive(Debug, Default)]
pub struct Holders {
    few: BTreeMap<i64, Vec<i64>>,
    /// Keys that more than this number have; they are not followed.
    many: BTreeSet<i64>,
    most: u64,
}

impl Holders {
    /// All of them.
    pub fn ids(&self) -> BTreeSet<i64> {
        self.few.values().flatten().copied().collect()
    }

    pub fn of(&self, key: i64) -> &[i64] {
        self.few.get(&key).map_or(&[], Vec::as_slice)
    }

    /// How many records besides `own` have a key; none where nobody was asked about it.
    pub fn count(&self, key: i64, own: i64) -> Option<u64> {
        if self.many.contains(&key) {
            return Some(self.most + 1);
        }
        self.few.get(&key).map(|ids| ids.iter().filter(|id| **id != own).count() as u64)
    }
}

impl Records {
    /// Who has these keys; one that more than `most` have tells nobody apart and is left out.
    pub(super) async fn holders_of(&self, ctx: &Ctx, keys: &BTreeSet<i64>, most: u64) -> Result<Holders> {
        if keys.is_empty() {
            return Ok(Holders::default());
        }
        let all: Vec<i64> = keys.iter().copied().collect();
        let together = self.key_rows(ctx, &all, TOGETHER).await?;
        let mut holders = Holders { most, ..Holders::default() };
        if (together.len() as u64) < TOGETHER {
            for (key, id) in together {
                holders.few.entry(key).or_default().push(id);
            }
        } else {
            // Some key is in the way of the others.
            for key in all {
                let ids = self.key_rows(ctx, &[key], most + 1).await?.into_iter().map(|(_, id)| id).collect();
                holders.few.insert(key, ids);
            }
        }
        let Holders { few, many, .. } = &mut holders;
        many.extend(few.iter().filter(|(_, ids)| ids.len() as u64 > most).map(|(key, _)| *key));
        few.retain(|_, ids| ids.len() as u64 <= most);
        Ok(holders)
    }

    async fn key_rows(&self, ctx: &Ctx, keys: &[i64], limit: u64) -> Result<Vec<(i64, i64)>> {
        let column = |name| Expr::column(name, Kind::Int);
        let (op, right) = match keys {
            [one] => (Op::Eq, Value::Int(*one)),
            many => (Op::In, Value::Ints(many.to_vec())),
        };
        let select = Select::new(ctx.space(), table(), vec![column("key"), column("record_id")])
            .filter(Cond::Test { left: column("key"), op, right })
            .limit(limit);
        let rows = self.rows(ctx, select).await?;
        Ok(rows.iter().filter_map(|row| Some((row.first()?.as_i64()?, row.get(1)?.as_i64()?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_in_every_release() {
        assert_eq!(number("contact", "e:ann@acme.example"), number("contact", "e:ann@acme.example"));
        assert_ne!(number("contact", "e:ann@acme.example"), number("lead", "e:ann@acme.example"));
        assert_eq!(number("", ""), i64::from_be_bytes(*b"\x6e\x34\x0b\x9c\xff\xb3\x7a\x98"));
    }

    #[test]
    fn frequencies_are_of_others() {
        let few = [(1, vec![10, 11, 12]), (2, vec![10, 11])].into();
        let holders = Holders { few, many: [3].into(), most: 200 };
        assert_eq!((holders.count(1, 10), holders.count(1, 13)), (Some(2), Some(3)));
        assert_eq!((holders.count(3, 10), holders.count(4, 10)), (Some(201), None));
        assert_eq!(holders.ids(), [10, 11, 12].into());
    }
}
