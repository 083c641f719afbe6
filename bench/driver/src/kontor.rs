//! Seeding and starting the product: only through its command line and its API.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use kontor_bench_reference::rows;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::Client;
use crate::options::{Backend, SeedBy};
use crate::place::{self, Place};
use crate::process::{self, Process};
use crate::shape::{FIELDS, Shape};
use crate::target::{next_cursor, stride};

pub struct Kontor {
    pub binary: PathBuf,
    pub seed_by: SeedBy,
}

/// What is remembered of a seeded database; its file is the sign that the seeding was finished.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Seeded {
    pub key: String,
    pub shape: Shape,
    pub ids: Vec<String>,
}

impl Seeded {
    pub fn headers(&self) -> String {
        authorization(&self.key)
    }
}

fn authorization(key: &str) -> String {
    format!("authorization: Bearer {key}\r\n")
}

/// The database that a started product uses.
pub struct Home<'a> {
    pub data: PathBuf,
    pub database: &'a str,
}

impl Kontor {
    /// A command of the product on a database. Logging and metrics are as they come; the rate limits are off.
    fn command(&self, place: &Place, home: &Home<'_>, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .arg("--data")
            .arg(&home.data)
            .env("KONTOR_LIMITS", "off")
            .env_remove("KONTOR_DATABASE_URL");
        if place.backend == Backend::Postgres {
            command.env("KONTOR_DATABASE_URL", place.url(home.database));
        }
        command
    }

    /// For the comparison with the floor, which reads every answer from the database: no answer is kept.
    pub fn start(&self, place: &Place, home: &Home<'_>, path: &str, headers: &str) -> Result<Process> {
        self.launch(place, home, &[("KONTOR_CACHE_BYTES", "0")], path, headers)
    }

    /// With these settings besides.
    pub fn start_with(&self, place: &Place, home: &Home<'_>, settings: &[(&str, &str)]) -> Result<Process> {
        self.launch(place, home, settings, "/healthz", "")
    }

    fn launch(
        &self,
        place: &Place,
        home: &Home<'_>,
        settings: &[(&str, &str)],
        path: &str,
        headers: &str,
    ) -> Result<Process> {
        let address = process::free_address()?;
        let mut command = self.command(place, home, &["up", "--listen", &address]);
        command.envs(settings.iter().copied());
        Process::start(command, address, path, headers, &place.log("kontor.log"))
    }

    /// Seeds once, then makes this run's copy.
    pub fn prepare(&self, place: &Place) -> Result<Seeded> {
        let (ready, data) = (place.seeds.join("kontor.json"), place.seeds.join("kontor"));
        let database = place.seeded("kontor");
        if !ready.exists() {
            eprintln!("seeding Kontor on {} with {} rows", place.backend.name(), place.rows);
            std::fs::remove_dir_all(&data).ok();
            std::fs::create_dir_all(&data)?;
            if place.backend == Backend::Postgres {
                place.renew(&database, Some("template0"))?;
            }
            let seeded = self.seed(place, &Home { data: data.clone(), database: &database })?;
            if place.backend == Backend::Postgres {
                place.vacuum(&database)?;
            }
            std::fs::write(&ready, serde_json::to_vec(&seeded)?)?;
        }
        place::copy(&data, &place.run.join("kontor"))?;
        if place.backend == Backend::Postgres {
            place.renew("kontor_bench_kontor", Some(&database))?;
        }
        Ok(serde_json::from_slice(&std::fs::read(&ready)?)?)
    }

    fn seed(&self, place: &Place, home: &Home<'_>) -> Result<Seeded> {
        let server = self.start(place, home, "/healthz", "")?;
        let key = self.key(place, home)?;
        let shape = shape(&mut Client::connect(&server.address, &authorization(&key))?)?;
        if self.seed_by == SeedBy::Api {
            by_batches(&server.address, &authorization(&key), &shape, place.rows)?;
        }
        server.stop()?;
        if self.seed_by == SeedBy::Import {
            let file = place.seeds.join("contacts.ndjson");
            write_rows(&file, &shape, place.rows)?;
            let name = file.to_string_lossy().into_owned();
            place::finish(self.command(place, home, &["import", "contact", &name]))?;
            std::fs::remove_file(&file).ok();
        }
        let server = self.start(place, home, "/healthz", "")?;
        let ids = collect_ids(&mut Client::connect(&server.address, &authorization(&key))?, place.rows)?;
        server.stop()?;
        Ok(Seeded { key, shape, ids })
    }

    fn key(&self, place: &Place, home: &Home<'_>) -> Result<String> {
        self.key_of(place, home, &["--role", "admin"])
    }

    /// A new key; `flags` as `kontor keys create` takes them.
    pub fn key_of(&self, place: &Place, home: &Home<'_>, flags: &[&str]) -> Result<String> {
        let arguments = [&["keys", "create", "--name", "bench"], flags].concat();
        let output = self.command(place, home, &arguments).output().context("kontor keys create")?;
        let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || key.is_empty() {
            bail!("kontor keys create: {} {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(key)
    }
}

/// Asks which of the fifteen fields are standard ones and adds the others as custom fields.
fn shape(client: &mut Client) -> Result<Shape> {
    let object = client.json("GET", "/v1/metadata/objects/contact", b"")?;
    let fields = object.pointer("/data/fields").and_then(Value::as_array).context("metadata of contact: no fields")?;
    let known: Vec<&str> = fields.iter().filter_map(|field| field.get("name")?.as_str()).collect();
    let mut shape = Shape::default();
    // the common fields of every record need not be listed
    for name in FIELDS.into_iter().filter(|name| !known.contains(name) && *name != "external_id") {
        let field = json!({"name": name, "label": name, "type": "text", "max": 100}).to_string();
        match client.json("POST", "/v1/metadata/objects/contact/fields", field.as_bytes()) {
            Ok(_) => shape.custom.push(name.to_owned()),
            Err(error) => {
                eprintln!("{name} is left out: {error:#}");
                shape.dropped.push(name.to_owned());
            }
        }
    }
    Ok(shape)
}

fn write_rows(file: &Path, shape: &Shape, count: u64) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    let mut line = Vec::new();
    for n in 0..count {
        line.clear();
        shape.write(&mut line, &rows::contact(n));
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()?;
    Ok(())
}

fn by_batches(address: &str, headers: &str, shape: &Shape, count: u64) -> Result<()> {
    const LANES: u64 = 4;
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| scope.spawn(move || by_batches_lane(address, headers, shape, lane, LANES, count)))
            .collect();
        for lane in lanes {
            lane.join().map_err(|_| anyhow::anyhow!("a seeding thread failed"))??;
        }
        Ok(())
    })
}

fn by_batches_lane(address: &str, headers: &str, shape: &Shape, lane: u64, lanes: u64, count: u64) -> Result<()> {
    const BATCH: u64 = 500;
    let mut client = Client::connect(address, headers)?;
    let mut body = Vec::new();
    for first in (lane * BATCH..count).step_by(usize::try_from(lanes * BATCH)?) {
        body.clear();
        body.extend_from_slice(b"{\"atomic\":true,\"operations\":[");
        for n in first..(first + BATCH).min(count) {
            body.extend_from_slice(if n == first {
                b"{\"op\":\"create\",\"data\":"
            } else {
                b",{\"op\":\"create\",\"data\":"
            });
            shape.write(&mut body, &rows::contact(n));
            body.push(b'}');
        }
        body.extend_from_slice(b"]}");
        client.json("POST", "/v1/contacts/batch", &body)?;
    }
    Ok(())
}

/// Pages through all contacts and keeps every so-manyth id; refuses a database that does not hold the rows.
fn collect_ids(client: &mut Client, count: u64) -> Result<Vec<String>> {
    let (mut ids, mut seen, mut cursor) = (Vec::new(), 0_u64, None::<String>);
    loop {
        let more = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let answer = client.json("GET", &format!("/v1/contacts?limit=500&fields=external_id{more}"), b"")?;
        for record in answer.pointer("/data").and_then(Value::as_array).into_iter().flatten() {
            if seen.is_multiple_of(stride(count)) {
                ids.extend(record.get("id").and_then(Value::as_str).map(str::to_owned));
            }
            seen += 1;
        }
        cursor = next_cursor(&answer);
        if cursor.is_none() {
            break;
        }
    }
    if seen < count {
        bail!("only {seen} of {count} contacts were seeded");
    }
    Ok(ids)
}
