//! The door to imports and exports.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use kontor_catalog::{Catalogs, ObjectDef};
use kontor_jobs::{Handler, Job, Jobs, NewJob, Sight};
use kontor_model::{Error, ErrorCode, Id, Json, Kind, Op, Result, SpaceId, Value};
use kontor_records::{Access, Answer, Ctx, Records};
use kontor_store::{Batch, Cond, Expr, Select, Write, system};
use serde_json::{Value as J, json};

use crate::blob::{BlobWriter, Blobs};
use crate::caller;
use crate::export::{self, Export, ExportOptions};
use crate::import::{self, Import, ImportOptions, Status};

/// The largest file (api.md 8).
pub const MAX_BYTES: i64 = 1 << 30;
/// How long a job and its files are kept.
const KEPT_MS: i64 = 7 * 86_400_000;
/// How long jobs without files are kept.
const OTHERS_KEPT_MS: i64 = 30 * 86_400_000;
/// The kinds of jobs that [`Transfer::handlers`] do: those with files.
pub const KINDS: &[&str] = &[import::KIND, export::KIND];
/// How often a waiting caller looks.
const LOOK: Duration = Duration::from_millis(150);

/// A file to be sent.
pub struct Download {
    pub name: String,
    pub media_type: String,
    /// When the whole file is sent.
    pub bytes: Option<i64>,
    pub content: BoxStream<'static, Result<Bytes>>,
}

/// Imports and exports.
#[derive(Clone)]
pub struct Transfer {
    records: Arc<Records>,
    catalogs: Arc<Catalogs>,
    jobs: Arc<Jobs>,
    blobs: Blobs,
}

/// Makes the answer to a request that started a job.
type Rendered<'a> = &'a (dyn Fn(&Job) -> Answer + Send + Sync);

impl Transfer {
    pub fn new(records: Arc<Records>, catalogs: Arc<Catalogs>, jobs: Arc<Jobs>) -> Self {
        let blobs = Blobs::new(records.store().clone(), records.clock().clone(), records.ids().clone());
        Self { records, catalogs, jobs, blobs }
    }

    pub(crate) fn store(&self) -> &Arc<dyn kontor_store::Store> {
        self.records.store()
    }

    /// Where files are kept.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }

    /// What a [`kontor_jobs::Runner`] needs to run its jobs.
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        let (records, catalogs, blobs) = (self.records.clone(), self.catalogs.clone(), self.blobs.clone());
        vec![
            Arc::new(Import { records: records.clone(), catalogs: catalogs.clone(), blobs: blobs.clone() }),
            Arc::new(Export { records, catalogs, blobs }),
        ]
    }

    /// A place for a file to import. Abandon it when the import does not start.
    ///
    /// # Errors
    /// The database's.
    pub async fn upload(&self, ctx: &Ctx, file_name: &str) -> Result<BlobWriter> {
        let name: String = file_name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        self.blobs.create(ctx.space(), &format!("import/{name}"), "application/octet-stream").await
    }

    /// Whether an import with these options may be started; asked before its file is taken.
    ///
    /// # Errors
    /// 403.
    pub fn authorise_import(&self, ctx: &Ctx, options: &ImportOptions) -> Result<()> {
        import::authorise(ctx, options)
    }

    /// Starts an import of an uploaded file, which goes when it is refused.
    ///
    /// # Errors
    /// 400001 with everything that is wrong with mapping and file; 403; the database's.
    pub async fn start_import(
        &self,
        ctx: &Ctx,
        options: &ImportOptions,
        upload: BlobWriter,
        render: Rendered<'_>,
    ) -> Result<(Job, Answer)> {
        let blob = upload.finish().await?;
        let started = self.start_uploaded(ctx, options, blob, render).await;
        if started.is_err() {
            self.blobs.delete(ctx.space(), blob).await.ok();
        }
        started
    }

    async fn start_uploaded(
        &self,
        ctx: &Ctx,
        options: &ImportOptions,
        blob: Id,
        render: Rendered<'_>,
    ) -> Result<(Job, Answer)> {
        let file = self.blobs.get(ctx.space(), blob).await?;
        import::prepare(ctx, options, &self.blobs, file).await?;
        // As text: numbers keep every digit.
        let sent = options.json.to_string();
        let input = json!({"caller": caller::stored(ctx), "object": options.object, "options": sent, "blob": blob.0});
        self.start(ctx, import::KIND, input, Vec::new(), render).await
    }

    /// As [`Transfer::start_import`], the file from a stream.
    ///
    /// # Errors
    /// As there; 413000 past a gibibyte; the stream's.
    pub async fn import<B: AsRef<[u8]> + Send>(
        &self,
        ctx: &Ctx,
        options: &ImportOptions,
        file_name: &str,
        content: impl Stream<Item = Result<B>> + Send,
    ) -> Result<Job> {
        self.authorise_import(ctx, options)?;
        let mut upload = self.upload(ctx, file_name).await?;
        let mut content = std::pin::pin!(content);
        while let Some(piece) = content.next().await {
            let written = match piece {
                Ok(piece) => Self::feed(&mut upload, piece.as_ref()).await,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                upload.abandon().await.ok();
                return Err(error);
            }
        }
        Ok(self.start_import(ctx, options, upload, &no_answer).await?.0)
    }

    /// Appends to an upload, up to the limit.
    ///
    /// # Errors
    /// 413000; the database's.
    pub async fn feed(upload: &mut BlobWriter, piece: &[u8]) -> Result<()> {
        if upload.bytes() + i64::try_from(piece.len()).unwrap_or(i64::MAX) > MAX_BYTES {
            return Err(Error::new(ErrorCode::TooLarge, "a file may have at most 1 GiB; split it"));
        }
        upload.write(piece).await
    }

    /// Starts an export.
    ///
    /// # Errors
    /// 403; the codes of the query; the database's.
    pub async fn start_export(
        &self,
        ctx: &Ctx,
        options: &ExportOptions,
        render: Rendered<'_>,
    ) -> Result<(Job, Answer)> {
        ctx.caller.may(Access::Read, crate::object_of(&ctx.catalog, &options.object)?)?;
        // The query's own faults come now and not from a failed job.
        let mut first = options.query(None);
        first.limit = Some(1);
        self.records.list(ctx, &first).await?;
        let sent = options.json.to_string();
        let shown: J = serde_json::from_str(&sent).map_err(Error::internal)?;
        let audit = self.records.audit_write(ctx, &options.object, "export", &shown)?;
        let input = json!({"caller": caller::stored(ctx), "object": options.object, "options": sent});
        self.start(ctx, export::KIND, input, vec![audit], render).await
    }

    async fn start(
        &self,
        ctx: &Ctx,
        kind: &str,
        input: J,
        mut writes: Vec<Write>,
        render: Rendered<'_>,
    ) -> Result<(Job, Answer)> {
        let new = NewJob {
            kind: kind.to_owned(),
            input,
            created_by: ctx.caller.user_id,
            key_id: Some(ctx.caller.key_id),
            ..NewJob::default()
        };
        let (job, write) = self.jobs.enqueue_job(ctx.space(), new);
        let answer = render(&job);
        writes.push(write);
        writes.extend(self.records.idempotency_writes(ctx, &answer));
        self.records.store().commit(Batch { space: ctx.space(), writes }).await?;
        self.jobs.wake();
        Ok((job, answer))
    }

    /// Waits until a job is over; `progress` sees it on the way. A [`kontor_jobs::Runner`] has to be at work somewhere.
    ///
    /// # Errors
    /// 404001; the database's.
    pub async fn wait(&self, space: SpaceId, id: Id, mut progress: impl FnMut(&Job) + Send) -> Result<Job> {
        loop {
            let job = self.jobs.get(space, id).await?;
            progress(&job);
            if job.state.is_over() {
                return Ok(job);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The report of an import, or the file of an export; `only` chooses rows of a report.
    ///
    /// # Errors
    /// 404001 when there is none (yet); 403 when the caller may not read the object; the database's.
    pub async fn result(&self, ctx: &Ctx, job: &Job, only: Option<Status>) -> Result<Download> {
        let result = job.output.get("result").filter(|r| !r.is_null());
        let object = job.input.get("object").and_then(J::as_str).unwrap_or_default();
        let (Some(result), Some(def)) = (result, ctx.catalog.object(object).filter(|def| def.routed)) else {
            return Err(Error::not_found());
        };
        ctx.caller.may(Access::Read, def)?;
        let id = result.get("blob").and_then(J::as_i64).map(Id).ok_or_else(Error::not_found)?;
        let blob = self.blobs.get(job.space, id).await?;
        let content = self.blobs.stream(job.space, id);
        let is_report = job.kind == import::KIND;
        let content = match only.filter(|_| is_report) {
            Some(status) => content.map(move |part| part.map(|part| Bytes::from(import::only(&part, status)))).boxed(),
            None => content.boxed(),
        };
        Ok(Download {
            name: result.get("name").and_then(J::as_str).unwrap_or("result").to_owned(),
            media_type: if is_report { "application/x-ndjson".to_owned() } else { blob.media_type },
            bytes: (only.is_none() && blob.bytes >= 0).then_some(blob.bytes),
            content,
        })
    }

    /// Writes down that an exported file is fetched, before it is.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_download(&self, ctx: &Ctx, job: &Job) -> Result<()> {
        if job.kind != export::KIND {
            return Ok(());
        }
        let object = job.input.get("object").and_then(J::as_str).unwrap_or_default();
        let entry = self.records.audit_record(ctx, object, job.id, "download", &json!({"job": job.id.to_string()}))?;
        self.records.store().commit(Batch { space: job.space, writes: vec![entry] }).await.map_err(Into::into)
    }

    /// Whether a caller may know of a job: its own, and those of objects that it may read whole, because a file holds
    /// what the one who started the job could see.
    pub fn may_see(&self, ctx: &Ctx, job: &Job) -> bool {
        job.key_id == Some(ctx.caller.key_id) || self.may(ctx, job, Access::Read)
    }

    /// The jobs that [`Transfer::may_see`] lets a caller know of, as a part of the question; none when all of them.
    pub fn sight(&self, ctx: &Ctx) -> Option<Sight> {
        if ctx.caller.may_manage(Access::Admin).is_ok() {
            return None;
        }
        let whole = ctx.catalog.objects().filter(|def| may_whole(ctx, def, Access::Read));
        Some(Sight { key_id: Some(ctx.caller.key_id), objects: whole.map(|def| def.name.clone()).collect() })
    }

    /// Whether a caller may call a job off, or have it tried again.
    pub fn may_cancel(&self, ctx: &Ctx, job: &Job) -> bool {
        job.key_id == Some(ctx.caller.key_id) || self.may(ctx, job, Access::Write)
    }

    fn may(&self, ctx: &Ctx, job: &Job, access: Access) -> bool {
        let object = job.object.as_deref().unwrap_or_default();
        ctx.caller.may_manage(Access::Admin).is_ok()
            || ctx.catalog.object(object).is_some_and(|def| may_whole(ctx, def, access))
    }

    /// Removes jobs that ended a week ago with their files, and files that nothing belongs to; says how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self, space: SpaceId) -> Result<usize> {
        let store = self.records.store();
        let before = self.records.clock().now_ms() - KEPT_MS;
        let columns = [("id", Kind::Int), ("input", Kind::Json), ("output", Kind::Json), ("checkpoint", Kind::Json)];
        let select = Select::new(space, system::JOB, columns.map(|(n, k)| Expr::column(n, k)).to_vec())
            .filter(Cond::Test { left: Expr::column("finished_at", Kind::Int), op: Op::Lt, right: before.into() })
            .filter(Cond::Test {
                left: Expr::column("kind", Kind::Text),
                op: Op::In,
                right: Value::Texts(KINDS.iter().map(|kind| (*kind).to_owned()).collect()),
            })
            .limit(100);
        let rows = store.rows(select).await?;
        let mut swept = 0;
        for row in &rows {
            let Some(id) = row.first().and_then(Value::as_i64) else { continue };
            let jsons =
                row.get(1..).unwrap_or_default().iter().filter_map(|v| serde_json::from_str::<J>(v.as_str()?).ok());
            let mut writes: Vec<Write> = jsons
                .flat_map(|j| {
                    ["/blob", "/result/blob", "/result", "/waiting"].map(|p| j.pointer(p).and_then(J::as_i64))
                })
                .flatten()
                .flat_map(|id| Blobs::delete_writes(Id(id)))
                .collect();
            let keys = vec![system::key("id", Kind::Int, id)];
            writes.push(Write::Delete { table: system::JOB.into(), keys, must: false, search: false });
            self.blobs.commit(space, writes).await?;
            swept += 1;
        }
        swept += self.jobs.forget(space, self.records.clock().now_ms() - OTHERS_KEPT_MS, KINDS).await?;
        let mut prefixes = import::NAMES.to_vec();
        prefixes.push(export::NAME);
        // Younger than any job that could still need them.
        for id in self.blobs.older(space, &prefixes, before - KEPT_MS).await? {
            self.blobs.delete(space, id).await?;
            swept += 1;
        }
        Ok(swept)
    }

    /// What somebody did to a job, for the audit.
    ///
    /// # Errors
    /// Data that are no JSON.
    pub fn audit_job(&self, ctx: &Ctx, object: &str, job: Id, action: &str, data: &J) -> Result<Write> {
        self.records.audit_record(ctx, object, job, action, data)
    }

    /// The answer under its Idempotency-Key, as writes of the same commit.
    pub fn answer_writes(&self, ctx: &Ctx, answer: &Answer) -> Vec<Write> {
        self.records.idempotency_writes(ctx, answer)
    }

    /// Options of an import from JSON.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn import_options(&self, ctx: &Ctx, json: &Json) -> Result<ImportOptions> {
        ImportOptions::parse(json, &ctx.catalog)
    }
}

/// Whether a caller may do something to all records of an object, and sees all fields.
fn may_whole(ctx: &Ctx, def: &ObjectDef, access: Access) -> bool {
    ctx.caller.sees_all(def) && ctx.caller.may(access, def).is_ok()
}

/// For those who need no answer.
fn no_answer(_: &Job) -> Answer {
    Answer { status: 202, headers: Vec::new(), body: Vec::new() }
}
