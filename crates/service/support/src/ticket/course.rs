//! The course of a ticket: its states, and the clocks that run in them.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Id, Json, Mode, Result, Step, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use super::{CLOSED, OPEN, PENDING, Row, SOLVED};
use crate::clock::Span;
use crate::sla::agreements::Agreements;
use crate::sla::terms::{self, CLOCKS, Strike, Term, Terms};

/// The most pauses that are kept; the oldest go first.
const PAUSES: usize = 1_000;

/// What changes the clocks.
const MOVES: &[&str] = &[
    "status",
    "priority",
    "sla_policy_id",
    "queue_id",
    "asked_at",
    "first_responded_at",
    "sla_warned",
    "sla_breached",
];

const DUE: [&str; 3] = ["first_response_due_at", "next_response_due_at", "resolution_due_at"];
const LEFT: [&str; 3] = ["first_response_left_seconds", "next_response_left_seconds", "resolution_left_seconds"];

/// A ticket goes from state to state as it may, and its clocks with it.
pub(crate) struct Course;

impl Hook for Course {
    fn objects(&self) -> &'static [&'static str] {
        &["ticket"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let moved: Vec<Row<'_>> =
                Row::of(touched).into_iter().filter(|row| MOVES.iter().any(|path| row.changes(path))).collect();
            let mut out = Vec::new();
            if moved.is_empty() {
                return Ok(out);
            }
            let agreements = Agreements::of(sight, &moved).await?;
            for row in &moved {
                match forbidden(row) {
                    Some((rule, detail)) => out.push(Verdict::refuse(row.step, rule, detail)),
                    None => out.extend(go_on(sight.now(), row, &agreements)),
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// The state that a ticket was in; a new one was open.
fn was<'a>(row: &Row<'a>) -> &'a str {
    row.before("status").as_str().unwrap_or(OPEN)
}

fn is<'a>(row: &Row<'a>) -> &'a str {
    row.now("status").as_str().unwrap_or(OPEN)
}

fn is_ended(status: &str) -> bool {
    matches!(status, SOLVED | CLOSED)
}

/// Why a ticket may not go from its state into the other.
fn forbidden(row: &Row<'_>) -> Option<(&'static str, String)> {
    let (was, is) = (was(row), is(row));
    if was == is || row.is_made() {
        return None;
    }
    if let Some(into) = row.before("merged_into_id").as_i64() {
        return Some(("ticket_merged", format!("the ticket was merged into {into}; go on there")));
    }
    let back = (was == SOLVED && is == PENDING) || (was == CLOSED && is != OPEN);
    back.then(|| ("ticket_state", format!("a {was} ticket cannot become {is}; reopen it first")))
}

/// Moves clocks and stamps.
fn go_on(now: i64, row: &Row<'_>, agreements: &Agreements) -> Vec<Verdict> {
    let (was, is) = (was(row), is(row));
    // What is noted as solved from the start was so when the record says that it was.
    let at = if row.is_made() { row.int("updated_at").unwrap_or(now) } else { now };
    let mut set: Vec<(&'static str, Value)> = Vec::new();
    let mut stopped_at = row.int("stopped_at");
    let mut pauses = pauses(row.now("pauses"));
    if was != is {
        if let Some(from) = stopped_at.filter(|_| is == OPEN || (was == PENDING && is_ended(is))) {
            pauses.push((from, at));
        }
        stopped_at = match is {
            OPEN => None,
            _ if was == SOLVED => stopped_at,
            _ => Some(at),
        };
        set.push(("stopped_at", stopped_at.into()));
        set.push(("solved_at", stamp(row, "solved_at", is == SOLVED, is == OPEN, at)));
        set.push(("closed_at", stamp(row, "closed_at", is == CLOSED, is == OPEN, at)));
    }
    let mut first_responded_at = row.int("first_responded_at");
    let mut asked_at = row.int("asked_at");
    if is_ended(is) {
        asked_at = None;
        // To be told the solution is to be answered.
        if is == SOLVED && first_responded_at.is_none() {
            first_responded_at = Some(at);
        }
    }
    let answered = asked_at.is_none() && !row.before("asked_at").is_null();
    let cleaned = |list: &Value| -> Vec<String> {
        words(list).into_iter().filter(|clock| !(answered && clock == "next_response")).collect()
    };
    let (warned, mut breached) = (cleaned(row.now("sla_warned")), cleaned(row.now("sla_breached")));
    let excess = pauses.len().saturating_sub(PAUSES);
    pauses.drain(..excess);

    let agreement = agreements.for_ticket(row);
    let course = terms::Course {
        created_at: row.int("created_at").unwrap_or(at),
        stopped_at,
        ended: is_ended(is),
        first_responded_at,
        asked_at,
        pauses,
    };
    // Nothing was promised for what came in solved.
    let agreement = agreement.filter(|_| !(row.is_made() && course.ended));
    let terms = agreement.map(|a| terms::terms(&course, a.targets, &a.clock)).unwrap_or_default();
    let late = broken(now, row, &terms, &breached);
    if let Some((clocks, _)) = &late {
        breached
            .extend(clocks.iter().filter(|clock| !(answered && **clock == "next_response")).map(|c| (*c).to_owned()));
    }
    let broken_at = row.int("breached_at").or(late.as_ref().map(|(_, at)| *at));
    set.push(("pauses", if course.pauses.is_empty() { Value::Null } else { spans(&course.pauses) }));
    set.push(("first_responded_at", first_responded_at.into()));
    set.push(("asked_at", asked_at.into()));
    set.push(("sla_warned", list(&warned)));
    set.push(("applied_policy_id", agreement.map(|a| a.policy.0).into()));
    set.push(("sla_status", standing(&terms, broken_at.is_some(), &course).into()));
    set.push(("sla_next_at", terms::strikes_at(&terms, &warned, &breached).into()));
    for ((term, due), left) in terms.iter().zip(DUE).zip(LEFT) {
        set.push((due, term.due_at.into()));
        set.push((left, term.left_seconds.into()));
    }
    if late.is_none() {
        set.push(("sla_breached", list(&breached)));
    }
    let mut out: Vec<Verdict> =
        set.into_iter().map(|(field, value)| Verdict::Amend { id: row.id, field, value }).collect();
    if late.is_some() {
        out.push(Verdict::Follow { step: row.step, then: breach(row.id, &breached, broken_at) });
    }
    out
}

/// A stamp of a state: set on entering it, emptied when the ticket is open again.
fn stamp(row: &Row<'_>, path: &str, enters: bool, leaves: bool, at: i64) -> Value {
    match (enters, leaves) {
        (true, _) => Value::Int(at),
        (_, true) => Value::Null,
        _ => row.now(path).clone(),
    }
}

/// What ran out before it was kept or stopped, and nobody has noted.
fn broken(now: i64, row: &Row<'_>, terms: &Terms, breached: &[String]) -> Option<(Vec<&'static str>, i64)> {
    if row.is_made() || was(row) != OPEN {
        return None;
    }
    let mut before = Terms::default();
    for (((clock, slot), due), term) in CLOCKS.iter().zip(&mut before).zip(DUE).zip(terms) {
        let waited = match *clock {
            "first_response" => row.before("first_responded_at").is_null(),
            "next_response" => !row.before("asked_at").is_null(),
            _ => true,
        };
        let still = term.open && term.due_at.is_some();
        *slot = Term { due_at: row.before(due).as_i64(), open: waited && !still, ..Term::default() };
    }
    match terms::strike(now, &before, &CLOCKS.map(str::to_owned), breached) {
        Some(Strike::Breach(clocks, at)) => Some((clocks, at)),
        _ => None,
    }
}

fn standing(terms: &Terms, broken: bool, course: &terms::Course) -> Option<&'static str> {
    let promised = terms.iter().any(|term| term.due_at.is_some() || term.left_seconds.is_some());
    match course {
        _ if broken => Some("breached"),
        _ if !promised => None,
        terms::Course { ended: true, .. } => Some("met"),
        terms::Course { stopped_at: Some(_), .. } => Some("paused"),
        _ => Some("running"),
    }
}

/// The change that notes broken promises.
fn breach(id: Id, breached: &[String], at: Option<i64>) -> Step {
    let text = |text: &str| Json::String(text.to_owned());
    let at = at.map_or(Json::Null, |at| Json::String(kontor_model::time::datetime_text(at)));
    let clocks = breached.iter().map(|clock| text(clock)).collect::<Vec<_>>();
    let data = Json::Object(vec![
        ("sla_breached".to_owned(), if clocks.is_empty() { Json::Null } else { Json::Array(clocks) }),
        ("sla_status".to_owned(), text("breached")),
        ("breached_at".to_owned(), at),
    ]);
    let change = Change::Update { object: "ticket".to_owned(), id, if_match: None, mode: Mode::Merge, data };
    Step::of_service(change).told("breach", "sla_breached")
}

/// Words of a stored list.
pub(crate) fn words(value: &Value) -> Vec<String> {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A list as it is stored, in the order of [`CLOCKS`]; null when it is empty.
fn list(clocks: &[String]) -> Value {
    let ordered: Vec<&str> = CLOCKS.iter().copied().filter(|clock| clocks.iter().any(|one| one == clock)).collect();
    if ordered.is_empty() { Value::Null } else { Value::Json(serde_json::json!(ordered).to_string()) }
}

fn pauses(value: &Value) -> Vec<Span> {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn spans(pauses: &[Span]) -> Value {
    Value::Json(serde_json::json!(pauses).to_string())
}
