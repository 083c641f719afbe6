//! A masked copy of the live space: its own objects and fields, every record that callers reach, and shares.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_jobs::Run;
use kontor_model::{Error, ErrorCode, Id, Kind, Op, Result, SpaceId, Value};
use kontor_records::full_text;
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, Lane, OnConflict, Select, Which, Write, system};

use crate::handler::At;
use crate::mask::Masker;
use crate::sandbox::Sandbox;
use crate::service::{Sandboxes, failed};

/// Rows of a chunk.
const CHUNK: u64 = 200;
/// How often a value that chance made equal to another's is drawn anew.
const DRAWS: u32 = 8;

const SHARE: &[(&str, Kind)] = &[
    ("id", Kind::Int),
    ("object", Kind::Text),
    ("record_id", Kind::Int),
    ("grantee", Kind::Text),
    ("grantee_id", Kind::Int),
    ("level", Kind::Text),
    ("created_at", Kind::Int),
    ("created_by", Kind::Int),
];

fn id() -> Expr {
    Expr::column("id", Kind::Int)
}

/// Rows behind `after` that were there when the copy began: what is made meanwhile would refer to what was passed.
fn window(select: Select, after: i64, last: i64) -> Select {
    select.filter(Cond::Test { left: id(), op: Op::Gt, right: after.into() }).filter(Cond::Test {
        left: id(),
        op: Op::Lte,
        right: last.into(),
    })
}

impl Sandboxes {
    /// Copies what is not copied yet; false when it was told to stop.
    pub(crate) async fn copy(&self, run: &Run, sandbox: &Sandbox, at: &mut At) -> Result<bool> {
        let (from, to) = (sandbox.source, sandbox.id);
        let live = self.parts.catalogs.reload(from).await?;
        if !at.is("metadata") {
            self.parts.metadata.copy(from, to).await?;
            at.set("metadata", true.into());
            at.save(run).await?;
        }
        let region = self.parts.furnisher.mobile_region(from).await?;
        let masker = Masker::new(self.parts.furnisher.mask_key(to)?, &live, &region);
        // Objects without routes hold credentials, or what other parts of the program write.
        let defs: Vec<Arc<ObjectDef>> = live.objects().filter(|def| def.routed).cloned().collect();
        let last = run.job.id.0;
        if at.progress.total.is_none() {
            let mut total = 0;
            for def in &defs {
                total += self.count(from, def, last).await?;
            }
            at.progress.total = Some(total);
        }
        // Objects are told by their keys: one that is made meanwhile moves no other.
        for def in &defs {
            let mark = format!("object {}", def.key);
            if at.is(&mark) {
                continue;
            }
            let place = format!("after {}", def.key);
            let mut after = at.number(&place).unwrap_or(i64::MIN);
            loop {
                if run.should_stop() {
                    return Ok(false);
                }
                let rows = self.page(from, def, after, last).await?;
                let Some((id, _)) = rows.last() else { break };
                after = id.0;
                let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
                self.put(to, def, &masker, rows).await?;
                at.progress.done += count;
                at.set(&place, after.into());
                at.save(run).await?;
            }
            at.set(&mark, true.into());
            at.save(run).await?;
        }
        self.counters(sandbox).await?;
        self.shares(run, sandbox).await
    }

    /// Series of numbers go on where they stood, at least as far as the copied records have come.
    async fn counters(&self, sandbox: &Sandbox) -> Result<()> {
        let columns = [("series", Kind::Text), ("last", Kind::Int)];
        let exprs: Vec<Expr> = columns.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
        let into: Arc<[ColumnRef]> = columns.iter().map(|(name, kind)| ColumnRef::new(name, *kind)).collect();
        let rows = self.store().rows(Select::new(sandbox.source, system::COUNTER, exprs)).await?;
        let insert = |values: Vec<Value>| Write::Insert {
            table: system::COUNTER.into(),
            columns: into.clone(),
            values,
            on_conflict: OnConflict::Replace,
            search: None,
        };
        let writes: Vec<Write> = rows.into_iter().map(insert).collect();
        if writes.is_empty() {
            return Ok(());
        }
        self.store().commit(Batch { space: sandbox.id, writes }).await.map_err(failed)
    }

    async fn count(&self, space: SpaceId, def: &ObjectDef, last: i64) -> Result<i64> {
        let mut select = Select::new(space, def.table_name().clone(), vec![Expr::Count]);
        select.from = def.source(Which::All);
        select.lane = Lane::Slow;
        let rows = self.store().rows(window(select, i64::MIN, last)).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_i64()).unwrap_or(0))
    }

    async fn page(&self, space: SpaceId, def: &ObjectDef, after: i64, last: i64) -> Result<Vec<(Id, Vec<Value>)>> {
        let mut select = Select::new(space, def.table_name().clone(), def.exprs.clone());
        select.from = def.source(Which::All);
        select.lane = Lane::Slow;
        let rows = self.store().rows(window(select, after, last).order(id(), false).limit(CHUNK)).await?;
        Ok(rows.into_iter().filter_map(|row| Some((Id(row.first()?.as_i64()?), row))).collect())
    }

    /// Masks and writes a chunk; rows that an earlier try has written stay.
    async fn put(&self, to: SpaceId, def: &ObjectDef, masker: &Masker, rows: Vec<(Id, Vec<Value>)>) -> Result<()> {
        let mut writes = Vec::with_capacity(rows.len());
        for (_, row) in &rows {
            let mut values = def.fields_of_row(row);
            masker.record(def, &mut values, 0)?;
            writes.push(insert(def, &values, row));
        }
        match self.store().commit(Batch { space: to, writes }).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Unique { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
        for (id, row) in &rows {
            self.put_one(to, def, masker, *id, row).await?;
        }
        Ok(())
    }

    /// One row, with other values for those that have to be unique until they are.
    async fn put_one(&self, to: SpaceId, def: &ObjectDef, masker: &Masker, id: Id, row: &[Value]) -> Result<()> {
        for salt in 0..=DRAWS {
            let mut values = def.fields_of_row(row);
            masker.record(def, &mut values, salt)?;
            if salt == DRAWS && !masker.without_unique(def, &mut values) {
                break;
            }
            match self.store().commit(Batch { space: to, writes: vec![insert(def, &values, row)] }).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Unique { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Error::new(ErrorCode::RuleRefused, Masker::unlucky(def, id)))
    }

    /// All shares: they name records and users by their ids only.
    async fn shares(&self, run: &Run, sandbox: &Sandbox) -> Result<bool> {
        let exprs: Vec<Expr> = SHARE.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
        let columns: Arc<[ColumnRef]> = SHARE.iter().map(|(name, kind)| ColumnRef::new(name, *kind)).collect();
        let mut after = i64::MIN;
        loop {
            if run.should_stop() {
                return Ok(false);
            }
            let select = Select::new(sandbox.source, system::SHARE, exprs.clone());
            let rows = self.store().rows(window(select, after, run.job.id.0).order(id(), false).limit(CHUNK)).await?;
            let Some(last) = rows.last().and_then(|row| row.first()?.as_i64()) else { return Ok(true) };
            after = last;
            let insert = |values: Vec<Value>| Write::Insert {
                table: system::SHARE.into(),
                columns: columns.clone(),
                values,
                on_conflict: OnConflict::Keep,
                search: None,
            };
            let writes = rows.into_iter().map(insert).collect();
            self.store().commit(Batch { space: sandbox.id, writes }).await.map_err(failed)?;
        }
    }
}

/// The masked record as a row, found by its masked words.
fn insert(def: &ObjectDef, values: &[Value], original: &[Value]) -> Write {
    let mut row = def.row_of_fields(values);
    let deleted = def.deleted_column();
    if let (Some(place), Some(at)) = (row.get_mut(deleted), original.get(deleted)) {
        *place = at.clone();
    }
    if def.custom {
        row.push(Value::Text(def.key.clone()));
    }
    Write::Insert {
        table: def.table_name().clone(),
        columns: def.insert_columns.clone(),
        values: row,
        on_conflict: OnConflict::Keep,
        search: def.is_searched().then(|| full_text(def, values)),
    }
}
