//! The update of one record.

use kontor_catalog::ObjectDef;
use kontor_model::{Kind, Value};
use kontor_store::{ColumnRef, Set, Write, system};

use super::{Done, Effect};
use crate::audit::same;
use crate::fetch::Working;
use crate::search;

/// What of a record is searched.
pub(super) fn full_text(def: &ObjectDef, values: &[Value]) -> String {
    search::document(def.shown().filter(|(_, f)| f.searched).filter_map(|(i, _)| values.get(i)?.as_str()))
}

/// The update of the columns that differ, guarded by the version that was read.
pub(super) fn update(effect: &Effect, before: &Working, row: Vec<Value>, now: i64) -> Write {
    let def = &effect.after.def;
    let old = def.row_of_fields(&before.values);
    let deleted = match effect.done {
        Done::Deleted => Some(Value::Int(now)),
        Done::Restored => Some(Value::Null),
        _ => None,
    };
    let mut set: Vec<(ColumnRef, Set)> = def
        .columns
        .iter()
        .zip(row.into_iter().zip(&old))
        .filter(|(_, (new, old))| !same(old, new))
        .map(|(column, (new, _))| (column.clone(), Set::To(new)))
        .collect();
    if let (Some(value), Some(column)) = (deleted, def.columns.last()) {
        set.push((column.clone(), Set::To(value)));
    }
    let (text_before, text_after) = (full_text(def, &before.values), full_text(def, &effect.after.values));
    Write::Update {
        table: def.table_name().clone(),
        keys: vec![system::key("id", Kind::Int, effect.id.0), system::key("version", Kind::Int, before.version)],
        set,
        must: true,
        search: (def.is_searched() && text_before != text_after).then_some(text_after),
    }
}
