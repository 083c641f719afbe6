//! Rules over samples, one look after the other.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::rules::{Rule, When};
use crate::samples::Samples;

/// What fires has to be well for so long before it is over, so that what goes to and fro is told once.
const QUIET: Duration = Duration::from_secs(60);

/// What happened to a matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum State {
    Fired,
    Resolved,
}

/// A rule began, or ceased, to hold for a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    pub rule: &'static Rule,
    /// The value of the rule's label; of a rule about one process, that process. Empty where there is none.
    pub subject: String,
    /// The value of the label `space`, where the matter is one space's.
    pub space: Option<i64>,
    pub state: State,
    /// In the unit of the rule's threshold.
    pub value: f64,
}

/// A rule that holds by a process's own figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub rule: String,
    /// Names the process; empty where there is one only.
    pub instance: String,
    /// In the unit of the rule's threshold.
    pub value: f64,
}

/// A rule, a subject, and the space that it is in.
type Matter = (&'static str, Subject);
type Subject = (String, Option<i64>);

/// What one process knows of its rules.
#[derive(Debug, Default)]
pub struct Watch {
    /// Samples of the past by rule, oldest first: when, and the numbers that the rule compares.
    past: BTreeMap<&'static str, VecDeque<(i64, f64, f64)>>,
    /// Since when it holds without having fired.
    pending: BTreeMap<Matter, i64>,
    /// What fires, and since when it is well, if it is.
    firing: BTreeMap<Matter, Option<i64>>,
    quiet: Option<Duration>,
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Watch {
    /// `firing`: rule, subject and space of what fired before and is not over, as it was kept.
    #[must_use]
    pub fn new(rules: &'static [Rule], firing: impl IntoIterator<Item = (String, String, i64)>) -> Self {
        let firing = firing.into_iter().filter_map(|(name, subject, space)| {
            let rule = rules.iter().find(|rule| rule.name == name)?;
            Some(((rule.name, (subject, rule.when.is_by_space().then_some(space))), None))
        });
        Self { firing: firing.collect(), ..Self::default() }
    }

    /// How long what fires has to be well; a minute where nothing is said.
    #[must_use]
    pub fn quiet(self, quiet: Duration) -> Self {
        Self { quiet: Some(quiet), ..self }
    }

    /// A process's look at its own figures, at `now` in Unix milliseconds: the rules about one process that hold, with
    /// their values.
    pub fn own(&mut self, rules: &'static [Rule], samples: &Samples, now: i64) -> Vec<(&'static str, f64)> {
        let mut holds = Vec::new();
        for rule in rules.iter().filter(|rule| rule.when.is_local()) {
            let Some(value) = self.bad(rule, samples, now).remove(&Subject::default()) else {
                self.pending.retain(|(name, _), _| *name != rule.name);
                continue;
            };
            let lasts = if let When::Full { lasts, .. } = rule.when { ms(lasts) } else { 0 };
            let since = *self.pending.entry((rule.name, Subject::default())).or_insert(now);
            if now.saturating_sub(since) >= lasts {
                holds.push((rule.name, value));
            }
        }
        holds
    }

    /// One look, at `now` in Unix milliseconds: what has changed by it. A series that is not there is well, and so is a
    /// process that reports nothing.
    pub fn look(&mut self, rules: &'static [Rule], samples: &Samples, reports: &[Report], now: i64) -> Vec<Transition> {
        let mut changed = Vec::new();
        for rule in rules {
            let bad = if rule.when.is_local() {
                let own = reports.iter().filter(|report| report.rule == rule.name);
                own.map(|report| ((report.instance.clone(), None), report.value)).collect()
            } else {
                self.bad(rule, samples, now)
            };
            for (subject, value) in &bad {
                let matter = (rule.name, subject.clone());
                if let Some(well) = self.firing.get_mut(&matter) {
                    *well = None;
                } else {
                    self.firing.insert(matter, None);
                    let ((subject, space), value) = (subject.clone(), *value);
                    changed.push(Transition { rule, subject, space, state: State::Fired, value });
                }
            }
            let quiet = ms(self.quiet.unwrap_or(QUIET));
            self.firing.retain(|(name, subject), well| {
                if *name != rule.name || bad.contains_key(subject) {
                    return true;
                }
                let over = now.saturating_sub(*well.get_or_insert(now)) >= quiet;
                if over {
                    let (subject, space) = subject.clone();
                    changed.push(Transition { rule, subject, space, state: State::Resolved, value: 0.0 });
                }
                !over
            });
        }
        changed
    }

    /// The subjects for which a rule holds now, with their values.
    fn bad(&mut self, rule: &'static Rule, samples: &Samples, now: i64) -> BTreeMap<Subject, f64> {
        let one = |value: Option<f64>| value.map(|value| ((String::new(), None), value)).into_iter().collect();
        match rule.when {
            When::Share { counter, label, begins, over, above, least } => {
                let all = samples.sum(counter, |_| true).unwrap_or_default();
                let some = |text: &String| text.starts_with(begins);
                let part = samples.sum(counter, |sample| sample.labels.get(label).is_some_and(some));
                let past = self.past.entry(rule.name).or_default();
                remember(past, (now, all, part.unwrap_or_default()), ms(over));
                let Some((_, first_all, first_part)) = past.front().copied() else { return BTreeMap::new() };
                let (grown, bad) = (all - first_all, part.unwrap_or_default() - first_part);
                one((grown >= least && bad > above * grown).then(|| bad / grown))
            }
            When::Slow { histogram, bound, above, samples: count, every } => {
                let all = samples.sum(&format!("{histogram}_count"), |_| true).unwrap_or_default();
                let within = |sample: &crate::Sample| sample.labels.get("le").is_some_and(|le| le == bound);
                let quick = samples.sum(&format!("{histogram}_bucket"), within).unwrap_or_default();
                let past = self.past.entry(rule.name).or_default();
                let is_due = past.back().is_none_or(|(at, ..)| now.saturating_sub(*at) >= ms(every) || now < *at);
                if is_due {
                    past.push_back((now, all, quick));
                    while past.len() > count + 1 {
                        past.pop_front();
                    }
                }
                let pairs = past.iter().zip(past.iter().skip(1));
                let grown = pairs.map(|((_, all, quick), (_, more, quicker))| (more - all, quicker - quick));
                let shares =
                    grown.filter(|(all, quick)| *all > 0.0 && *quick >= 0.0).map(|(all, quick)| 1.0 - quick / all);
                let slow: Vec<f64> = shares.filter(|share| *share > above).collect();
                one(slow.last().copied().filter(|_| slow.len() >= count))
            }
            When::Full { used, size, above, .. } => {
                let (used, size) = (samples.sum(used, |_| true), samples.sum(size, |_| true));
                let share = used.zip(size).filter(|(_, size)| *size > 0.0).map(|(used, size)| used / size);
                one(share.filter(|share| *share > above))
            }
            When::On { gauge, .. } => {
                let on = samples.of(gauge).map(|sample| sample.value).fold(0.0, f64::max);
                one((on > 0.0).then_some(on))
            }
            When::AtLeast { gauge, label, only, by_space, least } => {
                let subject = |sample: &crate::Sample| {
                    let space = sample.labels.get("space").filter(|_| by_space).and_then(|space| space.parse().ok());
                    (sample.labels.get(label).cloned().unwrap_or_default(), space)
                };
                let fits = |sample: &&crate::Sample| {
                    only.is_none_or(|only| sample.labels.get(label).is_some_and(|own| own == only))
                };
                let bad = samples.of(gauge).filter(fits).filter(|sample| sample.value >= least);
                bad.map(|sample| (subject(sample), sample.value)).collect()
            }
        }
    }
}

/// Keeps one sample that is older than `over`, and what is younger. What a restart, or a clock that was set back, has made
/// smaller begins anew.
fn remember(past: &mut VecDeque<(i64, f64, f64)>, sample: (i64, f64, f64), over: i64) {
    if past.back().is_some_and(|last| last.0 > sample.0 || last.1 > sample.1 || last.2 > sample.2) {
        past.clear();
    }
    past.push_back(sample);
    while past.get(1).is_some_and(|second| sample.0 - second.0 >= over) {
        past.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RULES;

    fn rule(name: &str) -> &'static [Rule] {
        let at = RULES.iter().position(|rule| rule.name == name).unwrap();
        &RULES[at..=at]
    }

    /// States by seconds, of one process that watches itself.
    fn told(name: &str, looks: impl IntoIterator<Item = (i64, String)>) -> Vec<(i64, String, State)> {
        let (mut watch, mut own) = (Watch::new(rule(name), []), Watch::default());
        let mut found = Vec::new();
        for (second, text) in looks {
            let (samples, now) = (Samples::parse(&text), second * 1_000);
            let reports = reports("", &own.own(rule(name), &samples, now));
            for one in watch.look(rule(name), &samples, &reports, now) {
                found.push((second, one.subject, one.state));
            }
        }
        found
    }

    fn reports(instance: &str, holds: &[(&'static str, f64)]) -> Vec<Report> {
        let one = |(rule, value): &(&'static str, f64)| Report {
            rule: (*rule).to_owned(),
            instance: instance.to_owned(),
            value: *value,
        };
        holds.iter().map(one).collect()
    }

    #[test]
    fn each_process_is_told_of_once() {
        let mut watch = Watch::new(rule("error_rate"), []).quiet(Duration::from_secs(10));
        let mut look = |second: i64, bad: &[&str]| -> Vec<(String, State)> {
            let reports: Vec<Report> =
                bad.iter().flat_map(|instance| reports(instance, &[("error_rate", 0.5)])).collect();
            // The figures of the process that watches are one process's as well, and not looked at here.
            let own = Samples::parse("http_requests_total{status=\"500\"} 100\n");
            let seen = watch.look(rule("error_rate"), &own, &reports, second * 1_000);
            seen.into_iter().map(|one| (one.subject, one.state)).collect()
        };
        let (a, b) = ("a:1".to_owned(), "b:1".to_owned());
        assert_eq!(look(0, &["b:1"]), [(b.clone(), State::Fired)]);
        assert_eq!(look(5, &["a:1", "b:1"]), [(a.clone(), State::Fired)]);
        assert_eq!(look(10, &["a:1", "b:1"]), []);
        assert_eq!(look(15, &["a:1"]), []);
        assert_eq!(look(25, &["a:1"]), [(b, State::Resolved)]);
        assert_eq!((look(30, &[]), look(40, &[])), (vec![], vec![(a, State::Resolved)]));
    }

    #[test]
    fn more_than_one_percent_of_errors_in_five_minutes_is_told_once() {
        let at = |second: i64, good: i64, bad: i64| {
            (
                second,
                format!("http_requests_total{{status=\"200\"}} {good}\nhttp_requests_total{{status=\"503\"}} {bad}\n"),
            )
        };
        // 1 % is not more than 1 %, and few requests say nothing.
        assert_eq!(told("error_rate", [at(0, 0, 0), at(5, 99, 1), at(10, 198, 2)]), []);
        assert_eq!(told("error_rate", [at(0, 0, 0), at(5, 2, 2)]), []);
        // What was bad before the process looked is not counted.
        assert_eq!(told("error_rate", [at(0, 0, 100), at(5, 100, 100)]), []);
        let mut looks = vec![at(0, 0, 0), at(5, 100, 5)];
        looks.extend((2..100).map(|n| at(n * 5, 100 + n, 5)));
        let seen = told("error_rate", looks);
        let none = String::new;
        // The five errors leave the window after 300 s, and it has to be well for a minute.
        assert_eq!(seen, [(5, none(), State::Fired), (365, none(), State::Resolved)]);
    }

    #[test]
    fn three_slow_samples_in_a_row_fire_and_two_do_not() {
        let at = |second: i64, all: i64, quick: i64| {
            let name = "http_request_duration_seconds";
            (
                second,
                format!(
                    "{name}_bucket{{le=\"0.8\"}} {quick}\n{name}_bucket{{le=\"+Inf\"}} {all}\n{name}_count {all}\n"
                ),
            )
        };
        let slow = |n: i64| at(n * 60, n * 100, n * 90);
        assert_eq!(told("latency", [slow(0), slow(1), slow(2), at(180, 300, 280), at(240, 400, 370)]), []);
        let seen = told("latency", [slow(0), slow(1), slow(2), slow(3), slow(4), at(300, 500, 460), at(365, 600, 560)]);
        assert_eq!(seen, [(180, String::new(), State::Fired), (365, String::new(), State::Resolved)]);
        // No requests are not slow ones.
        assert_eq!(told("latency", (0..9).map(|n| at(n * 60, 100, 0))), []);
    }

    #[test]
    fn a_full_pool_fires_when_it_stays_full() {
        let at = |second: i64, busy: i64| (second, format!("db_connections_busy {busy}\ndb_connections 16\n"));
        assert_eq!(told("database_pool", [at(0, 16), at(5, 13), at(10, 16), at(20, 16)]), []);
        assert_eq!(told("database_pool", [at(0, 14), at(5, 14), at(15, 16)]), [(15, String::new(), State::Fired)]);
        assert_eq!(told("database_pool", [(0, String::new()), (90, String::new())]), []);
    }

    #[test]
    fn each_subject_is_a_matter_of_its_own_and_is_not_told_again() {
        let at = |second: i64, a: i64, b: i64| {
            let name = "webhook_failures_in_row";
            (second, format!("{name}{{space=\"1\",endpoint=\"a\"}} {a}\n{name}{{space=\"2\",endpoint=\"b\"}} {b}\n"))
        };
        let looks =
            [at(0, 9, 0), at(5, 10, 0), at(10, 11, 10), at(15, 0, 10), at(20, 12, 10), at(25, 0, 10), at(85, 0, 10)];
        let (a, b) = ("a".to_owned(), "b".to_owned());
        // It was well for five seconds only, from 15 to 20.
        let wanted = [(5, a.clone(), State::Fired), (10, b, State::Fired), (85, a, State::Resolved)];
        assert_eq!(told("webhook_failing", looks), wanted);
    }

    #[test]
    fn what_fired_before_a_restart_is_not_told_again_and_is_seen_to_end() {
        let kept = [("job_failing".to_owned(), "import".to_owned(), 7), ("gone".to_owned(), String::new(), 7)];
        let mut watch = Watch::new(rule("job_failing"), kept).quiet(Duration::ZERO);
        let still = Samples::parse("jobs_failures_in_row{space=\"7\",kind=\"import\"} 12\n");
        assert_eq!(watch.look(rule("job_failing"), &still, &[], 0), []);
        let seen = watch.look(rule("job_failing"), &Samples::default(), &[], 1);
        let seen: Vec<_> = seen.iter().map(|one| (one.state, one.subject.as_str(), one.space)).collect();
        assert_eq!(seen, [(State::Resolved, "import", Some(7))]);
    }
}
