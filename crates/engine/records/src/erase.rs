//! Taking a person out of a record, and out of everything that was written down about it: what the law of data
//! protection asks for, past the rules that changes by callers follow.

use std::sync::Arc;

use kontor_audit::NewEntry;
use kontor_catalog::ObjectDef;
use kontor_model::{Error, ErrorCode, Id, Kind, Op, Result, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, Select, Set, Which, Write, system};
use serde_json::json;

use crate::fetch::Working;
use crate::{Ctx, Records, purge, steps};

/// Records of a page.
pub const PAGE: usize = 500;
const ATTEMPTS: usize = 16;

impl Records {
    /// Records by id, those in the bin included. Asks for no right: who calls has checked it.
    ///
    /// # Errors
    /// The database's.
    pub async fn stored(&self, ctx: &Ctx, def: &Arc<ObjectDef>, id: Id) -> Result<Option<Working>> {
        Ok(self.fetch(ctx, def, vec![id.0]).await?.remove(&id))
    }

    /// Records behind `after`, those in the bin included, in the order of ids, at most [`PAGE`]; with `field`, those
    /// whose value of it is one of `ids`. Asks for no right.
    ///
    /// # Errors
    /// The database's.
    pub async fn stored_page(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        field: Option<(usize, &[i64])>,
        after: i64,
    ) -> Result<Vec<(Id, Working)>> {
        let id = || Expr::column("id", Kind::Int);
        let mut select = Select::new(ctx.space(), def.table_name().clone(), def.exprs.clone());
        select.from = def.source(Which::All);
        select = select
            .filter(Cond::Test { left: id(), op: Op::Gt, right: Value::Int(after) })
            .order(id(), false)
            .limit(PAGE as u64);
        if let Some((field, ids)) = field {
            let Some(left) = def.expr(field, 0) else { return Ok(Vec::new()) };
            select = select.filter(Cond::Test { left, op: Op::In, right: Value::Ints(ids.to_vec()) });
        }
        let mut found: Vec<(Id, Working)> = self.working(ctx, def, select).await?.into_iter().collect();
        found.sort_by_key(|(id, _)| *id);
        Ok(found)
    }

    /// Empties fields of a record, its entries in the audit and its events; an entry `erase` says so. With no fields
    /// only what was written down about it goes.
    ///
    /// # Errors
    /// 404001; 409000 after too many lost races; the database's.
    pub async fn erase(&self, ctx: &Ctx, def: &Arc<ObjectDef>, id: Id, fields: &[usize]) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let before = self.stored(ctx, def, id).await?.ok_or_else(Error::not_found)?;
            let events = self.events_of(ctx, vec![id.0]).await?;
            let writes = self.erasure(ctx, def, id, fields, before, events.get(&id).map_or(&[][..], Vec::as_slice))?;
            match self.commit(ctx, Batch { space: ctx.space(), writes }).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Guard { .. }) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(other) => return Err(Error::internal(other)),
            }
        }
        Err(Error::new(ErrorCode::Conflict, "the record was changed by others at the same time, again and again"))
    }

    fn erasure(
        &self,
        ctx: &Ctx,
        def: &Arc<ObjectDef>,
        id: Id,
        fields: &[usize],
        before: Working,
        events: &[i64],
    ) -> Result<Vec<Write>> {
        let now = self.clock().now_ms();
        let mut after = before.clone();
        let mut names = Vec::new();
        for (index, field) in def.fields.iter().enumerate().filter(|(index, _)| fields.contains(index)) {
            let Some(value) = after.values.get_mut(index).filter(|value| !value.is_null()) else { continue };
            // A text that must be there says that it was.
            let stays = (field.required || field.name == def.name_field) && field.spec().name() == "text";
            *value = if stays { Value::Text(format!("erased {id}")) } else { Value::Null };
            names.push(def.path(field));
        }
        after.version += 1;
        for (name, value) in [("version", Value::Int(after.version)), ("updated_at", Value::Int(now))] {
            steps::put(def, &mut after.values, name, value);
        }
        let (old, new) = (def.row_of_fields(&before.values), def.row_of_fields(&after.values));
        let mut record = Vec::with_capacity(512);
        def.shape.write(&new, &mut record);
        let set: Vec<(ColumnRef, Set)> = def
            .columns
            .iter()
            .zip(new.into_iter().zip(&old))
            .filter(|(_, (new, old))| new != *old)
            .map(|(column, (new, _))| (column.clone(), Set::To(new)))
            .collect();
        let mut writes = vec![
            Write::Update {
                table: def.table_name().clone(),
                keys: vec![system::key("id", Kind::Int, id.0), system::key("version", Kind::Int, before.version)],
                set,
                must: true,
                search: def.is_searched().then(|| crate::search::full_text(def, &after.values)),
            },
            kontor_audit::redact::record(id.0, now),
        ];
        // A file that says something about the person is not told apart from one that does not.
        if def.holds_bytes && !names.is_empty() {
            writes.extend(crate::bytes::remove(id));
        }
        crate::likeness::key_writes(id.0, Some(&before), Some(&after), &mut writes);
        writes.extend(events.iter().map(|event| purge::empty_event(*event)));
        let entry = NewEntry {
            id: self.ids().next(),
            at: now,
            object: &def.name,
            record_id: id.0,
            version: after.version,
            action: "erase",
            who: ctx.who(),
            request_id: &ctx.request_id,
            changes: json!({"fields": names}).to_string(),
        };
        let event = entry.id;
        writes.push(entry.write()?);
        let record = String::from_utf8_lossy(&record).into_owned();
        writes.push(crate::audit::event_write(event, now, def, id, "erased", Some(record)));
        Ok(writes)
    }
}
