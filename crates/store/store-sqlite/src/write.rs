//! One batch inside a transaction.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_model::{Kind, Op, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, OnConflict, Select, Write};
use kontor_store_sql::{Dialect, delete, delete_params, fts_add, fts_delete, fts_put, insert, update, update_params};
use rusqlite::{CachedStatement, Connection, Error, Result};

use crate::bind::bind;
use crate::error::{store_error, taken};
use crate::known::Known;

/// Most texts of inserts that are kept.
const TEXTS: usize = 1_024;

/// What the writer keeps between batches.
#[derive(Default)]
pub(crate) struct Writing {
    pub known: Known,
    inserts: HashMap<(usize, u8, bool), Kept>,
    /// Full texts of the transaction so far, in the order of the batches; see [`Writing::write_texts`].
    texts: Vec<Text>,
}

/// The full text of one row.
struct Text {
    table: Arc<str>,
    row: i64,
    /// Empty takes it back.
    body: String,
    /// A new row has none to take back.
    fresh: bool,
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").finish_non_exhaustive()
    }
}

/// The text of an insert. Holds the columns, so that their address stays theirs.
struct Kept {
    table: Arc<str>,
    columns: Arc<[ColumnRef]>,
    text: Arc<str>,
}

impl Writing {
    /// Reads the tables anew, after they have changed.
    pub fn learn(&mut self, db: &Connection) -> Result<()> {
        self.known = Known::read(db)?;
        self.inserts.clear();
        Ok(())
    }

    /// Does a batch's writes in order; stops at the first that fails and leaves the undoing to the caller.
    pub fn apply(&mut self, db: &Connection, batch: &Batch) -> Result<(), CommitError> {
        let before = self.texts.len();
        for (number, write) in batch.writes.iter().enumerate() {
            let failed = match self.write(db, batch.space, write) {
                Ok(true) => continue,
                Ok(false) => CommitError::Guard { write: number },
                Err(error) => self.failed(db, number, error),
            };
            self.texts.truncate(before);
            return Err(failed);
        }
        Ok(())
    }

    /// Forgets the texts of a transaction that was undone.
    pub fn forget_texts(&mut self) {
        self.texts.clear();
    }

    /// Writes the full texts of the transaction, once before it is committed and in the order of the rows: at a row
    /// that is not behind the last one, and at every savepoint, FTS5 writes out what it has gathered so far.
    pub fn write_texts(&mut self, db: &Connection) -> Result<()> {
        let mut texts = std::mem::take(&mut self.texts);
        texts.sort_by(|a, b| (&a.table, a.row).cmp(&(&b.table, b.row)));
        for same in texts.chunk_by(|a, b| a.table == b.table && a.row == b.row) {
            let (Some(first), Some(last)) = (same.first(), same.last()) else { continue };
            match (last.body.is_empty(), first.fresh) {
                (true, true) => {}
                (true, false) => {
                    db.prepare_cached(&fts_delete(&last.table))?.execute([last.row])?;
                }
                (false, true) => {
                    db.prepare_cached(&fts_add(&last.table))?.execute((last.row, &last.body))?;
                }
                (false, false) => {
                    db.prepare_cached(&fts_put(&last.table))?.execute((last.row, &last.body))?;
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, table: &Arc<str>, row: i64, body: &str, fresh: bool) {
        self.texts.push(Text { table: table.clone(), row, body: body.to_owned(), fresh });
    }

    /// Names the index of a violation; other failures are the store's.
    pub fn failed(&mut self, db: &Connection, write: usize, error: Error) -> CommitError {
        let Some(reported) = taken(&error) else { return CommitError::Store(store_error(error)) };
        let mut index = self.known.index(reported);
        if index.is_none() && self.learn(db).is_ok() {
            index = self.known.index(reported);
        }
        CommitError::Unique { write, index: index.unwrap_or_else(|| reported.to_owned()) }
    }

    /// Whether the write held.
    fn write(&mut self, db: &Connection, space: SpaceId, write: &Write) -> Result<bool> {
        match write {
            Write::Insert { table, columns, values, on_conflict, search } => {
                let text = self.insert_text(db, table, columns, *on_conflict, search.is_some())?;
                let mut statement = Bound::new(db, &text, space)?;
                for value in values {
                    statement.bind(value)?;
                }
                match search {
                    None => {
                        statement.execute()?;
                    }
                    Some(body) if *on_conflict == OnConflict::Fail => {
                        statement.execute()?;
                        self.text(table, db.last_insert_rowid(), body, true);
                    }
                    Some(body) => {
                        for row in statement.rows()? {
                            self.text(table, row, body, false);
                        }
                    }
                }
                Ok(true)
            }
            Write::Update { table, keys, set, must, search } => {
                // Without RETURNING an update of one row needs no statement journal.
                let text = update(table, keys, set, false, Dialect::Sqlite);
                let mut statement = Bound::new(db, &text, space)?;
                for (value, _) in update_params(keys, set) {
                    statement.bind(&value)?;
                }
                let changed = statement.execute()?;
                if let Some(body) = search.as_ref().filter(|_| changed > 0) {
                    for row in rows_of(db, table, space, keys)? {
                        self.text(table, row, body, false);
                    }
                }
                Ok(changed > 0 || !must)
            }
            Write::Delete { table, keys, must, search } => {
                let text = delete(table, keys, *search, Dialect::Sqlite);
                let mut statement = Bound::new(db, &text, space)?;
                for (value, _) in delete_params(keys) {
                    statement.bind(value)?;
                }
                let changed = if *search {
                    let rows = statement.rows()?;
                    for row in &rows {
                        self.text(table, *row, "", false);
                    }
                    rows.len()
                } else {
                    statement.execute()?
                };
                Ok(changed > 0 || !must)
            }
            Write::In { space, write } => self.write(db, *space, write),
        }
    }

    fn insert_text(
        &mut self,
        db: &Connection,
        table: &Arc<str>,
        columns: &Arc<[ColumnRef]>,
        on_conflict: OnConflict,
        search: bool,
    ) -> Result<Arc<str>> {
        let place = (columns.as_ptr().addr(), on_conflict as u8, search);
        if let Some(kept) = self.inserts.get(&place)
            && Arc::ptr_eq(&kept.columns, columns)
            && kept.table == *table
        {
            return Ok(kept.text.clone());
        }
        if self.known.key(table).is_none() {
            self.learn(db)?;
        }
        let key = self.known.key(table).unwrap_or_default();
        let text: Arc<str> = insert(table, &key, columns, on_conflict, search, Dialect::Sqlite).into();
        // Columns that only this write holds never come again.
        if Arc::strong_count(columns) > 1 {
            if self.inserts.len() >= TEXTS {
                self.inserts.clear();
            }
            self.inserts.insert(place, Kept { table: table.clone(), columns: columns.clone(), text: text.clone() });
        }
        Ok(text)
    }
}

/// A statement that is being bound; the space is parameter 1.
struct Bound<'a> {
    statement: CachedStatement<'a>,
    bound: usize,
}

impl<'a> Bound<'a> {
    fn new(db: &'a Connection, text: &str, space: SpaceId) -> Result<Self> {
        let mut bound = Self { statement: db.prepare_cached(text)?, bound: 0 };
        bound.bind(&Value::Int(space.0))?;
        Ok(bound)
    }

    fn bind(&mut self, value: &Value) -> Result<()> {
        self.bound += 1;
        bind(&mut self.statement, self.bound, value)
    }

    fn execute(mut self) -> Result<usize> {
        self.statement.raw_execute()
    }

    /// The rows that were touched. Read to the end before anything else is done.
    fn rows(mut self) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        let mut rows = self.statement.raw_query();
        while let Some(row) = rows.next()? {
            found.push(row.get(0)?);
        }
        Ok(found)
    }
}

/// The rows that an update of `id` has touched.
fn rows_of(db: &Connection, table: &str, space: SpaceId, keys: &[(ColumnRef, Value)]) -> Result<Vec<i64>> {
    let Some((column, id)) = keys.iter().find(|(column, _)| &*column.name == "id") else { return Ok(Vec::new()) };
    let select = Select::new(space, table, vec![Expr::column("row", Kind::Int)]).filter(Cond::Test {
        left: Expr::column(&column.name, column.kind),
        op: Op::Eq,
        right: id.clone(),
    });
    let sql = kontor_store_sql::select(&select, Dialect::Sqlite);
    let mut statement = db.prepare_cached(&sql.text)?;
    for (at, (value, _)) in sql.params.iter().enumerate() {
        bind(&mut statement, at + 1, value)?;
    }
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        found.push(row.get(0)?);
    }
    Ok(found)
}
