//! Spreads events over endpoints: a consumer of the log.

use std::collections::HashSet;
use std::sync::Arc;

use kontor_events::{Cursor, Event, Row, Subjects, Types, head, open, read, shown};
use kontor_model::{Id, Result, SpaceId};
use kontor_store::{Batch, CommitError};

use crate::Webhooks;
use crate::row::Delivery;
use crate::target::Target;

const CONSUMER: &str = "webhooks";
/// How long ago an endpoint may have been changed that is seen for the first time.
const LATE_MS: i64 = 60_000;
/// Events of one commit.
const AT_ONCE: u64 = 200;
/// Where nobody is told anything the cursor may stay this far behind: raising it costs a commit.
const BEHIND: i64 = 10_000;

impl Webhooks {
    /// Spreads what is new in a space; the endpoints that have something to do.
    pub(crate) async fn spread(&self, space: SpaceId, targets: &[Arc<Target>]) -> Result<HashSet<Id>> {
        let mut busy = HashSet::new();
        let mut cursor = Cursor::of(self.store(), space, CONSUMER, self.now()).await?;
        if targets.is_empty() {
            let last = head(self.store(), space).await?.last;
            if last - cursor.sequence > BEHIND {
                self.raise(&cursor, last, Vec::new()).await?;
            }
            return Ok(busy);
        }
        loop {
            let rows =
                read(self.store(), space, cursor.sequence, &Types::default(), &Subjects::default(), AT_ONCE).await?;
            let Some(last) = rows.last().map(|row| row.sequence) else { return Ok(busy) };
            let full = rows.len() as u64 == AT_ONCE;
            let mut found = Vec::new();
            for target in targets {
                // What happened before there was an endpoint is not for it; `recover` asks for that.
                let new = rows.iter().position(|row| row.id > target.id.0).unwrap_or(rows.len());
                let wanted = self.wanted(target, rows.get(new..).unwrap_or_default()).await?;
                if !wanted.is_empty() {
                    busy.insert(target.id);
                }
                found.extend(wanted);
            }
            let writes = found.iter().map(Delivery::insert).collect();
            if !self.raise(&cursor, last, writes).await? {
                // Another process has spread them.
                return Ok(busy);
            }
            cursor.sequence = last;
            if !full {
                return Ok(busy);
            }
        }
    }

    /// Deliveries of those of the events that an endpoint is to be told of.
    pub(crate) async fn wanted(&self, target: &Target, rows: &[Row]) -> Result<Vec<Delivery>> {
        let rows: Vec<Row> = rows.iter().filter(|row| target.types.has(&row.kind)).cloned().collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let records = &self.parts.records;
        if target.is_choosy() {
            let events = shown(records, &target.native, rows).await?;
            let wanted = events.iter().filter(|event| target.wants(event));
            let one = |e: &Event| Delivery::new(target.id, Id(e.id), e.sequence, &e.kind, &e.subject, now);
            return Ok(wanted.map(one).collect());
        }
        let open = open(records, &target.native, &rows).await?;
        let wanted = rows.iter().zip(open).filter(|(_, def)| def.is_some());
        let one = |row: &Row| Delivery::new(target.id, Id(row.id), row.sequence, &row.kind, &row.subject, now);
        Ok(wanted.map(|(row, _)| one(row)).collect())
    }

    /// An endpoint that another process has made or enabled is seen a moment later: what was spread in between is for it
    /// too.
    pub(crate) async fn catch_up(&self, target: &Target) -> Result<()> {
        let now = self.now();
        if target.updated_at < now - LATE_MS {
            return Ok(());
        }
        let cursor = Cursor::of(self.store(), target.space, CONSUMER, now).await?;
        let mut from = kontor_events::since(self.store(), target.space, target.updated_at).await?;
        while from < cursor.sequence {
            let rows = read(self.store(), target.space, from, &Types::default(), &Subjects::default(), AT_ONCE).await?;
            let rows: Vec<Row> = rows.into_iter().take_while(|row| row.sequence <= cursor.sequence).collect();
            let Some(last) = rows.last().map(|row| row.sequence) else { break };
            let after = rows.iter().position(|row| row.id > target.id.0).unwrap_or(rows.len());
            let wanted = self.wanted(target, rows.get(after..).unwrap_or_default()).await?;
            if !wanted.is_empty() {
                let writes = wanted.iter().map(Delivery::insert).collect();
                self.store().commit(Batch { space: target.space, writes }).await?;
            }
            from = last;
        }
        Ok(())
    }

    /// Whether the cursor was still where it was read.
    async fn raise(&self, cursor: &Cursor, to: i64, writes: Vec<kontor_store::Write>) -> Result<bool> {
        let mut batch = Batch::new(cursor.space);
        batch.writes.push(cursor.raise(to, self.now()));
        batch.writes.extend(writes);
        match self.store().commit(batch).await {
            Ok(()) => Ok(true),
            Err(CommitError::Guard { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
