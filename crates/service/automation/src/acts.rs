//! What can be done to workflows and their runs.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Id, Result, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use crate::rights::Rights;
use crate::{RUN, WORKFLOW};

pub(crate) fn all() -> Vec<Arc<dyn Act>> {
    vec![
        Arc::new(Run),
        Arc::new(RotateHook),
        Arc::new(Turn { name: "pause", to: "paused" }),
        Arc::new(Turn { name: "resume", to: "pending" }),
        Arc::new(Turn { name: "cancel", to: "cancelled" }),
    ]
}

/// The button.
struct Run;

impl Act for Run {
    fn object(&self) -> &'static str {
        WORKFLOW
    }

    fn name(&self) -> &'static str {
        "run"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let workflow = &asked.record;
            if !workflow.flag("active") {
                return Err(refusal("workflow_inactive", "the workflow is not active; switch it on first"));
            }
            if workflow.text("trigger_kind") != "button" {
                let detail = format!("the workflow is started by {}, not by a button", workflow.text("trigger_kind"));
                return Err(refusal("workflow_trigger", detail));
            }
            let mut fields = begun(workflow);
            let object = workflow.text("target_object");
            match asked.input.reference("record_id") {
                Some(id) if !object.is_empty() => {
                    let record = sight.visible(object, id).await?;
                    fields.push(("related_to_object", Value::text(object)));
                    fields.push(("related_to_id", Value::Int(record.id.0)));
                }
                None if !object.is_empty() => {
                    let fault = kontor_model::Fault::new("record_id", "required", format!("is required: a {object}"));
                    return Err(fault.into());
                }
                Some(_) => {
                    let why = "the workflow names no target_object, so it is for no record";
                    return Err(kontor_model::Fault::new("record_id", "unknown", why).into());
                }
                None => {}
            }
            if !asked.input.value("input").is_null() {
                fields.push(("input", asked.input.value("input").clone()));
            }
            let own =
                Rights::read(workflow.text("rights")).ok_or_else(|| Error::internal("a workflow without rights"))?;
            fields.push(("rights", Value::Json(own.used_by(sight.ctx()).json().to_string())));
            if let Some(user) = sight.ctx().caller.user_id {
                fields.push(("owner_id", Value::Int(user.0)));
            }
            Ok(Plan::one(sight.create(RUN, &fields)?.told("start", "created")))
        }
        .boxed()
    }
}

/// The fields of every run that begins.
pub(crate) fn begun(workflow: &Found) -> Vec<(&'static str, Value)> {
    vec![
        ("workflow_id", Value::Int(workflow.id.0)),
        ("owner_id", workflow.value("owner_id").clone()),
        ("rights", workflow.value("rights").clone()),
    ]
}

struct RotateHook;

impl Act for RotateHook {
    fn object(&self) -> &'static str {
        WORKFLOW
    }

    fn name(&self) -> &'static str {
        "rotate_hook"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let mark = sight.records().ids().next().to_string();
            Ok(Plan::one(
                sight.update(&asked.record, &[("hook_mark", Value::text(mark))])?.told("rotate", "hook_rotated"),
            ))
        }
        .boxed()
    }
}

/// Pauses, resumes and cancels runs.
struct Turn {
    name: &'static str,
    to: &'static str,
}

impl Act for Turn {
    fn object(&self) -> &'static str {
        RUN
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let run = &asked.record;
            let status = run.text("status");
            match (self.name, status) {
                ("resume", "paused" | "failed") => {}
                ("resume", _) => {
                    return Err(refusal(
                        "run_state",
                        format!("the run is {status}; a paused or failed one is resumed"),
                    ));
                }
                (_, "succeeded" | "failed" | "cancelled") => {
                    return Err(refusal("run_finished", format!("the run is {status}")));
                }
                ("pause", "paused") => return Err(refusal("run_paused", "the run is paused already")),
                _ => {}
            }
            let mut fields = vec![("status", Value::text(self.to))];
            match self.name {
                "cancel" => fields.push(("finished_at", Value::Int(sight.now()))),
                "resume" => fields.extend([("finished_at", Value::Null), ("error", Value::Null)]),
                _ => {}
            }
            let told = match self.name {
                "pause" => ("pause", "paused"),
                "resume" => ("resume", "resumed"),
                _ => ("cancel", "cancelled"),
            };
            Ok(Plan::one(sight.update(run, &fields)?.told(told.0, told.1)))
        }
        .boxed()
    }
}

/// A record that an event or a run is about.
pub(crate) fn related(run: &Found) -> (String, Option<Id>) {
    (run.text("related_to_object").to_owned(), run.reference("related_to_id"))
}
