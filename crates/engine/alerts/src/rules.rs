//! The rules.

use std::time::Duration;

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Callers notice, or soon will.
    Critical,
    /// Something waits.
    Warning,
}

impl Severity {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// `[a-z_]`; identifies it.
    pub name: &'static str,
    pub severity: Severity,
    /// What is wrong, as a sentence without its end.
    pub summary: &'static str,
    /// What to do.
    pub remedy: &'static str,
    pub when: When,
}

/// What a rule looks at. Metrics are named as `/metrics` has them.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// Of what a counter grew by within `over`, the share of the series whose label `label` begins with `begins` is
    /// greater than `above` (0.01 is 1 %), and the counter grew by at least `least`.
    Share { counter: &'static str, label: &'static str, begins: &'static str, over: Duration, above: f64, least: f64 },
    /// In so many `samples` in a row, each `every` long, more than `above` of a histogram's observations are longer than
    /// `bound` seconds, which is one of the histogram's. 0.05 asks of the 95th percentile. A sample without observations
    /// is not slow.
    Slow { histogram: &'static str, bound: &'static str, above: f64, samples: usize, every: Duration },
    /// A gauge is more than `above` of another (0.85 is 85 %), at each look for as long as `lasts`.
    Full { used: &'static str, size: &'static str, above: f64, lasts: Duration },
    /// A gauge is not 0, of whichever value of `label`.
    On { gauge: &'static str, label: &'static str },
    /// A gauge is at least `least`; each value of `label` (the one that `only` names) is a matter of its own, and where it
    /// has the label `space` of that space.
    AtLeast { gauge: &'static str, label: &'static str, only: Option<&'static str>, by_space: bool, least: f64 },
}

impl When {
    /// Whether it is about the figures of one process, and not about what all of them have in common.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            When::Share { .. } | When::Slow { .. } | When::Full { .. } | When::On { .. } => true,
            When::AtLeast { .. } => false,
        }
    }

    /// Whether it is about something of one space, and not about the installation.
    pub(crate) fn is_by_space(&self) -> bool {
        matches!(self, When::AtLeast { by_space: true, .. })
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// What is due in a queue may wait for so many seconds.
const fn stale(seconds: u32) -> Rule {
    Rule {
        name: "queue_stale",
        severity: Severity::Critical,
        summary: "What waits in a queue has waited for longer than it may",
        remedy: "Look whether a process with the role worker runs, and whether what it needs (broker, mail server) is there.",
        when: When::AtLeast {
            gauge: "queue_oldest_seconds",
            label: "queue",
            only: None,
            by_space: false,
            least: seconds as f64,
        },
    }
}

/// [`RULES`] with a limit of one's own for what waits in queues. For the life of the process.
#[must_use]
pub fn rules(stale_seconds: u32) -> &'static [Rule] {
    let own = |rule: &Rule| if rule.name == "queue_stale" { stale(stale_seconds) } else { rule.clone() };
    RULES.iter().map(own).collect::<Vec<_>>().leak()
}

/// What is shipped.
pub const RULES: &[Rule] = &[
    Rule {
        name: "error_rate",
        severity: Severity::Critical,
        summary: "More than 1 % of the requests of 5 minutes failed on the server's side",
        remedy: "Look for the errors in the log by their request ids; /readyz says what is away.",
        when: When::Share {
            counter: "http_requests_total",
            label: "status",
            begins: "5",
            over: SECOND.saturating_mul(300),
            above: 0.01,
            least: 20.0,
        },
    },
    Rule {
        name: "latency",
        severity: Severity::Critical,
        summary: "One request of twenty took longer than 800 ms, three minutes in a row",
        remedy: "Look at overload_queued and db_questions_busy; http_request_duration_seconds says which routes are slow.",
        when: When::Slow {
            histogram: "http_request_duration_seconds",
            bound: "0.8",
            above: 0.05,
            samples: 3,
            every: SECOND.saturating_mul(60),
        },
    },
    Rule {
        name: "database_pool",
        severity: Severity::Warning,
        summary: "More than 85 % of the database's connections are in use",
        remedy: "Look for slow routes (http_request_duration_seconds) and large exports; raise database.pool_size.",
        when: When::Full {
            used: "db_connections_busy",
            size: "db_connections",
            above: 0.85,
            lasts: SECOND.saturating_mul(15),
        },
    },
    Rule {
        name: "worker_stalled",
        severity: Severity::Critical,
        summary: "A loop that moves a queue stands still",
        remedy: "worker_stalled and /readyz say which and where; look what its database waits for, then start that process anew.",
        when: When::On { gauge: "worker_stalled", label: "worker" },
    },
    Rule {
        name: "log_stalled",
        severity: Severity::Critical,
        summary: "Events have waited for their place in the log for 10 seconds",
        remedy: "Look in the log for why they were not given their places; nothing hears of a change until they are.",
        when: When::AtLeast {
            gauge: "queue_oldest_seconds",
            label: "queue",
            only: Some("relay"),
            by_space: false,
            least: 10.0,
        },
    },
    Rule {
        name: "webhook_failing",
        severity: Severity::Warning,
        summary: "A webhook endpoint has failed ten times in a row",
        remedy: "Look at its deliveries for what it answers; mend the receiver, or switch the endpoint off.",
        when: When::AtLeast {
            gauge: "webhook_failures_in_row",
            label: "endpoint",
            only: None,
            by_space: true,
            least: 10.0,
        },
    },
    Rule {
        name: "job_failing",
        severity: Severity::Warning,
        summary: "Ten jobs of a kind have failed in a row",
        remedy: "Read the reasons (GET /v1/jobs?filter[state]=failed); mend the cause, then try them again.",
        when: When::AtLeast { gauge: "jobs_failures_in_row", label: "kind", only: None, by_space: true, least: 10.0 },
    },
    stale(300),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }

    #[test]
    fn the_limit_of_queues_can_be_set() {
        assert_eq!(rules(300), RULES);
        let limit = |rule: &Rule| if let When::AtLeast { least, .. } = rule.when { least } else { 0.0 };
        let changed: Vec<(&str, f64)> = rules(7)
            .iter()
            .zip(RULES)
            .filter(|(own, shipped)| own != shipped)
            .map(|(own, _)| (own.name, limit(own)))
            .collect();
        assert_eq!(changed, [("queue_stale", 7.0)]);
    }
}
