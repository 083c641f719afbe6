//! More than can be answered: who is let in, who is refused and how; and what answers are given twice.

mod cache;
mod outage;
mod room;

use kontor_testkit::Api;

/// A metric's value, summed over its labels that contain `label`.
async fn metric(api: &Api, name: &str, label: &str) -> u64 {
    let text = api.anonymous().get("/metrics").await.expect(200).text();
    let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
