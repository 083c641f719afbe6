//! Rows of a table in the order of their ids, a page at a time.

use std::collections::VecDeque;

use kontor_model::{Error, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Lane, Select, Store};

pub(crate) fn compare(name: &str, op: Op, value: i64) -> Cond {
    Cond::Test { left: Expr::column(name, Kind::Int), op, right: Value::Int(value) }
}

/// Rows with `after < id ≤ up_to`.
pub struct Stream<'a, T> {
    store: &'a dyn Store,
    select: Select,
    read: fn(Vec<Value>) -> Option<T>,
    after: i64,
    page: u64,
    waiting: VecDeque<T>,
    ended: bool,
}

impl<'a, T> Stream<'a, T> {
    pub fn new(
        store: &'a dyn Store,
        space: SpaceId,
        table: &str,
        columns: Vec<Expr>,
        read: fn(Vec<Value>) -> Option<T>,
    ) -> Self {
        let mut select = Select::new(space, table, columns).order(Expr::column("id", Kind::Int), false);
        select.lane = Lane::Slow;
        Self { store, select, read, after: i64::MIN, page: 2_048, waiting: VecDeque::new(), ended: false }
    }

    #[must_use]
    pub fn within(mut self, after: i64, up_to: i64) -> Self {
        self.after = after;
        self.select = self.select.filter(compare("id", Op::Lte, up_to));
        self
    }

    #[must_use]
    pub fn having(mut self, condition: Cond) -> Self {
        self.select = self.select.filter(condition);
        self
    }

    #[must_use]
    pub fn page(mut self, rows: u64) -> Self {
        self.page = rows;
        self
    }

    /// The next row.
    ///
    /// # Errors
    /// The database's; a row that cannot be read.
    pub async fn next(&mut self) -> Result<Option<T>> {
        if self.waiting.is_empty() && !self.ended {
            let select = self.select.clone().filter(compare("id", Op::Gt, self.after)).limit(self.page);
            let rows = self.store.rows(select).await?;
            self.ended = (rows.len() as u64) < self.page;
            for row in rows {
                // Every selection has the id first.
                self.after = row.first().and_then(Value::as_i64).unwrap_or(self.after);
                self.waiting.push_back(
                    (self.read)(row)
                        .ok_or_else(|| Error::internal(format!("row {} of the audit cannot be read", self.after)))?,
                );
            }
        }
        Ok(self.waiting.pop_front())
    }

    /// The next page of rows; none when there are no more.
    ///
    /// # Errors
    /// As [`Stream::next`].
    pub async fn chunk(&mut self) -> Result<Option<Vec<T>>> {
        let Some(first) = self.next().await? else { return Ok(None) };
        Ok(Some(std::iter::once(first).chain(self.waiting.drain(..)).collect()))
    }

    /// The next row, if it fits.
    ///
    /// # Errors
    /// As [`Stream::next`].
    pub async fn next_if(&mut self, fits: impl FnOnce(&T) -> bool) -> Result<Option<T>> {
        let Some(row) = self.next().await? else { return Ok(None) };
        if fits(&row) {
            return Ok(Some(row));
        }
        self.waiting.push_front(row);
        Ok(None)
    }
}
