//! Business hours that a clock can run by.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};
use serde_json::Value as Json;

use crate::clock::{holidays, week};

/// Hours are hours of a week, holidays are dates, the zone is one.
pub(crate) struct SoundHours;

impl Hook for SoundHours {
    fn objects(&self) -> &'static [&'static str] {
        &["business_hours"]
    }

    fn meet<'a>(&'a self, _: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let refuse = |t: &Touched<'_>| {
                let faults = faults(t);
                let refused = !t.is_gone() && !faults.is_empty();
                refused.then(|| Verdict::Refuse { step: t.step, error: Error::from_faults(faults) })
            };
            Ok(touched.iter().filter_map(refuse).collect())
        }
        .boxed()
    }
}

/// All that is wrong with what changes.
fn faults(hours: &Touched<'_>) -> Vec<Fault> {
    let changed = |path: &str| hours.changes(path).then(|| hours.field(path).1);
    let mut out = Vec::new();
    if let Some(zone) = changed("time_zone").and_then(Value::as_str).filter(|zone| !kontor_model::time::is_zone(zone)) {
        let message = "must be a name of the time zone database, such as Europe/Berlin";
        out.push(Fault::new("time_zone", "unknown", message).value(zone));
    }
    if let Some(value) = changed("hours") {
        out.extend(week(&json(value)).err().into_iter().flatten());
    }
    if let Some(value) = changed("holidays").filter(|value| !value.is_null()) {
        out.extend(holidays(&json(value)).err().into_iter().flatten());
    }
    out
}

fn json(value: &Value) -> Json {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
