//! Rows whose reference leads to a row of the same file: they are taken in without it, kept aside, and completed when
//! the whole file has been read.

use kontor_model::{Change, Changes, Id, Mode, Result};
use kontor_records::Outcome;
use serde_json::{Value as J, json};
use std::sync::{Mutex, PoisonError};

use super::fate::{Entry, missing, unresolved};
use super::report::{Line, Mark, Refusal, Status, Tally, corrections, read_corrections};
use super::work::{Closing, Work, add_part, digest, nothing};
use crate::convert::{Correction, Wanted, data};
use crate::lookup::Found;
use crate::mapping::Missing;

/// A row that waits, as it is kept.
struct Waiting {
    row: u64,
    line: u64,
    id: Id,
    action: Status,
    corrections: Vec<Correction>,
    text: String,
    wanted: Vec<Wanted>,
}

/// Appends a row that waits.
pub(super) fn write(entry: &Entry, id: Id, action: Status, text: &str, out: &mut Vec<u8>) {
    let wanted: Vec<J> = entry.waits.iter().map(|w| json!([w.rule, w.text])).collect();
    let json = json!({
        "row": entry.number, "line": entry.line, "id": id.0, "action": action.name(),
        "corrections": corrections(&entry.corrections), "text": text, "wanted": wanted,
    });
    out.extend_from_slice(json.to_string().as_bytes());
    out.push(b'\n');
}

fn read(line: &[u8]) -> Option<Waiting> {
    let json: J = serde_json::from_slice(line).ok()?;
    let wanted = json.get("wanted")?.as_array()?.iter().filter_map(|w| {
        let rule = usize::try_from(w.get(0)?.as_u64()?).ok()?;
        Some(Wanted { rule, text: w.get(1)?.as_str()?.to_owned() })
    });
    Some(Waiting {
        row: json.get("row")?.as_u64()?,
        line: json.get("line")?.as_u64()?,
        id: Id(json.get("id")?.as_i64()?),
        action: Status::from_name(json.get("action")?.as_str()?)?,
        corrections: read_corrections(json.get("corrections")?),
        text: json.get("text")?.as_str()?.to_owned(),
        wanted: wanted.collect(),
    })
}

/// What is done to a row at last.
enum Last {
    /// The references that were found.
    Change(Change),
    /// Nothing more to set.
    Keep,
    /// It is taken back: the mapping wants no row without its reference.
    TakeBack(Option<Change>, Refusal),
}

impl Work<'_> {
    /// Completes the next part of the rows that wait.
    pub async fn waiting(&mut self) -> Result<()> {
        let part = match self.mark.waiting {
            Some(blob) => self.import.blobs.part(self.run.job.space, blob, self.mark.waiting_done).await?,
            None => None,
        };
        let mut rows: Vec<Waiting> = part.unwrap_or_default().split(|b| *b == b'\n').filter_map(read).collect();
        self.lookups.prepare(&self.ctx, &self.plan, rows.iter().flat_map(|r| &r.wanted), true).await?;
        let lasts: Vec<Last> = rows.iter_mut().map(|row| self.last(row)).collect();
        let steps = lasts
            .iter()
            .filter_map(|last| match last {
                Last::Change(change) | Last::TakeBack(Some(change), _) => Some(change.clone().into()),
                Last::Keep | Last::TakeBack(None, _) => None,
            })
            .collect::<Vec<_>>();
        if steps.is_empty() || self.options.dry_run {
            let closing = self.close_waiting(&rows, &lasts, &[]);
            self.run.save(&self.progress(&closing.mark, &closing.tally), closing.writes).await?;
            (self.mark, self.tally) = (closing.mark, closing.tally);
            return Ok(());
        }
        let changes = Changes { steps, allow_duplicates: true, ..Changes::default() };
        let closed: Mutex<Option<(Mark, Tally)>> = Mutex::new(None);
        let this = &*self;
        let also = |results: &[Result<Outcome>]| {
            let refused: Vec<Option<Refusal>> = results.iter().map(|r| r.as_ref().err().map(Refusal::from)).collect();
            let mut closing = this.close_waiting(&rows, &lasts, &refused);
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

    fn last(&self, row: &mut Waiting) -> Last {
        let object = self.plan.def.name.clone();
        let (mut values, mut faults) = (Vec::new(), Vec::new());
        for wanted in std::mem::take(&mut row.wanted) {
            let Some(bound) = self.plan.rules.get(wanted.rule) else { continue };
            let by = bound.rule.lookup.as_ref().map(|l| l.by.as_str()).unwrap_or_default();
            match self.lookups.find(&wanted) {
                Found::One(id) => values.extend(self.reference(&bound.rule.target, id, Some(&object))),
                Found::Would => {}
                Found::None if self.given.get(by).is_some_and(|g| g.contains(&digest(&wanted.text))) => {}
                Found::None if bound.rule.missing != Missing::Refuse => {
                    row.corrections.push(missing(&self.plan, &wanted))
                }
                found => faults.push(unresolved(&self.plan, &wanted, &found)),
            }
        }
        if !faults.is_empty() {
            let back = (row.action == Status::Created).then_some(Change::Delete { object, id: row.id, if_match: None });
            return Last::TakeBack(back, Refusal::from(&kontor_model::Error::from_faults(faults)));
        }
        if values.is_empty() {
            return Last::Keep;
        }
        Last::Change(Change::Update { object, id: row.id, if_match: None, mode: Mode::Merge, data: data(values) })
    }

    fn close_waiting(&self, rows: &[Waiting], lasts: &[Last], refused: &[Option<Refusal>]) -> Closing {
        let (mut mark, mut tally) = (self.mark.clone(), self.tally);
        let mut lines = Vec::with_capacity(rows.len() * 64);
        let mut refused = refused.iter();
        for (row, last) in rows.iter().zip(lasts) {
            let refusal = match last {
                Last::Change(_) => refused.next().and_then(Option::as_ref),
                Last::Keep => None,
                Last::TakeBack(change, refusal) => {
                    if change.is_some() {
                        refused.next();
                    }
                    Some(refusal)
                }
            };
            let changed = matches!(last, Last::Change(_)) && row.action == Status::Unchanged;
            let action = if changed { Status::Updated } else { row.action };
            let corrected = !row.corrections.is_empty();
            let status = match refusal {
                Some(_) => Status::Refused,
                None if corrected => Status::Corrected,
                None => action,
            };
            tally.add(status);
            let line = Line {
                row: row.row,
                line: row.line,
                status,
                action: (status == Status::Corrected).then_some(action),
                id: (refusal.is_none() && !(self.options.dry_run && action == Status::Created)).then_some(row.id),
                reason: None,
                refusal,
                corrections: &row.corrections,
                text: refusal.map(|_| row.text.as_str()),
            };
            line.write(&mut lines);
        }
        let mut writes = Vec::new();
        add_part(&mut mark, lines, &mut writes);
        mark.waiting_done += 1;
        Closing { mark, tally, writes }
    }
}
