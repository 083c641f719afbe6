//! The thread that writes: batches that wait are committed together, with one sync of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use crossbeam_channel::Receiver;
use kontor_store::{Batch, CommitError, Index, Schema, StoreError};
use rusqlite::Result;
use tokio::sync::oneshot;

use crate::connect::Db;
use crate::error::store_error;
use crate::write::Writing;
use crate::{migrate, scrub};

/// Most batches in one transaction.
const GROUP: usize = 256;

/// A batch that waits for its turn.
pub(crate) struct Waiting {
    pub batch: Batch,
    pub until: Instant,
    pub reply: oneshot::Sender<Result<(), CommitError>>,
}

/// What the writer is asked for.
pub(crate) enum Command {
    Commit(Waiting),
    Migrate(Arc<Schema>, oneshot::Sender<Result<Vec<String>, StoreError>>),
    CreateIndex(Arc<str>, Index, oneshot::Sender<Result<(), CommitError>>),
    DropIndex(String, oneshot::Sender<Result<(), StoreError>>),
    Scrub(oneshot::Sender<Result<(), StoreError>>),
    Ping(oneshot::Sender<Result<(), StoreError>>),
    Stop,
}

/// The writer and what it shares.
pub(crate) struct Writer {
    pub db: Db,
    pub writing: Writing,
    /// Batches admitted and not answered.
    pub busy: Arc<AtomicUsize>,
    /// Transactions written, for the checkpointer.
    pub written: Arc<AtomicU64>,
}

impl Writer {
    /// Serves commands until told to stop. Never waits for company: what is there is taken.
    pub fn run(mut self, commands: &Receiver<Command>) {
        let mut group = Vec::with_capacity(GROUP);
        while let Ok(command) = commands.recv() {
            let mut next = Some(command);
            loop {
                match next.take() {
                    Some(Command::Commit(waiting)) => group.push(waiting),
                    Some(other) => {
                        self.commit(&mut group);
                        if !self.other(other) {
                            return;
                        }
                    }
                    None => break,
                }
                if group.len() < GROUP {
                    next = commands.try_recv().ok();
                }
            }
            self.commit(&mut group);
        }
    }

    /// Anything but a batch; false ends the thread.
    fn other(&mut self, command: Command) -> bool {
        self.db.deadline.clear();
        match command {
            Command::Commit(_) => {}
            Command::Migrate(schema, reply) => {
                let done = migrate::migrate(&self.db.connection, &schema);
                let _ = self.writing.learn(&self.db.connection);
                let _ = reply.send(done);
            }
            Command::CreateIndex(table, index, reply) => {
                let done = migrate::create_index(&self.db.connection, &table, &index);
                let _ = self.writing.learn(&self.db.connection);
                let _ = reply.send(done);
            }
            Command::DropIndex(name, reply) => {
                let text = kontor_store_sql::ddl::drop_index(&name);
                let done = self.db.connection.execute_batch(&text).map_err(store_error);
                let _ = self.writing.learn(&self.db.connection);
                let _ = reply.send(done);
            }
            Command::Scrub(reply) => {
                let _ = reply.send(scrub::scrub(&self.db.connection));
            }
            Command::Ping(reply) => {
                let _ = reply.send(Ok(()));
            }
            Command::Stop => {
                // Statistics for the planner, where it would change its mind by them.
                let _ = self.db.connection.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize");
                return false;
            }
        }
        self.written.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Commits what waits, and answers.
    fn commit(&mut self, group: &mut Vec<Waiting>) {
        if group.is_empty() {
            return;
        }
        let mut outcomes: Vec<Option<Result<(), CommitError>>> = group.iter().map(|_| None).collect();
        // Savepoints cost: FTS5 writes out what it gathers at each, and their journal grows with the group. A first try
        // goes without; only a group in which a batch failed pays for them.
        let mut savepoints = false;
        while outcomes.iter().any(Option::is_none) {
            let outcome = self.transaction(group, &mut outcomes, savepoints);
            savepoints = true;
            if let Err(error) = outcome {
                outcomes
                    .iter_mut()
                    .filter(|o| matches!(o, None | Some(Ok(()))))
                    .for_each(|o| *o = Some(Err(error.clone().into())));
            }
        }
        self.written.fetch_add(1, Ordering::Relaxed);
        self.busy.fetch_sub(group.len(), Ordering::Relaxed);
        for (waiting, outcome) in group.drain(..).zip(outcomes) {
            let _ = waiting.reply.send(outcome.unwrap_or(Err(CommitError::Store(StoreError::Closed))));
        }
    }

    /// One transaction over the batches without an outcome. Where SQLite has undone it all because of one batch, only
    /// that one has an outcome afterwards and the others must be tried again.
    ///
    /// # Errors
    /// What concerns every batch: no transaction could be begun or committed.
    fn transaction(
        &mut self,
        group: &[Waiting],
        outcomes: &mut [Option<Result<(), CommitError>>],
        savepoints: bool,
    ) -> Result<(), StoreError> {
        self.db.deadline.clear();
        self.writing.forget_texts();
        self.execute("BEGIN IMMEDIATE").map_err(store_error)?;
        for at in 0..group.len() {
            let (Some(waiting), Some(slot @ None)) = (group.get(at), outcomes.get_mut(at)) else { continue };
            let now = Instant::now();
            if now > waiting.until {
                *slot = Some(Err(StoreError::Timeout("the batch waited too long for its turn".to_owned()).into()));
                continue;
            }
            self.db.deadline.set(waiting.until);
            let outcome = self.one(&waiting.batch, savepoints);
            self.db.deadline.clear();
            let fatal = match &outcome {
                Err(CommitError::Store(error @ (StoreError::Full(_) | StoreError::Damaged(_)))) => Some(error.clone()),
                _ => None,
            };
            *slot = Some(outcome);
            if let Some(error) = fatal {
                self.rollback();
                return Err(error);
            }
            if self.db.connection.is_autocommit() {
                // Undone as a whole: the ones that had been done are done again without this one.
                outcomes.iter_mut().filter(|o| matches!(o, Some(Ok(())))).for_each(|o| *o = None);
                return Ok(());
            }
        }
        let written = self.writing.write_texts(&self.db.connection).and_then(|()| self.execute("COMMIT"));
        written.map_err(|error| {
            self.rollback();
            store_error(error)
        })
    }

    /// One batch, undone alone when it fails, or with the whole transaction without savepoints.
    fn one(&mut self, batch: &Batch, savepoints: bool) -> Result<(), CommitError> {
        let undone = |error| CommitError::Store(store_error(error));
        if !savepoints {
            let outcome = self.writing.apply(&self.db.connection, batch);
            if outcome.is_err() {
                self.rollback();
            }
            return outcome;
        }
        self.execute("SAVEPOINT one").map_err(undone)?;
        let outcome = self.writing.apply(&self.db.connection, batch);
        if outcome.is_err() && !self.db.connection.is_autocommit() {
            self.execute("ROLLBACK TO one").map_err(undone)?;
        }
        if !self.db.connection.is_autocommit() {
            self.execute("RELEASE one").map_err(undone)?;
        }
        outcome
    }

    fn execute(&self, text: &str) -> Result<()> {
        self.db.connection.prepare_cached(text)?.raw_execute().map(|_| ())
    }

    fn rollback(&mut self) {
        self.writing.forget_texts();
        if !self.db.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction could not be undone");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::{SqliteOptions, writer};
    use kontor_model::{Kind, SpaceId, Value};
    use kontor_store::{Column, Table};
    use std::time::Duration;

    fn waiting(id: i64, bytes: usize) -> (Waiting, oneshot::Receiver<Result<(), CommitError>>) {
        let mut batch = Batch::new(SpaceId(1));
        batch.insert("t", vec![("id", Kind::Int, id.into()), ("data", Kind::Bytes, Value::Bytes(vec![1; bytes]))]);
        let (reply, answer) = oneshot::channel();
        (Waiting { batch, until: Instant::now() + Duration::from_secs(9), reply }, answer)
    }

    /// Commits one group; gives the outcomes.
    fn commit(writer: &mut Writer, batches: &[(i64, usize)]) -> Vec<Result<(), CommitError>> {
        let (mut group, answers): (Vec<_>, Vec<_>) = batches.iter().map(|(id, bytes)| waiting(*id, *bytes)).unzip();
        writer.commit(&mut group);
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
    }

    fn count(writer: &Writer) -> i64 {
        writer.db.connection.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_full_disk_refuses_the_group_and_the_next_one_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let db = writer(&SqliteOptions::new(folder.path().join("a.db"))).unwrap();
        let columns = vec![Column::new("id", Kind::Int), Column::new("data", Kind::Bytes)];
        let schema = Schema { version: 1, oldest: 1, tables: vec![Table::new("t", &["id"], columns)] };
        migrate::migrate(&db.connection, &schema).unwrap();
        let busy = Arc::new(AtomicUsize::new(100));
        let mut writer = Writer { db, writing: Writing::default(), busy, written: Arc::default() };
        assert_eq!(
            commit(&mut writer, &[(1, 10), (1, 10), (2, 10)])[1],
            Err(CommitError::Unique { write: 0, index: "pk_t".into() })
        );
        assert_eq!(commit(&mut writer, &[(1, 10)]), [Err(CommitError::Unique { write: 0, index: "pk_t".into() })]);
        assert_eq!(count(&writer), 2);

        writer.db.connection.execute_batch("PRAGMA max_page_count = 12").unwrap();
        let refused = commit(&mut writer, &[(3, 10), (4, 1 << 20), (5, 10)]);
        assert!(
            refused.iter().all(|outcome| matches!(outcome, Err(CommitError::Store(StoreError::Full(_))))),
            "{refused:?}"
        );
        assert_eq!(count(&writer), 2);
        writer.db.connection.execute_batch("PRAGMA max_page_count = 1000000").unwrap();
        assert_eq!(commit(&mut writer, &[(3, 10), (4, 1 << 20)]), [Ok(()), Ok(())]);

        writer.db.connection.execute_batch("PRAGMA query_only = ON").unwrap();
        let refused = commit(&mut writer, &[(6, 10)]);
        assert!(matches!(refused[0], Err(CommitError::Store(StoreError::Full(_)))), "{refused:?}");
        writer.db.connection.execute_batch("PRAGMA query_only = OFF").unwrap();
        assert_eq!(commit(&mut writer, &[(6, 10)]), [Ok(())]);
        assert_eq!(count(&writer), 5);
    }
}
