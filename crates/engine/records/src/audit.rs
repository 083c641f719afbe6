//! The audit entry and the event of every change, rows of the same commit.

use kontor_catalog::ObjectDef;
use kontor_model::{Id, Kind, Value};
use kontor_store::{ColumnRef, OnConflict, Write, system};

use crate::change::Done;
use crate::{Ctx, Records};

/// Columns of an audit row, shared so that the statement stays prepared.
pub struct Columns {
    audit: std::sync::Arc<[ColumnRef]>,
    event: std::sync::Arc<[ColumnRef]>,
}

impl Columns {
    pub fn get() -> &'static Columns {
        static COLUMNS: std::sync::OnceLock<Columns> = std::sync::OnceLock::new();
        COLUMNS.get_or_init(|| Columns {
            audit: [
                ("id", Kind::Int),
                ("at", Kind::Int),
                ("object", Kind::Text),
                ("record_id", Kind::Int),
                ("version", Kind::Int),
                ("action", Kind::Text),
                ("user_id", Kind::Int),
                ("key_id", Kind::Int),
                ("request_id", Kind::Text),
                ("changes", Kind::Text),
            ]
            .map(|(name, kind)| ColumnRef::new(name, kind))
            .into(),
            event: [
                ("id", Kind::Int),
                ("at", Kind::Int),
                ("type", Kind::Text),
                ("subject", Kind::Text),
                ("record_id", Kind::Int),
                ("data", Kind::Text),
            ]
            .map(|(name, kind)| ColumnRef::new(name, kind))
            .into(),
        })
    }
}

/// What happened to one record.
pub struct Entry<'a> {
    pub def: &'a ObjectDef,
    pub id: Id,
    pub version: i64,
    pub done: Done,
    /// `{"path": [before, after]}` of an update; the whole record of a create.
    pub changes: String,
    /// The record afterwards, for the event; a create's is in `changes`.
    pub record: Option<String>,
}

impl Records {
    /// The two rows of an entry: they share an id, so that an event finds its changes.
    pub(crate) fn entry_writes(&self, ctx: &Ctx, entry: Entry<'_>, now: i64, writes: &mut Vec<Write>) {
        let (action, suffix) = entry.done.words();
        let columns = Columns::get();
        let id = self.ids().next().0;
        let optional = |id: Option<Id>| id.map_or(Value::Null, |id| Value::Int(id.0));
        writes.push(Write::Insert {
            table: audit_table(),
            columns: columns.audit.clone(),
            values: vec![
                Value::Int(id),
                Value::Int(now),
                Value::Text(entry.def.name.clone()),
                Value::Int(entry.id.0),
                Value::Int(entry.version),
                Value::text(action),
                optional(ctx.caller.user_id),
                Value::Int(ctx.caller.key_id.0),
                Value::text(&*ctx.request_id),
                Value::Text(entry.changes),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        });
        writes.push(Write::Insert {
            table: event_table(),
            columns: columns.event.clone(),
            values: vec![
                Value::Int(id),
                Value::Int(now),
                Value::Text(kontor_events::event_type(entry.def, suffix)),
                Value::Text(kontor_events::subject(entry.def, entry.id)),
                Value::Int(entry.id.0),
                entry.record.into(),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        });
    }

    /// The audit entry of something that is not a record: metadata, exports, keys.
    pub fn audit_write(&self, ctx: &Ctx, object: &str, action: &str, changes: &serde_json::Value) -> Write {
        Write::Insert {
            table: audit_table(),
            columns: Columns::get().audit.clone(),
            values: vec![
                Value::Int(self.ids().next().0),
                Value::Int(self.clock().now_ms()),
                Value::text(object),
                Value::Int(0),
                Value::Int(0),
                Value::text(action),
                ctx.caller.user_id.map_or(Value::Null, |id| Value::Int(id.0)),
                Value::Int(ctx.caller.key_id.0),
                Value::text(&*ctx.request_id),
                Value::Text(changes.to_string()),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        }
    }
}

fn audit_table() -> std::sync::Arc<str> {
    static NAME: std::sync::OnceLock<std::sync::Arc<str>> = std::sync::OnceLock::new();
    NAME.get_or_init(|| system::AUDIT.into()).clone()
}

fn event_table() -> std::sync::Arc<str> {
    static NAME: std::sync::OnceLock<std::sync::Arc<str>> = std::sync::OnceLock::new();
    NAME.get_or_init(|| system::EVENT.into()).clone()
}

/// `{"path": [before, after]}` of the fields that differ, or nothing when none do.
pub fn difference(def: &ObjectDef, before: &[Value], after: &[Value]) -> Option<String> {
    let mut out = b"{".to_vec();
    for (i, field) in def.shown() {
        if crate::draft::is_common(field) {
            continue;
        }
        let (old, new) = (before.get(i).unwrap_or(&Value::Null), after.get(i).unwrap_or(&Value::Null));
        if old == new {
            continue;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        kontor_model::show::write_string(&def.path(field), &mut out);
        out.extend_from_slice(b":[");
        field.spec().show().write(old, &mut out);
        out.push(b',');
        field.spec().show().write(new, &mut out);
        out.push(b']');
    }
    if out.len() == 1 {
        return None;
    }
    out.push(b'}');
    String::from_utf8(out).ok()
}
