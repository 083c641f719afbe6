//! The questions, each one prepared statement.

use anyhow::Result;
use axum::body::Bytes;
use crossbeam_channel::Receiver;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Job;
use crate::answer::{self, List, Record};
use crate::store::Read;

const COLUMNS: &str = "c.id, c.version, c.created_at, c.updated_at, c.created_by, c.updated_by, c.owner_id, c.first_name, c.last_name, c.email, \
    c.phone, c.title, c.company_name, c.department, c.city, c.country, c.lifecycle_stage, c.birthday, c.external_id, c.do_not_call, \
    c.do_not_email, c.tags";

/// The statements' texts, put together once per thread.
struct Texts {
    one: String,
    page: String,
    search: String,
}

pub fn run(connection: &Connection, queue: &Receiver<Job<Read>>) {
    let texts = Texts {
        one: format!("SELECT {COLUMNS} FROM contacts c WHERE id = ?1 AND deleted_at IS NULL"),
        page: format!(
            "SELECT {COLUMNS} FROM contacts c WHERE city = ?1 AND deleted_at IS NULL AND (created_at, id) < (?2, ?3) \
             ORDER BY created_at DESC, id DESC LIMIT 51"
        ),
        search: format!(
            "SELECT {COLUMNS} FROM contacts_fts f JOIN contacts c ON c.id = f.rowid WHERE contacts_fts MATCH ?1 AND c.deleted_at IS NULL \
             ORDER BY f.rank LIMIT 51"
        ),
    };
    while let Ok(job) = queue.recv() {
        let _ = job.answer.send(answer(connection, &texts, &job.ask));
    }
}

fn answer(connection: &Connection, texts: &Texts, ask: &Read) -> Result<Option<Bytes>> {
    match ask {
        Read::One(id) => {
            let mut statement = connection.prepare_cached(&texts.one)?;
            Ok(statement.query_row(params![id], |row| Ok(answer::one(200, &record(row)?))).optional()?)
        }
        Read::Page { city, after } => {
            let (at, id) = after.unwrap_or((i64::MAX, i64::MAX));
            list(connection, &texts.page, params![city, at, id]).map(Some)
        }
        Read::Search(word) => {
            let phrase = format!("\"{}\"", word.replace('"', "\"\""));
            list(connection, &texts.search, params![phrase]).map(Some)
        }
        Read::Aggregate => {
            let mut statement = connection.prepare_cached(
                "SELECT lifecycle_stage, count(*) FROM contacts WHERE deleted_at IS NULL GROUP BY lifecycle_stage ORDER BY lifecycle_stage",
            )?;
            let groups =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
            Ok(Some(answer::groups(&groups)))
        }
    }
}

fn list(connection: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Bytes> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut list = List::default();
    while let Some(row) = rows.next()? {
        list.push(&record(row)?);
    }
    Ok(list.finish())
}

fn record<'a>(row: &'a Row<'_>) -> rusqlite::Result<Record<'a>> {
    let mut texts = [""; 12];
    for (at, text) in texts.iter_mut().enumerate() {
        *text = row.get_ref(7 + at)?.as_str_or_null()?.unwrap_or_default();
    }
    Ok(Record {
        id: row.get(0)?,
        version: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        created_by: row.get(4)?,
        updated_by: row.get(5)?,
        owner_id: row.get(6)?,
        texts,
        do_not_call: row.get(19)?,
        do_not_email: row.get(20)?,
        tags: row.get_ref(21)?.as_str()?,
    })
}
