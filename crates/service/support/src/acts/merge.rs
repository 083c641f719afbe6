//! `merge`: one ticket goes on with what another asked.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Json, Mode, Op, Result, Step, Value};
use kontor_records::{Act, Asked, Gives, Plan, Sight, refusal};

use super::{in_state, wrong_state};
use crate::ticket::{CLOSED, OPEN, PENDING, SOLVED};

/// The most comments that are moved: they go in one commit.
const MOST: u64 = 900;

pub(super) struct Merge;

impl Act for Merge {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "merge"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let ticket = &asked.record;
            let Some(into) = asked.input.reference("into_id") else { return Ok(Plan::default()) };
            if into == ticket.id {
                return Err(refusal("merge_itself", "a ticket is not merged into itself; into_id names another one"));
            }
            in_state(ticket, &[OPEN, PENDING, SOLVED], "one that is not closed is merged")?;
            let target = sight.visible("ticket", into).await?;
            if target.text("status") == CLOSED {
                return Err(match target.reference("merged_into_id") {
                    Some(_) => wrong_state(&target, ""),
                    None => refusal("ticket_state", "the ticket of into_id is closed; reopen it first"),
                });
            }
            let comments = sight.find("ticket_comment", &[("ticket_id", Op::Eq, ticket.id.0.into())], MOST + 1).await?;
            let files = sight.find("ticket_file", &[("ticket_id", Op::Eq, ticket.id.0.into())], MOST + 1).await?;
            if (comments.len() + files.len()) as u64 > MOST {
                let detail = format!("the ticket has more than {MOST} comments and files");
                return Err(refusal("merge_comments", detail));
            }
            let fields = [("status", Value::from(CLOSED)), ("merged_into_id", Value::Int(into.0))];
            let from = sight.update(ticket, &fields)?.told("merge", "merged");
            // The other one changes as well, so that two that are merged into each other at once do not both close.
            let merged = target.int("merged_tickets").unwrap_or(0) + 1;
            let to = sight.update(&target, &[("merged_tickets", Value::Int(merged))])?;
            // Always in the same order, or each of two merges would wait for the other's ticket.
            let (first, steps) = if ticket.id < into { (0, [from, to]) } else { (1, [to, from]) };
            let mut plan = Plan { steps: steps.into(), gives: Gives::Step(first) };
            // Changes nothing, and asks whether the caller may change the other as well.
            plan.push(Step::from(Change::Update {
                object: "ticket".to_owned(),
                id: into,
                if_match: None,
                mode: Mode::Merge,
                data: Json::Object(Vec::new()),
            }));
            for comment in comments.iter().chain(&files) {
                plan.push(sight.update(comment, &[("ticket_id", Value::Int(into.0))])?);
            }
            Ok(plan)
        }
        .boxed()
    }
}
