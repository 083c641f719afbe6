//! What happens when invoices are not paid in time: they become overdue, and steps of dunning are taken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Changes, Error, Id, Json, Kind, Mode, Op, Result, Step, Value, time};
use kontor_records::{Answer, Ctx, Outlook, Records, Sweep};
use kontor_store::{Cond, Expr, Order, Which};

use crate::papers::dunning::{Words, letter};

/// Days begin at midnight: looked at often enough that nobody waits for it.
const EVERY: Duration = Duration::from_secs(600);
/// Invoices that are changed in one commit.
const AT_ONCE: u64 = 200;
/// And when each brings a letter with its paper.
const LETTERS_AT_ONCE: usize = 20;

/// Marks open invoices whose due date is past.
pub(crate) struct Overdue;

impl Sweep for Overdue {
    fn name(&self) -> &'static str {
        "overdue"
    }

    fn every(&self) -> Duration {
        EVERY
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let today = today(records, ctx);
            let conditions = [
                ("status", Op::Eq, Value::text("open")),
                ("due_date", Op::Lt, today.into()),
                ("overdue_since", Op::IsNull, Value::Bool(true)),
            ];
            let mut done = 0;
            loop {
                let found = invoices(records, ctx, &conditions).await?;
                let steps: Vec<Step> = found
                    .iter()
                    .map(|invoice| {
                        let since = time::date_text(invoice.due + 1);
                        invoice.changed(&[("overdue_since", Json::String(since))]).told("overdue", "overdue")
                    })
                    .collect();
                let count = change(records, ctx, steps).await?;
                done += count;
                // What was changed is not found again; where nothing was, others are at it.
                if count == 0 {
                    return Ok(done);
                }
            }
        }
        .boxed()
    }
}

/// Takes the steps of dunning: for each invoice the highest that is due, once.
pub(crate) struct Dunning;

impl Sweep for Dunning {
    fn name(&self) -> &'static str {
        "dunning"
    }

    fn every(&self) -> Duration {
        EVERY
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let (today, now) = (today(records, ctx), records.clock().now_ms());
            let mut done = 0;
            for Wanted { level, days, words } in dunning_steps(records, ctx).await? {
                let conditions = [
                    ("status", Op::Eq, Value::text("open")),
                    ("overdue_since", Op::IsNull, Value::Bool(false)),
                    ("due_date", Op::Lte, (today - days).into()),
                ];
                // Null is not below a number: who was never reminded is asked for apart.
                for not_yet in
                    [("dunning_level", Op::IsNull, Value::Bool(true)), ("dunning_level", Op::Lt, level.into())]
                {
                    let conditions: Vec<_> = conditions.iter().cloned().chain([not_yet]).collect();
                    loop {
                        let mut found = invoices(records, ctx, &conditions).await?;
                        if words.is_some() {
                            found.truncate(LETTERS_AT_ONCE);
                        }
                        let dunned = [
                            ("dunning_level", Json::Number(level.to_string())),
                            ("dunned_at", Json::String(time::datetime_text(now))),
                        ];
                        let mut steps = Vec::with_capacity(found.len());
                        for invoice in &found {
                            let step = invoice.changed(&dunned).told("dun", "dunned");
                            steps.push(match &words {
                                Some(words) => reminded(records, ctx, invoice.id, words, step).await?,
                                None => step,
                            });
                        }
                        let count = change(records, ctx, steps).await?;
                        done += count;
                        if count == 0 {
                            break;
                        }
                    }
                }
            }
            Ok(done)
        }
        .boxed()
    }
}

fn today(records: &Records, ctx: &Ctx) -> i64 {
    time::day_in(records.clock().now_ms(), &ctx.settings().time_zone)
}

/// An invoice that is late.
struct Late {
    id: Id,
    version: i64,
    due: i64,
}

impl Late {
    /// New values, if nobody else has changed it.
    fn changed(&self, fields: &[(&str, Json)]) -> Step {
        let data = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Step::of_service(Change::Update {
            object: "invoice".to_owned(),
            id: self.id,
            if_match: Some(self.version),
            mode: Mode::Merge,
            data: Json::Object(data),
        })
    }
}

/// Some of the invoices that meet all conditions.
async fn invoices(records: &Records, ctx: &Ctx, conditions: &[(&str, Op, Value)]) -> Result<Vec<Late>> {
    let rows = rows(records, ctx, "invoice", &["version", "due_date"], conditions).await?;
    let late = |row: &Vec<Value>| {
        let int = |at: usize| row.get(at).and_then(Value::as_i64);
        Some(Late { id: Id(int(0)?), version: int(1)?, due: int(2)? })
    };
    Ok(rows.iter().filter_map(late).collect())
}

/// A step that is taken.
struct Wanted {
    level: i64,
    days: i64,
    /// What is mailed, if anything.
    words: Option<Words>,
}

/// The active steps, the highest first.
async fn dunning_steps(records: &Records, ctx: &Ctx) -> Result<Vec<Wanted>> {
    let active = [("active", Op::Eq, Value::Bool(true))];
    let fields = ["level", "days_after_due", "send_mail", "subject", "body"];
    let rows = rows(records, ctx, "dunning_step", &fields, &active).await?;
    let wanted = |row: &Vec<Value>| {
        let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (level, days) = (row.get(1)?.as_i64()?, row.get(2)?.as_i64()?);
        let mails = row.get(3).and_then(Value::as_bool) == Some(true);
        Some(Wanted { level, days, words: mails.then(|| Words { level, subject: text(4), body: text(5) }) })
    };
    let mut steps: Vec<Wanted> = rows.iter().filter_map(wanted).collect();
    steps.sort_unstable_by_key(|step| std::cmp::Reverse((step.level, step.days)));
    Ok(steps)
}

/// The step with its letter; without one where none can be written, which is no reason to forget the invoice.
async fn reminded(records: &Records, ctx: &Ctx, invoice: Id, words: &Words, step: Step) -> Result<Step> {
    let outlook = Outlook::default();
    let sight = outlook.of(records, ctx);
    let Some(found) = sight.record("invoice", invoice).await? else { return Ok(step) };
    match letter(&sight, &found, words).await {
        Ok(letter) => Ok(step.with_letter(letter)),
        Err(error) if error.code().status() < 500 => {
            tracing::info!(invoice = invoice.0, why = error.detail(), "no reminder is mailed");
            Ok(step)
        }
        Err(error) => Err(error),
    }
}

/// Ids and fields of records that meet all conditions.
async fn rows(
    records: &Records,
    ctx: &Ctx,
    object: &str,
    fields: &[&str],
    conditions: &[(&str, Op, Value)],
) -> Result<Vec<Vec<Value>>> {
    let def = ctx.whole.require(object)?;
    let expr = |path: &str| {
        let found = def.native().field(path).and_then(|(index, _)| def.expr(index, 0));
        found.ok_or_else(|| Error::internal(format!("{object} has no {path}")))
    };
    let id = || Expr::column("id", Kind::Int);
    let columns = std::iter::once(Ok(id())).chain(fields.iter().map(|field| expr(field)));
    let columns: Vec<Expr> = columns.collect::<Result<_>>()?;
    let mut select = ctx.records_of(def, Which::Live, columns).limit(AT_ONCE);
    for (path, op, right) in conditions {
        select = select.filter(Cond::Test { left: expr(path)?, op: *op, right: right.clone() });
    }
    select.order.push(Order { by: id(), descending: false });
    Ok(records.store().rows(select).await?)
}

/// Carries out what can be; says how many were.
async fn change(records: &Records, ctx: &Ctx, steps: Vec<Step>) -> Result<usize> {
    if steps.is_empty() {
        return Ok(0);
    }
    let done = AtomicUsize::new(0);
    let count = |results: &[Result<kontor_records::Outcome>]| {
        done.store(results.iter().filter(|result| result.is_ok()).count(), Ordering::Relaxed);
        Answer { status: 200, headers: Vec::new(), body: Vec::new() }
    };
    records.change(ctx, Changes { steps, ..Changes::default() }, false, &count).await?;
    Ok(done.load(Ordering::Relaxed))
}
