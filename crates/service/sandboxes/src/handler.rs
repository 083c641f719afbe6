//! The job that makes, refreshes or drops a sandbox.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_jobs::{Ended, Failure, Handler, Progress, Run};
use kontor_model::{ErrorCode, Kind, Result, SpaceId, Value};
use kontor_store::Batch;
use kontor_store::system::INSTALLATION;
use serde_json::{Value as J, json};

use crate::sandbox::{From, Sandbox, State};
use crate::service::{Filled, Sandboxes, failed};

/// The kind of its jobs.
pub const KIND: &str = "sandbox";
/// How long to wait before the samples are looked at again.
const LOOK_MS: i64 = 500;

/// What a job does with a sandbox; its name is the action of the audit entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Refresh,
    Drop,
}

impl Action {
    pub const fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Refresh => "refresh",
            Action::Drop => "drop",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Action::Create, Action::Refresh, Action::Drop].into_iter().find(|action| action.name() == name)
    }
}

/// Works on sandboxes.
pub(crate) struct Work(pub Arc<Sandboxes>);

impl Handler for Work {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(self.0.work(run))
    }
}

/// How far a job is, between its chunks.
pub(crate) struct At {
    pub progress: Progress,
}

impl At {
    fn of(run: &Run) -> Self {
        let job = &run.job;
        let checkpoint = if job.checkpoint.is_object() { job.checkpoint.clone() } else { json!({}) };
        Self {
            progress: Progress {
                done: job.done,
                total: job.total,
                failed: job.failed,
                checkpoint,
                output: job.output.clone(),
            },
        }
    }

    pub fn is(&self, mark: &str) -> bool {
        self.progress.checkpoint.get(mark) == Some(&J::Bool(true))
    }

    pub fn number(&self, mark: &str) -> Option<i64> {
        self.progress.checkpoint.get(mark).and_then(J::as_i64)
    }

    pub fn set(&mut self, mark: &str, value: J) {
        if let Some(marks) = self.progress.checkpoint.as_object_mut() {
            marks.insert(mark.to_owned(), value);
        }
    }

    pub async fn save(&self, run: &Run) -> Result<()> {
        run.save(&self.progress, Vec::new()).await
    }
}

impl Sandboxes {
    async fn work(&self, run: &Run) -> Result<Ended> {
        let id = run.job.input.get("sandbox").and_then(J::as_i64).map(SpaceId);
        let action = run.job.input.get("action").and_then(J::as_str).and_then(Action::from_name);
        let (Some(id), Some(action)) = (id, action) else {
            return Ok(gone("the job says not what to do with which sandbox"));
        };
        let sandbox = match self.find(run.job.space, id).await? {
            Some(sandbox) if sandbox.job == run.job.id => sandbox,
            // The row went in the last step of an earlier try.
            None if action == Action::Drop => return Ok(report(id, &At::of(run))),
            _ => return Ok(gone("the sandbox is not there any more, or another job has it")),
        };
        let mut at = At::of(run);
        if sandbox.state == State::Ready {
            return Ok(report(id, &at));
        }
        if action == Action::Drop {
            return self.drop_all(run, &sandbox, &mut at).await;
        }
        if action == Action::Refresh && !at.is("wiped") {
            if !self.wipe(run, &sandbox, &mut at, true).await? {
                return Ok(Ended::Stopped);
            }
            self.parts.metadata.raise(id).await?;
            self.parts.catalogs.reload(id).await?;
            at.set("wiped", true.into());
            (at.progress.done, at.progress.total) = (0, None);
            at.save(run).await?;
        }
        match sandbox.from {
            From::Empty => self.parts.furnisher.furnish(id).await?,
            From::Samples => {
                self.parts.furnisher.furnish(id).await?;
                match self.parts.furnisher.samples(id).await? {
                    Filled::Done => {}
                    Filled::NotYet if run.should_stop() => return Ok(Ended::Stopped),
                    Filled::NotYet => return Ok(Ended::Waiting(LOOK_MS)),
                    Filled::Failed(why) => return Ok(gone(&why)),
                }
            }
            From::Live => {
                if !self.copy(run, &sandbox, &mut at).await? {
                    return Ok(Ended::Stopped);
                }
                // Nothing, unless live itself has no owner.
                self.parts.furnisher.furnish(id).await?;
            }
        }
        let now = self.parts.records.clock().now_ms();
        let mut last = Batch::new(INSTALLATION);
        last.writes
            .push(sandbox.change(vec![("state", Kind::Text, Value::Null), ("refreshed_at", Kind::Int, now.into())]));
        self.store().commit(last).await.map_err(failed)?;
        tracing::info!(sandbox = id.0, from = sandbox.from.name(), records = at.progress.done, "a sandbox is ready");
        Ok(report(id, &at))
    }

    async fn drop_all(&self, run: &Run, sandbox: &Sandbox, at: &mut At) -> Result<Ended> {
        if !self.wipe(run, sandbox, at, false).await? {
            return Ok(Ended::Stopped);
        }
        let mut last = Batch::new(INSTALLATION);
        last.writes.push(sandbox.remove());
        self.store().commit(last).await.map_err(failed)?;
        self.parts.catalogs.forget(sandbox.id);
        tracing::info!(sandbox = sandbox.id.0, rows = at.progress.done, "a sandbox was dropped");
        Ok(report(sandbox.id, at))
    }
}

fn report(id: SpaceId, at: &At) -> Ended {
    Ended::Succeeded(json!({"report": {"sandbox_id": id.to_string(), "rows": at.progress.done}}))
}

fn gone(why: &str) -> Ended {
    Ended::Failed(J::Null, Failure { code: ErrorCode::RuleRefused.number(), detail: why.to_owned() })
}
