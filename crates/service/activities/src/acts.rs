//! `complete`, `reschedule` and `reopen`, of each kind of activity.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Result, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use crate::activity::{DONE, KINDS, first_status, is_ahead};

pub(crate) fn all() -> Vec<Arc<dyn Act>> {
    let of = |kind: &&'static str| -> [Arc<dyn Act>; 3] {
        [Arc::new(Complete(kind)), Arc::new(Reschedule(kind)), Arc::new(Reopen(kind))]
    };
    KINDS.iter().flat_map(of).collect()
}

/// 422000 unless it is still to be done.
fn ahead(activity: &Found, verb: &str) -> Result<()> {
    let status = activity.text("status");
    if is_ahead(status) {
        return Ok(());
    }
    Err(refusal("activity_state", format!("the {} is {status}; only one that is ahead is {verb}", activity.object())))
}

struct Complete(&'static str);

impl Act for Complete {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "complete"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            ahead(&asked.record, "completed")?;
            let at = asked.input.int("at").unwrap_or_else(|| sight.now());
            if at > sight.now() {
                return Err(Error::from(Fault::new("at", "range", "must not be in the future")));
            }
            let mut fields = vec![("status", DONE.into()), ("completed_at", Value::Int(at))];
            if asked.input.text("outcome").is_some() {
                fields.push(("outcome", asked.input.value("outcome").clone()));
            }
            Ok(Plan::one(sight.update(&asked.record, &fields)?.told("complete", "completed")))
        }
        .boxed()
    }
}

struct Reschedule(&'static str);

impl Act for Reschedule {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "reschedule"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let (activity, input) = (&asked.record, &asked.input);
            ahead(activity, "rescheduled")?;
            let (due, start) = (input.int("due_at"), input.int("start_at"));
            if due.is_none() && start.is_none() {
                return Err(Error::from(Fault::new("due_at", "required", "is required; or send start_at")));
            }
            let mut fields = Vec::new();
            let moved = |path: &str, new: Option<i64>| new.zip(activity.int(path)).map(|(new, old)| new - old);
            if let Some(due) = due {
                fields.push(("due_at", Value::Int(due)));
            }
            if let Some(start) = start {
                fields.push(("start_at", Value::Int(start)));
            }
            let by = moved("start_at", start);
            match (input.int("end_at"), activity.int("end_at").zip(by)) {
                (Some(end), _) => fields.push(("end_at", Value::Int(end))),
                (None, Some((end, by))) => fields.push(("end_at", Value::Int(end + by))),
                (None, None) => {}
            }
            let by = by.or_else(|| moved("due_at", due.or(start)));
            if let Some((remind, by)) = activity.int("remind_at").zip(by) {
                fields.push(("remind_at", Value::Int(remind + by)));
            }
            Ok(Plan::one(sight.update(activity, &fields)?.told("reschedule", "rescheduled")))
        }
        .boxed()
    }
}

struct Reopen(&'static str);

impl Act for Reopen {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "reopen"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let activity = &asked.record;
            if is_ahead(activity.text("status")) {
                let detail = format!("the {} is {} already", activity.object(), activity.text("status"));
                return Err(refusal("activity_state", detail));
            }
            let fields = [("status", Value::from(first_status(self.0)))];
            Ok(Plan::one(sight.update(activity, &fields)?.told("reopen", "reopened")))
        }
        .boxed()
    }
}
