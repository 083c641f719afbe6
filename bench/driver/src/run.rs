//! One back end from seeding to figures.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Result;

use crate::kontor::{Home, Kontor, Seeded};
use crate::measure::{self, Compared, Contender, median};
use crate::options::{Backend, Options};
use crate::place::Place;
use crate::reference::Reference;
use crate::scenario::ALL;
use crate::shape::Shape;
use crate::stress::{self, Bench, Finding};
use crate::target::{Side, Target, reference_ids};
use crate::tokens::{self, Given};

/// Cold start in seconds and own memory in MB.
#[derive(Default)]
pub struct Footprint {
    pub cold_empty: f64,
    pub cold_full: f64,
    pub idle_mb: f64,
    pub peak_mb: f64,
}

pub struct Outcome {
    pub backend: Backend,
    pub results: Vec<Compared>,
    /// Of the product alone.
    pub findings: Vec<Finding>,
    pub kontor: Option<Footprint>,
    pub reference_peak_mb: f64,
    pub tokens: Vec<Given>,
    /// PostgreSQL's settings.
    pub settings: Option<String>,
    /// Fields that the product would not take.
    pub dropped: Vec<String>,
}

/// Cold starts per median.
const STARTS: usize = 3;
/// Rows of the run are numbered from well above the seeded ones.
const FRESH: u64 = 10_000_000;

pub fn backend(options: &Options, backend: Backend, reference: &Reference, kontor: Option<&Kontor>) -> Result<Outcome> {
    let place = Place::new(options, backend)?;
    let fresh = Arc::new(AtomicU64::new(options.rows.max(FRESH)));
    reference.prepare(&place)?;
    let seeded = kontor.map(|kontor| kontor.prepare(&place)).transpose()?;
    eprintln!("{}: {} rows", backend.name(), options.rows);

    let mut footprint = Footprint::default();
    if let (Some(kontor), Some(seeded)) = (kontor, &seeded) {
        footprint = cold_starts(kontor, &place, seeded)?;
    }
    let mut second = None;
    if let (Some(kontor), Some(seeded)) = (kontor, &seeded) {
        let process = kontor.start(&place, &home(&place), "/healthz", "")?;
        let mut target =
            Target::new(Side::Kontor, seeded.headers(), seeded.shape.clone(), seeded.ids.clone(), fresh.clone());
        std::thread::sleep(Duration::from_secs(3));
        footprint.idle_mb = process.anonymous_mb();
        target.find_middles(&process.address, options.rows)?;
        process.pause()?;
        second = Some(Contender { process, target: Arc::new(target), peak_mb: 0.0 });
    }
    let process = reference.start(&place)?;
    // the same bytes on the wire: the reference gets a credential that it ignores
    let headers = seeded
        .as_ref()
        .map_or_else(|| "authorization: Bearer ak_00000000000000000000000000000000\r\n".to_owned(), Seeded::headers);
    let mut target = Target::new(Side::Reference, headers, Shape::default(), reference_ids(options.rows), fresh);
    target.find_middles(&process.address, options.rows)?;
    process.pause()?;
    let mut first = Contender { process, target: Arc::new(target), peak_mb: 0.0 };

    let mut results = Vec::new();
    for scenario in ALL.into_iter().filter(|scenario| options.wants(scenario.name())) {
        results.push(measure::scenario(options, scenario, &mut first, second.as_mut())?);
    }
    let mut tokens = Vec::new();
    if let (Some(contender), Some(seeded)) = (&second, &seeded)
        && options.wants("tokens")
    {
        contender.process.resume()?;
        tokens = tokens::measure(options, &contender.process, &seeded.headers())?;
    }
    let reference_peak_mb = first.peak_mb;
    first.process.stop()?;
    let mut finished = None;
    let mut findings = Vec::new();
    if let (Some(contender), Some(kontor), Some(seeded)) = (second, kontor, &seeded) {
        footprint.peak_mb = contender.peak_mb;
        contender.process.stop()?;
        finished = Some(footprint);
        let (target, home) = (&contender.target, &home(&place));
        findings = stress::run(&Bench { options, kontor, place: &place, home, seeded, target })?;
    }
    let settings = (backend == Backend::Postgres).then(|| place.settings()).transpose()?;
    let dropped = seeded.map(|seeded| seeded.shape.dropped).unwrap_or_default();
    Ok(Outcome { backend, results, findings, kontor: finished, reference_peak_mb, tokens, settings, dropped })
}

fn home(place: &Place) -> Home<'static> {
    Home { data: place.run.join("kontor"), database: "kontor_bench_kontor" }
}

/// Spawn to the first 200: of `/healthz` on an empty folder, of a record on the full one.
fn cold_starts(kontor: &Kontor, place: &Place, seeded: &Seeded) -> Result<Footprint> {
    let (mut empty, mut full) = (Vec::new(), Vec::new());
    for n in 0..STARTS {
        let home = Home { data: place.run.join(format!("empty-{n}")), database: "kontor_bench_empty" };
        std::fs::create_dir_all(&home.data)?;
        if place.backend == Backend::Postgres {
            place.renew(home.database, Some("template0"))?;
        }
        let process = kontor.start(place, &home, "/healthz", "")?;
        empty.push(process.cold_start.as_secs_f64());
        process.stop()?;
    }
    let path = format!("/v1/contacts/{}", seeded.ids.first().map_or("0", String::as_str));
    for _ in 0..STARTS {
        let process = kontor.start(place, &home(place), &path, &seeded.headers())?;
        full.push(process.cold_start.as_secs_f64());
        process.stop()?;
    }
    Ok(Footprint { cold_empty: median(empty), cold_full: median(full), ..Footprint::default() })
}
