//! What credentials have used of their day, as it is kept over a restart and added up over processes.

use std::sync::Arc;

use kontor_model::{Error, Kind, Op, Result, Value};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, OnConflict, Select, Set, Store, Write};

/// Rows that are read of a day.
const MOST: u64 = 100_000;
/// Keys that are asked about at once.
const CHUNK: usize = 500;

/// Requests of a credential on a day (days since 1970-01-01 in UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    pub key_id: i64,
    pub day: i64,
    pub requests: u64,
}

/// The table of days.
pub struct Days {
    store: Arc<dyn Store>,
}

impl Days {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// What all credentials have used on a day.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(&self, day: i64) -> Result<Vec<Used>> {
        self.read(select().equals("day", Kind::Int, day).limit(MOST)).await
    }

    /// Adds, and says what these credentials have used on these days in all processes.
    ///
    /// # Errors
    /// The database's; nothing is added then.
    pub async fn add(&self, uses: &[Used]) -> Result<Vec<Used>> {
        let mut batch = Batch::new(INSTALLATION);
        let columns: Arc<[ColumnRef]> = [int("key_id"), int("day"), int("used")].into_iter().collect::<Vec<_>>().into();
        for used in uses {
            batch.writes.push(Write::Insert {
                table: system::DAY_USE.into(),
                columns: columns.clone(),
                values: vec![used.key_id.into(), used.day.into(), 0_i64.into()],
                on_conflict: OnConflict::Keep,
                search: None,
            });
            let add = i64::try_from(used.requests).unwrap_or(i64::MAX);
            batch.writes.push(Write::Update {
                table: system::DAY_USE.into(),
                keys: vec![system::key("key_id", Kind::Int, used.key_id), system::key("day", Kind::Int, used.day)],
                set: vec![(int("used"), Set::Add(add))],
                must: true,
                search: None,
            });
        }
        self.commit(batch).await?;
        let mut totals = Vec::with_capacity(uses.len());
        let mut days: Vec<i64> = uses.iter().map(|used| used.day).collect();
        days.sort_unstable();
        days.dedup();
        for day in days {
            let keys: Vec<i64> = uses.iter().filter(|used| used.day == day).map(|used| used.key_id).collect();
            for keys in keys.chunks(CHUNK) {
                let among = Cond::Test {
                    left: Expr::column("key_id", Kind::Int),
                    op: Op::In,
                    right: Value::Ints(keys.to_vec()),
                };
                totals.extend(self.read(select().equals("day", Kind::Int, day).filter(among)).await?);
            }
        }
        Ok(totals)
    }

    /// Forgets the days before this one.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_before(&self, day: i64) -> Result<()> {
        let before = Cond::Test { left: Expr::column("day", Kind::Int), op: Op::Lt, right: day.into() };
        let mut days: Vec<i64> = self.read(select().filter(before).limit(MOST)).await?.iter().map(|u| u.day).collect();
        days.sort_unstable();
        days.dedup();
        let mut batch = Batch::new(INSTALLATION);
        for day in days {
            batch.writes.push(Write::Delete {
                table: system::DAY_USE.into(),
                keys: vec![system::key("day", Kind::Int, day)],
                must: false,
                search: false,
            });
        }
        if batch.writes.is_empty() { Ok(()) } else { self.commit(batch).await }
    }

    async fn read(&self, select: Select) -> Result<Vec<Used>> {
        let rows = self.store.rows(select).await?;
        Ok(rows
            .iter()
            .filter_map(|row| match row.as_slice() {
                [Value::Int(key_id), Value::Int(day), Value::Int(used)] => {
                    Some(Used { key_id: *key_id, day: *day, requests: u64::try_from(*used).unwrap_or(0) })
                }
                _ => None,
            })
            .collect())
    }

    async fn commit(&self, batch: Batch) -> Result<()> {
        self.store.commit(batch).await.map_err(|error| match error {
            CommitError::Store(error) => error.into(),
            other => Error::internal(other),
        })
    }
}

fn int(name: &str) -> ColumnRef {
    ColumnRef::new(name, Kind::Int)
}

fn select() -> Select {
    let columns = ["key_id", "day", "used"].map(|name| Expr::column(name, Kind::Int));
    Select::new(INSTALLATION, system::DAY_USE, columns.to_vec())
}
