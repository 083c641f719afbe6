//! The end of a space's log as those of one right and one version see it: read, and put into words, once for all of
//! their endpoints.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use kontor_catalog::Catalog;
use kontor_events::{Event, Row, Subjects, Types, read, shown};
use kontor_model::{ApiVersion, Id, Result};
use kontor_records::{Ctx, Records};
use tokio::sync::Mutex;

use crate::Rights;
use crate::target::Target;

/// How old rights may be.
const REBUILT: Duration = Duration::from_secs(3);
/// Events of one read.
const AT_ONCE: u64 = 500;
/// Events and bytes that are held.
const HELD: usize = 2_000;
const BYTES: usize = 8 << 20;

/// An event as it is sent.
pub(crate) struct Shown {
    pub sequence: i64,
    pub id: Id,
    pub kind: String,
    pub subject: String,
    /// In version 1's words, where filters are asked of it.
    pub native: Option<Event>,
    pub body: String,
}

/// A stretch of the log.
pub(crate) struct Stretch {
    pub events: Vec<Arc<Shown>>,
    /// The number up to which the log was looked at.
    pub up_to: i64,
}

/// See the module.
pub(crate) struct View {
    /// Who is told, in version 1's words.
    pub native: Ctx,
    /// The same in the endpoints'.
    pub ctx: Ctx,
    pub built: Instant,
    wishes: Wishes,
    /// The last number of the log, as far as is known.
    last: Arc<AtomicI64>,
    held: Mutex<Held>,
}

/// What those endpoints have in common that share a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub rights: Rights,
    pub api: ApiVersion,
    /// Other events are not put into words.
    pub kinds: Vec<Types>,
    /// Whether one of them asks for more of an event than its type.
    pub choosy: bool,
}

/// Events behind the number `from` up to `to`.
#[derive(Default)]
struct Held {
    from: i64,
    to: i64,
    events: VecDeque<Arc<Shown>>,
    bytes: usize,
}

impl Held {
    fn add(&mut self, events: Vec<Arc<Shown>>, to: i64) {
        self.bytes += events.iter().map(|event| event.body.len()).sum::<usize>();
        self.events.extend(events);
        self.to = to;
        while self.events.len() > HELD || self.bytes > BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.body.len();
            self.from = oldest.sequence;
        }
    }
}

/// Those of the events that an endpoint wants; `up_to` is how far they go.
fn chosen<'a>(events: impl Iterator<Item = &'a Arc<Shown>>, target: &Target, up_to: i64, most: usize) -> Stretch {
    let mut stretch = Stretch { events: Vec::new(), up_to };
    for event in events.filter(|event| target.wants(event)) {
        stretch.events.push(event.clone());
        if stretch.events.len() == most {
            stretch.up_to = event.sequence;
            break;
        }
    }
    stretch
}

impl View {
    pub fn new(native: Ctx, ctx: Ctx, wishes: Wishes, last: Arc<AtomicI64>) -> Self {
        Self { native, ctx, built: Instant::now(), wishes, last, held: Mutex::default() }
    }

    /// Whether it is still what endpoints with these wishes look through.
    pub fn serves(&self, wishes: &Wishes, catalog: &Arc<Catalog>) -> bool {
        self.wishes == *wishes && self.built.elapsed() < REBUILT && Arc::ptr_eq(&self.native.whole, catalog)
    }

    /// What an endpoint wants of the events behind `position`, at most `most`.
    ///
    /// # Errors
    /// The database's.
    pub async fn after(&self, records: &Records, target: &Target, position: i64, most: usize) -> Result<Stretch> {
        let last = self.last.load(Ordering::Acquire);
        if last <= position {
            return Ok(Stretch { events: Vec::new(), up_to: position });
        }
        let mut held = self.held.lock().await;
        if position < held.from {
            drop(held);
            return self.between(records, target, position, last, most).await;
        }
        if position > held.to || held.to == 0 {
            *held = Held { from: position, to: position, ..Held::default() };
        }
        if held.to == position {
            let rows =
                read(&**records.store(), self.ctx.space(), position, &Types::default(), &Subjects::default(), AT_ONCE)
                    .await?;
            let to = rows.last().map_or(position, |row| row.sequence);
            let rows =
                rows.into_iter().filter(|row| self.wishes.kinds.iter().any(|types| types.has(&row.kind))).collect();
            held.add(self.words(records, rows).await?, to);
        }
        let first = held.events.partition_point(|event| event.sequence <= position);
        Ok(chosen(held.events.iter().skip(first), target, held.to, most))
    }

    /// What an endpoint wants of the events behind `position` up to `to`, at most `most`, without regard to what is held.
    ///
    /// # Errors
    /// The database's.
    pub async fn between(
        &self,
        records: &Records,
        target: &Target,
        position: i64,
        to: i64,
        most: usize,
    ) -> Result<Stretch> {
        let limit = if target.is_choosy() { AT_ONCE } else { AT_ONCE.min(most as u64) };
        let rows =
            read(&**records.store(), self.ctx.space(), position, &target.types, &Subjects::default(), limit).await?;
        let is_end = (rows.len() as u64) < limit;
        let up_to = rows.last().filter(|_| !is_end).map_or(to, |row| row.sequence.min(to));
        let rows = rows.into_iter().filter(|row| row.sequence <= to).collect();
        let events = self.words(records, rows).await?;
        Ok(chosen(events.iter(), target, up_to, most))
    }

    /// Events by their ids, as far as they may be seen now.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_ids(&self, records: &Records, ids: Vec<i64>) -> Result<Vec<Arc<Shown>>> {
        let rows = kontor_events::by_ids(&**records.store(), self.ctx.space(), ids).await?;
        self.words(records, rows).await
    }

    async fn words(&self, records: &Records, rows: Vec<Row>) -> Result<Vec<Arc<Shown>>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let space = self.ctx.space();
        let is_native = self.wishes.api == ApiVersion::V1;
        let others = if is_native { Vec::new() } else { shown(records, &self.ctx, rows.clone()).await? };
        let mut bodies: HashMap<i64, String> =
            others.iter().map(|event| (event.id, event.json(space).to_string())).collect();
        let events = shown(records, &self.native, rows).await?;
        let one = |event: Event| {
            let body = if is_native { event.json(space).to_string() } else { bodies.remove(&event.id)? };
            let (id, kind, subject) = (Id(event.id), event.kind.clone(), event.subject.clone());
            let sequence = event.sequence;
            let native = self.wishes.choosy.then_some(event);
            Some(Arc::new(Shown { sequence, id, kind, subject, native, body }))
        };
        Ok(events.into_iter().filter_map(one).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequence: i64, bytes: usize) -> Arc<Shown> {
        Arc::new(Shown {
            sequence,
            id: Id(sequence),
            kind: "kontor.contact.created".to_owned(),
            subject: format!("contacts/{sequence}"),
            native: None,
            body: "x".repeat(bytes),
        })
    }

    #[test]
    fn the_oldest_goes_when_there_is_too_much() {
        let mut held = Held { from: 10, to: 10, ..Held::default() };
        held.add((11..2_011).map(|n| event(n, 10)).collect(), 2_015);
        assert_eq!((held.from, held.to, held.events.len(), held.bytes), (10, 2_015, HELD, 20_000));
        held.add(vec![event(2_016, 10)], 2_016);
        assert_eq!((held.from, held.to, held.events.len()), (11, 2_016, HELD));
        held.add(vec![event(2_017, BYTES - 15)], 2_017);
        assert_eq!((held.from, held.events.len(), held.bytes), (2_010, 2, BYTES - 5));
    }
}
