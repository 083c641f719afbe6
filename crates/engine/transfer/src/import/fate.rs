//! A row on its way through an import, and what becomes of it.

use kontor_formats::Row;
use kontor_model::{Change, Fault, Id, Json, Result};
use kontor_records::{Done, Outcome};

use super::report::{Refusal, Status};
use crate::convert::{Correction, Draft, Plan, Wanted, line_of};
use crate::lookup::Found;

/// A row on its way.
pub(super) struct Entry {
    pub number: u64,
    pub line: u64,
    pub source: Source,
    pub corrections: Vec<Correction>,
    /// References to rows of the same file that are not there yet.
    pub waits: Vec<Wanted>,
    /// Fields that a dry run cannot fill.
    pub pending: Vec<String>,
    pub fate: Fate,
}

pub(super) enum Source {
    Row(Row),
    Text(String),
}

pub(super) enum Fate {
    Skip(String),
    Refuse(Refusal),
    Draft(Draft),
    Change(Change),
}

/// What became of a change.
pub(super) type Judged = Result<(Id, Status), Refusal>;

pub(super) fn judged(result: &Result<Outcome>) -> Judged {
    let outcome = result.as_ref().map_err(Refusal::from)?;
    let status = match outcome.done {
        Done::Created => Status::Created,
        Done::Unchanged => Status::Unchanged,
        Done::Updated | Done::Deleted | Done::Restored | Done::Purged => Status::Updated,
    };
    Ok((outcome.id, status))
}

/// A dry run cannot fill references to records that it does not make: that they are required is no refusal.
pub(super) fn forgiven(judged: Judged, pending: &[String]) -> Judged {
    match judged {
        Err(refusal)
            if !refusal.faults.is_empty()
                && refusal.faults.iter().all(|f| f.code == "required" && pending.contains(&f.field)) =>
        {
            Ok((Id(0), Status::Created))
        }
        other => other,
    }
}

/// The correction of a reference that was left empty.
pub(super) fn missing(plan: &Plan, wanted: &Wanted) -> Correction {
    let fault = unresolved(plan, wanted, &Found::None);
    Correction { field: fault.field, from: wanted.text.clone(), to: None, reason: fault.message }
}

/// Why a reference could not be set.
pub(super) fn unresolved(plan: &Plan, wanted: &Wanted, found: &Found) -> Fault {
    let bound = plan.rules.get(wanted.rule);
    let target = bound.map(|b| b.rule.target.clone()).unwrap_or_default();
    let (object, by) =
        bound.and_then(|b| b.rule.lookup.as_ref()).map(|l| (l.object.as_str(), l.by.as_str())).unwrap_or_default();
    let (code, message) = match found {
        Found::Many(ids) => {
            let ids: Vec<String> = ids.iter().map(Id::to_string).collect();
            ("ambiguous", format!("fits several records of {object} by {by}: {}", ids.join(", ")))
        }
        Found::Refused(failure) => ("not_found", format!("could not be made: {}", failure.detail)),
        Found::One(_) | Found::None | Found::Would => ("not_found", format!("there is no {object} whose {by} is this")),
    };
    Fault::new(target, code, message).value(Json::from(wanted.text.as_str()).excerpt())
}

impl Entry {
    pub fn new(number: u64, line: u64, source: Source, fate: Fate) -> Self {
        Self { number, line, source, corrections: Vec::new(), waits: Vec::new(), pending: Vec::new(), fate }
    }

    pub fn text(&self, tabular: bool) -> String {
        match &self.source {
            Source::Row(row) => line_of(row, tabular),
            Source::Text(text) => text.clone(),
        }
    }
}
