//! Imports: a job that reads a kept file row by row and changes records in chunks, each committed with its report and
//! the place that has been reached.

mod fate;
mod options;
mod report;
mod rows;
mod waiting;
mod work;

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_catalog::Catalogs;
use kontor_formats::Detected;
use kontor_jobs::{Ended, Failure, Handler, Run};
use kontor_model::{Error, ErrorCode, Id, Result};
use kontor_records::{Ctx, Records};
use serde_json::{Value as J, json};

pub use options::{ImportOptions, OnError};
pub(crate) use report::only;
pub use report::{Status, Tally};
pub(crate) use rows::Rows;

use crate::blob::{Blob, Blobs, finish_write};
use crate::convert::Plan;
use crate::{caller, lookup};
use report::Mark;
use work::Work;

/// The kind of its jobs.
pub const KIND: &str = "import";
/// Beginnings of the names of its files.
pub const NAMES: &[&str] = &["import/", "import-report/", "import-waiting/"];

/// Runs imports.
pub(crate) struct Import {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub blobs: Blobs,
}

/// A file with everything that is known about how it is read.
pub(crate) struct Prepared {
    pub rows: Rows,
    pub plan: Plan,
    pub detected: J,
}

/// What was found at the beginning of the file, and what is made of it.
fn detected_json(detected: &Detected, options: &ImportOptions, plan: &Plan) -> J {
    let mapping: serde_json::Map<String, J> = plan
        .rules
        .iter()
        .filter(|_| options.is_guessed())
        .flat_map(|b| b.rule.columns().map(|c| (b.rule.target.clone(), J::from(c))).collect::<Vec<_>>())
        .collect();
    let mut json = json!({
        "format": detected.format.extension(),
        "delimiter": detected.delimiter.map(String::from),
        "encoding": detected.encoding,
        "sheet": detected.sheet,
        "columns": detected.columns.iter().take(1_000).collect::<Vec<_>>(),
        "ignored": plan.mapping.ignored(&detected.columns).into_iter().take(1_000).collect::<Vec<_>>(),
    });
    if let Some(map) = json.as_object_mut().filter(|_| options.is_guessed()) {
        map.insert("mapping".to_owned(), J::Object(mapping));
    }
    json
}

/// Opens a file and binds the mapping to it.
///
/// # Errors
/// A file that cannot be read, a mapping that does not fit it, or rights that are not there.
pub(crate) async fn prepare(ctx: &Ctx, options: &ImportOptions, blobs: &Blobs, blob: Blob) -> Result<Prepared> {
    let file_name = blob.name.rsplit('/').next().unwrap_or_default().to_owned();
    let rows = Rows {
        blobs: blobs.clone(),
        space: ctx.space(),
        blob,
        format: options.format(&file_name),
        options: options.reading(),
    };
    let detected = rows.detect().await?;
    let mapping = options.mapping(&ctx.catalog, &detected)?;
    let plan = Plan::new(&ctx.catalog, mapping, ctx.caller.settings.clone())?;
    authorise(ctx, options)?;
    lookup::authorise(ctx, &plan)?;
    let detected = detected_json(&detected, options, &plan);
    Ok(Prepared { rows, plan, detected })
}

/// Whether the caller may start it.
///
/// # Errors
/// 403.
pub(crate) fn authorise(ctx: &Ctx, options: &ImportOptions) -> Result<()> {
    ctx.caller.may(kontor_records::Access::Write, crate::object_of(&ctx.catalog, &options.object)?)?;
    if options.has_history() && !ctx.caller.policy.manages {
        let detail = format!("history sets created_at and the like, which the role {} may not", ctx.caller.policy.role);
        return Err(Error::new(ErrorCode::Forbidden, detail));
    }
    Ok(())
}

impl Handler for Import {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(self.import(run))
    }
}

impl Import {
    async fn import(&self, run: &Run) -> Result<Ended> {
        if run.should_stop() {
            return Ok(Ended::Stopped);
        }
        let ctx = caller::context(&self.catalogs, &run.job).await?;
        let options = ImportOptions::parse(&caller::options(&run.job)?, &ctx.catalog)?;
        let file = run
            .job
            .input
            .get("blob")
            .and_then(J::as_i64)
            .map(Id)
            .ok_or_else(|| Error::internal("an import without a file"))?;
        let blob = self.blobs.get(run.job.space, file).await?;
        let Prepared { rows, plan, detected } = prepare(&ctx, &options, &self.blobs, blob).await?;
        let itself = (0..plan.rules.len()).any(|rule| plan.refers_to_itself(rule));
        // A dry run leaves nothing to go on from: it begins again.
        let mark = Mark::read(&run.job.checkpoint).filter(|_| !options.dry_run);
        let mut work = Work::new(self, run, ctx, plan, &options, detected, rows.format);
        match mark {
            Some(mark) => work.resume(mark),
            None => {
                let total = rows.count().await?;
                work.begin(total, itself).await?;
            }
        }
        // Keys of rows that are behind the mark are needed to know repeats.
        let behind = if work.knows_repeats() { 0 } else { work.mark.row };
        let mut stream = rows.stream(behind);
        while let Some(chunk) = stream.recv().await {
            if run.should_stop() {
                return Ok(Ended::Stopped);
            }
            let (items, fatal) = work.convert(chunk?);
            if let Some(refused) = work.chunk(items).await? {
                return self.ended(run, &mut work, Some(refused)).await;
            }
            if let Some(error) = fatal {
                if error.code().retryable() {
                    return Err(error);
                }
                return self.ended(run, &mut work, Some(Failure::from(&error))).await;
            }
        }
        while work.mark.waiting_done < work.mark.waiting_parts {
            if run.should_stop() {
                return Ok(Ended::Stopped);
            }
            work.waiting().await?;
        }
        self.ended(run, &mut work, None).await
    }

    /// Closes the report.
    async fn ended(&self, run: &Run, work: &mut Work<'_>, failure: Option<Failure>) -> Result<Ended> {
        let mut writes = Vec::new();
        if let Some(result) = work.mark.result {
            writes.push(finish_write(result, work.mark.bytes, work.mark.parts));
        }
        if let Some(waiting) = work.mark.waiting.take() {
            (work.mark.waiting_parts, work.mark.waiting_done) = (0, 0);
            writes.extend(Blobs::delete_writes(waiting));
        }
        run.save(&work.progress(&work.mark, &work.tally), writes).await?;
        let output = work.output(&work.tally);
        Ok(match failure {
            Some(failure) => Ended::Failed(output, failure),
            None => Ended::Succeeded(output),
        })
    }
}
