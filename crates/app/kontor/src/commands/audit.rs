//! `kontor audit`: the chain, walked by someone who does not trust the server.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use futures::TryStreamExt;
use kontor_audit::{Filter, Head, NewEntry, Report, Who};
use kontor_config::Config;
use kontor_identity::spaces::{self, Space};
use kontor_model::time::{datetime_text, parse_datetime};
use kontor_store::Batch;
use kontor_store::system::INSTALLATION;

use super::keys::find;
use crate::cli;
use crate::house::{House, Use};

/// Prints a line for each space; the first fault of each.
///
/// # Errors
/// A chain does not hold; an unknown space; a file of heads that cannot be read; the database's.
pub async fn verify(command: cli::AuditVerify, config: &Config) -> Result<()> {
    let house = House::open(config, Use::Beside).await?;
    let outcome = if house.audit.is_open() {
        verify_all(&command, &house).await
    } else {
        Err(anyhow!(
            "the master key that seals are signed under is not at hand: set KONTOR_MASTER_KEY, or bring back master.key"
        ))
    };
    house.store.close().await;
    outcome
}

async fn verify_all(command: &cli::AuditVerify, house: &House) -> Result<()> {
    let kept = command.head.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let wanted = match &command.space {
        Some(_) => vec![find(house, command.space.as_deref()).await?],
        None => {
            let installation =
                Space { id: INSTALLATION, name: "installation".into(), kind: String::new(), ready: true };
            spaces::spaces(&*house.store).await?.into_iter().chain([installation]).collect()
        }
    };
    let mut heads: Vec<Head> = kept.clone();
    let mut broken = 0;
    for space in &wanted {
        let expected = kept.iter().find(|head| head.space == space.id.to_string());
        let report = kontor_audit::verify(&*house.store, space.id, &house.audit, expected).await?;
        kontor_audit::keep(&*house.store, &report, house.clock.now_ms()).await?;
        println!("{}", line(space, &report));
        broken += usize::from(report.fault.is_some());
        if let Some(head) = report.head {
            heads.retain(|other| other.space != head.space);
            heads.push(head);
        }
    }
    if broken > 0 {
        bail!("the audit of {broken} of {} spaces does not hold", wanted.len());
    }
    command.head.as_deref().map_or(Ok(()), |path| write_heads(path, &heads))
}

fn line(space: &Space, report: &Report) -> String {
    let name = format!("space {} ({})", space.id, space.name);
    let counts = format!(
        "{} entries in {} seals, {} redacted, {} late",
        report.entries, report.seals, report.redacted, report.late
    );
    match &report.fault {
        Some(fault) => format!("broken  {name}: {fault}; before it {counts} hold"),
        None => {
            let since = report.unsealed_since.map(|at| format!(" since {}", datetime_text(at))).unwrap_or_default();
            format!("ok      {name}: {counts}; unsealed tail: {}{since}", report.unsealed)
        }
    }
}

/// The heads in a file; none when it is not there yet.
fn read_heads(path: &Path) -> Result<Vec<Head>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let read = |line: &str| serde_json::from_str(line).with_context(|| format!("{} holds no heads", path.display()));
    text.lines().map(read).collect()
}

fn write_heads(path: &Path, heads: &[Head]) -> Result<()> {
    let mut text = String::new();
    for head in heads {
        text.push_str(&serde_json::to_string(head)?);
        text.push('\n');
    }
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// Entries of a space as JSON lines on standard output.
///
/// # Errors
/// An unknown space; a time that is none; the database's.
pub async fn export(command: cli::AuditExport, config: &Config) -> Result<()> {
    let moment = |name: &str, text: &Option<String>| {
        text.as_deref().map(|t| parse_datetime(t).map_err(|e| anyhow!("{name} {e}"))).transpose()
    };
    let filter = Filter {
        since: moment("--since", &command.since)?,
        until: moment("--until", &command.until)?,
        ..Filter::default()
    };
    let house = House::open(config, Use::Beside).await?;
    let space = find(&house, command.space.as_deref()).await?;
    let asked = serde_json::json!({"since": command.since, "until": command.until});
    let entry = NewEntry {
        id: house.ids.next(),
        at: house.clock.now_ms(),
        object: "audit",
        record_id: 0,
        version: 0,
        action: "export",
        who: Who::default(),
        request_id: "command line",
        changes: asked.to_string(),
    };
    house.store.commit(Batch { space: space.id, writes: vec![entry.write()?] }).await?;
    let mut lines = std::pin::pin!(kontor_audit::export(house.store.clone(), space.id, filter));
    let mut out = std::io::stdout().lock();
    while let Some(part) = lines.try_next().await? {
        out.write_all(&part)?;
    }
    out.flush()?;
    drop(out);
    house.store.close().await;
    Ok(())
}
