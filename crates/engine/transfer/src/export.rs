//! Exports: a job that reads an object's records page by page and writes them to a kept file.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use kontor_catalog::{Catalog, Catalogs, ObjectDef};
use kontor_formats::{Cell, Format, FormatError, writer};
use kontor_jobs::{Ended, Handler, Progress, Run};
use kontor_model::{Error, ErrorCode, Fault, Field, Filter, Id, Json, Kind, Op, Query, Result, Sort, name};
use kontor_records::{Access, Ctx, MAX_LIMIT, Records};
use serde_json::{Value as J, json};
use tokio::sync::mpsc;

use crate::blob::Blobs;
use crate::file::{BlobSink, SharedSink};
use crate::{caller, mapping};

/// The kind of its jobs.
pub const KIND: &str = "export";
/// Beginning of the names of its files.
pub const NAME: &str = "export/";
const MEMBERS: &[&str] = &["object", "format", "filter", "q", "fields", "sort"];
/// How deep conditions may nest.
const MAX_DEPTH: usize = 8;

/// The options of an export, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportOptions {
    pub object: String,
    pub format: Format,
    /// Paths, the columns of the file.
    pub fields: Vec<String>,
    filter: Option<Filter>,
    text: Option<String>,
    sort: Vec<Sort>,
    pub(crate) json: Json,
}

/// A condition as in `POST …/search` (api.md 6).
///
/// # Errors
/// 400003.
pub fn filter(json: &Json, depth: usize) -> Result<Filter> {
    let bad = |text: String| Error::new(ErrorCode::BadQuery, format!("filter: {text}"));
    let Some(members) = json.as_object() else { return Err(bad(format!("must be an object, not {}", json.kind()))) };
    if depth > MAX_DEPTH {
        return Err(bad(format!("nests deeper than {MAX_DEPTH} levels")));
    }
    let list = |items: &Json| match items.as_array() {
        Some(items) if !items.is_empty() => items.iter().map(|i| filter(i, depth + 1)).collect::<Result<Vec<_>>>(),
        _ => Err(bad("and, or take an array of conditions".to_owned())),
    };
    match members {
        [(key, items)] if key == "and" => list(items).map(Filter::And),
        [(key, items)] if key == "or" => list(items).map(Filter::Or),
        [(key, inner)] if key == "not" => Ok(Filter::Not(Box::new(filter(inner, depth + 1)?))),
        _ => {
            let known = ["field", "op", "value"];
            if let Some((key, _)) = members.iter().find(|(key, _)| !known.contains(&key.as_str())) {
                let hint = name::hint(key, known.into_iter().chain(["and", "or", "not"]));
                return Err(bad(format!("\"{key}\" is not known here{hint}")));
            }
            let path =
                json.get("field").and_then(Json::as_str).ok_or_else(|| bad("a condition needs a field".to_owned()))?;
            let named = json.get("op").map_or(Some("eq"), Json::as_str).unwrap_or_default();
            let op = Op::from_name(named).ok_or_else(|| {
                let hint = name::hint(named, Op::ALL.iter().map(|op| op.name()));
                bad(format!("\"{named}\" is no operator{hint}"))
            })?;
            let value =
                json.get("value").cloned().ok_or_else(|| bad(format!("the condition on {path} needs a value")))?;
            Ok(Filter::Test { path: path.to_owned(), op, value })
        }
    }
}

/// Fields that an export has when none are named: all but the second values.
fn all_fields(def: &ObjectDef) -> Vec<String> {
    def.shown().map(|(_, f)| def.path(f)).collect()
}

fn strings(json: &Json, path: &str, faults: &mut Vec<Fault>) -> Vec<String> {
    let read = match json {
        Json::String(list) => Some(list.split(',').map(|s| s.trim().to_owned()).collect::<Vec<_>>()),
        Json::Array(items) => items.iter().map(|i| i.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    read.filter(|r| !r.is_empty() && r.iter().all(|s| !s.is_empty())).unwrap_or_else(|| {
        faults.push(Fault::new(path, "type", "must be an array of strings"));
        Vec::new()
    })
}

impl ExportOptions {
    /// Reads options strictly.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn parse(json: &Json, catalog: &Catalog) -> Result<Self> {
        if json.as_object().is_none() {
            return Err(Error::new(
                ErrorCode::Malformed,
                format!("the body must be a JSON object, not {}", json.kind()),
            ));
        }
        let mut faults = Vec::new();
        mapping::unknown(json, "", MEMBERS, &mut faults);
        let sent = |key: &str| json.get(key).filter(|value| !value.is_null());
        let Some(object) = sent("object").and_then(|o| mapping::text(o, "object", &mut faults)) else {
            if sent("object").is_none() {
                faults.push(Fault::new("object", "required", "is required: the name of an object"));
            }
            return Err(Error::from_faults(faults));
        };
        let def = match crate::object_of(catalog, &object) {
            Ok(def) => def,
            Err(error) => {
                faults.push(Fault::coded("object", error.code(), error.detail()));
                return Err(Error::from_faults(faults));
            }
        };
        let format = sent("format").map_or(Some(Format::Csv), |f| mapping::format(f, "format", &mut faults));
        let fields = sent("fields").map_or_else(|| all_fields(def), |f| strings(f, "fields", &mut faults));
        for (at, field) in fields.iter().enumerate() {
            if def.field(field).is_none() {
                let hint = name::hint(field, def.paths());
                let message = format!("is not a field of {}{hint}", def.name);
                faults
                    .push(Fault::coded(format!("fields.{at}"), ErrorCode::UnknownField, message).value(field.as_str()));
            }
        }
        let sort = sent("sort").map(|s| strings(s, "sort", &mut faults)).unwrap_or_default();
        let text = sent("q").and_then(|q| mapping::text(q, "q", &mut faults));
        let filter = match sent("filter").map(|f| filter(f, 0)).transpose() {
            Ok(filter) => filter,
            Err(error) => {
                faults.push(Fault::coded("filter", error.code(), error.detail()));
                None
            }
        };
        match format {
            Some(format) if faults.is_empty() => Ok(Self {
                object: def.name.clone(),
                format,
                fields,
                filter,
                text,
                sort: sort.iter().map(|s| Sort::parse(s)).collect(),
                json: json.clone(),
            }),
            _ => Err(Error::from_faults(faults)),
        }
    }

    /// The question; by id, so that no record comes twice while others are made.
    pub(crate) fn query(&self, cursor: Option<String>) -> Query {
        let sort = if self.sort.is_empty() {
            vec![Sort { path: "id".to_owned(), descending: false }]
        } else {
            self.sort.clone()
        };
        let mut fields = self.fields.clone();
        fields.push("id".to_owned());
        Query {
            object: self.object.clone(),
            filter: self.filter.clone(),
            text: self.text.clone(),
            sort,
            fields: Some(fields),
            limit: Some(MAX_LIMIT),
            cursor,
            ..Query::default()
        }
    }
}

/// Runs exports.
pub(crate) struct Export {
    pub records: Arc<Records>,
    pub catalogs: Arc<Catalogs>,
    pub blobs: Blobs,
}

impl Handler for Export {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(self.export(run))
    }
}

type Page = Vec<Vec<Cell>>;

fn write_error(error: FormatError) -> Error {
    match error {
        FormatError::Io(io) => match io.downcast::<Error>() {
            Ok(error) => error,
            Err(io) => Error::new(ErrorCode::StorageFull, "the file could not be written").with_internal(io),
        },
        other => Fault::new("format", "too_large", other.to_string()).into(),
    }
}

impl Export {
    async fn export(&self, run: &Run) -> Result<Ended> {
        let ctx = caller::context(&self.catalogs, &run.job).await?;
        let options = ExportOptions::parse(&caller::options(&run.job)?, &ctx.catalog)?;
        let def = crate::object_of(&ctx.catalog, &options.object)?.clone();
        ctx.caller.may(Access::Read, &def)?;
        // A file cannot be gone on with in the middle: it is begun again.
        if let Some(old) = run.job.checkpoint.get("blob").and_then(J::as_i64) {
            self.blobs.delete(run.job.space, Id(old)).await?;
        }
        let total = run.job.total;
        let file_name = format!("{}.{}", def.plural, options.format.extension());
        let sink = self.blobs.create(run.job.space, &format!("{NAME}{file_name}"), options.format.media_type()).await?;
        let blob = sink.id();
        let mut progress = Progress { total, checkpoint: json!({"blob": blob.0}), ..Progress::default() };
        run.save(&progress, Vec::new()).await?;
        let (sender, receiver) = mpsc::channel::<Page>(2);
        let (runtime, columns, format) = (tokio::runtime::Handle::current(), options.fields.clone(), options.format);
        let writing =
            tokio::task::spawn_blocking(move || write(BlobSink::new(sink, runtime), format, &columns, receiver));
        let read = self.pages(run, &ctx, &options, &def, &mut progress, sender).await;
        let written = writing.await.map_err(Error::internal)?;
        if !read? {
            self.blobs.delete(run.job.space, blob).await?;
            return Ok(Ended::Stopped);
        }
        written?;
        let bytes = self.blobs.get(run.job.space, blob).await?.bytes;
        Ok(Ended::Succeeded(json!({
            "report": {"rows": progress.done, "bytes": bytes},
            "result": {"blob": blob.0, "name": file_name, "media_type": options.format.media_type()},
        })))
    }

    /// Sends page after page; false when it was asked to stop.
    async fn pages(
        &self,
        run: &Run,
        ctx: &Ctx,
        options: &ExportOptions,
        def: &ObjectDef,
        progress: &mut Progress,
        sender: mpsc::Sender<Page>,
    ) -> Result<bool> {
        let fields: Vec<(String, &Field)> =
            options.fields.iter().filter_map(|p| Some((p.clone(), def.field(p)?.1))).collect();
        let mut cursor = None;
        loop {
            if run.should_stop() {
                return Ok(false);
            }
            let listing = self.records.list(ctx, &options.query(cursor.take())).await?;
            let page = cells(&listing.data, &fields, options.format)?;
            if sender.send(page).await.is_err() {
                // The writer failed; what it says counts.
                return Ok(true);
            }
            progress.done += i64::try_from(listing.rows).unwrap_or(0);
            progress.total = progress.total.map(|t| t.max(progress.done));
            cursor = listing.next_cursor;
            if cursor.is_none() {
                progress.total = Some(progress.done);
            }
            run.save(progress, Vec::new()).await?;
            if cursor.is_none() {
                return Ok(true);
            }
        }
    }
}

fn write(sink: BlobSink, format: Format, columns: &[String], mut pages: mpsc::Receiver<Page>) -> Result<()> {
    let shared = SharedSink(Arc::new(Mutex::new(sink)));
    let mut out = writer(format, Box::new(shared.clone())).map_err(write_error)?;
    out.begin(columns).map_err(write_error)?;
    while let Some(page) = pages.blocking_recv() {
        for row in &page {
            out.row(row).map_err(write_error)?;
        }
    }
    out.finish().map_err(write_error)?;
    let sink = Arc::into_inner(shared.0).ok_or_else(|| Error::internal("the file's writer is still there"))?;
    sink.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
}

/// Records as rows of cells.
fn cells(data: &[u8], fields: &[(String, &Field)], format: Format) -> Result<Page> {
    let mut text = Vec::with_capacity(data.len() + 2);
    text.push(b'[');
    text.extend_from_slice(data);
    text.push(b']');
    let Json::Array(records) = Json::parse(&text).map_err(Error::internal)? else { return Ok(Vec::new()) };
    Ok(records
        .iter()
        .map(|record| fields.iter().map(|(path, field)| cell(record, path, field, format)).collect())
        .collect())
}

fn cell(record: &Json, path: &str, field: &Field, format: Format) -> Cell {
    let value = match path.strip_prefix("custom.") {
        Some(key) => record.get("custom").and_then(|c| c.get(key)),
        None => record.get(path),
    };
    match value {
        None | Some(Json::Null) => Cell::Empty,
        Some(Json::Bool(flag)) => Cell::Bool(*flag),
        Some(Json::Number(text)) => Cell::Number(text.clone()),
        Some(Json::String(text)) => match field.spec().name() {
            "date" => Cell::Date(text.clone()),
            // A JSON number would be read as a float by many; the contract has decimals as strings.
            "decimal" | "money" if format != Format::Ndjson => Cell::Number(text.clone()),
            _ => Cell::Text(text.clone()),
        },
        Some(list @ Json::Array(items)) => match format {
            Format::Ndjson => Cell::Json(list.to_string()),
            _ if field.kind() == Kind::Json && items.iter().all(|i| i.as_str().is_some_and(|s| !s.contains(';'))) => {
                Cell::Text(items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(";"))
            }
            _ => Cell::Json(list.to_string()),
        },
        Some(object @ Json::Object(_)) => Cell::Json(object.to_string()),
    }
}
