//! Statistics of young tables. Until a table has been analysed PostgreSQL guesses, and reads a single row by walking
//! an index of all rows of its space; its own daemon may take minutes to come by. So a table that has grown to twice
//! its size by this process is analysed at once, until it is large enough to be left to the daemon.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kontor_store::Write;
use kontor_store_sql::ident;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::connect::open;
use crate::error::describe;
use crate::options::Target;

const FIRST: u64 = 256;
const LAST: u64 = 1 << 17;

pub struct Growth {
    inserted: Mutex<HashMap<String, u64>>,
    grown: UnboundedSender<String>,
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
                let _ = self.grown.send(table.clone());
            }
        }
    }
}

/// Tables of a batch's inserts with the numbers of their rows.
pub fn inserts(writes: &[Write]) -> Vec<(String, u64)> {
    let mut tables: Vec<(String, u64)> = Vec::new();
    for write in writes {
        let Write::Insert { table, .. } = write else { continue };
        match tables.iter_mut().find(|(name, _)| **name == **table) {
            Some((_, count)) => *count += 1,
            None => tables.push((table.to_string(), 1)),
        }
    }
    tables
}

async fn analyse(target: Target, mut tables: UnboundedReceiver<String>) {
    while let Some(table) = tables.recv().await {
        let mut names = vec![table];
        while let Ok(table) = tables.try_recv() {
            if !names.contains(&table) {
                names.push(table);
            }
        }
        let Ok((client, connection)) = open(&target).await else { continue };
        let work = async move {
            for name in names {
                let mut text = String::from("ANALYZE ");
                ident(&name, &mut text);
                if let Err(error) = client.batch_execute(&text).await {
                    tracing::debug!(error = %describe(&error), table = name, "a table could not be analysed");
                }
            }
        };
        // The work ends by dropping the client, which ends the connection.
        let _ = tokio::join!(work, connection);
    }
}
