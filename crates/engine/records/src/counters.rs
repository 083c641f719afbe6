//! Numbers without gaps: a series' last number is a row that the commit raises, guarded by what was read. Two commits
//! that take the same number cannot both be done.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kontor_model::{Kind, Result, Value};
use kontor_store::{ColumnRef, OnConflict, Select, Set, Write, system};

use crate::{Ctx, Records};

/// What a set of changes has taken of one series.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// The last number before; none when the series is new.
    before: Option<i64>,
    last: i64,
}

/// What a set of changes has taken of all series.
#[derive(Debug, Default)]
pub struct Counters(Mutex<BTreeMap<String, Taken>>);

impl Counters {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Taken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn again(&self, series: &str) -> Option<i64> {
        let mut all = self.lock();
        let taken = all.get_mut(series)?;
        taken.last += 1;
        Some(taken.last)
    }

    /// The next number; the first is 1.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&self, records: &Records, ctx: &Ctx, series: &str) -> Result<i64> {
        if let Some(number) = self.again(series) {
            return Ok(number);
        }
        let before = last(records, ctx, series).await?;
        let last = before.unwrap_or(0) + 1;
        self.lock().insert(series.to_owned(), Taken { before, last });
        Ok(last)
    }

    /// Whether another commit has taken numbers of a series since it was read.
    ///
    /// # Errors
    /// The database's.
    pub async fn moved(&self, records: &Records, ctx: &Ctx) -> Result<bool> {
        let taken: Vec<(String, Option<i64>)> = self.lock().iter().map(|(s, t)| (s.clone(), t.before)).collect();
        for (series, before) in taken {
            if last(records, ctx, &series).await? != before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Nothing is taken any more.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The writes that take the numbers.
    pub fn writes(&self) -> Vec<Write> {
        let table = || system::COUNTER.into();
        let write = |(series, taken): (&String, &Taken)| match taken.before {
            Some(before) => Write::Update {
                table: table(),
                keys: vec![system::key("series", Kind::Text, series.as_str()), system::key("last", Kind::Int, before)],
                set: vec![(ColumnRef::new("last", Kind::Int), Set::To(Value::Int(taken.last)))],
                must: true,
                search: None,
            },
            None => Write::Insert {
                table: table(),
                columns: [ColumnRef::new("series", Kind::Text), ColumnRef::new("last", Kind::Int)].into(),
                values: vec![Value::Text(series.clone()), Value::Int(taken.last)],
                on_conflict: OnConflict::Fail,
                search: None,
            },
        };
        self.lock().iter().map(write).collect()
    }
}

/// The last number of a series; none when it is new.
async fn last(records: &Records, ctx: &Ctx, series: &str) -> Result<Option<i64>> {
    let select = Select::new(ctx.space(), system::COUNTER, vec![kontor_store::Expr::column("last", Kind::Int)])
        .equals("series", Kind::Text, series)
        .limit(1);
    Ok(records.rows(ctx, select).await?.first().and_then(|row| row.first()?.as_i64()))
}
