//! Events as a caller may see them: of records that it may read now, without the fields that its role does not see, in
//! the words of its version.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_catalog::versions::{changes_down, record_down};
use kontor_model::{Kind, Op, Result, Value};
use kontor_records::{Access, Ctx, Records};
use kontor_store::{Cond, Expr, Which};
use serde_json::{Map, Value as J, json};

use crate::envelope::actor;
use crate::{Event, Row, Subjects, Types, head, row};

/// Events that are looked at for one page, however few of them are shown.
const LOOKED_AT: usize = 5_000;
const CHUNK: u64 = 500;

/// Some events of the log.
#[derive(Debug)]
pub struct Page {
    pub events: Vec<Event>,
    /// The number up to which the log was looked at.
    pub up_to: i64,
    /// Whether the log goes on.
    pub has_more: bool,
}

impl Page {
    /// Adds events; whether there were more than it has room for.
    fn takes(&mut self, events: Vec<Event>, limit: usize) -> bool {
        for event in events {
            if self.events.len() == limit {
                self.has_more = true;
                return true;
            }
            self.up_to = event.sequence;
            self.events.push(event);
        }
        false
    }
}

/// Events behind the number `after`, at most `limit`, that the caller may see.
///
/// # Errors
/// The database's.
pub async fn page(
    records: &Records,
    ctx: &Ctx,
    after: i64,
    types: &Types,
    subjects: &Subjects,
    limit: usize,
) -> Result<Page> {
    let store = records.store();
    let last = head(&**store, ctx.space()).await?.last;
    let mut page = Page { events: Vec::new(), up_to: after, has_more: false };
    let mut looked_at = 0;
    while page.up_to < last && page.events.len() < limit && looked_at < LOOKED_AT {
        let rows = row::read(&**store, ctx.space(), page.up_to, types, subjects, CHUNK).await?;
        looked_at += rows.len();
        let is_end = (rows.len() as u64) < CHUNK;
        let end = rows.last().map_or(page.up_to, |row| row.sequence);
        if page.takes(shown(records, ctx, rows).await?, limit) {
            return Ok(page);
        }
        page.up_to = if is_end { end.max(last) } else { end };
    }
    page.has_more = page.up_to < last;
    Ok(page)
}

/// Events below the number `before` and above `floor`, newest first, at most `limit`, that the caller may see; `up_to` is
/// the number down to which the log was looked at.
///
/// # Errors
/// The database's.
pub async fn page_back(
    records: &Records,
    ctx: &Ctx,
    (floor, before): (i64, i64),
    types: &Types,
    subjects: &Subjects,
    limit: usize,
) -> Result<Page> {
    let store = records.store();
    let last = head(&**store, ctx.space()).await?.last;
    let mut page = Page { events: Vec::new(), up_to: before.min(last + 1), has_more: false };
    let mut looked_at = 0;
    while page.up_to > floor + 1 && page.events.len() < limit && looked_at < LOOKED_AT {
        let rows = row::read_back(&**store, ctx.space(), (floor, page.up_to), types, subjects, CHUNK).await?;
        looked_at += rows.len();
        let is_end = (rows.len() as u64) < CHUNK;
        let end = rows.last().map_or(page.up_to, |row| row.sequence);
        if page.takes(shown(records, ctx, rows).await?, limit) {
            return Ok(page);
        }
        page.up_to = if is_end { floor + 1 } else { end };
    }
    page.has_more = page.up_to > floor + 1;
    Ok(page)
}

/// Those of the events that the caller may see, as it sees them.
///
/// # Errors
/// The database's.
pub async fn shown(records: &Records, ctx: &Ctx, rows: Vec<Row>) -> Result<Vec<Event>> {
    let open = open(records, ctx, &rows).await?;
    Ok(rows.into_iter().zip(open).filter_map(|(row, def)| def.map(|def| event(ctx, &def, row))).collect())
}

/// For each event its object, where the caller may see it.
///
/// # Errors
/// The database's.
pub async fn open(records: &Records, ctx: &Ctx, rows: &[Row]) -> Result<Vec<Option<Arc<ObjectDef>>>> {
    let mut asked: HashMap<&str, Vec<i64>> = HashMap::new();
    for row in rows {
        asked.entry(row.object()).or_default().push(row.record_id);
    }
    let mut open: HashMap<&str, (Arc<ObjectDef>, Option<HashSet<i64>>)> = HashMap::new();
    for (name, ids) in asked {
        let def = ctx.catalog.object(name).filter(|def| def.routed && ctx.caller.may(Access::Read, def).is_ok());
        if let Some(def) = def {
            let seen = visible(records, ctx, def, ids).await?;
            open.insert(name, (def.clone(), seen));
        }
    }
    let one = |row: &Row| {
        let (def, seen) = open.get(row.object())?;
        seen.as_ref().is_none_or(|ids| ids.contains(&row.record_id)).then(|| def.clone())
    };
    Ok(rows.iter().map(one).collect())
}

/// Which of these records the caller may read, those in the bin included; none when every one.
async fn visible(records: &Records, ctx: &Ctx, def: &ObjectDef, mut ids: Vec<i64>) -> Result<Option<HashSet<i64>>> {
    let select = ctx.records_of(def, Which::All, vec![Expr::column("id", Kind::Int)]);
    if select.filter.is_none() {
        return Ok(None);
    }
    ids.sort_unstable();
    ids.dedup();
    let among = Cond::Test { left: Expr::column("id", Kind::Int), op: Op::In, right: Value::Ints(ids) };
    let rows = records.store().rows(select.filter(among)).await?;
    Ok(Some(rows.iter().filter_map(|row| row.first()?.as_i64()).collect()))
}

fn parsed(text: Option<&str>) -> J {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn event(ctx: &Ctx, def: &ObjectDef, row: Row) -> Event {
    let is_new = row.action.as_deref() == Some("create");
    let stored = parsed(row.changes.as_deref());
    let (mut record, mut changed) = match (&row.data, is_new) {
        (None, true) => (stored, json!({})),
        (data, _) => (parsed(data.as_deref()), stored),
    };
    let open = |path: &str| is_open(ctx, def, path);
    if let J::Object(members) = &mut record {
        masked(members, &open);
    }
    match &mut changed {
        J::Object(members) => members.retain(|path, _| open(path)),
        other => *other = json!({}),
    }
    record_down(def, &mut record);
    changes_down(def, &mut changed);
    let data = json!({"record": record, "changed": changed, "actor": actor(&row), "request_id": row.request_id});
    let Row { sequence, id, at, kind, subject, record_id, .. } = row;
    Event { sequence, id, at, kind, subject, record_id, data }
}

/// Takes away what the role does not see.
fn masked(members: &mut Map<String, J>, open: &dyn Fn(&str) -> bool) {
    members.retain(|name, value| match (name.as_str(), value) {
        ("object" | "deleted", _) => true,
        ("custom", J::Object(custom)) => {
            custom.retain(|name, _| open(&format!("custom.{name}")));
            true
        }
        (name, _) => open(name),
    });
}

/// Whether the caller sees a field, named in version 1's words; what is no field any more is shown to those who see all.
fn is_open(ctx: &Ctx, def: &ObjectDef, path: &str) -> bool {
    match def.native().field(path) {
        Some((index, _)) => !def.is_hidden(index),
        None => ctx.caller.policy.rule(&def.name).hidden.is_empty(),
    }
}
