//! Seeding and starting the floor.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::options::Backend;
use crate::place::{self, Place};
use crate::process::{self, Process};

pub struct Reference {
    pub binary: PathBuf,
}

impl Reference {
    /// Seeds once, then makes this run's copy.
    pub fn prepare(&self, place: &Place) -> Result<()> {
        let ready = place.seeds.join("reference.ready");
        let file = place.seeds.join("reference.db");
        let seeded = place.seeded("ref");
        if !ready.exists() {
            eprintln!("seeding the reference on {} with {} rows", place.backend.name(), place.rows);
            let mut command = Command::new(&self.binary);
            match place.backend {
                Backend::Sqlite => {
                    std::fs::remove_file(&file).ok();
                    command.arg("--sqlite").arg(&file);
                }
                Backend::Postgres => {
                    place.renew(&seeded, None)?;
                    command.args(["--postgres", &place.url(&seeded)]);
                }
            }
            command.args(["seed", "--rows", &place.rows.to_string()]);
            place::finish(command)?;
            std::fs::write(&ready, "")?;
        }
        match place.backend {
            Backend::Sqlite => place::copy(&file, &place.run.join("reference.db")),
            Backend::Postgres => place.renew("kontor_bench_ref", Some(&seeded)),
        }
    }

    pub fn start(&self, place: &Place) -> Result<Process> {
        let address = process::free_address()?;
        let mut command = Command::new(&self.binary);
        match place.backend {
            Backend::Sqlite => command.arg("--sqlite").arg(place.run.join("reference.db")),
            Backend::Postgres => command.args(["--postgres", &place.url("kontor_bench_ref")]),
        };
        command.args(["--listen", &address]);
        Process::start(command, address, "/hello", "", &place.log("reference.log"))
    }
}
