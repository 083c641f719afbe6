//! `kontor import` and `kontor export`: clients of the API, with a progress bar.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::cli;
use crate::client::{Client, Content};
use crate::session;

/// How often a job's progress is asked for.
const ASK: Duration = Duration::from_millis(200);

/// Runs an import and says what became of the rows.
///
/// # Errors
/// The server's own words; a file that cannot be read; rows that were refused are no error but are counted.
pub async fn import(command: cli::Import, config: kontor_config::Config) -> Result<()> {
    let mut options = match &command.map {
        None => Map::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            let mapping: Value =
                serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
            Map::from_iter([("mapping".to_owned(), mapping)])
        }
    };
    options.insert("object".to_owned(), json!(command.object));
    options.insert("dry_run".to_owned(), json!(command.dry_run));
    for (key, value) in [("key", &command.key), ("format", &command.format)] {
        if let Some(value) = value {
            options.insert(key.to_owned(), json!(value));
        }
    }
    let name = file_name(&command.file);
    let file = tokio::fs::File::open(&command.file)
        .await
        .with_context(|| format!("{} cannot be read", command.file.display()))?;
    let session = session::open(config, &command.remote).await?;
    let outcome = async {
        let job = session.client.upload(&Value::Object(options), &name, Content::File(file)).await?;
        let job = watch(&session.client, &job, "rows").await?;
        if let Some(path) = &command.results {
            let id = job.get("id").and_then(Value::as_str).unwrap_or_default();
            session.client.download(&format!("/v1/jobs/{id}/result"), path).await?;
        }
        report(&job, command.results.as_deref())
    }
    .await;
    session.close().await;
    outcome
}

/// Runs an export into a file.
///
/// # Errors
/// As [`import`].
pub async fn export(command: cli::Export, config: kontor_config::Config) -> Result<()> {
    let mut options = Map::from_iter([("object".to_owned(), json!(command.object))]);
    let format = command.format.clone().or_else(|| command.file.extension().map(|e| e.to_string_lossy().into_owned()));
    let format = match format.as_deref() {
        None | Some("csv") => "csv",
        Some("ndjson" | "jsonl") => "ndjson",
        Some("xlsx") => "xlsx",
        Some("vcf" | "vcard") => "vcard",
        Some(other) => bail!("{other} is no format; use --format csv, ndjson, xlsx or vcard"),
    };
    options.insert("format".to_owned(), json!(format));
    if !command.fields.is_empty() {
        options.insert("fields".to_owned(), json!(command.fields));
    }
    let session = session::open(config, &command.remote).await?;
    let outcome = async {
        let job = session.client.post("/v1/exports", &Value::Object(options)).await?;
        let job = watch(&session.client, &job, "records").await?;
        if job.get("state").and_then(Value::as_str) != Some("succeeded") {
            return report(&job, None);
        }
        let id = job.get("id").and_then(Value::as_str).unwrap_or_default();
        let bytes = session.client.download(&format!("/v1/jobs/{id}/result"), &command.file).await?;
        let done = job.pointer("/progress/done").and_then(Value::as_u64).unwrap_or(0);
        eprintln!("{done} records, {bytes} bytes in {}", command.file.display());
        Ok(())
    }
    .await;
    session.close().await;
    outcome
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "file".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// Waits for a job, with rate and time left on a terminal.
///
/// # Errors
/// The server's own words.
pub async fn watch(client: &Client, job: &Value, unit: &str) -> Result<Value> {
    let id = job.get("id").and_then(Value::as_str).context("the server named no job")?.to_owned();
    let bar = ProgressBar::new_spinner();
    let style = format!("{{spinner}} {{wide_bar}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{eta}} left");
    bar.set_style(ProgressStyle::with_template(&style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    loop {
        let job = client.get(&format!("/v1/jobs/{id}")).await?;
        let count = |key: &str| job.pointer(&format!("/progress/{key}")).and_then(Value::as_u64);
        if let Some(total) = count("total") {
            bar.set_length(total);
        }
        bar.set_position(count("done").unwrap_or(0));
        if matches!(job.get("state").and_then(Value::as_str), Some("succeeded" | "failed" | "cancelled")) {
            bar.finish_and_clear();
            return Ok(job);
        }
        tokio::time::sleep(ASK).await;
    }
}

/// What became of the rows, on standard error; a job that failed is an error.
fn report(job: &Value, results: Option<&Path>) -> Result<()> {
    let state = job.get("state").and_then(Value::as_str).unwrap_or("unknown");
    if state != "succeeded" {
        let reason = job.get("error").and_then(Value::as_str).unwrap_or("no reason given");
        bail!("the job {state}: {reason}");
    }
    let counts: Vec<String> = ["created", "updated", "unchanged", "corrected", "skipped", "refused"]
        .iter()
        .filter_map(|key| {
            job.pointer(&format!("/report/{key}"))
                .and_then(Value::as_u64)
                .filter(|n| *n > 0)
                .map(|n| format!("{n} {key}"))
        })
        .collect();
    eprintln!("{}", if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") });
    let refused = job.pointer("/report/refused").and_then(Value::as_u64).unwrap_or(0);
    let corrected = job.pointer("/report/corrected").and_then(Value::as_u64).unwrap_or(0);
    if refused + corrected > 0 {
        let id = job.get("id").and_then(Value::as_str).unwrap_or_default();
        let place: PathBuf =
            results.map_or_else(|| PathBuf::from(format!("GET /v1/jobs/{id}/result")), Path::to_path_buf);
        eprintln!("every row with its reason: {}", place.display());
    }
    Ok(())
}
