//! What a comment does to its ticket: an answer stops the clocks of answers, a question of the asker starts them.

use std::collections::HashMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Step, Value};
use kontor_records::{Found, Hook, Sight, Touched, Verdict};

use super::{CLOSED, OPEN, PENDING, Row, SOLVED};

/// See the module.
pub(crate) struct Comments;

impl Hook for Comments {
    fn objects(&self) -> &'static [&'static str] {
        &["ticket_comment"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let new: Vec<Row<'_>> = Row::of(touched).into_iter().filter(Row::is_made).collect();
            let ids: Vec<i64> = new.iter().filter_map(|row| row.int("ticket_id")).collect();
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let found = sight.find("ticket", &[("id", Op::In, Value::Ints(ids))], u64::from(u32::MAX)).await?;
            let tickets: HashMap<i64, Found> = found.into_iter().map(|ticket| (ticket.id.0, ticket)).collect();
            let mut out = Vec::new();
            for row in &new {
                let Some(ticket) = row.int("ticket_id").and_then(|id| tickets.get(&id)) else { continue };
                if let Some((rule, detail)) = refused(row, ticket) {
                    out.push(Verdict::refuse(row.step, rule, detail));
                } else if let Some(then) = follows(sight, row, ticket)? {
                    out.push(Verdict::Follow { step: row.step, then });
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

fn is_asked(row: &Row<'_>) -> bool {
    !row.now("contact_id").is_null()
}

/// Nothing is said to or by the asker in a ticket that is closed.
fn refused(row: &Row<'_>, ticket: &Found) -> Option<(&'static str, String)> {
    if let Some(into) = ticket.reference("merged_into_id") {
        return Some(("ticket_merged", format!("the ticket was merged into {into}; go on there")));
    }
    let heard = is_asked(row) || row.now("public").as_bool() != Some(false);
    let closed = ticket.text("status") == CLOSED && heard;
    closed.then(|| ("ticket_state", "the ticket is closed; reopen it first, or make a new one".to_owned()))
}

/// The change of the ticket that follows from a comment.
fn follows(sight: &Sight<'_>, row: &Row<'_>, ticket: &Found) -> Result<Option<Step>> {
    let at = row.int("created_at").unwrap_or_else(|| sight.now());
    if is_asked(row) {
        let asked_at = ticket.int("asked_at").unwrap_or(at);
        let mut fields = vec![("asked_at", Value::Int(asked_at))];
        // What was said before it was solved is history that comes in late.
        let later = ticket.int("solved_at").is_none_or(|solved| at >= solved);
        let reopens = matches!(ticket.text("status"), PENDING | SOLVED) && later;
        if ticket.text("status") == SOLVED && !later {
            return Ok(None);
        }
        if reopens {
            fields.push(("status", OPEN.into()));
            return sight.update(ticket, &fields).map(|step| Some(step.told("reopen", "reopened")));
        }
        return sight.update(ticket, &fields).map(Some);
    }
    if row.now("public").as_bool() == Some(false) {
        return Ok(None);
    }
    // Later than the last, so that each reply is told.
    let replied_at = ticket.int("replied_at").map_or(at, |last| at.max(last + 1));
    let fields = [
        ("replied_at", Value::Int(replied_at)),
        ("first_responded_at", Value::Int(ticket.int("first_responded_at").unwrap_or(at))),
        ("asked_at", Value::Null),
    ];
    sight.update(ticket, &fields).map(|step| Some(step.told("reply", "replied")))
}
