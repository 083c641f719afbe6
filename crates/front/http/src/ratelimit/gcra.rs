//! The arithmetic of limits, without a clock and without a place to keep anything: token buckets as GCRA (the generic
//! cell rate algorithm, ITU-T I.371) and counters of a window. Times are microseconds of any one clock.

const SECOND_US: u64 = 1_000_000;

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// At most `burst` tokens at once; one comes back each `interval_us`.
    Rate { interval_us: u64, burst: u64 },
    /// At most `limit` in a window that begins with the first and lasts `length_us`.
    Window { limit: u64, length_us: u64 },
}

/// What is kept of a subject. A new one is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// When it is full again.
    pub full_us: u64,
    /// Used of a window.
    pub used: u64,
}

/// How much is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    /// Until the same may be asked again; 0 when it is admitted.
    pub wait_us: u64,
    pub remaining: u64,
    /// Until it is full again.
    pub reset_us: u64,
}

/// What comes of a request, before anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// When it is taken; [`Level::wait_us`] is 0.
    pub taken: Option<(State, Level)>,
    /// When it is not.
    pub left: Level,
}

impl Rule {
    /// `per_second` requests for long and `burst` at once; none for 0 a second. The interval is rounded up to whole
    /// microseconds, so never more than that is admitted.
    pub fn rate(per_second: u32, burst: u32) -> Option<Self> {
        if per_second == 0 {
            return None;
        }
        Some(Self::Rate { interval_us: SECOND_US.div_ceil(u64::from(per_second)), burst: u64::from(burst.max(1)) })
    }

    /// The share of one process of several: at least a request a second, and one at once.
    #[must_use]
    pub fn share(self, processes: u64) -> Self {
        let processes = processes.max(1);
        match self {
            Self::Rate { interval_us, burst } => Self::Rate {
                interval_us: interval_us.saturating_mul(processes).min(SECOND_US.max(interval_us)),
                burst: (burst / processes).max(1),
            },
            window @ Self::Window { .. } => window,
        }
    }

    /// The quota and its window in seconds, as `RateLimit-Policy` names them.
    pub fn quota(self) -> (u64, u64) {
        match self {
            Self::Rate { interval_us, burst } => (burst, burst.saturating_mul(interval_us).div_ceil(SECOND_US)),
            Self::Window { limit, length_us } => (limit, length_us.div_ceil(SECOND_US)),
        }
    }

    /// What comes of a request of `cost` tokens at `now_us`. A cost beyond the burst counts as the whole burst: it waits,
    /// and is not refused for ever. A clock that was put back locks nobody out: no state is further away than a rule
    /// can take it.
    pub fn check(self, state: State, now_us: u64, cost: u64) -> Outcome {
        match self {
            Self::Rate { interval_us, burst } => {
                let room = interval_us.saturating_mul(burst);
                let full = state.full_us.clamp(now_us, now_us.saturating_add(room));
                let level = |full: u64, wait_us| Level {
                    wait_us,
                    remaining: (room - (full - now_us)) / interval_us.max(1),
                    reset_us: full - now_us,
                };
                let next = full.saturating_add(interval_us.saturating_mul(cost.min(burst)));
                let wait = (next - now_us).saturating_sub(room);
                let taken = (wait == 0).then(|| (State { full_us: next, used: 0 }, level(next, 0)));
                Outcome { taken, left: level(full, wait) }
            }
            Self::Window { limit, length_us } => {
                let begins = state.full_us <= now_us;
                let used = if begins { 0 } else { state.used };
                let ends = if begins { now_us.saturating_add(length_us) } else { state.full_us };
                let ends = ends.min(now_us.saturating_add(length_us));
                let level = |used: u64, wait_us| Level {
                    wait_us,
                    remaining: limit.saturating_sub(used),
                    reset_us: ends - now_us,
                };
                let after = used.saturating_add(cost);
                if after <= limit {
                    let taken = Some((State { full_us: ends, used: after }, level(after, 0)));
                    return Outcome { taken, left: level(used, 0) };
                }
                Outcome { taken: None, left: level(used, (ends - now_us).max(1)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sends at these gaps; the times at which it was admitted.
    fn admitted(rule: Rule, gaps: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let (mut now, mut state, mut out) = (1_000_000, State::default(), Vec::new());
        for (gap, cost) in gaps {
            now += gap;
            if let Some((next, _)) = rule.check(state, now, *cost).taken {
                state = next;
                out.push((now, *cost));
            }
        }
        out
    }

    fn rates() -> impl Strategy<Value = (u32, u32)> {
        (1_u32..2_000, 1_u32..300)
    }

    proptest! {
        #[test]
        fn no_window_has_more_than_the_burst_and_the_rate(
            (rate, burst) in rates(),
            gaps in prop::collection::vec((0_u64..200_000, 1_u64..8), 1..200),
        ) {
            let times = admitted(Rule::rate(rate, burst).unwrap(), &gaps);
            for (i, (from, _)) in times.iter().enumerate() {
                let mut tokens = 0.0;
                for (to, cost) in &times[i..] {
                    tokens += (*cost).min(u64::from(burst)) as f64;
                    let most = f64::from(burst) + f64::from(rate) * (to - from) as f64 / 1e6;
                    prop_assert!(tokens <= most + 1e-6, "{tokens} of {most}");
                }
            }
        }

        #[test]
        fn waiting_as_long_as_it_says_admits_and_less_does_not(
            (rate, burst) in rates(),
            gaps in prop::collection::vec((0_u64..5_000, 1_u64..8), 1..400),
            cost in 1_u64..8,
        ) {
            let rule = Rule::rate(rate, burst).unwrap();
            let (mut now, mut state) = (7, State::default());
            for (gap, spent) in gaps {
                now += gap;
                let outcome = rule.check(state, now, cost);
                match outcome.taken {
                    None => {
                        let wait = outcome.left.wait_us;
                        prop_assert!(wait > 0 && rule.check(state, now + wait, cost).taken.is_some());
                        prop_assert!(rule.check(state, now + wait - 1, cost).taken.is_none());
                    }
                    Some(_) => prop_assert_eq!(outcome.left.wait_us, 0),
                }
                if let Some((next, level)) = rule.check(state, now, spent).taken {
                    prop_assert!(level.remaining < u64::from(burst) && level.reset_us > 0);
                    state = next;
                }
            }
        }

        #[test]
        fn what_remains_can_be_taken_at_once((rate, burst) in rates(), before in 0_u64..400) {
            let rule = Rule::rate(rate, burst).unwrap();
            let mut state = State::default();
            for _ in 0..before {
                state = rule.check(state, 5, 1).taken.map_or(state, |(next, _)| next);
            }
            let remaining = rule.check(state, 5, 1).left.remaining;
            prop_assert_eq!(remaining, u64::from(burst).saturating_sub(before));
        }

        #[test]
        fn a_clock_that_was_put_back_locks_nobody_out((rate, burst) in rates(), back in 0_u64..10_000_000_000) {
            let rule = Rule::rate(rate, burst).unwrap();
            let later = 10_000_000_000;
            let mut state = State::default();
            while let Some((next, _)) = rule.check(state, later, 1).taken {
                state = next;
            }
            let now = later - back;
            let wait = rule.check(state, now, 1).left.wait_us;
            prop_assert!(wait <= 1_000_000_u64.div_ceil(u64::from(rate)));
        }

        #[test]
        fn a_window_counts_to_its_limit(limit in 1_u64..50, gaps in prop::collection::vec(0_u64..3_000, 1..300)) {
            let rule = Rule::Window { limit, length_us: 60_000 };
            let (mut now, mut state, mut begun, mut count) = (1, State::default(), 0, 0);
            for gap in gaps {
                now += gap;
                if count == 0 || now >= begun + 60_000 {
                    (begun, count) = (now, 0);
                }
                let outcome = rule.check(state, now, 1);
                prop_assert_eq!(outcome.taken.is_some(), count < limit);
                match outcome.taken {
                    Some((next, level)) => {
                        count += 1;
                        prop_assert_eq!((level.remaining, level.reset_us), (limit - count, begun + 60_000 - now));
                        state = next;
                    }
                    None => prop_assert_eq!(outcome.left.wait_us, begun + 60_000 - now),
                }
            }
        }

        #[test]
        fn shares_together_are_no_more_than_the_whole((rate, burst) in rates(), processes in 1_u64..64) {
            let Some(Rule::Rate { interval_us, burst: whole }) = Rule::rate(rate, burst) else { unreachable!() };
            let Rule::Rate { interval_us: one, burst: part } = Rule::rate(rate, burst).unwrap().share(processes) else { unreachable!() };
            prop_assert!(one <= 1_000_000 && part >= 1);
            prop_assert!(one == interval_us * processes || one == 1_000_000);
            prop_assert!(part * processes <= whole || part == 1);
        }
    }

    #[test]
    fn the_defaults_of_the_contract() {
        let rule = Rule::rate(10, 100).unwrap();
        assert_eq!(rule.quota(), (100, 10));
        let (_, level) = rule.check(State::default(), 9, 1).taken.unwrap();
        assert_eq!((level.remaining, level.reset_us), (99, 100_000));
        assert_eq!(Rule::rate(0, 100), None);
        // Dearer than the bucket is large: it takes all there is.
        let (_, level) = Rule::rate(1, 2).unwrap().check(State::default(), 9, 5).taken.unwrap();
        assert_eq!(level.remaining, 0);
    }
}
