//! What is done to sequences and to ways through them.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Act, Asked, Found, Gives, Plan, Sight, refusal};

use super::going::{after, next};

/// Puts somebody in.
pub(crate) struct Enrol;
/// Takes somebody out.
pub(crate) struct Unenrol;
/// Lets somebody wait.
pub(crate) struct Pause;
/// Lets somebody go on.
pub(crate) struct Resume;

impl Act for Enrol {
    fn object(&self) -> &'static str {
        "sequence"
    }

    fn name(&self) -> &'static str {
        "enrol"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let sequence = &asked.record;
            let input = &asked.input;
            let (object, reference, id) = match (input.reference("contact_id"), input.reference("lead_id")) {
                (Some(id), None) => ("contact", "contact_id", id),
                (None, Some(id)) => ("lead", "lead_id", id),
                _ => return Err(refusal("no_person", "name a contact_id or a lead_id, and only one of them")),
            };
            sight.visible(object, id).await?;
            let place = format!("{}/{}{id}", sequence.id, if object == "contact" { 'c' } else { 'l' });
            let there = sight.find("enrolment", &[("place", Op::Eq, Value::text(place.as_str()))], 1).await?;
            if let Some(there) = there.first() {
                let detail = format!("{object} {id} is in the sequence already: enrolment {}", there.id);
                return Err(refusal("already_enrolled", detail));
            }
            let Some(first) = next(sight, sequence.id, 0).await? else {
                return Err(refusal("no_steps", "the sequence has no step; make sequence_steps first"));
            };
            let fields = [
                ("sequence_id", Value::Int(sequence.id.0)),
                (reference, id.0.into()),
                ("status", "active".into()),
                ("position", 0.into()),
                ("next_step_at", after(sight.now(), &first).into()),
                ("place", place.into()),
            ];
            let step = sight.create("enrolment", &fields)?.told("enrol", "enrolled");
            Ok(Plan { steps: vec![step], gives: Gives::First })
        }
        .boxed()
    }
}

fn only(enrolment: &Found, states: &[&str], what: &str) -> Result<()> {
    let status = enrolment.text("status");
    if states.contains(&status) {
        return Ok(());
    }
    let detail = format!("the enrolment is {status}; only one that is {} is {what}", states.join(" or "));
    Err(refusal("enrolment_state", detail))
}

impl Act for Unenrol {
    fn object(&self) -> &'static str {
        "enrolment"
    }

    fn name(&self) -> &'static str {
        "unenrol"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            only(&asked.record, &["active", "paused"], "taken out")?;
            let reason = asked.input.text("reason").unwrap_or("unenrolled");
            Ok(Plan::one(super::stops::stop(sight, &asked.record, reason)?.told("unenrol", "unenrolled")))
        }
        .boxed()
    }
}

impl Act for Pause {
    fn object(&self) -> &'static str {
        "enrolment"
    }

    fn name(&self) -> &'static str {
        "pause"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            only(&asked.record, &["active"], "paused")?;
            let fields = [("status", "paused".into())];
            Ok(Plan::one(sight.update(&asked.record, &fields)?.told("pause", "paused")))
        }
        .boxed()
    }
}

impl Act for Resume {
    fn object(&self) -> &'static str {
        "enrolment"
    }

    fn name(&self) -> &'static str {
        "resume"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            only(&asked.record, &["paused"], "resumed")?;
            // What is left of the wait goes on, of a step that is there still; what came due meanwhile is done now.
            let (enrolment, now) = (&asked.record, sight.now());
            let sequence = enrolment.reference("sequence_id").unwrap_or(Id(0));
            let coming = next(sight, sequence, enrolment.int("position").unwrap_or(0)).await?;
            let longest = coming.map_or(now, |step| after(now, &step));
            let due = enrolment.int("next_step_at").unwrap_or(now).clamp(now, longest.max(now));
            let fields = [("status", "active".into()), ("next_step_at", due.into())];
            Ok(Plan::one(sight.update(&asked.record, &fields)?.told("resume", "resumed")))
        }
        .boxed()
    }
}
