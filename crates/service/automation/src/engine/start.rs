//! How runs begin: by schedules that strike, and from the records that triggers make.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_jobs::cron;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Ctx, Found, Plan, Planner, Sight};
use kontor_store::Write;
use serde_json::{Map, Value as J, json};

use super::{Automation, lost};
use crate::acts::begun;
use crate::state::{self, State, Task};
use crate::{RUN, WORKFLOW, program};

const MOST: u64 = 100;
const MINUTE_MS: i64 = 60_000;

/// A schedule that strikes.
struct Strike {
    workflow: Id,
    due: i64,
}

impl Planner for Strike {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let Some(workflow) = sight.record(WORKFLOW, self.workflow).await? else { return Ok(Plan::default()) };
            if workflow.int("next_at") != Some(self.due) || !workflow.flag("active") {
                return Ok(Plan::default());
            }
            let own = workflow.text("time_zone");
            let zone = if own.is_empty() { sight.settings().time_zone.as_str() } else { own };
            // Strokes that were missed while nobody ran are made up for once.
            let next = cron::next(workflow.text("schedule"), zone, sight.now());
            let mut fields = begun(&workflow);
            fields.push((
                "input",
                Value::Json(json!({"due_at": kontor_model::time::datetime_text(self.due)}).to_string()),
            ));
            let then =
                [("next_at", next.map_or(Value::Null, Value::Int)), ("last_started_at", Value::Int(sight.now()))];
            Ok(Plan::one(sight.create(RUN, &fields)?).and(sight.update(&workflow, &then)?.told("strike", "struck")))
        }
        .boxed()
    }
}

/// A run that leaves its record and takes its place.
struct Begin<'a> {
    run: &'a Found,
    fields: Vec<(&'static str, Value)>,
    told: (&'static str, &'static str),
}

impl Planner for Begin<'_> {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let Some(run) = sight.record(RUN, self.run.id).await? else { return Ok(Plan::default()) };
            if run.text("status") != "pending" {
                return Ok(Plan::default());
            }
            Ok(Plan::one(sight.update(&run, &self.fields)?.told(self.told.0, self.told.1)))
        }
        .boxed()
    }
}

impl Automation {
    /// Runs of schedules that are due.
    pub(super) async fn strike(&self, own: &Ctx) -> Result<()> {
        let now = self.now();
        let due = [
            ("next_at", Op::Lte, Value::Int(now)),
            ("active", Op::Eq, Value::Bool(true)),
            ("trigger_kind", Op::Eq, Value::text("schedule")),
        ];
        let found = self.records().glimpse(own, async |sight| sight.find(WORKFLOW, &due, MOST).await).await?;
        for workflow in found {
            let Some(due) = workflow.int("next_at") else { continue };
            let strike = Strike { workflow: workflow.id, due };
            lost(self.records().carry(own, workflow.id, &strike, &|_| Vec::new()).await)?;
        }
        Ok(())
    }

    /// Runs whose records are there and that have no place yet, or are to go on from theirs.
    pub(super) async fn begin(&self, own: &Ctx) -> Result<()> {
        let pending = [("status", Op::Eq, Value::text("pending"))];
        let found = self.records().glimpse(own, async |sight| sight.find(RUN, &pending, MOST).await).await?;
        for run in found {
            let known = state::load(self.store(), own.space(), run.id).await?;
            let workflow = self
                .records()
                .glimpse(own, async |sight| sight.referred(WORKFLOW, run.value("workflow_id")).await)
                .await?;
            match (known, workflow) {
                (Some(_), _) => {
                    let begin =
                        Begin { run: &run, fields: vec![("status", "running".into())], told: ("resume", "resumed") };
                    let wake = state::nudged(run.id, Some(self.now()));
                    self.carried(own, &begin, vec![wake]).await?;
                }
                (None, None) => {
                    let fields = vec![
                        ("status", "cancelled".into()),
                        ("error", "the workflow is no more".into()),
                        ("finished_at", Value::Int(self.now())),
                    ];
                    self.carried(own, &Begin { run: &run, fields, told: ("cancel", "cancelled") }, Vec::new()).await?;
                }
                (None, Some(workflow)) => self.first(own, &run, &workflow).await?,
            }
        }
        Ok(())
    }

    async fn first(&self, own: &Ctx, run: &Found, workflow: &Found) -> Result<()> {
        let now = self.now();
        let most = usize::try_from(workflow.int("runs_per_minute").unwrap_or(600)).unwrap_or(600);
        if !self.has_room(own, workflow.id, most, now) {
            return Ok(());
        }
        let steps: J = serde_json::from_str(workflow.text("steps")).unwrap_or_else(|_| json!([]));
        let state = State {
            workflow: json!({"id": workflow.id.to_string(), "name": workflow.text("name"), "revision": workflow.int("revision")}),
            todo: Task::steps(program::places(&steps, ""), None),
            steps,
            outputs: Map::new(),
            count: 0,
            tries: 0,
            waiting: None,
        };
        let fields = vec![
            ("status", "running".into()),
            ("started_at", Value::Int(now)),
            ("revision", workflow.value("revision").clone()),
        ];
        self.metrics.runs.add(1);
        self.carried(own, &Begin { run, fields, told: ("begin", "begun") }, vec![state::begin(run.id, &state, now)?])
            .await
    }

    async fn carried(&self, own: &Ctx, begin: &Begin<'_>, also: Vec<Write>) -> Result<()> {
        let writes = |done: &[kontor_records::Carried]| if done.is_empty() { Vec::new() } else { also.clone() };
        lost(self.records().carry(own, begin.run.id, begin, &writes).await).map(drop)
    }

    /// Whether another run of a workflow may begin within this minute.
    fn has_room(&self, own: &Ctx, workflow: Id, most: usize, now: i64) -> bool {
        let mut pace = self.pace.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if pace.len() > 10_000 {
            pace.clear();
        }
        let begun = pace.entry((own.space(), workflow)).or_default();
        begun.retain(|at| now - *at < MINUTE_MS && *at <= now);
        let room = begun.len() < most;
        if room {
            begun.push(now);
        }
        room
    }
}
