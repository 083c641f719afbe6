//! `assign`: to a user, or to the members of the team in turn.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Id, Op, Result, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use super::in_state;
use crate::ticket::{OPEN, PENDING, SOLVED};

/// The most members of a team that take turns.
const MOST: u64 = 10_000;

pub(super) struct Assign;

impl Act for Assign {
    fn object(&self) -> &'static str {
        "ticket"
    }

    fn name(&self) -> &'static str {
        "assign"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let ticket = &asked.record;
            in_state(ticket, &[OPEN, PENDING, SOLVED], "one that is not closed is assigned")?;
            let Some(user) = asked.input.reference("assignee_id") else { return next(sight, ticket).await };
            let user = sight.visible("user", user).await?;
            if user.value("active").as_bool() == Some(false) {
                return Err(Error::from(Fault::new(
                    "assignee_id",
                    "inactive",
                    "is a user who may not sign in any more",
                )));
            }
            Ok(Plan::one(given(sight, ticket, user.id)?))
        }
        .boxed()
    }
}

fn given(sight: &Sight<'_>, ticket: &Found, user: Id) -> Result<kontor_model::Step> {
    Ok(sight.update(ticket, &[("assignee_id", Value::Int(user.0))])?.told("assign", "assigned"))
}

/// The member whose turn it is. The queue remembers the last one, so that two at once go to two.
async fn next(sight: &Sight<'_>, ticket: &Found) -> Result<Plan> {
    let refused = |detail: &str| refusal("assign_round_robin", format!("{detail}, or send assignee_id"));
    let queue = sight.referred("queue", ticket.value("queue_id")).await?;
    let queue = queue.ok_or_else(|| refused("the ticket is in no queue whose team could take turns; set queue_id"))?;
    let team = queue.reference("team_id").ok_or_else(|| refused("the ticket's queue has no team; set its team_id"))?;
    let members = members(sight, team).await?;
    let last = queue.reference("last_assignee_id");
    let after = members.iter().find(|member| last.is_none_or(|last| **member > last)).or(members.first());
    let user = after.ok_or_else(|| refused("the queue's team has no active member; add one"))?;
    Ok(Plan::one(given(sight, ticket, *user)?).and(sight.update(&queue, &[("last_assignee_id", Value::Int(user.0))])?))
}

/// The active members of a team, in the order of their ids.
async fn members(sight: &Sight<'_>, team: Id) -> Result<Vec<Id>> {
    let of_team = ("team_id", Op::Eq, Value::Int(team.0));
    let mut found = sight.find("user", std::slice::from_ref(&of_team), MOST).await?;
    let joined = sight.find("team_member", &[of_team], MOST).await?;
    let joined: Vec<i64> = joined.iter().filter_map(|member| member.int("user_id")).collect();
    if !joined.is_empty() {
        found.extend(sight.find("user", &[("id", Op::In, Value::Ints(joined))], MOST).await?);
    }
    let active = found.iter().filter(|user| user.value("active").as_bool() != Some(false));
    let mut ids: Vec<Id> = active.map(|user| user.id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
