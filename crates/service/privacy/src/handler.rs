//! Requests as jobs: whatever stops the process, they are gone on with.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_jobs::{Ended, Handler, Run};
use kontor_model::{Error, Id, Limits, Result, Settings, SpaceId};
use kontor_records::{Caller, Credential, Ctx, Origin, Policy, Scopes};
use kontor_store::Batch;
use serde_json::{Value as J, json};
use sha2::{Digest, Sha256};

use crate::graph;
use crate::needles::Needles;
use crate::request::{self, Kind, Request};
use crate::service::{JOB, Privacy};

/// Runs requests.
pub(crate) struct Work(pub Arc<Privacy>);

impl Handler for Work {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(self.0.work(run))
    }
}

impl Privacy {
    async fn work(&self, run: &Run) -> Result<Ended> {
        let id = run.job.input.get("request").and_then(J::as_str).and_then(|id| id.parse::<Id>().ok());
        let id = id.ok_or_else(|| Error::internal("a job without its request"))?;
        let request = request::get(&**self.records.store(), run.job.space, id).await?;
        if request.completed_at.is_some() {
            return Ok(Ended::Succeeded(J::Null));
        }
        if !self.signer.is_open() {
            return Err(Error::internal("the master key that certificates are signed under is not at hand"));
        }
        let ctx = self.context(run, &request).await?;
        let def = ctx.catalog.require(&request.subject.object)?.clone();
        let record = self.records.stored(&ctx, &def, request.subject.id).await?.ok_or_else(Error::not_found)?;
        let entries = kontor_audit::about::record(&**self.records.store(), ctx.space(), request.subject.id.0).await?;
        let needles = Needles::of(&def, request.subject.id, &record, &entries);
        let found = graph::walk(&self.records, &ctx, &def, request.subject.id, &needles).await?;
        let (blob, outcome) = match request.kind {
            Kind::Access => {
                let (blob, outcome) = self.archive(&ctx, &request, &found).await?;
                (Some(blob), outcome)
            }
            Kind::Erasure => (None, self.erase(&ctx, &request, &found, needles).await?),
            Kind::DoNotSell => (None, J::Null),
        };
        let certificate = self.certificate(&request, &outcome);
        let complete = request.complete(self.records.clock().now_ms(), blob, &certificate);
        let batch = Batch { space: ctx.space(), writes: vec![complete] };
        self.records.store().commit(batch).await?;
        Ok(Ended::Succeeded(J::Null))
    }

    /// What was done, with its hash and the installation's signature.
    pub(crate) fn certificate(&self, request: &Request, outcome: &J) -> J {
        let statement = json!({
            "request_id": request.id.to_string(),
            "kind": request.kind.name(),
            "subject": {"object": request.subject.object, "id": request.subject.id.to_string()},
            "completed_at": kontor_model::time::datetime_text(self.records.clock().now_ms()),
            "outcome": outcome,
        });
        let hash: [u8; 32] = Sha256::digest(statement.to_string().as_bytes()).into();
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        json!({
            "statement": statement,
            "sha256": hex(&hash),
            "key": self.signer.id(),
            "signature": hex(&self.signer.sign(&hash)),
        })
    }

    async fn context(&self, run: &Run, request: &Request) -> Result<Ctx> {
        let name = format!("privacy-{}", request.id);
        self.as_job(run.job.space, request.requested_by, request.key_id, name).await
    }

    /// A job acts as the program, in the name of who asked.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn as_job(
        &self,
        space: SpaceId,
        user_id: Option<Id>,
        key_id: Option<Id>,
        request_id: String,
    ) -> Result<Ctx> {
        let caller = Caller {
            space,
            key_id: key_id.unwrap_or(Id(0)),
            via: Default::default(),
            user_id,
            policy: Arc::new(Policy::admin()),
            standing: Arc::default(),
            scopes: Scopes::new(["admin"]),
            settings: Arc::new(Settings::default()),
            limits: Limits::default(),
        };
        let origin = Origin { credential: Credential::Job, ..Origin::default() };
        Ok(Ctx { origin, ..Ctx::new(Arc::new(caller), self.catalogs.get(space).await?, request_id) })
    }
}
