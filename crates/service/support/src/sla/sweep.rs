//! Clocks that strike: a warning before an answer is due, a breach when it is.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Changes, ErrorCode, Id, Json, Kind, Mode, Op, Result, Step, Value};
use kontor_records::{Answer, Ctx, Records, Sweep};
use kontor_store::{Cond, Expr, Order, Which};

use super::terms::{CLOCKS, Strike, Term, strike};
use crate::PRIORITIES;
use crate::ticket::{OPEN, words};

/// How many tickets are looked at in one go.
const AT_ONCE: u64 = 200;

/// See the module.
pub(crate) struct Strikes;

impl Sweep for Strikes {
    fn name(&self) -> &'static str {
        "sla_clocks"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let now = records.clock().now_ms();
            let mut done = 0;
            for ticket in due(records, ctx, now).await? {
                let Some((step, id)) = struck(records, ctx, now, &ticket).await? else { continue };
                let nothing = |_: &[Result<_>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
                match records.change(ctx, Changes { steps: vec![step], ..Changes::default() }, true, &nothing).await {
                    Ok(_) => done += 1,
                    // Another was quicker, or it is gone: there is nothing left to do.
                    Err(error) if matches!(error.code(), ErrorCode::VersionMoved | ErrorCode::NotFound) => {}
                    Err(error) if error.code().status() >= 500 => return Err(error),
                    Err(error) => tracing::warn!(ticket = id.0, %error, "a clock could not strike"),
                }
            }
            Ok(done)
        }
        .boxed()
    }
}

/// What is read of a ticket.
struct Ticket {
    id: Id,
    version: i64,
    created_at: i64,
    asked_at: Option<i64>,
    first_responded_at: Option<i64>,
    due: [Option<i64>; 3],
    warned: Vec<String>,
    breached: Vec<String>,
    breached_at: Option<i64>,
    priority: String,
    policy: Option<i64>,
}

const INTS: &[&str] = &[
    "id",
    "version",
    "created_at",
    "asked_at",
    "first_responded_at",
    "first_response_due_at",
    "next_response_due_at",
    "resolution_due_at",
    "breached_at",
    "applied_policy_id",
];

fn test(name: &str, kind: Kind, op: Op, right: Value) -> Cond {
    Cond::Test { left: Expr::column(name, kind), op, right }
}

/// Open tickets with a clock that has struck, the earliest first.
async fn due(records: &Records, ctx: &Ctx, now: i64) -> Result<Vec<Ticket>> {
    let def = ctx.whole.require("ticket")?;
    let mut columns: Vec<Expr> = INTS.iter().map(|name| Expr::column(name, Kind::Int)).collect();
    columns.extend(["sla_warned", "sla_breached"].map(|name| Expr::column(name, Kind::Json)));
    columns.push(Expr::column("priority", Kind::Text));
    let mut select = ctx
        .records_of(def, Which::Live, columns)
        .filter(test("sla_next_at", Kind::Int, Op::Lte, Value::Int(now)))
        .filter(test("status", Kind::Text, Op::Eq, Value::Text(OPEN.to_owned())))
        .limit(AT_ONCE);
    select.order = vec![Order { by: Expr::column("sla_next_at", Kind::Int), descending: false }];
    let rows = records.store().rows(select).await?;
    Ok(rows.iter().filter_map(|row| ticket(row)).collect())
}

fn ticket(row: &[Value]) -> Option<Ticket> {
    let int = |name: &str| row.get(INTS.iter().position(|one| *one == name)?)?.as_i64();
    let list = |at: usize| row.get(INTS.len() + at).map(words).unwrap_or_default();
    Some(Ticket {
        id: Id(int("id")?),
        version: int("version")?,
        created_at: int("created_at")?,
        asked_at: int("asked_at"),
        first_responded_at: int("first_responded_at"),
        due: ["first_response_due_at", "next_response_due_at", "resolution_due_at"].map(int),
        warned: list(0),
        breached: list(1),
        breached_at: int("breached_at"),
        priority: row.get(INTS.len() + 2)?.as_str().unwrap_or_default().to_owned(),
        policy: int("applied_policy_id"),
    })
}

/// The change that a clock's stroke makes.
async fn struck(records: &Records, ctx: &Ctx, now: i64, ticket: &Ticket) -> Result<Option<(Step, Id)>> {
    let starts = [Some(ticket.created_at), ticket.asked_at, Some(ticket.created_at)];
    let open = [ticket.first_responded_at.is_none(), ticket.asked_at.is_some(), true];
    let mut terms = [Term::default(); 3];
    for (((term, start), due), open) in terms.iter_mut().zip(starts).zip(ticket.due).zip(open) {
        *term = start.zip(due).map(|(start, due)| Term::running(start, due, open)).unwrap_or_default();
    }
    let text = |text: &str| Json::String(text.to_owned());
    let all = |old: &[String], new: &[&str]| {
        let has = |clock: &&&str| new.contains(clock) || old.iter().any(|one| one == **clock);
        Json::Array(CLOCKS.iter().filter(has).map(|clock| text(clock)).collect())
    };
    let (data, action, event) = match strike(now, &terms, &ticket.warned, &ticket.breached) {
        None => return Ok(None),
        Some(Strike::Warning(clocks)) => {
            (vec![("sla_warned".to_owned(), all(&ticket.warned, &clocks))], "warn", "sla_warning")
        }
        Some(Strike::Breach(clocks, at)) => {
            let at = kontor_model::time::datetime_text(ticket.breached_at.unwrap_or(at));
            let mut data = vec![
                ("sla_breached".to_owned(), all(&ticket.breached, &clocks)),
                ("sla_status".to_owned(), text("breached")),
                ("breached_at".to_owned(), text(&at)),
            ];
            if let Some(user) = escalated_to(records, ctx, ticket.policy).await? {
                data.push(("assignee_id".to_owned(), text(&user.to_string())));
                data.push(("priority".to_owned(), text(raised(&ticket.priority))));
            }
            (data, "breach", "sla_breached")
        }
    };
    let change = Change::Update {
        object: "ticket".to_owned(),
        id: ticket.id,
        if_match: Some(ticket.version),
        mode: Mode::Merge,
        data: Json::Object(data),
    };
    Ok(Some((Step::of_service(change).told(action, event), ticket.id)))
}

/// Who takes over what a policy's promise was broken for; none when the user is gone or may not sign in.
async fn escalated_to(records: &Records, ctx: &Ctx, policy: Option<i64>) -> Result<Option<Id>> {
    let int = |name: &str| vec![Expr::column(name, Kind::Int)];
    let Some(policy) = policy else { return Ok(None) };
    let select = ctx.records_of(ctx.whole.require("sla_policy")?, Which::Live, int("escalate_to_id"));
    let found = records.store().rows(select.equals("id", Kind::Int, policy)).await?;
    let Some(user) = found.first().and_then(|row| row.first()?.as_i64()) else { return Ok(None) };
    let select = ctx
        .records_of(ctx.whole.require("user")?, Which::Live, int("id"))
        .equals("id", Kind::Int, user)
        .filter(test("active", Kind::Bool, Op::Ne, Value::Bool(false)));
    Ok(records.store().rows(select).await?.first().map(|_| Id(user)))
}

/// The next priority up.
fn raised(priority: &str) -> &'static str {
    let place = PRIORITIES.iter().position(|one| *one == priority).unwrap_or(0);
    PRIORITIES.get(place + 1).or(PRIORITIES.last()).copied().unwrap_or("urgent")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_priority_is_raised_by_one() {
        assert_eq!(["low", "normal", "high", "urgent"].map(super::raised), ["normal", "high", "urgent", "urgent"]);
    }
}
