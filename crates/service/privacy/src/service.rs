//! Requests: taken, listed, answered.

use std::sync::Arc;

use kontor_audit::Signer;
use kontor_catalog::{Catalogs, ObjectDef};
use kontor_jobs::{Handler, Jobs, NewJob, State};
use kontor_model::{Change, Changes, Error, ErrorCode, Fault, Id, Json, Mode, Result, SpaceId, name};
use kontor_outbox::Outbox;
use kontor_records::{Access, Answer, Ctx, Outcome, Records, Working};
use kontor_store::Batch;
use kontor_transfer::Transfer;
use serde_json::{Value as J, json};

use crate::handler::Work;
use crate::logins::Logins;
use crate::request::{self, DUE_MS, Kind, Request, Subject};
use crate::retention::Retain;

/// The kind of its jobs.
pub const JOB: &str = "privacy";
/// The object whose records may have logins.
pub(crate) const USER: &str = "user";
/// The field that says no to a sale.
const DO_NOT_SELL: &str = "do_not_sell";

/// Makes the answer from the request as it will be.
pub type Rendered<'a> = &'a (dyn Fn(&J) -> Answer + Send + Sync);

/// What persons ask for.
pub struct Privacy {
    pub(crate) records: Arc<Records>,
    pub(crate) catalogs: Arc<Catalogs>,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) transfer: Arc<Transfer>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) logins: Arc<dyn Logins>,
    pub(crate) signer: Signer,
}

/// What a [`Privacy`] is made of.
pub struct Parts {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub transfer: Arc<Transfer>,
    pub outbox: Arc<Outbox>,
    pub logins: Arc<dyn Logins>,
    /// Signs certificates.
    pub signer: Signer,
}

impl Privacy {
    pub fn new(parts: Parts) -> Self {
        let Parts { records, catalogs, transfer, outbox, logins, signer } = parts;
        let jobs = transfer.jobs().clone();
        Self { records, catalogs, jobs, transfer, outbox, logins, signer }
    }

    /// What a [`kontor_jobs::Runner`] needs to run its jobs.
    pub fn handlers(self: &Arc<Self>) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(Work(self.clone())), Arc::new(Retain(self.clone()))]
    }

    /// Takes a request. A sale is refused at once, the rest is done by a job.
    ///
    /// # Errors
    /// 403; 400002 for an object that is none, 400001 for one that is not about people; 404001; 422000 for the erasure
    /// of a user who may still sign in; the database's.
    pub async fn start(&self, ctx: &Ctx, kind: Kind, subject: Subject, render: Rendered<'_>) -> Result<Answer> {
        ctx.caller.may_manage(Access::Admin)?;
        let def = self.subject(ctx, &subject, kind)?;
        let record = self.records.stored(ctx, &def, subject.id).await?.ok_or_else(Error::not_found)?;
        if kind == Kind::Erasure && may_sign_in(&def, &record) {
            // What ends with it, and whether it may end, is a change's of the user to say.
            let detail = "the user is active: set active to false first";
            return Err(Error::new(ErrorCode::RuleRefused, detail));
        }
        let now = self.records.clock().now_ms();
        let mut request = Request {
            id: self.records.ids().next(),
            kind,
            subject,
            created_at: now,
            due_at: now + DUE_MS,
            requested_by: ctx.caller.user_id,
            key_id: Some(ctx.caller.key_id),
            job_id: None,
            completed_at: None,
            blob_id: None,
            certificate: None,
        };
        let asked = json!({"request": request.id.to_string(), "kind": kind.name()});
        let entry = self.records.audit_record(ctx, &def.name, request.subject.id, "privacy_request", &asked)?;
        if kind == Kind::DoNotSell {
            return self.refuse_sale(ctx, request, entry, render).await;
        }
        let new = NewJob {
            kind: JOB.to_owned(),
            input: json!({"request": request.id.to_string(), "object": def.name}),
            created_by: ctx.caller.user_id,
            key_id: Some(ctx.caller.key_id),
            ..NewJob::default()
        };
        let (job, enqueue) = self.jobs.enqueue_job(ctx.space(), new);
        request.job_id = Some(job.id);
        let answer = render(&request.json(Some(State::Queued)));
        let mut writes = vec![request.insert(), enqueue, entry];
        writes.extend(self.records.idempotency_writes(ctx, &answer));
        self.records.store().commit(Batch { space: ctx.space(), writes }).await?;
        self.jobs.wake();
        Ok(answer)
    }

    fn subject(&self, ctx: &Ctx, subject: &Subject, kind: Kind) -> Result<Arc<ObjectDef>> {
        let people = || ctx.catalog.objects().filter(|def| def.routed && def.is_person());
        let Some(def) = ctx.catalog.object(&subject.object).filter(|def| def.routed) else {
            let hint = name::hint(&subject.object, people().map(|def| def.name.as_str()));
            let detail = format!("there is no object \"{}\"{hint}", subject.object);
            return Err(Error::new(ErrorCode::UnknownField, detail));
        };
        let known: Vec<&str> = people().map(|def| def.name.as_str()).collect();
        if !def.is_person() {
            let message = format!("must be about people: {}", known.join(", "));
            return Err(Fault::coded("subject.object", ErrorCode::EnumNotAllowed, message).allowed(known).into());
        }
        if kind == Kind::DoNotSell && def.field(DO_NOT_SELL).is_none() {
            let message = format!("{} has no field {DO_NOT_SELL}", def.name);
            return Err(Fault::new("subject.object", "unsuited", message).into());
        }
        Ok(def.clone())
    }

    async fn refuse_sale(
        &self,
        ctx: &Ctx,
        mut request: Request,
        entry: kontor_store::Write,
        render: Rendered<'_>,
    ) -> Result<Answer> {
        request.completed_at = Some(self.records.clock().now_ms());
        request.certificate = Some(self.certificate(&request, &json!({DO_NOT_SELL: true})));
        let change = Change::Update {
            object: request.subject.object.clone(),
            id: request.subject.id,
            if_match: None,
            mode: Mode::Merge,
            data: Json::from(&json!({DO_NOT_SELL: true})),
        };
        let changes = Changes { steps: vec![change.into()], ..Changes::default() };
        let shown = request.json(None);
        let answer = |_: &[Result<Outcome>]| render(&shown);
        self.records.change_with(ctx, changes, true, &answer, vec![request.insert(), entry]).await
    }

    /// One request.
    ///
    /// # Errors
    /// 403, 404001; the database's.
    pub async fn get(&self, ctx: &Ctx, id: Id) -> Result<J> {
        ctx.caller.may_manage(Access::Admin)?;
        let request = request::get(&**self.records.store(), ctx.space(), id).await?;
        self.shown(ctx.space(), &request).await
    }

    async fn shown(&self, space: SpaceId, request: &Request) -> Result<J> {
        Ok(request.json(request.state(&self.jobs, space).await?))
    }

    /// Requests, newest first, and whether there are more.
    ///
    /// # Errors
    /// 403; the database's.
    pub async fn list(&self, ctx: &Ctx, before: Option<Id>, limit: u32) -> Result<(Vec<J>, bool)> {
        ctx.caller.may_manage(Access::Admin)?;
        let mut requests = request::list(&**self.records.store(), ctx.space(), before, limit).await?;
        let more = requests.len() > limit as usize;
        requests.truncate(limit as usize);
        let mut shown = Vec::with_capacity(requests.len());
        for request in &requests {
            shown.push(self.shown(ctx.space(), request).await?);
        }
        Ok((shown, more))
    }

    /// The archive's file, written down before it is handed out: its id, its name and its bytes.
    ///
    /// # Errors
    /// 403; 404001 when there is none (yet, or any more); the database's.
    pub async fn archive_file(&self, ctx: &Ctx, id: Id) -> Result<(Id, String, i64)> {
        ctx.caller.may_manage(Access::Admin)?;
        let request = request::get(&**self.records.store(), ctx.space(), id).await?;
        let blob = request.blob_id.ok_or_else(Error::not_found)?;
        let file = self.transfer.blobs().get(ctx.space(), blob).await?;
        let subject = &request.subject;
        let asked = json!({"request": id.to_string()});
        let entry = self.records.audit_record(ctx, &subject.object, subject.id, "download", &asked)?;
        let batch = Batch { space: ctx.space(), writes: vec![entry] };
        self.records.store().commit(batch).await?;
        Ok((blob, format!("{}-{}.ndjson", subject.object, subject.id), file.bytes))
    }

    /// Where archives are.
    pub fn transfer(&self) -> &Transfer {
        &self.transfer
    }
}

fn may_sign_in(def: &ObjectDef, record: &Working) -> bool {
    let active = def.fields.iter().zip(&record.values).find(|(field, _)| field.name == "active");
    def.name == USER && !record.deleted && active.and_then(|(_, value)| value.as_bool()) != Some(false)
}
