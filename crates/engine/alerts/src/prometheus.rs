//! The rules as Prometheus takes them (`rule_files`).

use std::fmt::Write;

use crate::rules::{Rule, When};

/// A rule file in YAML.
#[must_use]
pub fn file(rules: &[Rule]) -> String {
    let mut text = "# Written by `make contracts` from the rules that Kontor evaluates itself.\ngroups:\n  - name: kontor\n    rules:\n".to_owned();
    for rule in rules {
        let (expression, lasts) = expression(&rule.when);
        let Rule { name, severity, summary, remedy, .. } = rule;
        let lasts = lasts.map(|seconds| format!("        for: {seconds}s\n")).unwrap_or_default();
        let _ = write!(
            text,
            "      - alert: kontor_{name}\n        expr: {expression}\n{lasts}        labels:\n          severity: {}\n        \
             annotations:\n          summary: {summary:?}\n          description: {remedy:?}\n",
            severity.name(),
        );
    }
    text
}

/// PromQL, and for how many seconds it has to hold.
fn expression(when: &When) -> (String, Option<u64>) {
    match when {
        When::Share { counter, label, begins, over, above, least } => {
            let seconds = over.as_secs();
            let bad = format!("sum(increase({counter}{{{label}=~\"{begins}.*\"}}[{seconds}s]))");
            let all = format!("sum(increase({counter}[{seconds}s]))");
            (format!("{bad} / {all} > {above} and {all} >= {least}"), None)
        }
        When::Slow { histogram, bound, above, samples, every } => {
            let seconds = every.as_secs();
            let quick = format!("sum(increase({histogram}_bucket{{le=\"{bound}\"}}[{seconds}s]))");
            let all = format!("sum(increase({histogram}_count[{seconds}s]))");
            let lasts = seconds * u64::try_from(samples.saturating_sub(1)).unwrap_or(u64::MAX);
            (format!("1 - {quick} / {all} > {above}"), Some(lasts))
        }
        When::Full { used, size, above, lasts } => {
            (format!("sum by (instance) ({used}) / sum by (instance) ({size}) > {above}"), Some(lasts.as_secs()))
        }
        When::On { gauge, label } => (format!("max by (instance, {label}) ({gauge}) > 0"), None),
        When::AtLeast { gauge, label, only, by_space, least } => {
            let space = if *by_space { "space, " } else { "" };
            let only = only.map(|only| format!("{{{label}=\"{only}\"}}")).unwrap_or_default();
            (format!("max by ({space}{label}) ({gauge}{only}) >= {least}"), None)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_rule_is_there() {
        let text = super::file(crate::RULES);
        assert_eq!(text.matches("- alert: ").count(), crate::RULES.len());
        assert!(text.contains("expr: max by (space, kind) (jobs_failures_in_row) >= 10\n"), "{text}");
        assert!(text.contains("[300s])) > 0.01 and "), "{text}");
    }
}
