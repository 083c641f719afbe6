//! The steps of sequences whose time has come.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Op, Result, Step, Value};
use kontor_records::{Ctx, Found, Mends, Plan, Planner, Records, Sight, Sweep};
use kontor_templates::{Limits, holds};

use super::PAGE;
use super::stops::stop;
use crate::letters::{NOTHING, Sender, Text, filled, owner};
use crate::permission::Permissions;
use crate::person::Person;
use crate::values::{self, Saying};

/// Ways that go on in one run of the clock.
const AT_ONCE: u64 = 200;
/// Steps without a delay that are taken in one commit.
const MOST_STEPS: usize = 20;
const MINUTE_MS: i64 = 60_000;
/// How long those wait whose sequence is not active.
const LATER_MS: i64 = 10 * MINUTE_MS;

/// See the module.
#[derive(Default)]
pub(crate) struct Going {
    mends: Mends,
}

impl Sweep for Going {
    fn name(&self) -> &'static str {
        "sequences"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn wakes(&self) -> &'static [&'static str] {
        &["r_enrolments"]
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            if self.mends.is_due(records, ctx) {
                records.carry(ctx, Id(0), &Mended, &|_| Vec::new()).await?;
            }
            let due = Due(Mutex::default());
            records.carry(ctx, Id(0), &due, &|_| Vec::new()).await?;
            let mut done = 0;
            for enrolment in due.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
                match records.carry(ctx, enrolment, &On(enrolment), &|_| Vec::new()).await {
                    Ok(carried) => done += carried.len(),
                    Err(error) if error.code().status() >= 500 => return Err(error),
                    Err(error) => tracing::warn!(enrolment = enrolment.0, %error, "a step of a sequence was refused"),
                }
            }
            Ok(done)
        }
        .boxed()
    }
}

struct Due(Mutex<Vec<Id>>);

impl Planner for Due {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let due = [("next_step_at", Op::Lte, Value::Int(sight.now())), ("status", Op::Eq, "active".into())];
            let found = sight.sorted("enrolment", &due, &["next_step_at"], AT_ONCE).await?;
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = found.iter().map(|one| one.id).collect();
            Ok(Plan::default())
        }
        .boxed()
    }
}

/// Steps that were put off by a clock that has been set back since.
struct Mended;

impl Planner for Mended {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let mut plan = Plan::default();
            for (enrolment, at) in sight.ahead("enrolment", "next_step_at", AT_ONCE).await? {
                plan.push(sight.update(&enrolment, &[("next_step_at", Value::Int(at))])?);
            }
            Ok(plan)
        }
        .boxed()
    }
}

/// The first step behind a position.
///
/// # Errors
/// The database's.
pub(super) async fn next(sight: &Sight<'_>, sequence: Id, position: i64) -> Result<Option<Found>> {
    let behind = [("sequence_id", Op::Eq, Value::Int(sequence.0)), ("position", Op::Gt, Value::Int(position))];
    Ok(sight.sorted("sequence_step", &behind, &["position"], 1).await?.pop())
}

/// When a step is due that follows something at a time.
pub(super) fn after(at: i64, step: &Found) -> i64 {
    at.saturating_add(step.int("delay_minutes").unwrap_or(0).saturating_mul(MINUTE_MS))
}

/// One person's next steps.
struct On(Id);

impl Planner for On {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let enrolment = sight.record("enrolment", self.0).await?.filter(|enrolment| {
                enrolment.text("status") == "active"
                    && enrolment.int("next_step_at").is_some_and(|at| at <= sight.now())
            });
            let Some(enrolment) = enrolment else { return Ok(Plan::default()) };
            let sequence = sight.referred("sequence", enrolment.value("sequence_id")).await?;
            let Some(sequence) = sequence else { return Ok(Plan::one(stop(sight, &enrolment, "sequence_gone")?)) };
            if !sequence.flag("active") {
                let later = [("next_step_at", sight.now().saturating_add(LATER_MS).into())];
                return Ok(Plan::one(sight.update(&enrolment, &later)?));
            }
            let Some(person) = Person::of(sight, &enrolment).await? else {
                return Ok(Plan::one(stop(sight, &enrolment, "gone")?));
            };
            Way { sequence: &sequence, enrolment: &enrolment, person: &person }.plan(sight).await
        }
        .boxed()
    }
}

struct Way<'a> {
    sequence: &'a Found,
    enrolment: &'a Found,
    person: &'a Person,
}

/// Where a way stands after a step.
enum Then {
    On(i64),
    End(&'static str, Option<String>),
}

impl Way<'_> {
    async fn plan(&self, sight: &Sight<'_>) -> Result<Plan> {
        let mut letters = Vec::new();
        let mut others: Vec<Step> = Vec::new();
        let mut position = self.enrolment.int("position").unwrap_or(0);
        let mut last = self.enrolment.value("sequence_step_id").clone();
        let mut end: Option<(&'static str, Option<String>)> = None;
        let mut due = None;
        for taken in 0..=MOST_STEPS {
            let Some(step) = next(sight, self.sequence.id, position).await? else {
                end = Some(("completed", None));
                break;
            };
            // What was due is done; what has a delay of its own waits for it.
            let at = if taken == 0 { sight.now() } else { after(sight.now(), &step) };
            if at > sight.now() || taken == MOST_STEPS {
                due = Some(at);
                break;
            }
            last = step.id.0.into();
            match self.take(sight, &step, &mut letters, &mut others).await? {
                Then::On(to) => position = to,
                Then::End(status, reason) => {
                    position = step.int("position").unwrap_or(position);
                    end = Some((status, reason));
                    break;
                }
            }
        }
        let mut fields = vec![("position", position.into()), ("sequence_step_id", last), ("next_step_at", due.into())];
        let told = match end {
            None => ("step", "stepped"),
            Some((status, reason)) => {
                fields.extend([
                    ("status", status.into()),
                    ("stop_reason", reason.into()),
                    ("ended_at", sight.now().into()),
                    ("place", NOTHING),
                ]);
                if status == "completed" { ("complete", "completed") } else { ("stop", "stopped") }
            }
        };
        let own = sight.update(self.enrolment, &fields)?.told(told.0, told.1);
        let own = letters.into_iter().fold(own, Step::with_letter);
        Ok(others.into_iter().fold(Plan::one(own), Plan::and))
    }

    async fn take(
        &self,
        sight: &Sight<'_>,
        step: &Found,
        letters: &mut Vec<kontor_model::Letter>,
        others: &mut Vec<Step>,
    ) -> Result<Then> {
        let position = step.int("position").unwrap_or(0);
        match step.text("kind") {
            "email" => {
                let asked = self.sequence.value("consent_required").as_bool() != Some(false);
                if let Some(barrier) = Permissions::load(sight, &[self.person]).await?.barrier(self.person, asked) {
                    return Ok(Then::End("stopped", Some(barrier.to_owned())));
                }
                let Some(template) = sight.referred("template", step.value("template_id")).await? else {
                    return Ok(Then::End("failed", Some("the step has no template".to_owned())));
                };
                match self.letter(sight, &Text::of(&template)).await {
                    Ok(letter) => letters.push(letter),
                    Err(error) if error.code().status() < 500 => {
                        let reason: String = error.detail().chars().take(255).collect();
                        return Ok(Then::End("failed", Some(reason)));
                    }
                    Err(error) => return Err(error),
                }
                Ok(Then::On(position))
            }
            kind @ ("task" | "call") => {
                others.push(self.work(sight, kind, step)?);
                Ok(Then::On(position))
            }
            "condition" => {
                let company = sight.referred("company", self.person.record.value("company_id")).await?;
                let saying = Saying {
                    person: self.person,
                    company: company.as_ref(),
                    campaign: None,
                    sender: None,
                    unsubscribe_url: None,
                };
                let values = values::of(sight, &saying)?;
                match holds(step.text("condition"), &values, &Limits::default()) {
                    Ok(true) => Ok(Then::On(position)),
                    Ok(false) => Ok(match step.int("else_position").filter(|to| *to > position) {
                        Some(to) => Then::On(to - 1),
                        None => Then::End("stopped", Some("condition".to_owned())),
                    }),
                    Err(wrong) => {
                        let reason = format!("the condition of step {position}: {}", wrong.text());
                        Ok(Then::End("failed", Some(reason.chars().take(255).collect())))
                    }
                }
            }
            // A wait is its delay; what has no way out of the house yet is passed over.
            _ => Ok(Then::On(position)),
        }
    }

    async fn letter(&self, sight: &Sight<'_>, text: &Text) -> Result<kontor_model::Letter> {
        text.is_mail()?;
        let sender = Sender {
            page: PAGE,
            about: self.sequence.id,
            campaign: None,
            user: owner(sight, self.sequence).await?,
            from_name: filled(self.sequence, "from_name"),
            reply_to: filled(self.sequence, "reply_to"),
            purpose: "sequence",
        };
        sender.letter(sight, text, self.person).await
    }

    /// A task or a call for whoever owns the person, else the sequence.
    fn work(&self, sight: &Sight<'_>, kind: &str, step: &Found) -> Result<Step> {
        let own = self.person.record.value("owner_id");
        let owner = if own.is_null() { self.sequence.value("owner_id") } else { own }.clone();
        let subject = match step.text("subject") {
            "" => format!("{}: {}", self.sequence.text("name"), self.person.record.text("name")),
            subject => subject.to_owned(),
        };
        let subject: String = subject.chars().take(255).collect();
        let fields = [
            ("subject", Value::text(subject)),
            ("body", step.value("body").clone()),
            ("due_at", sight.now().into()),
            ("related_to_object", self.person.record.object().into()),
            ("related_to_id", self.person.id().0.into()),
            ("owner_id", owner.clone()),
            ("assignee_id", owner),
        ];
        sight.create(kind, &fields)
    }
}
