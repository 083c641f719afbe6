//! Threads that answer questions, each with a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crossbeam_channel::Receiver;
use kontor_model::Kind;
use kontor_store::{Expr, Page, Rows, Select, Shape, StoreError, page};
use kontor_store_sql::{Dialect, Hints, Sql, search, select_with};
use rusqlite::{Row, Statement};
use tokio::sync::oneshot;

use crate::bind::{RowCells, bind};
use crate::connect::Db;
use crate::error::{is_overflow, store_error};

/// A search has frequent words from this many matches on.
const FREQUENT: i64 = 5_000;

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What a reader is asked for.
pub(crate) enum Job {
    Rows(Select, Instant, Reply<Rows>),
    Page(Select, Arc<Shape>, Instant, Reply<Page>),
    Ping(Instant, Reply<()>),
    /// The last job of a thread.
    Stop,
}

/// Serves jobs until told to stop. `busy` counts those that are admitted and not answered.
pub(crate) fn run(db: &Db, jobs: &Receiver<Job>, busy: &AtomicUsize) {
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Rows(select, until, reply) => answer(reply, busy, until, || {
                let kinds: Vec<Kind> = select.columns.iter().map(Expr::kind).collect();
                ask(db, &select, until, Rows::new, |rows, row| {
                    let cells = RowCells(row);
                    let cell =
                        |(column, kind): (usize, &Kind)| page::value(kontor_store::Cells::cell(&cells, column), *kind);
                    rows.push(kinds.iter().enumerate().map(cell).collect());
                })
            }),
            Job::Page(select, shape, until, reply) => answer(reply, busy, until, || {
                ask(db, &select, until, Page::default, |page, row| page.push(&shape, &RowCells(row)))
            }),
            Job::Ping(until, reply) => answer(reply, busy, until, || {
                db.deadline.set(until);
                db.connection
                    .prepare_cached("SELECT COUNT(*) FROM (SELECT 1 FROM sqlite_master LIMIT 1)")
                    .and_then(|mut statement| statement.query_row([], |_| Ok(())))
                    .map_err(store_error)
            }),
            Job::Stop => return,
        }
    }
}

fn answer<T>(reply: Reply<T>, busy: &AtomicUsize, until: Instant, work: impl FnOnce() -> Result<T, StoreError>) {
    // Whoever asked may have gone, or the time may have passed in the queue.
    let outcome = if reply.is_closed() {
        None
    } else if Instant::now() > until {
        Some(Err(StoreError::Timeout("the question waited too long for its turn".to_owned())))
    } else {
        Some(work())
    };
    busy.fetch_sub(1, Ordering::Relaxed);
    if let Some(outcome) = outcome {
        let _ = reply.send(outcome);
    }
}

fn ask<T>(
    db: &Db,
    select: &Select,
    until: Instant,
    empty: impl Fn() -> T,
    mut push: impl FnMut(&mut T, &Row<'_>),
) -> Result<T, StoreError> {
    db.deadline.set(until);
    let mut hints = Hints::default();
    if worth_probing(select) && frequent(db, select) {
        hints.walk_order = true;
    }
    loop {
        let mut all = empty();
        let error = match run_once(db, &select_with(select, Dialect::Sqlite, hints), |row| push(&mut all, row)) {
            Ok(()) => return Ok(all),
            Err(error) => error,
        };
        if is_overflow(&error) && !hints.exact_sums {
            hints.exact_sums = true;
        } else {
            return Err(store_error(error));
        }
    }
}

fn run_once(db: &Db, sql: &Sql, mut push: impl FnMut(&Row<'_>)) -> rusqlite::Result<()> {
    let mut statement = db.connection.prepare_cached(&sql.text)?;
    let statement: &mut Statement<'_> = &mut statement;
    for (i, (value, _)) in sql.params.iter().enumerate() {
        bind(statement, i + 1, value)?;
    }
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        push(row);
    }
    Ok(())
}

/// A page of a search in another order than that of closeness: reading in that order may be quicker.
fn worth_probing(select: &Select) -> bool {
    select.search.is_some()
        && select.limit.is_some()
        && select.group.is_empty()
        && select.order.first().is_some_and(|order| matches!(order.by, Expr::Column { relation: 0, .. }))
        && !select.order.iter().any(|order| order.by == Expr::Rank)
}

fn frequent(db: &Db, select: &Select) -> bool {
    let Some(question) = select.search.as_ref().and_then(|search| search::question(search, Dialect::Sqlite)) else {
        return false;
    };
    let mut fts = String::new();
    kontor_store_sql::ident(&format!("{}{}", select.from.table, kontor_store_sql::FTS_SUFFIX), &mut fts);
    let text = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {fts} WHERE {fts} MATCH ?1 LIMIT {FREQUENT})");
    let count =
        db.connection.prepare_cached(&text).and_then(|mut s| s.query_row([question], |row| row.get::<_, i64>(0)));
    count.is_ok_and(|count| count >= FREQUENT)
}
