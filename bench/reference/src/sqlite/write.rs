//! The grouped durable write: whatever waits, at most 256 changes, becomes one transaction and one fsync.
//!
//! Each change has a savepoint of its own, so that one that fails takes nothing with it. The word index is written after the last
//! savepoint: FTS5 flushes its buffer at every savepoint, which would cost a segment per row instead of one per group.

use anyhow::{Context, Result};
use axum::body::Bytes;
use crossbeam_channel::Receiver;
use kontor_bench_reference::rows::Contact;
use rusqlite::{Connection, params, params_from_iter, types::Value};

use super::{Job, schema};
use crate::answer::{self, Record};
use crate::ids::{Ids, now};
use crate::store::Write;

const GROUP: usize = 256;

/// What is left to do in the word index.
enum Words<'a> {
    Add(i64, &'a Contact),
    Replace(i64, &'a Contact),
    Remove(i64),
}

pub fn run(connection: &Connection, queue: &Receiver<Job<Write>>, ids: &Ids) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP - 1));
        match commit(connection, &group, ids) {
            Ok(answers) => reply(group, answers),
            Err(_) => one_by_one(connection, group, ids),
        }
    }
}

fn reply(group: Vec<Job<Write>>, answers: Vec<Result<Option<Bytes>>>) {
    for (job, result) in group.into_iter().zip(answers) {
        let _ = job.answer.send(result);
    }
}

/// The word index or the commit itself failed: find out whose fault it was.
fn one_by_one(connection: &Connection, group: Vec<Job<Write>>, ids: &Ids) {
    for job in group {
        let alone = [job];
        let answers = commit(connection, &alone, ids).unwrap_or_else(|error| vec![Err(error)]);
        reply(alone.into(), answers);
    }
}

fn commit(connection: &Connection, group: &[Job<Write>], ids: &Ids) -> Result<Vec<Result<Option<Bytes>>>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = changes(connection, group, ids).and_then(|answers| {
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(answers)
    });
    if done.is_err() {
        connection.execute_batch("ROLLBACK").ok();
    }
    done
}

fn changes(connection: &Connection, group: &[Job<Write>], ids: &Ids) -> Result<Vec<Result<Option<Bytes>>>> {
    let mut answers = Vec::with_capacity(group.len());
    let mut words = Vec::with_capacity(group.len());
    for job in group {
        let before = words.len();
        connection.prepare_cached("SAVEPOINT one")?.execute([])?;
        let result = change(connection, &job.ask, ids, &mut words);
        if result.is_err() {
            words.truncate(before);
            connection.prepare_cached("ROLLBACK TO one")?.execute([])?;
        }
        connection.prepare_cached("RELEASE one")?.execute([])?;
        answers.push(result);
    }
    index(connection, &words)?;
    Ok(answers)
}

fn change<'a>(connection: &Connection, ask: &'a Write, ids: &Ids, words: &mut Vec<Words<'a>>) -> Result<Option<Bytes>> {
    match ask {
        Write::Create(contact) => {
            let record = insert(connection, contact, ids, words)?;
            Ok(Some(answer::one(201, &Record { tags: &answer::tags(contact), ..record })))
        }
        Write::Batch(contacts) => {
            let made = contacts
                .iter()
                .map(|contact| Ok(insert(connection, contact, ids, words)?.id))
                .collect::<Result<Vec<_>>>()?;
            Ok(Some(answer::created(&made)))
        }
        Write::Replace(id, contact) => replace(connection, *id, contact, words),
        Write::Delete(id) => {
            let at = now();
            let sql = "UPDATE contacts SET deleted_at = ?2, version = version + 1 WHERE id = ?1 AND deleted_at IS NULL";
            if connection.prepare_cached(sql)?.execute(params![id, at])? == 0 {
                return Ok(None);
            }
            outbox(connection, "kontor.contact.deleted", *id, at, "{}")?;
            words.push(Words::Remove(*id));
            Ok(Some(answer::deleted(*id)))
        }
    }
}

fn insert<'a>(
    connection: &Connection,
    contact: &'a Contact,
    ids: &Ids,
    words: &mut Vec<Words<'a>>,
) -> Result<Record<'a>> {
    let (id, at) = (ids.next(), now());
    connection.prepare_cached(schema::INSERT)?.execute(params_from_iter(schema::values(id, at, contact)))?;
    outbox(connection, "kontor.contact.created", id, at, &serde_json::to_string(contact)?)?;
    words.push(Words::Add(id, contact));
    Ok(stored(id, 1, at, at, contact))
}

fn replace<'a>(
    connection: &Connection,
    id: i64,
    contact: &'a Contact,
    words: &mut Vec<Words<'a>>,
) -> Result<Option<Bytes>> {
    let at = now();
    let mut statement = connection.prepare_cached(
        "UPDATE contacts SET version = version + 1, updated_at = ?2, updated_by = ?3, first_name = ?4, last_name = ?5, email = ?6, phone = ?7, \
         title = ?8, company_name = ?9, department = ?10, city = ?11, country = ?12, lifecycle_stage = ?13, birthday = ?14, external_id = ?15, \
         do_not_call = ?16, do_not_email = ?17, tags = ?18 WHERE id = ?1 AND deleted_at IS NULL RETURNING version, created_at",
    )?;
    let values: Vec<Value> = schema::values(id, at, contact);
    let mut rows = statement.query(params_from_iter(values))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (version, created_at): (i64, i64) = (row.get(0)?, row.get(1)?);
    rows.next()?;
    outbox(connection, "kontor.contact.updated", id, at, &serde_json::to_string(contact)?)?;
    words.push(Words::Replace(id, contact));
    Ok(Some(answer::one(200, &Record { tags: &answer::tags(contact), ..stored(id, version, created_at, at, contact) })))
}

fn outbox(connection: &Connection, kind: &str, subject: i64, at: i64, data: &str) -> Result<()> {
    let sql = "INSERT INTO outbox (type, subject, at, data) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute(params![kind, subject, at, data])?;
    Ok(())
}

fn index(connection: &Connection, words: &[Words<'_>]) -> Result<()> {
    let mut add = connection
        .prepare_cached("INSERT INTO contacts_fts (rowid, first_name, last_name, email) VALUES (?1, ?2, ?3, ?4)")?;
    let mut remove = connection.prepare_cached("DELETE FROM contacts_fts WHERE rowid = ?1")?;
    for word in words {
        if let Words::Replace(id, _) | Words::Remove(id) = word {
            remove.execute([id]).context("word index")?;
        }
        if let Words::Add(id, contact) | Words::Replace(id, contact) = word {
            add.execute(params![id, contact.first_name, contact.last_name, contact.email]).context("word index")?;
        }
    }
    Ok(())
}

fn stored(id: i64, version: i64, created_at: i64, updated_at: i64, contact: &Contact) -> Record<'_> {
    let by = schema::OWNER;
    Record {
        id,
        version,
        created_at,
        updated_at,
        created_by: by,
        updated_by: by,
        owner_id: by,
        texts: answer::texts(contact),
        do_not_call: contact.do_not_call,
        do_not_email: contact.do_not_email,
        tags: "[]",
    }
}
