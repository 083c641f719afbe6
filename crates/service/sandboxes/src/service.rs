//! Sandboxes made, listed, refreshed, dropped: each takes a row and a job, and the job does the work.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_catalog::{Catalogs, Metadata};
use kontor_jobs::{Handler, Job, Jobs, NewJob};
use kontor_model::{Error, ErrorCode, Fault, Id, Kind, Result, SpaceId, Value};
use kontor_records::{Access, Answer, Ctx, Records};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, CommitError, Expr, Select, Store, Write};
use serde_json::{Value as J, json};

use crate::handler::{Action, KIND, Work};
use crate::sandbox::{self, From, Sandbox, State};

/// Sandboxes of a live space.
const MOST: usize = 20;
const LONGEST_NAME: usize = 60;
/// After so long no process believes a credential that it checked before.
const SETTLED_MS: i64 = 3_000;

/// How far the samples are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filled {
    Done,
    /// Something is at work for it.
    NotYet,
    Failed(String),
}

/// What the program knows of new spaces.
pub trait Furnisher: Send + Sync {
    /// What every space has: roles, an owner, a pipeline. Nothing when it is there.
    fn furnish(&self, space: SpaceId) -> BoxFuture<'_, Result<()>>;

    /// Loads the samples, step by step; asked again until they are in.
    fn samples(&self, space: SpaceId) -> BoxFuture<'_, Result<Filled>>;

    /// The country whose mobile numbers the space has.
    fn mobile_region(&self, space: SpaceId) -> BoxFuture<'_, Result<String>>;

    /// The key that a sandbox is masked under; the same at every refresh, and different for each.
    ///
    /// # Errors
    /// 422000 where the master key is not at hand.
    fn mask_key(&self, space: SpaceId) -> Result<[u8; 32]>;
}

/// What [`Sandboxes`] are made of.
pub struct Parts {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub metadata: Arc<Metadata>,
    pub jobs: Arc<Jobs>,
    pub furnisher: Arc<dyn Furnisher>,
}

/// Makes the answer from the sandbox and its job.
pub type Rendered<'a> = &'a (dyn Fn(&J, &Job) -> Answer + Send + Sync);

/// The sandboxes of all workspaces.
pub struct Sandboxes {
    pub(crate) parts: Parts,
}

pub(crate) fn failed(error: CommitError) -> Error {
    match error {
        CommitError::Store(error) => error.into(),
        CommitError::Guard { .. } => {
            Error::new(ErrorCode::Conflict, "the sandbox was given another job at the same time")
        }
        other @ CommitError::Unique { .. } => Error::internal(other),
    }
}

impl Sandboxes {
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// What a [`kontor_jobs::Runner`] needs to run its jobs.
    pub fn handlers(self: &Arc<Self>) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Work(self.clone()))]
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.parts.records.store()
    }

    /// The caller's workspace; only from its live space are sandboxes seen.
    async fn admit(&self, ctx: &Ctx) -> Result<i64> {
        ctx.caller.may_manage(Access::Admin)?;
        let columns = vec![Expr::column("workspace_id", Kind::Int), Expr::column("kind", Kind::Text)];
        let select = Select::new(INSTALLATION, system::SPACE, columns).equals("id", Kind::Int, ctx.space().0).limit(1);
        match self.store().rows(select).await?.first().map(Vec::as_slice) {
            Some([Value::Int(workspace), Value::Text(kind)]) if kind == "live" => Ok(*workspace),
            _ => Err(Error::new(ErrorCode::RuleRefused, "sandboxes are managed from the live space")),
        }
    }

    pub(crate) async fn find(&self, source: SpaceId, id: SpaceId) -> Result<Option<Sandbox>> {
        let rows = self.store().rows(sandbox::select(source).equals("id", Kind::Int, id.0).limit(1)).await?;
        Ok(rows.first().and_then(|row| Sandbox::read(row)))
    }

    async fn require(&self, ctx: &Ctx, id: Id) -> Result<Sandbox> {
        self.admit(ctx).await?;
        self.find(ctx.space(), SpaceId(id.0)).await?.ok_or_else(Error::not_found)
    }

    async fn job(&self, sandbox: &Sandbox) -> Result<Option<Job>> {
        match self.parts.jobs.get(sandbox.source, sandbox.job).await {
            Ok(job) => Ok(Some(job)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All sandboxes of the caller's workspace, oldest first.
    ///
    /// # Errors
    /// 403; 422000 in a sandbox; the database's.
    pub async fn list(&self, ctx: &Ctx) -> Result<Vec<J>> {
        self.admit(ctx).await?;
        let mut shown = Vec::new();
        for sandbox in self.all(ctx.space()).await? {
            shown.push(sandbox.json(self.job(&sandbox).await?.as_ref()));
        }
        Ok(shown)
    }

    async fn all(&self, source: SpaceId) -> Result<Vec<Sandbox>> {
        let rows = self.store().rows(sandbox::select(source).order(Expr::column("id", Kind::Int), false)).await?;
        Ok(rows.iter().filter_map(|row| Sandbox::read(row)).collect())
    }

    /// One sandbox.
    ///
    /// # Errors
    /// 403, 404001; the database's.
    pub async fn get(&self, ctx: &Ctx, id: Id) -> Result<J> {
        let sandbox = self.require(ctx, id).await?;
        Ok(sandbox.json(self.job(&sandbox).await?.as_ref()))
    }

    /// A sandbox that can be used.
    ///
    /// # Errors
    /// 403, 404001; 409000 while a job has it, or one was broken off; the database's.
    pub async fn ready(&self, ctx: &Ctx, id: Id) -> Result<Sandbox> {
        let sandbox = self.require(ctx, id).await?;
        if sandbox.state == State::Ready {
            return Ok(sandbox);
        }
        let detail = format!("the sandbox is not ready: see /v1/jobs/{}", sandbox.job);
        Err(Error::new(ErrorCode::Conflict, detail))
    }

    /// A name that the command line can take, which no other space of the workspace has.
    async fn name(&self, workspace: i64, name: &str) -> Result<String> {
        let name = name.trim();
        let fault = |code: &'static str, message: &str| Err(Fault::new("name", code, message.to_owned()).into());
        let length = name.chars().count();
        if length == 0 {
            return fault("required", "must not be empty");
        }
        if length > LONGEST_NAME {
            return fault("too_long", "must be at most 60 characters");
        }
        if name.chars().any(char::is_control) || name.starts_with('-') {
            return fault("format", "must be a single line that does not begin with a hyphen");
        }
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return fault("format", "must not be a number, which could be the id of a space");
        }
        let columns = vec![Expr::column("name", Kind::Text), Expr::column("source_space", Kind::Int)];
        let select = Select::new(INSTALLATION, system::SPACE, columns).equals("workspace_id", Kind::Int, workspace);
        let rows = self.store().rows(select).await?;
        if rows.iter().any(|row| row.first().and_then(Value::as_str) == Some(name)) {
            let message = "is taken by another space of the workspace";
            return Err(Fault::coded("name", ErrorCode::NotUnique, message).value(name).into());
        }
        if rows.iter().filter(|row| row.get(1).is_some_and(|source| !source.is_null())).count() >= MOST {
            let detail = format!("a workspace has at most {MOST} sandboxes: drop one that is not needed");
            return Err(Error::new(ErrorCode::RuleRefused, detail));
        }
        Ok(name.to_owned())
    }

    /// The live space's settings, without what would let anything out of the house.
    async fn settings(&self, live: SpaceId) -> Result<J> {
        let columns = vec![Expr::column("settings", Kind::Json)];
        let select = Select::new(INSTALLATION, system::SPACE, columns).equals("id", Kind::Int, live.0).limit(1);
        let rows = self.store().rows(select).await?;
        let text = rows.first().and_then(|row| row.first()?.as_str()).unwrap_or("{}");
        let mut settings: J = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
        if let Some(members) = settings.as_object_mut() {
            members.remove("outbound_mail");
        }
        Ok(settings)
    }

    /// Makes a sandbox.
    ///
    /// # Errors
    /// 403; 400001 for a name that is none, 409001 for one that is taken; 422000 in a sandbox, and for one too many;
    /// the database's.
    pub async fn create(&self, ctx: &Ctx, name: &str, from: From, render: Rendered<'_>) -> Result<Answer> {
        let workspace = self.admit(ctx).await?;
        let name = self.name(workspace, name).await?;
        let id = SpaceId(self.parts.records.ids().next().0);
        if from == From::Live {
            self.parts.furnisher.mask_key(id)?;
        }
        let (job, enqueue) = self.enqueue(ctx, id, Action::Create);
        let now = self.parts.records.clock().now_ms();
        let sandbox = Sandbox {
            id,
            workspace,
            name,
            from,
            state: State::Creating,
            source: ctx.space(),
            job: job.id,
            made_by: ctx.caller.user_id,
            created_at: now,
            refreshed_at: None,
        };
        let mut first = Batch::new(INSTALLATION);
        first.insert(
            system::SPACE,
            vec![
                ("id", Kind::Int, id.0.into()),
                ("workspace_id", Kind::Int, workspace.into()),
                ("kind", Kind::Text, "sandbox".into()),
                ("name", Kind::Text, sandbox.name.as_str().into()),
                ("settings", Kind::Json, Value::Json(self.settings(ctx.space()).await?.to_string())),
                ("created_at", Kind::Int, now.into()),
                ("state", Kind::Text, sandbox.state.name().into()),
                ("origin", Kind::Text, from.name().into()),
                ("source_space", Kind::Int, ctx.space().0.into()),
                ("job_id", Kind::Int, job.id.0.into()),
                ("made_by", Kind::Int, ctx.caller.user_id.map(|id| id.0).into()),
            ],
        );
        self.store().commit(first).await.map_err(failed)?;
        let done = self.start(ctx, &sandbox, &job, enqueue, Action::Create, render).await;
        if done.is_err() {
            let keys = vec![system::key("id", Kind::Int, id.0), system::key("job_id", Kind::Int, job.id.0)];
            let mut undo = Batch::new(INSTALLATION);
            undo.writes.push(Write::Delete { table: system::SPACE.into(), keys, must: false, search: false });
            self.store().commit(undo).await.ok();
        }
        done
    }

    /// Fills a sandbox anew, in the way that it was made: a copy of live is taken again. Its name, settings and keys
    /// stay, everything else goes.
    ///
    /// # Errors
    /// 403, 404001; 409000 while another job has it; the database's.
    pub async fn refresh(&self, ctx: &Ctx, id: Id, render: Rendered<'_>) -> Result<Answer> {
        self.change(ctx, id, State::Refreshing, Action::Refresh, render).await
    }

    /// Drops a sandbox with everything in it.
    ///
    /// # Errors
    /// As [`Sandboxes::refresh`].
    pub async fn delete(&self, ctx: &Ctx, id: Id, render: Rendered<'_>) -> Result<Answer> {
        self.change(ctx, id, State::Dropping, Action::Drop, render).await
    }

    async fn change(&self, ctx: &Ctx, id: Id, state: State, action: Action, render: Rendered<'_>) -> Result<Answer> {
        let before = self.require(ctx, id).await?;
        if self.job(&before).await?.is_some_and(|job| !job.state.is_over()) {
            let detail =
                format!("a job has the sandbox: wait for it or call it off (POST /v1/jobs/{}/cancel)", before.job);
            return Err(Error::new(ErrorCode::Conflict, detail));
        }
        if before.state == State::Dropping && state != State::Dropping {
            return Err(Error::new(ErrorCode::Conflict, "the sandbox was partly dropped: drop it, and make another"));
        }
        if before.from == From::Live && state == State::Refreshing {
            self.parts.furnisher.mask_key(before.id)?;
        }
        let (job, enqueue) = self.enqueue(ctx, before.id, action);
        let mut first = Batch::new(INSTALLATION);
        first.writes.push(
            before.change(vec![("state", Kind::Text, state.name().into()), ("job_id", Kind::Int, job.id.0.into())]),
        );
        self.store().commit(first).await.map_err(failed)?;
        let after = Sandbox { state, job: job.id, ..before };
        self.start(ctx, &after, &job, enqueue, action, render).await
    }

    fn enqueue(&self, ctx: &Ctx, sandbox: SpaceId, action: Action) -> (Job, Write) {
        let now = self.parts.records.clock().now_ms();
        let new = NewJob {
            kind: KIND.to_owned(),
            // Whoever may read all users may see how it goes.
            input: json!({"object": "user", "sandbox": sandbox.0, "action": action.name()}),
            created_by: ctx.caller.user_id,
            key_id: Some(ctx.caller.key_id),
            // A new space has no caller yet; the others are shut out first.
            run_at: (action != Action::Create).then_some(now + SETTLED_MS),
            ..NewJob::default()
        };
        self.parts.jobs.enqueue_job(ctx.space(), new)
    }

    /// The job with its entry in the live space's audit. Should the process die before this, the sandbox is incomplete
    /// and can be refreshed or dropped.
    async fn start(
        &self,
        ctx: &Ctx,
        sandbox: &Sandbox,
        job: &Job,
        enqueue: Write,
        action: Action,
        render: Rendered<'_>,
    ) -> Result<Answer> {
        let noted = json!({"name": sandbox.name, "from": sandbox.from.name(), "job_id": job.id.to_string()});
        let entry = self.parts.records.audit_record(ctx, "sandbox", Id(sandbox.id.0), action.name(), &noted)?;
        let answer = render(&sandbox.json(Some(job)), job);
        let mut writes = vec![enqueue, entry];
        writes.extend(self.parts.records.idempotency_writes(ctx, &answer));
        self.store().commit(Batch { space: ctx.space(), writes }).await.map_err(failed)?;
        self.parts.jobs.wake();
        Ok(answer)
    }
}
