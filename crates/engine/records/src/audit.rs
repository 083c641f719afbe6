//! The audit entry and the event of every change, rows of the same commit.

use std::sync::{Arc, OnceLock};

use kontor_audit::{NewEntry, Who};
use kontor_catalog::ObjectDef;
use kontor_model::{Id, Kind, Result, Value};
use kontor_store::{ColumnRef, OnConflict, Write, system};

use crate::{Ctx, Records};

/// Columns of an event row, shared so that the statement stays prepared.
fn event_columns() -> Arc<[ColumnRef]> {
    static COLUMNS: OnceLock<Arc<[ColumnRef]>> = OnceLock::new();
    COLUMNS
        .get_or_init(|| {
            [
                ("id", Kind::Int),
                ("at", Kind::Int),
                ("type", Kind::Text),
                ("subject", Kind::Text),
                ("record_id", Kind::Int),
                ("data", Kind::Text),
            ]
            .map(|(name, kind)| ColumnRef::new(name, kind))
            .into()
        })
        .clone()
}

/// What happened to one record.
pub struct Entry<'a> {
    pub def: &'a ObjectDef,
    pub id: Id,
    pub version: i64,
    /// The audit's action, and the last part of the event's type.
    pub words: (&'static str, &'static str),
    /// `{"path": [before, after]}` of an update; the whole record of a create.
    pub changes: String,
    /// The record afterwards, for the event; a create's is in `changes`.
    pub record: Option<String>,
}

impl Records {
    /// The two rows of an entry: they share an id, so that an event finds its changes.
    pub(crate) fn entry_writes(&self, ctx: &Ctx, entry: Entry<'_>, now: i64, writes: &mut Vec<Write>) -> Result<()> {
        let (action, suffix) = entry.words;
        let id = self.ids().next();
        let new = NewEntry {
            id,
            at: now,
            object: &entry.def.name,
            record_id: entry.id.0,
            version: entry.version,
            action,
            who: ctx.who(),
            request_id: &ctx.request_id,
            changes: entry.changes,
        };
        writes.push(new.write()?);
        writes.push(event_write(id, now, entry.def, entry.id, suffix, entry.record));
        Ok(())
    }

    /// The audit entry of something that is not a change of a record: metadata, exports, sensitive reads, keys.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn audit_write(&self, ctx: &Ctx, object: &str, action: &str, changes: &serde_json::Value) -> Result<Write> {
        self.audit_record(ctx, object, Id(0), action, changes)
    }

    /// As [`Records::audit_write`], about one record or job.
    ///
    /// # Errors
    /// As there.
    pub fn audit_record(
        &self,
        ctx: &Ctx,
        object: &str,
        record: Id,
        action: &str,
        changes: &serde_json::Value,
    ) -> Result<Write> {
        let new = NewEntry {
            id: self.ids().next(),
            at: self.clock().now_ms(),
            object,
            record_id: record.0,
            version: 0,
            action,
            who: ctx.who(),
            request_id: &ctx.request_id,
            changes: changes.to_string(),
        };
        new.write()
    }
}

impl Ctx {
    /// Who does it, as the audit keeps it.
    pub fn who(&self) -> Who {
        Who {
            user_id: self.caller.user_id,
            // Of an access token the client; its own id is that of an agreement, and in no list.
            key_id: Some(self.caller.via.client.unwrap_or(self.caller.key_id)),
            credential: self.origin.credential,
            impersonator: self.origin.impersonator,
            ip: self.origin.ip,
        }
    }
}

/// The event that `what` (`created`, `updated`, …) happened to a record.
pub(crate) fn event_write(id: Id, now: i64, def: &ObjectDef, record: Id, what: &str, data: Option<String>) -> Write {
    Write::Insert {
        table: event_table(),
        columns: event_columns(),
        values: vec![
            Value::Int(id.0),
            Value::Int(now),
            Value::Text(format!("kontor.{}.{what}", def.name)),
            Value::Text(format!("{}/{record}", def.plural)),
            Value::Int(record.0),
            data.into(),
        ],
        on_conflict: OnConflict::Fail,
        search: None,
    }
}

fn event_table() -> std::sync::Arc<str> {
    static NAME: std::sync::OnceLock<std::sync::Arc<str>> = std::sync::OnceLock::new();
    NAME.get_or_init(|| system::EVENT.into()).clone()
}

/// Whether two values say the same: databases keep documents with their members in an order of their own.
pub fn same(old: &Value, new: &Value) -> bool {
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    match (old, new) {
        _ if old == new => true,
        (Value::Json(old), Value::Json(new)) => {
            parsed(old).is_some_and(|old| parsed(new).is_some_and(|new| old == new))
        }
        _ => false,
    }
}

/// `{"path": [before, after]}` of the fields that differ, or nothing when none do.
pub fn difference(def: &ObjectDef, before: &[Value], after: &[Value]) -> Option<String> {
    let mut out = b"{".to_vec();
    for (i, field) in def.shown() {
        if crate::draft::is_common(field) {
            continue;
        }
        let (old, new) = (before.get(i).unwrap_or(&Value::Null), after.get(i).unwrap_or(&Value::Null));
        if same(old, new) {
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
