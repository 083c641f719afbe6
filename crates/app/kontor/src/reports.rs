//! What holds by the figures of one process alone (errors, latency, its pool): each process looks at its own, and reports
//! what holds to the one that watches, by a row while it does. Where all is well nothing is written.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_alerts::{RULES, Report, Samples, Watch};
use kontor_model::{Kind, Result, Value};
use kontor_store::system::{self, ALERT_REPORT, INSTALLATION};
use kontor_store::{Batch, ColumnRef, Expr, OnConflict, Pulses, Select, Store, Write};
use tokio::sync::watch;

use crate::loops;

/// How old the figures of loops in `/metrics` may be.
const SHOWN: Duration = Duration::from_secs(1);
/// What has not been reported anew for so long is of a process that is no more.
const GONE: Duration = Duration::from_secs(30);

/// A process that looks at its own figures.
pub struct Reporting {
    pub store: Arc<dyn Store>,
    pub pulses: Arc<Pulses>,
    /// Names the process to people; empty where there is one only.
    pub instance: String,
    /// Between two looks.
    pub every: Duration,
}

fn key(instance: &str, rule: &str) -> Vec<(ColumnRef, Value)> {
    vec![system::key("instance", Kind::Text, instance), system::key("rule", Kind::Text, rule)]
}

fn removed(instance: &str, rule: &str) -> Write {
    Write::Delete { table: ALERT_REPORT.into(), keys: key(instance, rule), must: false, search: false }
}

impl Reporting {
    /// Runs until the process stops.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) {
        let (mut own, mut beat) = (Watch::default(), 0_i64);
        let mut told: BTreeSet<&'static str> = BTreeSet::new();
        let begun = Instant::now();
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(self.every.min(SHOWN)) => {}
            }
            loops::show(&self.pulses);
            if looked.elapsed() < self.every {
                continue;
            }
            looked = Instant::now();
            // The pool's figures are shown when it is asked for them.
            self.store.status().await.ok();
            let samples = Samples::parse(&kontor_telemetry::metrics::global().render());
            let now = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
            let holds = own.own(RULES, &samples, now);
            beat += 1;
            let mut writes: Vec<Write> = holds.iter().map(|(rule, value)| self.row(rule, *value, beat)).collect();
            let over = told.iter().filter(|rule| !holds.iter().any(|(name, _)| name == *rule));
            writes.extend(over.map(|rule| removed(&self.instance, rule)));
            if writes.is_empty() {
                continue;
            }
            match self.store.commit(Batch { space: INSTALLATION, writes }).await {
                Ok(()) => told = holds.iter().map(|(rule, _)| *rule).collect(),
                Err(error) => {
                    // What was there may be there still.
                    told.extend(holds.iter().map(|(rule, _)| *rule));
                    tracing::warn!(%error, "what holds by this process's figures could not be reported");
                }
            }
        }
        let writes: Vec<Write> = told.iter().map(|rule| removed(&self.instance, rule)).collect();
        if !writes.is_empty() {
            self.store.commit(Batch { space: INSTALLATION, writes }).await.ok();
        }
    }

    fn row(&self, rule: &str, value: f64, beat: i64) -> Write {
        #[expect(clippy::cast_possible_truncation, reason = "a share, in millionths")]
        let value = (value * 1e6) as i64;
        Write::Insert {
            table: ALERT_REPORT.into(),
            columns: [("instance", Kind::Text), ("rule", Kind::Text), ("value", Kind::Int), ("beat", Kind::Int)]
                .map(|(name, kind)| ColumnRef::new(name, kind))
                .into(),
            values: vec![self.instance.as_str().into(), rule.into(), value.into(), beat.into()],
            on_conflict: OnConflict::Replace,
            search: None,
        }
    }
}

/// What the process that watches knows of the others.
pub struct Heard {
    begun: Instant,
    /// The last beat of each instance and rule, and when it was seen first.
    beats: HashMap<(String, String), (i64, Instant)>,
}

impl Default for Heard {
    fn default() -> Self {
        Self { begun: Instant::now(), beats: HashMap::new() }
    }
}

impl Heard {
    /// Milliseconds since it began, by a clock that nobody sets.
    pub fn now_ms(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// What holds by the figures of the processes that live; rows of those that do not are removed.
    ///
    /// # Errors
    /// The database's.
    pub async fn look(&mut self, store: &dyn Store) -> Result<Vec<Report>> {
        let columns = vec![
            Expr::column("instance", Kind::Text),
            Expr::column("rule", Kind::Text),
            Expr::column("value", Kind::Int),
            Expr::column("beat", Kind::Int),
        ];
        let rows = store.rows(Select::new(INSTALLATION, ALERT_REPORT, columns)).await?;
        let (mut reports, mut gone, mut beats) = (Vec::new(), Vec::new(), HashMap::new());
        for row in rows {
            let [Value::Text(instance), Value::Text(rule), Value::Int(value), Value::Int(beat)] = row.as_slice() else {
                continue;
            };
            let place = (instance.clone(), rule.clone());
            let known = self.beats.get(&place).filter(|(last, _)| last == beat);
            let since = known.map_or_else(Instant::now, |(_, since)| *since);
            if since.elapsed() >= GONE {
                gone.push(removed(instance, rule));
                continue;
            }
            beats.insert(place, (*beat, since));
            #[expect(clippy::cast_precision_loss, reason = "a share, in millionths")]
            let value = *value as f64 / 1e6;
            reports.push(Report { rule: rule.clone(), instance: instance.clone(), value });
        }
        self.beats = beats;
        if !gone.is_empty() {
            store.commit(Batch { space: INSTALLATION, writes: gone }).await?;
        }
        Ok(reports)
    }
}

/// How people know this process from others of the installation: the machine and its port, or its number.
pub fn instance(url: &str) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let machine = machine.map(|name| name.trim().to_owned()).or_else(|| std::env::var("HOSTNAME").ok());
    let machine = machine.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned());
    let port = url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse::<u16>().ok());
    match port {
        Some(port) => format!("{machine}:{port}"),
        None => format!("{machine}/{}", std::process::id()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_process_is_named_by_its_port() {
        assert!(super::instance("http://127.0.0.1:8080/").ends_with(":8080"));
        assert!(super::instance("https://crm.example.com").ends_with(&format!("/{}", std::process::id())));
        assert!(super::instance("").contains('/'));
    }
}
