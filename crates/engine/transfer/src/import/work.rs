//! One chunk of an import: convert, look up, change, report, mark.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use kontor_formats::Format;
use kontor_jobs::{Failure, Progress, Run};
use kontor_model::changes::Step;
use kontor_model::{Change, Changes, Error, ErrorCode, Fault, Id, Json, Result};
use kontor_records::{Answer, Ctx, Outcome};
use kontor_store::Write;
use serde_json::{Value as J, json};

use super::fate::{Entry, Fate, Judged, Source, forgiven, judged, missing, unresolved};
use super::report::{Line, Mark, Refusal, Status, Tally};
use super::rows::{self, Item};
use super::{Import, ImportOptions, OnError, waiting};
use crate::blob::part_write;
use crate::convert::{Converted, Draft, Plan, Wanted, data};
use crate::lookup::{Found, Lookups};
use crate::mapping::{Missing, Repeat};

/// The most values that repeats and dry runs remember (16 bytes each).
const REMEMBERED: usize = 4_000_000;

pub(super) struct Work<'a> {
    pub(super) import: &'a Import,
    pub(super) run: &'a Run,
    pub(super) ctx: Ctx,
    pub(super) plan: Plan,
    pub(super) options: &'a ImportOptions,
    detected: J,
    tabular: bool,
    pub(super) lookups: Lookups,
    pub(super) mark: Mark,
    pub(super) tally: Tally,
    /// Digests of keys that have come.
    seen: HashSet<u64>,
    /// In a dry run, digests of what other rows may refer to or clash with, by field.
    pub(super) given: HashMap<String, HashSet<u64>>,
}

pub(super) fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A chunk's end: what is written with it.
pub(super) struct Closing {
    pub mark: Mark,
    pub tally: Tally,
    pub writes: Vec<Write>,
}

impl<'a> Work<'a> {
    pub fn new(
        import: &'a Import,
        run: &'a Run,
        ctx: Ctx,
        plan: Plan,
        options: &'a ImportOptions,
        detected: J,
        format: Format,
    ) -> Self {
        Self {
            lookups: Lookups::new(import.records.clone(), options.dry_run),
            import,
            run,
            ctx,
            plan,
            options,
            detected,
            tabular: matches!(format, Format::Csv | Format::Xlsx),
            mark: Mark::default(),
            tally: Tally::default(),
            seen: HashSet::new(),
            given: HashMap::new(),
        }
    }

    /// Goes on behind a mark.
    pub fn resume(&mut self, mark: Mark) {
        self.mark = mark;
        self.tally = Tally::read(self.run.job.output.get("report").unwrap_or(&J::Null));
    }

    /// Makes the report and sets the first mark.
    pub async fn begin(&mut self, total: i64, itself: bool) -> Result<()> {
        let blobs = &self.import.blobs;
        let (result, write) =
            blobs.create_write(&format!("import-report/{}.ndjson", self.run.job.id), "application/x-ndjson");
        let mut writes = vec![write];
        self.mark = Mark { total: Some(total), result: Some(result), ..Mark::default() };
        if itself {
            let (waiting, write) = blobs.create_write("import-waiting/rows.ndjson", "application/x-ndjson");
            writes.push(write);
            self.mark.waiting = Some(waiting);
        }
        if let Some(old) = Mark::read(&self.run.job.checkpoint) {
            writes.extend([old.result, old.waiting].into_iter().flatten().flat_map(crate::blob::Blobs::delete_writes));
        }
        self.run.save(&self.progress(&self.mark, &self.tally), writes).await
    }

    pub fn knows_repeats(&self) -> bool {
        self.plan.mapping.key.is_some() && self.plan.mapping.repeat != Repeat::Update
    }

    pub fn output(&self, tally: &Tally) -> J {
        let mut report = tally.json();
        if let Some(map) = report.as_object_mut() {
            map.insert("dry_run".to_owned(), self.options.dry_run.into());
        }
        json!({
            "report": report,
            "detected": self.detected,
            "result": self.mark.result.map(|id| json!({"blob": id.0, "name": format!("import-{}.ndjson", self.run.job.id)})),
        })
    }

    pub fn progress(&self, mark: &Mark, tally: &Tally) -> Progress {
        Progress {
            done: mark.done,
            total: mark.total.map(|t| t.max(mark.done)),
            failed: tally.get(Status::Refused),
            checkpoint: mark.json(),
            output: self.output(tally),
        }
    }

    /// Rows as drafts; an error that ends the file comes apart.
    pub fn convert(&mut self, chunk: Vec<Item>) -> (Vec<Entry>, Option<Error>) {
        let mut entries = Vec::with_capacity(chunk.len());
        for item in chunk {
            match item {
                Err(error) if error.is_fatal() => return (entries, Some(rows::fatal(error))),
                Err(error) if error.number <= self.mark.row => {}
                Err(error) => {
                    let refusal = Refusal::from(&Error::from(Fault::new("", "format", error.reason.to_string())));
                    entries.push(Entry::new(error.number, error.line, Source::Text(error.text), Fate::Refuse(refusal)));
                }
                Ok(row) if row.number <= self.mark.row => {
                    if let Some(key) = self.plan.key_of(&row) {
                        self.remember(&key);
                    }
                }
                Ok(row) => {
                    let fate = match self.plan.convert(&row) {
                        Converted::Skip(reason) => Fate::Skip(reason),
                        Converted::Draft(draft) if draft.faults.is_empty() => self.keyed(draft),
                        Converted::Draft(draft) => Fate::Refuse(Refusal::from(&Error::from_faults(draft.faults))),
                    };
                    entries.push(Entry::new(row.number, row.line, Source::Row(row), fate));
                }
            }
        }
        (entries, None)
    }

    /// Whether the key was new.
    fn remember(&mut self, key: &str) -> bool {
        if self.seen.len() >= REMEMBERED {
            return true;
        }
        self.seen.insert(digest(key))
    }

    fn keyed(&mut self, draft: Draft) -> Fate {
        let Some(key) = self.plan.mapping.key.clone() else { return Fate::Draft(draft) };
        let Some(value) = draft.values.iter().find(|(path, _)| *path == key).map(|(_, v)| v.excerpt()) else {
            return Fate::Refuse(Refusal::from(&Error::from(Fault::new(
                key,
                "required",
                "is the key of the import and is empty",
            ))));
        };
        if self.plan.mapping.repeat != Repeat::Update && !self.remember(&value) {
            let reason = format!("{key} \"{value}\" has come in an earlier row");
            return match self.plan.mapping.repeat {
                Repeat::Refuse => Fate::Refuse(Refusal::from(&Error::from(
                    Fault::new(key, "taken", "has come in an earlier row").value(value),
                ))),
                _ => Fate::Skip(reason),
            };
        }
        Fate::Draft(draft)
    }

    /// Works through a chunk; a failure ends the import.
    pub async fn chunk(&mut self, mut entries: Vec<Entry>) -> Result<Option<Failure>> {
        if entries.is_empty() {
            return Ok(None);
        }
        self.resolve(&mut entries).await?;
        if self.options.dry_run {
            self.note_given(&entries);
        }
        if self.options.on_error == OnError::Continue {
            self.commit(entries).await?;
            return Ok(None);
        }
        loop {
            let refused = self.first_refused(&entries).await?;
            let rest = refused.map(|at| entries.split_off((at + 1).min(entries.len()))).unwrap_or_default();
            let last = entries.last().map_or(0, |e| e.number);
            let before = self.tally.get(Status::Refused);
            self.commit(entries).await?;
            if self.tally.get(Status::Refused) > before {
                let detail = format!("row {last} was refused; nothing behind it was imported (on_error is abort)");
                return Ok(Some(Failure { code: ErrorCode::Invalid.number(), detail }));
            }
            if rest.is_empty() {
                return Ok(None);
            }
            entries = rest;
        }
    }

    async fn first_refused(&self, entries: &[Entry]) -> Result<Option<usize>> {
        let mut results = self.tried(entries).await?.into_iter();
        for (at, entry) in entries.iter().enumerate() {
            let refused = match &entry.fate {
                Fate::Refuse(_) => true,
                Fate::Change(_) => results.next().is_some_and(|r| r.is_err()),
                Fate::Skip(_) | Fate::Draft(_) => false,
            };
            if refused {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// References by their texts, and the changes that the drafts become.
    async fn resolve(&mut self, entries: &mut [Entry]) -> Result<()> {
        let wanted = entries.iter().flat_map(|e| match &e.fate {
            Fate::Draft(draft) => draft.wanted.iter(),
            _ => [].iter(),
        });
        self.lookups.prepare(&self.ctx, &self.plan, wanted, false).await?;
        for entry in entries {
            let fate = std::mem::replace(&mut entry.fate, Fate::Skip(String::new()));
            let Fate::Draft(mut draft) = fate else {
                entry.fate = fate;
                continue;
            };
            entry.corrections = std::mem::take(&mut draft.corrections);
            for wanted in std::mem::take(&mut draft.wanted) {
                self.refer(wanted, entry, &mut draft);
            }
            entry.fate = if draft.faults.is_empty() {
                Fate::Change(self.change(draft))
            } else {
                Fate::Refuse(Refusal::from(&Error::from_faults(draft.faults)))
            };
        }
        Ok(())
    }

    fn refer(&self, wanted: Wanted, entry: &mut Entry, draft: &mut Draft) {
        let Some(bound) = self.plan.rules.get(wanted.rule) else { return };
        let target = bound.rule.target.clone();
        match self.lookups.find(&wanted) {
            Found::One(id) => {
                draft.values.extend(self.reference(&target, id, bound.lookup.as_ref().map(|d| d.name.as_str())))
            }
            Found::None if self.plan.refers_to_itself(wanted.rule) => {
                entry.pending.push(target);
                entry.waits.push(wanted);
            }
            Found::Would => entry.pending.push(target),
            Found::None if bound.rule.missing == Missing::Null => entry.corrections.push(missing(&self.plan, &wanted)),
            found => draft.faults.push(unresolved(&self.plan, &wanted, &found)),
        }
    }

    /// A reference's values: its id, and the object where the field may refer to any.
    pub(super) fn reference(&self, target: &str, id: Id, object: Option<&str>) -> Vec<(String, Json)> {
        let mut values = vec![(target.to_owned(), Json::String(id.to_string()))];
        let def = &self.plan.def;
        let any = def.field(target).is_some_and(|(_, f)| f.spec().name() == "any_reference");
        if let (true, Some(object), Some(stem)) = (any, object, target.strip_suffix("_id")) {
            let beside = format!("{stem}_object");
            if def.field(&beside).is_some() {
                values.push((beside, Json::from(object)));
            }
        }
        values
    }

    fn change(&self, draft: Draft) -> Change {
        let object = self.plan.def.name.clone();
        match &self.plan.mapping.key {
            None => Change::Create { object, data: data(draft.values) },
            Some(key) => {
                let value = draft.values.iter().find(|(path, _)| path == key).map_or(Json::Null, |(_, v)| v.clone());
                Change::Upsert { object, by: key.clone(), value, if_match: None, data: data(draft.values) }
            }
        }
    }

    /// In a dry run: what later rows may refer to.
    fn note_given(&mut self, entries: &[Entry]) {
        let fields: HashSet<String> = (0..self.plan.rules.len())
            .filter(|rule| self.plan.refers_to_itself(*rule))
            .filter_map(|rule| self.plan.rules.get(rule)?.rule.lookup.as_ref().map(|l| l.by.clone()))
            .collect();
        for field in fields {
            let given = self.given.entry(field.clone()).or_default();
            for entry in entries {
                let Fate::Change(Change::Create { data, .. } | Change::Upsert { data, .. }) = &entry.fate else {
                    continue;
                };
                if let Some(value) = data.get(&field).filter(|_| given.len() < REMEMBERED) {
                    given.insert(digest(&value.excerpt()));
                }
            }
        }
    }

    fn changes(&self, entries: &[Entry]) -> Changes {
        let steps: Vec<Step> = entries
            .iter()
            .filter_map(|e| match &e.fate {
                Fate::Change(change) => Some(change.clone().into()),
                _ => None,
            })
            .collect();
        Changes {
            steps,
            history: !self.plan.mapping.history.is_empty(),
            whole: false,
            allow_duplicates: self.options.allow_duplicates,
        }
    }

    /// What the changes would give.
    async fn tried(&self, entries: &[Entry]) -> Result<Vec<Judged>> {
        let changes = self.changes(entries);
        if changes.steps.is_empty() {
            return Ok(Vec::new());
        }
        let results = self.import.records.dry_run(&self.ctx, &changes).await?;
        let pending = entries.iter().filter(|e| matches!(e.fate, Fate::Change(_))).map(|e| &e.pending);
        Ok(results.iter().zip(pending).map(|(result, pending)| forgiven(judged(result), pending)).collect())
    }

    async fn commit(&mut self, entries: Vec<Entry>) -> Result<()> {
        if self.options.dry_run {
            let results = self.tried(&entries).await?;
            let closing = self.close(&entries, &results);
            self.run.save(&self.progress(&closing.mark, &closing.tally), closing.writes).await?;
            (self.mark, self.tally) = (closing.mark, closing.tally);
            return Ok(());
        }
        let changes = self.changes(&entries);
        if changes.steps.is_empty() {
            let closing = self.close(&entries, &[]);
            self.run.save(&self.progress(&closing.mark, &closing.tally), closing.writes).await?;
            (self.mark, self.tally) = (closing.mark, closing.tally);
            return Ok(());
        }
        let closed: Mutex<Option<(Mark, Tally)>> = Mutex::new(None);
        let this = &*self;
        let also = |results: &[Result<Outcome>]| {
            let results: Vec<Judged> = results.iter().map(judged).collect();
            let mut closing = this.close(&entries, &results);
            closing.writes.push(this.run.progress_write(&this.progress(&closing.mark, &closing.tally)));
            *closed.lock().unwrap_or_else(PoisonError::into_inner) = Some((closing.mark, closing.tally));
            closing.writes
        };
        this.import.records.change_and(&this.ctx, changes, false, &nothing, &also).await?;
        if let Some((mark, tally)) = closed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            (self.mark, self.tally) = (mark, tally);
        }
        Ok(())
    }

    /// The report of a chunk and the mark behind it.
    fn close(&self, entries: &[Entry], results: &[Judged]) -> Closing {
        let (mut mark, mut tally) = (self.mark.clone(), self.tally);
        let (mut lines, mut waits) = (Vec::with_capacity(entries.len() * 64), Vec::new());
        let mut results = results.iter();
        for entry in entries {
            mark.row = entry.number;
            mark.done += 1;
            let result = match &entry.fate {
                Fate::Change(_) => results.next(),
                _ => None,
            };
            if let (Some(Ok((id, action))), false) = (result, entry.waits.is_empty()) {
                waiting::write(entry, *id, *action, &entry.text(self.tabular), &mut waits);
                continue;
            }
            let mut line = Line {
                row: entry.number,
                line: entry.line,
                status: Status::Refused,
                action: None,
                id: None,
                reason: None,
                refusal: None,
                corrections: &entry.corrections,
                text: None,
            };
            let text;
            match (&entry.fate, result) {
                (Fate::Skip(reason), _) => (line.status, line.reason) = (Status::Skipped, Some(reason.as_str())),
                (_, Some(Ok((id, action)))) => {
                    line.id = (!self.options.dry_run || *action != Status::Created).then_some(*id);
                    line.status = *action;
                    if !entry.corrections.is_empty() {
                        (line.status, line.action) = (Status::Corrected, Some(*action));
                    }
                }
                (Fate::Refuse(refusal), _) | (_, Some(Err(refusal))) => {
                    text = entry.text(self.tabular);
                    (line.refusal, line.text) = (Some(refusal), Some(text.as_str()));
                }
                (Fate::Draft(_) | Fate::Change(_), None) => {}
            }
            tally.add(line.status);
            line.write(&mut lines);
        }
        let mut writes = Vec::new();
        add_part(&mut mark, lines, &mut writes);
        if let (Some(blob), false) = (mark.waiting, waits.is_empty()) {
            writes.push(part_write(blob, mark.waiting_parts, waits));
            mark.waiting_parts += 1;
        }
        Closing { mark, tally, writes }
    }
}

/// Adds a part to the report.
pub(super) fn add_part(mark: &mut Mark, lines: Vec<u8>, writes: &mut Vec<Write>) {
    if let (Some(blob), false) = (mark.result, lines.is_empty()) {
        mark.bytes += i64::try_from(lines.len()).unwrap_or(0);
        writes.push(part_write(blob, mark.parts, lines));
        mark.parts += 1;
    }
}

pub(super) fn nothing(_: &[Result<Outcome>]) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: Vec::new() }
}
