//! What the commit of a step writes besides what the step did: its line in the history, the run's record, its place.

use kontor_model::{Change, Id, Json, Letter, Mode, Result, Step};
use kontor_records::Found;
use kontor_store::Write;
use serde_json::{Value as J, json};

use super::intent::{Mail, kept};
use super::live::{After, Done, Live, MADE};
use crate::state::{self, Row, State, Wake};
use crate::{RUN, STEP};

/// The write that takes a run to its next place.
pub(super) fn place(row: &Row, next: &State, done: &Done, given: J, after: &After, now: i64) -> Write {
    let mut state = next.clone();
    if let Some(name) = done.name.as_ref().filter(|_| !matches!(after, After::Rest(_))) {
        state.outputs.insert(name.clone(), given);
    }
    let wake = match after {
        After::On if state.todo.is_empty() => return state::over(row),
        After::Over { .. } => return state::over(row),
        // Long ago: it goes on at once.
        After::On => Wake::at(row.wake_at.unwrap_or_default()),
        After::Rest(wake) => wake.clone(),
    };
    // A state is made of what was read as JSON: it can be written as JSON.
    state::moved(row, &state, &wake, now).unwrap_or_else(|_| state::over(row))
}

pub(super) fn of(change: &Change) -> Option<Id> {
    match change {
        Change::Update { id, .. } | Change::Delete { id, .. } => Some(*id),
        _ => None,
    }
}

pub(super) fn letter(mail: Mail) -> Letter {
    Letter {
        purpose: "workflow",
        to: mail.to,
        reply_to: mail.reply_to,
        subject: mail.subject,
        text: mail.text,
        headers: vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())],
        ..Letter::default()
    }
}

fn updated(run: &Found, data: &J) -> Change {
    Change::Update {
        object: RUN.to_owned(),
        id: run.id,
        if_match: Some(run.version()),
        mode: Mode::Merge,
        data: Json::from(data),
    }
}

pub(super) fn outcome(live: &Live, status: &str, error: Option<&str>, now: i64, count: i64) -> Result<Step> {
    let (word, told) = match status {
        "succeeded" => ("end", "succeeded"),
        _ => ("fail", "failed"),
    };
    let error = error.map(|error| error.chars().take(2_000).collect::<String>());
    let data = json!({"status": status, "error": error, "finished_at": kontor_model::time::datetime_text(now),
        "steps_done": count, "waits_until": null, "waits_for": null});
    Ok(Step::of_service(updated(&live.run, &data)).told(word, told))
}

pub(super) fn waits(live: &Live, wake: &Wake) -> Result<Step> {
    let data = json!({"status": "waiting", "waits_until": wake.at.map(kontor_model::time::datetime_text),
        "waits_for": wake.event.as_ref().map(|(types, _)| types), "steps_done": live.row.state.count});
    Ok(Step::of_service(updated(&live.run, &data)).told("wait", "waiting"))
}

pub(super) fn goes_on(live: &Live) -> Result<Step> {
    let data = json!({"status": "running", "waits_until": null, "waits_for": null});
    Ok(Step::of_service(updated(&live.run, &data)).told("wake", "woken"))
}

/// A step's line in the history of its run.
pub(super) fn history(
    live: &Live,
    done: &Done,
    output: &J,
    about: Option<&(String, Option<Id>)>,
    letters: &[Letter],
) -> Step {
    let record = match about {
        Some((_, Some(id))) => json!(id.to_string()),
        Some((_, None)) => json!(MADE),
        None => J::Null,
    };
    let data = json!({
        "workflow_run_id": live.run.id.to_string(),
        "position": live.row.state.count,
        "place": done.at,
        "kind": done.kind,
        "name": done.name,
        "status": done.status,
        "attempts": done.attempts,
        "input": kept(done.input.clone()),
        "output": kept(output.clone()),
        "record_object": about.map(|(object, _)| object),
        "record_id": record,
        "error": done.error.as_ref().map(|error| error.chars().take(2_000).collect::<String>()),
    });
    let change = Change::Create { object: STEP.to_owned(), data: Json::from(&data) };
    letters.iter().fold(Step::of_service(change), |step, letter| step.with_letter(letter.clone()))
}
