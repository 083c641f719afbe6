//! What holds for every activity: it does not end before it begins, it was completed when it was done, and it reminds
//! while it is ahead.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use crate::activity::{DONE, KINDS, REMINDING, is_ahead};

/// See the module.
pub(crate) struct Times;

impl Hook for Times {
    fn objects(&self) -> &'static [&'static str] {
        KINDS
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            for activity in touched.iter().filter(|t| t.after.is_some() && (t.before.is_some() || is_made(t))) {
                match backwards(activity) {
                    Some(fault) => out.push(Verdict::Refuse { step: activity.step, error: Error::from(fault) }),
                    None => out.extend(set(activity, sight.now())),
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// Whether it is made just now, and does not come back from the bin.
fn is_made(activity: &Touched<'_>) -> bool {
    activity.is_new() && activity.value("version").as_i64() == Some(1)
}

fn int(activity: &Touched<'_>, path: &str) -> Option<i64> {
    activity.field(path).1.as_i64()
}

fn backwards(activity: &Touched<'_>) -> Option<Fault> {
    let (start, end) = int(activity, "start_at").zip(int(activity, "end_at"))?;
    let moved = activity.changes("start_at") || activity.changes("end_at");
    let message = "must not be before start_at";
    (moved && end < start).then(|| Fault::new("end_at", "range", message).value(kontor_model::time::datetime_text(end)))
}

/// The fields that follow from others.
fn set(activity: &Touched<'_>, now: i64) -> Vec<Verdict> {
    let mut out = Vec::new();
    let mut amend = |field: &'static str, value: Value| out.push(Verdict::Amend { id: activity.id, field, value });
    let (was, is) = activity.field("status");
    let (was, is) = (was.as_str().unwrap_or_default(), is.as_str().unwrap_or_default());
    if was != is {
        let said = activity.field("completed_at");
        if is == DONE && (said.1.is_null() || said.0 == said.1) {
            // What is noted as done from the start was so when the record says that it was.
            let noted = int(activity, "updated_at").filter(|_| is_made(activity));
            amend("completed_at", Value::Int(noted.unwrap_or(now)));
        } else if is != DONE {
            amend("completed_at", Value::Null);
        }
    }
    let (old_start, start) = activity.field("start_at");
    let (old_due, due) = activity.field("due_at");
    if old_start != start && !start.is_null() && old_due == due && (due.is_null() || due == old_start) {
        amend("due_at", start.clone());
    }
    if REMINDING.contains(&activity.def.name.as_str()) && (activity.changes("remind_at") || was != is) {
        let next = int(activity, "remind_at").filter(|at| *at > now && is_ahead(is));
        amend("next_reminder_at", next.into());
    }
    out
}
