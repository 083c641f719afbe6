//! One space asks as much as it can, another ten times a second; all limits as shipped.

use std::time::Duration;

use anyhow::Result;

use super::open::{self, Offer};
use super::{Bench, Finding};
use crate::load::Caller;
use crate::wire;

const POLITE: f64 = 10.0;
const FLOOD: f64 = 20_000.0;

struct List(String);

impl Caller for List {
    fn next(&mut self, out: &mut Vec<u8>) {
        wire::request(out, "GET", "/v1/contacts?limit=50", &self.0, b"");
    }
}

pub fn run(bench: &Bench<'_>) -> Result<Vec<Finding>> {
    bench.place.add_space(&bench.home.data, bench.home.database, "sandbox")?;
    let process = bench.kontor.start_with(bench.place, bench.home, &[("KONTOR_LIMITS", "on")])?;
    let key = bench.kontor.key_of(bench.place, bench.home, &["--role", "admin", "--space", "sandbox"])?;
    let polite = format!("authorization: Bearer {key}\r\n");
    let warm_up = Duration::from_secs(bench.options.warm_up);
    // Enough answers for a percentile.
    let length = Duration::from_secs(bench.options.seconds.max(20));
    let (address, noisy) = (process.address.clone(), bench.seeded.headers());
    let flood = std::thread::spawn(move || {
        let offer = Offer { connections: 256, per_second: FLOOD, warm_up, length, from: [127, 0, 0, 1] };
        open::run(&address, offer, |_| Box::new(List(noisy.clone())))
    });
    let offer = Offer { connections: 8, per_second: POLITE, warm_up, length, from: [127, 0, 0, 2] };
    let heard = open::run(&process.address, offer, |_| Box::new(List(polite.clone())))?;
    let flood = flood.join().map_err(|_| anyhow::anyhow!("the flood ended early"))??;
    process.stop()?;
    let refused = heard.refused + heard.failed;
    let p99 = heard.percentile_ms(99);
    Ok(vec![
        Finding::new(
            "noisy neighbour: served, and refused, /s",
            format!("{:.0} and {:.0}", flood.per_second(), f64::from(u32::try_from(flood.refused)?) / flood.seconds),
        ),
        Finding::new(
            "beside it, ten requests a second: refused",
            format!("{refused} of {}", refused + heard.served_us.len()),
        )
        .aimed("0", refused == 0 && !heard.served_us.is_empty()),
        Finding::new("beside it, p99", format!("{p99:.0} ms")).aimed("< 800 ms", p99 < 800.0),
    ])
}
