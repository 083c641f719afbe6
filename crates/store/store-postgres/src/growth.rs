//! Statistics of young tables. Until a table has been analysed PostgreSQL guesses, and reads a single row by walking
//! an index of all rows of its space; its own daemon may take minutes to come by. So a table to which this process has
//! added twice as much is analysed at once, unless it was analysed with more rows before, until it is large enough to
//! be left to the daemon.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kontor_store::Write;
use kontor_store_sql::ident;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use crate::connect::open;
use crate::error::describe;
use crate::options::Target;

const FIRST: u64 = 256;
const LAST: u64 = 1 << 17;

pub struct Growth {
    inserted: Mutex<HashMap<String, u64>>,
    grown: UnboundedSender<(String, u64)>,
}

impl Growth {
    /// The counter, and the task that analyses.
    pub fn new(target: Target) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (grown, tables) = unbounded_channel();
        (Self { inserted: Mutex::default(), grown }, analyse(target, tables))
    }

    /// Counts the rows of a batch that was committed; `inserts` are tables and numbers of rows.
    pub fn count(&self, inserts: &[(String, u64)]) {
        let mut inserted = self.inserted.lock().unwrap_or_else(PoisonError::into_inner);
        for (table, rows) in inserts {
            if !inserted.contains_key(table) {
                inserted.insert(table.clone(), 0);
            }
            let Some(count) = inserted.get_mut(table) else { continue };
            let before = *count;
            *count += rows;
            if *count <= LAST && *count >= FIRST && before.checked_ilog2() != count.checked_ilog2() {
                // The task lives as long as the store.
                let _ = self.grown.send((table.clone(), *count));
            }
        }
    }
}

/// Tables of a batch's inserts with the numbers of their rows.
pub fn inserts(writes: &[Write]) -> Vec<(String, u64)> {
    let mut tables: Vec<(String, u64)> = Vec::new();
    for write in writes {
        let write = if let Write::In { write, .. } = write { write } else { write };
        let Write::Insert { table, .. } = write else { continue };
        match tables.iter_mut().find(|(name, _)| **name == **table) {
            Some((_, count)) => *count += 1,
            None => tables.push((table.to_string(), 1)),
        }
    }
    tables
}

async fn analyse(target: Target, mut tables: UnboundedReceiver<(String, u64)>) {
    while let Some((table, count)) = tables.recv().await {
        let mut names = HashMap::from([(table, count)]);
        while let Ok((table, count)) = tables.try_recv() {
            names.insert(table, count);
        }
        let Ok((client, connection)) = open(&target).await else { continue };
        let work = async move {
            for (name, count) in names {
                let mut quoted = String::new();
                ident(&name, &mut quoted);
                if let Err(error) = analyse_one(&client, &quoted, count).await {
                    tracing::debug!(error = %describe(&error), table = name, "a table could not be analysed");
                }
            }
        };
        // The work ends by dropping the client, which ends the connection.
        let _ = tokio::join!(work, connection);
    }
}

/// `count` rows were added by this process; the server knows how many there were when it last looked.
async fn analyse_one(client: &Client, table: &str, count: u64) -> Result<(), Error> {
    let rows = client
        .query_typed("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass($1)", &[(&table, Type::TEXT)])
        .await?;
    let known: i64 = rows.first().map_or(0, |row| row.get(0));
    if u64::try_from(known).is_ok_and(|known| known >= count) {
        return Ok(());
    }
    client.batch_execute(&format!("ANALYZE {table}")).await
}
