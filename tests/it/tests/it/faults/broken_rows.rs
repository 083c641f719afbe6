//! A file of which every tenth row is broken: all good rows come in, all bad ones come back with what is wrong with them,
//! and memory stays flat. `make faults` does it with a million rows.

use std::fmt::Write;
use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Part, Server, both_alone, serial};
use serde_json::{Value, json};

use super::{Watch, rounds};

both_alone!(good_rows_come_in_and_bad_ones_come_back);

/// In the suite, in thousands; in full a million rows.
const FEW: usize = 20;
const ALL: usize = 1_000;
/// The same for twenty thousand rows and for a million: what uploads, jobs and the database keep while they work.
const MOST_KIB: u64 = 128 << 10;
/// What is wrong with a broken row: the field that is named, and the row.
const BROKEN: [(&str, &str); 5] = [
    ("email", "Roe,no address,1990-01-01,lead"),
    ("last_name", ",{n}@{word}.example,1990-01-01,lead"),
    ("birthday", "Roe,{n}@{word}.example,2201-01-01,lead"),
    ("birthday", "Roe,{n}@{word}.example,1899-12-31,lead"),
    ("lifecycle_stage", "Roe,{n}@{word}.example,1990-01-01,friend"),
];

fn is_broken(row: usize) -> bool {
    row % 10 == 9
}

fn broken(row: usize) -> (&'static str, &'static str) {
    BROKEN[row / 10 % BROKEN.len()]
}

fn file(rows: usize, word: &str) -> Vec<u8> {
    let mut out = String::with_capacity(rows * 64);
    out.push_str("last_name,email,birthday,lifecycle_stage\n");
    for row in 0..rows {
        if is_broken(row) {
            let text = broken(row).1.replace("{n}", &row.to_string()).replace("{word}", word);
            writeln!(out, "{text}").unwrap();
        } else {
            writeln!(out, "Doe {row},doe.{row}@{word}.example,1990-01-{:02},lead", 1 + row % 28).unwrap();
        }
    }
    out.into_bytes()
}

async fn ended(api: &Api, location: &str, patience: Duration) -> Value {
    let begun = Instant::now();
    loop {
        let job = api.get(location).await.expect(200).data().clone();
        if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
            return job;
        }
        assert!(begun.elapsed() < patience, "{job}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn good_rows_come_in_and_bad_ones_come_back(backend: Backend) {
    let rows = rounds(FEW, ALL) * 1_000;
    let server = Server::builder().backend(backend).start().await;
    let (api, pid) = (server.api(), server.pid().expect("it runs"));
    let word = serial();
    let form =
        [Part::json("options", &json!({"object": "contact"})), Part::file("file", "people.csv", file(rows, &word))];
    // Threads, statements and pages that any first import makes are there before it is watched.
    let first = [Part::json("options", &json!({"object": "company"})), Part::file("file", "c.csv", "name\nFirst\n")];
    let started = api.request("POST", "/v1/imports").form(&first).send().await.expect(202);
    ended(&api, started.header("location"), Duration::from_secs(60)).await;

    let watch = Watch::start(pid);
    let begun = Instant::now();
    let started = api.request("POST", "/v1/imports").form(&form).send().await.expect(202);
    let job = ended(&api, started.header("location"), Duration::from_secs(120 + rows as u64 / 300)).await;
    let (took, grown) = (begun.elapsed(), watch.grown());
    let (bad, good) = (rows as u64 / 10, rows as u64 - rows as u64 / 10);
    eprintln!(
        "{} on {}: {rows} rows in {:.1} s, {:.0} rows/s, {grown} KiB more memory",
        job["state"],
        backend.name(),
        took.as_secs_f64(),
        rows as f64 / took.as_secs_f64()
    );
    let report = ["created", "refused"].map(|name| job["report"][name].as_u64().unwrap());
    assert_eq!((job["state"].as_str(), report), (Some("succeeded"), [good, bad]), "{job}");
    assert!(grown <= MOST_KIB, "{rows} rows took {grown} KiB");
    let there = api.get("/v1/contacts?count=exact&limit=1").await.expect(200);
    assert_eq!(there.page()["total"].as_u64(), Some(good));

    let results = api.get(job["result_url"].as_str().unwrap()).await;
    let text = results.text();
    let mut lines = text.lines();
    for row in 0..rows {
        let line: Value = serde_json::from_str(lines.next().expect("a line for each row")).unwrap();
        let status = line["status"].as_str().unwrap();
        if is_broken(row) {
            assert_eq!((status, line["errors"][0]["field"].as_str()), ("refused", Some(broken(row).0)), "{line}");
            assert!(line["errors"][0]["message"].as_str().is_some_and(|reason| !reason.is_empty()), "{line}");
            let own = broken(row).1.replace("{n}", &row.to_string()).replace("{word}", &word);
            assert!(
                line["text"].as_str().unwrap().contains(&own),
                "a refused row comes back with its own text: {line}"
            );
        } else {
            assert_eq!(status, "created", "{line}");
        }
    }
    assert!(lines.next().is_none());
}
