//! Deals come in by an import that looks up company, owner and stage, against the same rows inserted by hand; and the
//! pipeline's report over ten times as many, against the same question in SQL.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::raw::Database;
use crate::client::Client;
use crate::measure::median;
use crate::process::Process;
use crate::stress::{Bench, Finding};
use crate::wire;

/// Least part of the throughput of raw inserts.
const IMPORT_AIM: f64 = 0.3;
/// Longest that the report may take, in times of the question by hand.
const REPORT_AIM: f64 = 1.2;
/// One deal for ten contacts of the run; a million contacts make it a hundred thousand deals.
const PART: u64 = 10;
/// Deals of the report for one that is imported.
const TIMES: u32 = 10;
const COMPANIES: u64 = 1_000;
const USERS: u64 = 50;
const STAGES: [&str; 5] = ["Prospecting", "Engaging", "Proposal", "Won", "Lost"];
const TURNS: usize = 7;

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    let count = (bench.options.rows / PART).max(1_000);
    let process = bench.kontor.start_with(bench.place, bench.home, &[("KONTOR_CACHE_BYTES", "0")])?;
    let mut client = Client::connect(&process.address, &bench.seeded.headers())?;
    furnish(&mut client)?;
    process.settle(Duration::from_secs(20));
    let before = process.anonymous_mb();
    let imported = import(bench, &process, &mut client, count)?;
    process.stop()?;
    let mut database = Database::open(bench)?;
    let inserted = database.inserted_again("r_deals")?;
    let rate = |seconds: f64| as_f64(count) / seconds;
    let mut findings = vec![
        Finding::new(
            format!(
                "import of {count} deals with three look-ups each, and the same rows inserted in batches of 500, rows/s"
            ),
            format!("{:.0} and {:.0}", rate(imported.seconds), rate(inserted)),
        ),
        Finding::new("the import against raw inserts", format!("{:.2}", inserted / imported.seconds))
            .aimed("≥ 0.3", inserted / imported.seconds >= IMPORT_AIM),
        Finding::new(
            "own memory before the import and at its peak, MB",
            format!("{before:.0} and {:.0}", imported.peak_mb),
        ),
    ];
    database.run("DROP TABLE raw_r_deals")?;
    database.multiply("r_deals", TIMES)?;
    drop(database);
    findings.extend(report(bench, count * u64::from(TIMES))?);
    Ok(findings)
}

/// What deals refer to.
fn furnish(client: &mut Client) -> Result<()> {
    let mut made = |collection: &str, first: u64, records: Vec<Value>| -> Result<()> {
        let operations: Vec<Value> = records.into_iter().map(|data| json!({"op": "create", "data": data})).collect();
        let body = json!({"atomic": true, "operations": operations}).to_string();
        let path = format!("/v1/{collection}/batch?allow_duplicates=true");
        client.json("POST", &path, body.as_bytes()).with_context(|| format!("{collection} from {first} on")).map(|_| ())
    };
    for first in (0..COMPANIES).step_by(500) {
        let company =
            |n: u64| json!({"name": format!("Company {n}"), "external_id": format!("C{n}"), "city": "Berlin"});
        made("companies", first, (first..(first + 500).min(COMPANIES)).map(company).collect())?;
    }
    made(
        "users",
        0,
        (0..USERS).map(|n| json!({"name": format!("Seller {n}"), "external_id": format!("U{n}")})).collect(),
    )
}

fn csv(count: u64) -> String {
    let mut out = String::from("external_id,name,company,owner,stage,amount,expected\n");
    for n in 0..count {
        let stage = STAGES.get(usize::try_from(n % 5).unwrap_or(0)).copied().unwrap_or_default();
        let _ = writeln!(
            out,
            "D{n},Deal {n},C{},U{},{stage},{}.50,2026-{:02}-{:02}",
            n * 7 % COMPANIES,
            n * 13 % USERS,
            100 + n % 90_000,
            1 + n % 12,
            1 + n % 28
        );
    }
    out
}

struct Imported {
    seconds: f64,
    peak_mb: f64,
}

fn import(bench: &Bench<'_>, process: &Process, client: &mut Client, count: u64) -> Result<Imported> {
    let looked_up = |from: &str, object: &str, by: &str| json!({"from": from, "lookup": {"object": object, "by": by}, "missing": "refuse"});
    let mapping = json!({"object": "deal", "format": "csv", "fields": {
        "external_id": "external_id", "name": "name", "amount": "amount", "currency": {"const": "EUR"},
        "expected_close_date": "expected",
        "lost_reason": {"const": "price"},
        "company_id": looked_up("company", "company", "external_id"),
        "owner_id": looked_up("owner", "user", "external_id"),
        "stage_id": looked_up("stage", "stage", "name")}});
    let options = json!({"object": "deal", "mapping": mapping}).to_string();
    let mut body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"options\"\r\ncontent-type: application/json\r\n\r\n{options}\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"deals.csv\"\r\n\r\n"
    );
    body.push_str(&csv(count));
    body.push_str("\r\n--b--\r\n");
    let mut request = Vec::new();
    let media = "multipart/form-data; boundary=b";
    wire::request_of(&mut request, ("POST", "/v1/imports"), &bench.seeded.headers(), (media, body.as_bytes()));
    let answer = client.exchange(&request)?;
    let begun = Instant::now();
    let Some(place) = answer.header("location").filter(|_| answer.status == 202).map(str::to_owned) else {
        bail!("the import was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    };
    let mut peak_mb = 0.0_f64;
    let job = loop {
        let job = client.json("GET", &place, b"")?;
        peak_mb = peak_mb.max(process.anonymous_mb());
        let state = job.pointer("/data/state").and_then(Value::as_str).unwrap_or_default();
        if !["queued", "running"].contains(&state) {
            break job;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let seconds = begun.elapsed().as_secs_f64();
    if job.pointer("/data/report/created").and_then(Value::as_u64) != Some(count) {
        bail!("not all deals came in: {job}");
    }
    Ok(Imported { seconds, peak_mb })
}

/// The pipeline by stage: how many deals, what they are worth, and weighted.
fn report(bench: &Bench<'_>, count: u64) -> Result<Vec<Finding>> {
    let process = bench.kontor.start_with(bench.place, bench.home, &[("KONTOR_CACHE_BYTES", "0")])?;
    let mut client = Client::connect(&process.address, &bench.seeded.headers())?;
    let definition = json!({"group_by": ["stage.name", "currency"], "measures": [{"fn": "count", "as": "deals"},
        {"fn": "sum", "field": "amount", "as": "amount"}, {"fn": "sum", "field": "weighted_amount", "as": "weighted"}]});
    let body = json!({"name": "Pipeline", "target_object": "deal", "definition": definition}).to_string();
    let made = client.json("POST", "/v1/reports", body.as_bytes())?;
    let id = made.pointer("/data/id").and_then(Value::as_str).context("a report without an id")?;
    let path = format!("/v1/reports/{id}/result");
    process.settle(Duration::from_secs(20));
    let database = Database::open(bench)?;
    let space = database.ask("SELECT DISTINCT space FROM r_deals LIMIT 1")?.concat().concat();
    let question = format!(
        "SELECT s.name, d.currency, count(*), sum(d.amount), sum(d.weighted_amount) FROM r_deals d \
         LEFT JOIN r_stages s ON s.space = d.space AND s.id = d.stage_id AND s.deleted_at IS NULL \
         WHERE d.space = {space} AND d.deleted_at IS NULL GROUP BY s.name, d.currency ORDER BY s.name, d.currency"
    );
    let (mut own, mut hand, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = (Value::Null, Vec::new());
    for turn in 0..=TURNS {
        let begun = Instant::now();
        last.0 = client.json("GET", &path, b"")?;
        let of_report = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        last.1 = database.ask(&question)?;
        let by_hand = begun.elapsed().as_secs_f64();
        // The first turn warms both.
        if turn > 0 {
            own.push(of_report * 1e3);
            hand.push(by_hand * 1e3);
            ratios.push(of_report / by_hand);
        }
    }
    process.stop()?;
    check(&last.0, &last.1, count)?;
    let ratio = median(ratios);
    Ok(vec![
        Finding::new(
            format!("pipeline report over {count} deals, and the same question in SQL by hand, ms"),
            format!("{:.0} and {:.0}", median(own), median(hand)),
        ),
        Finding::new("the report against the question by hand, times as long", format!("{ratio:.2}"))
            .aimed("≤ 1.2", ratio <= REPORT_AIM),
    ])
}

/// Both must have counted the same.
fn check(report: &Value, hand: &[Vec<String>], count: u64) -> Result<()> {
    let rows = report.pointer("/data/rows").and_then(Value::as_array).context("a result without rows")?;
    let own: u64 = rows.iter().filter_map(|row| row.get("deals").and_then(Value::as_u64)).sum();
    let other: u64 = hand.iter().filter_map(|row| row.get(2)?.parse::<u64>().ok()).sum();
    if own != count || other != count || rows.len() != hand.len() {
        bail!("{count} deals were to be counted, the report has {own}, the question by hand {other}");
    }
    Ok(())
}

fn as_f64(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
