//! Seals and entries side by side, from the first to the last: nothing is believed that can be computed.

use std::collections::{HashMap, HashSet};
use std::fmt;

use kontor_model::id::made_at;
use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Cond, Expr, Select, Store, system};

use crate::digest::{Hash, hex};
use crate::stream::{Stream, compare};
use crate::{Head, LATE_MS, Row, Seal, Signer, redact, row, seal};

/// What became of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub space: SpaceId,
    pub seals: u64,
    /// Sealed entries that were found as they were sealed.
    pub entries: u64,
    /// Of them those without their personal part.
    pub redacted: u64,
    /// Of them those that were committed after younger ones had been sealed.
    pub late: u64,
    /// Entries that no seal lists yet: the last seconds, and late ones.
    pub unsealed: u64,
    /// Unix milliseconds of the oldest of them.
    pub unsealed_since: Option<i64>,
    pub head: Option<Head>,
    /// The first fault; what comes after it was not looked at.
    pub fault: Option<Fault>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub seal: Option<i64>,
    pub entry: Option<i64>,
    pub what: What,
}

/// The kinds of tampering that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    EntryChanged,
    EntryMissing,
    EntryInserted,
    /// It holds what another entry of the same seal was.
    EntryReordered(i64),
    /// The personal part is gone, and no entry says that it was erased.
    EntryRedactedWithoutOrder,
    SealChanged,
    SealMissing,
    /// It names another predecessor than the one it has.
    SealReordered,
    /// The signature does not hold.
    SealForged,
    /// It was signed with a key that is not here.
    SealOfAnotherKey,
    /// The chain ends before a head that was kept, or goes another way.
    Truncated,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(seal) = self.seal {
            write!(f, "seal {seal}")?;
        }
        if let Some(entry) = self.entry {
            write!(f, "{}entry {entry}", if self.seal.is_some() { ", " } else { "" })?;
        }
        f.write_str(": ")?;
        match self.what {
            What::EntryChanged => f.write_str("the entry was changed"),
            What::EntryMissing => f.write_str("the entry is missing"),
            What::EntryInserted => f.write_str("the entry was inserted: no seal knows it"),
            What::EntryReordered(other) => write!(f, "the entry was reordered: it holds what entry {other} was"),
            What::EntryRedactedWithoutOrder => f.write_str("the entry was redacted, and no purge or erasure says so"),
            What::SealChanged => f.write_str("the seal was changed"),
            What::SealMissing => f.write_str("the seal is missing"),
            What::SealReordered => f.write_str("the seal was reordered: it does not follow the one before it"),
            What::SealForged => f.write_str("the seal was forged: its signature does not hold"),
            What::SealOfAnotherKey => f.write_str("the seal was signed with a key that is not this installation's"),
            What::Truncated => f.write_str("the chain was truncated: it does not reach the head that was kept"),
        }
    }
}

struct Check<'a> {
    store: &'a dyn Store,
    space: SpaceId,
    signer: &'a Signer,
    report: Report,
    /// Entries that were passed and that their own seal does not list: late ones of a later seal, or inserted.
    extras: HashMap<i64, (Option<Hash>, i64)>,
    /// Records whose entries were redacted, with one of them; and those that an entry orders it for.
    redacted: HashMap<i64, i64>,
    /// Redacted entries that belong to no record.
    loose: HashSet<i64>,
    ordered: HashSet<i64>,
    listed: HashSet<i64>,
}

/// Verifies the chain of a space up to its newest seal; `expected` is a head that was kept elsewhere.
///
/// # Errors
/// The database's. What is wrong with the chain is in [`Report::fault`].
pub async fn verify(store: &dyn Store, space: SpaceId, signer: &Signer, expected: Option<&Head>) -> Result<Report> {
    let report = Report {
        space,
        seals: 0,
        entries: 0,
        redacted: 0,
        late: 0,
        unsealed: 0,
        unsealed_since: None,
        head: None,
        fault: None,
    };
    let mut check = Check {
        store,
        space,
        signer,
        report,
        extras: HashMap::new(),
        redacted: HashMap::new(),
        loose: HashSet::new(),
        ordered: HashSet::new(),
        listed: HashSet::new(),
    };
    check.report.fault = check.run(expected).await?;
    Ok(check.report)
}

fn at_seal(seal: &Seal, what: What) -> Option<Fault> {
    Some(Fault { seal: Some(seal.sequence), entry: None, what })
}

fn at_entry(seal: &Seal, entry: i64, what: What) -> Option<Fault> {
    Some(Fault { seal: Some(seal.sequence), entry: Some(entry), what })
}

impl Check<'_> {
    async fn run(&mut self, expected: Option<&Head>) -> Result<Option<Fault>> {
        let last = seal::last(self.store, self.space).await?;
        let (end, watermark) = last.as_ref().map_or((0, i64::MIN), |s| (s.sequence, s.watermark));
        let mut seals = Stream::new(self.store, self.space, system::AUDIT_SEAL, seal::columns(), Seal::read)
            .within(i64::MIN, end)
            .page(64);
        let mut rows =
            Stream::new(self.store, self.space, system::AUDIT, row::columns(), Row::read).within(i64::MIN, watermark);
        let mut previous: Option<Seal> = None;
        while let Some(seal) = seals.next().await? {
            if let Some(fault) = self.link(previous.as_ref(), &seal, expected) {
                return Ok(Some(fault));
            }
            let late = previous.as_ref().is_some_and(|p| seal.first_id <= p.watermark);
            let fault = if late { self.late(&seal) } else { self.in_turn(&seal, &mut rows).await? };
            if fault.is_some() {
                return Ok(fault);
            }
            self.report.seals += 1;
            previous = Some(seal);
        }
        let reached = previous.as_ref().map_or(0, |seal| seal.sequence);
        self.report.head = previous.as_ref().map(|seal| Head::of(self.space, seal));
        if expected.is_some_and(|head| head.sequence > reached) {
            return Ok(Some(Fault { seal: Some(reached), entry: None, what: What::Truncated }));
        }
        while let Some(row) = rows.next().await? {
            self.pass(row);
        }
        self.tail(watermark).await
    }

    /// The seal by itself, and behind the one before it.
    fn link(&self, previous: Option<&Seal>, seal: &Seal, expected: Option<&Head>) -> Option<Fault> {
        let due = previous.map_or(1, |p| p.sequence + 1);
        if seal.sequence != due {
            return Some(Fault { seal: Some(due), entry: None, what: What::SealMissing });
        }
        if seal.head(self.space) != seal.hash || !seal.is_sound() {
            return at_seal(seal, What::SealChanged);
        }
        if seal.previous != previous.map_or([0; 32], |p| p.hash) {
            return at_seal(seal, What::SealReordered);
        }
        if seal.watermark != previous.map_or(seal.last_id, |p| p.watermark.max(seal.last_id)) {
            return at_seal(seal, What::SealChanged);
        }
        if seal.key != self.signer.id() {
            return at_seal(seal, What::SealOfAnotherKey);
        }
        if !self.signer.holds(&seal.hash, &seal.signature) {
            return at_seal(seal, What::SealForged);
        }
        if expected.is_some_and(|head| head.sequence == seal.sequence && head.hash != hex(&seal.hash)) {
            return at_seal(seal, What::Truncated);
        }
        None
    }

    /// A seal whose entries lie behind everything sealed before.
    async fn in_turn(&mut self, seal: &Seal, rows: &mut Stream<'_, Row>) -> Result<Option<Fault>> {
        for (id, sealed) in seal.entries() {
            let row = loop {
                match rows.next_if(|row| row.id <= id).await? {
                    Some(row) if row.id == id => break row,
                    Some(extra) => self.pass(extra),
                    None => return Ok(at_entry(seal, id, What::EntryMissing)),
                }
            };
            let hash = row.hash(self.space);
            if hash.as_ref().is_none_or(|hash| hash[..] != *sealed) {
                return Ok(at_entry(seal, id, self.changed(seal, &row)));
            }
            self.count(&row);
        }
        Ok(None)
    }

    /// A seal of entries that were committed after younger ones had been sealed: they have been passed.
    fn late(&mut self, seal: &Seal) -> Option<Fault> {
        for (id, sealed) in seal.entries() {
            match self.extras.remove(&id) {
                None => return at_entry(seal, id, What::EntryMissing),
                Some((Some(hash), _)) if hash[..] == *sealed => {
                    self.report.entries += 1;
                    self.report.late += 1;
                }
                Some(_) => return at_entry(seal, id, What::EntryChanged),
            }
        }
        None
    }

    /// Whether a wrong entry is another one in the wrong place.
    fn changed(&self, seal: &Seal, row: &Row) -> What {
        let moved = seal.entries().find(|(id, sealed)| {
            *id != row.id && row.hash_as(self.space, *id).is_some_and(|hash| hash[..] == **sealed)
        });
        moved.map_or(What::EntryChanged, |(id, _)| What::EntryReordered(id))
    }

    /// An entry that its turn's seal does not list.
    fn pass(&mut self, row: Row) {
        self.note(&row);
        self.extras.insert(row.id, (row.hash(self.space), row.at));
    }

    fn count(&mut self, row: &Row) {
        self.report.entries += 1;
        self.note(row);
    }

    fn note(&mut self, row: &Row) {
        if row.redacted_at.is_some() {
            self.report.redacted += 1;
            if row.record_id == 0 {
                self.loose.insert(row.id);
            } else {
                self.redacted.insert(row.record_id, row.id);
            }
        }
        self.order(&row.action, row.record_id, row.changes.as_deref());
    }

    fn order(&mut self, action: &str, record_id: i64, changes: Option<&str>) {
        if !redact::ORDERS.contains(&action) {
            return;
        }
        self.ordered.insert(record_id);
        let named = changes.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        let ids = named.as_ref().and_then(|changes| changes.get("entries")?.as_array());
        self.listed.extend(ids.into_iter().flatten().filter_map(|id| id.as_str()?.parse::<i64>().ok()));
    }

    /// What no seal lists.
    async fn tail(&mut self, watermark: i64) -> Result<Option<Fault>> {
        // An entry may come late; older ones cannot.
        let oldest = made_at(Id(watermark)).saturating_sub(LATE_MS);
        let inserted = self.extras.iter().filter(|(id, _)| made_at(Id(**id)) < oldest).map(|(id, _)| *id).min();
        if let Some(entry) = inserted {
            return Ok(Some(Fault { seal: None, entry: Some(entry), what: What::EntryInserted }));
        }
        let (behind, since) = behind(self.store, self.space, watermark).await?;
        self.report.unsealed = behind + self.extras.len() as u64;
        self.report.unsealed_since = self.extras.values().map(|(_, at)| *at).chain(since).min();
        let actions: Vec<String> = redact::ORDERS.iter().map(|a| (*a).to_owned()).collect();
        let columns = vec![
            Expr::column("action", Kind::Text),
            Expr::column("record_id", Kind::Int),
            Expr::column("changes", Kind::Text),
        ];
        let orders = Select::new(self.space, system::AUDIT, columns)
            .filter(compare("id", Op::Gt, watermark))
            .filter(Cond::Test { left: Expr::column("action", Kind::Text), op: Op::In, right: Value::Texts(actions) });
        for row in self.store.rows(orders).await? {
            if let [Value::Text(action), Value::Int(record), changes] = row.as_slice() {
                self.order(action, *record, changes.as_str());
            }
        }
        let records = self.redacted.iter().filter(|(record, _)| !self.ordered.contains(record)).map(|(_, id)| *id);
        let entries = self.loose.iter().filter(|id| !self.listed.contains(id)).copied();
        let unordered = records.chain(entries).min();
        Ok(unordered.map(|entry| Fault { seal: None, entry: Some(entry), what: What::EntryRedactedWithoutOrder }))
    }
}

/// How many entries lie behind the watermark, and since when.
pub(crate) async fn behind(store: &dyn Store, space: SpaceId, watermark: i64) -> Result<(u64, Option<i64>)> {
    let columns = vec![Expr::Count, Expr::Min(Box::new(Expr::column("at", Kind::Int)))];
    let select = Select::new(space, system::AUDIT, columns).filter(compare("id", Op::Gt, watermark));
    let rows = store.rows(select).await?;
    let cell = |n: usize| rows.first().and_then(|row| row.get(n)?.as_i64());
    Ok((cell(0).and_then(|n| u64::try_from(n).ok()).unwrap_or(0), cell(1)))
}
