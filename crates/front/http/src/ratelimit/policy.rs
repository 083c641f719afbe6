//! Which limits a request falls under.

use std::net::{IpAddr, Ipv6Addr};

use kontor_config::Rate;
use kontor_model::{Allowance, Clock, Pace, RouteKind};
use kontor_records::Caller;

use super::gcra::Rule;
use super::weight::{Gate, Kind, Weight};

const DAY_MS: i64 = 86_400_000;
/// In which bad credentials are counted.
const FAILURES_US: u64 = 60_000_000;

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An address, or an IPv6 network of /64.
    Ip(IpAddr),
    /// Bad credentials from there.
    Failures(IpAddr),
    Key(i64),
    Space(i64),
    /// A credential on a day, counted from 1970-01-01.
    Day(i64, i64),
    /// A credential at one kind of routes.
    Route(RouteKind, i64),
    /// An address at one kind of open routes.
    Gate(Gate, IpAddr),
}

impl Subject {
    /// Its name in `RateLimit-Policy`.
    pub const fn policy(self) -> &'static str {
        match self {
            Subject::Ip(_) => "ip",
            Subject::Failures(_) => "failures",
            Subject::Key(_) => "key",
            Subject::Space(_) => "space",
            Subject::Day(..) => "day",
            Subject::Route(kind, _) => kind.name(),
            Subject::Gate(gate, _) => gate.name(),
        }
    }
}

/// One limit of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub subject: Subject,
    pub rule: Rule,
    pub cost: u64,
    /// What `RateLimit-Policy` says: quota and seconds.
    pub quota: (u64, u64),
}

impl Bucket {
    fn new(subject: Subject, rule: Rule, cost: u64) -> Self {
        let quota = if matches!(subject, Subject::Day(..)) { (rule.quota().0, 86_400) } else { rule.quota() };
        Self { subject, rule, cost, quota }
    }
}

/// What counts as one client: an IPv6 customer has at least a /64 of addresses (RFC 6177).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// The day of a time, counted from 1970-01-01 in UTC, and the microseconds that are left of it.
pub fn day(now_ms: i64) -> (i64, u64) {
    let left = u64::try_from(DAY_MS - now_ms.rem_euclid(DAY_MS)).unwrap_or(0);
    (now_ms.div_euclid(DAY_MS), left.saturating_mul(1_000))
}

/// What an address may ask of the routes where one says who one is.
pub fn of_gate(rate: &Rate, address: IpAddr, weight: Weight) -> Option<Bucket> {
    let Some(Kind::Gate(gate)) = weight.kind else { return None };
    let rule = match gate {
        Gate::SignIn => Rule::rate(rate.sign_in_per_second, rate.sign_in_burst),
        Gate::Token => Rule::rate(rate.token_per_second, rate.token_burst),
    };
    Some(Bucket::new(Subject::Gate(gate, network(address)), rule?, 1))
}

/// What a credential may ask of a kind of routes: its own limit, or the installation's.
fn of_kind(rate: &Rate, own: Option<Pace>, kind: RouteKind) -> Option<Rule> {
    let (per_second, burst) = match kind {
        RouteKind::Search => (rate.search_per_second, rate.search_burst),
        RouteKind::Bulk => (rate.bulk_per_second, rate.bulk_burst),
        RouteKind::Metadata => (rate.metadata_per_second, rate.metadata_burst),
    };
    let pace = own.unwrap_or(Pace { per_second, burst });
    Rule::rate(pace.per_second, pace.burst)
}

/// The limits of an address.
pub fn of_address(rate: &Rate, address: IpAddr) -> Option<Bucket> {
    Some(Bucket::new(Subject::Ip(network(address)), Rule::rate(rate.ip_per_second, rate.ip_burst)?, 1))
}

/// A bad credential from an address.
pub fn of_failure(rate: &Rate, address: IpAddr) -> Option<Bucket> {
    let rule = Rule::Window { limit: u64::from(rate.ip_failures), length_us: FAILURES_US };
    (rate.ip_failures > 0).then(|| Bucket::new(Subject::Failures(network(address)), rule, 1))
}

/// The limits of a caller: of its credential, of that in a day and at this kind of routes, of its space. One whose rate is not limited takes from
/// nobody else's limits either.
pub fn of_caller(rate: &Rate, caller: &Caller, weight: Weight, clock: &dyn Clock) -> (Vec<Bucket>, bool) {
    let mut out = Vec::with_capacity(5);
    let cost = weight.cost;
    let key = resolve(caller.limits.key, rate.key_per_second, rate.key_burst);
    if let Some(rule) = key {
        out.push(Bucket::new(Subject::Key(caller.key_id.0), rule, cost));
    }
    let per_day = caller.limits.key.per_day.unwrap_or(rate.key_per_day);
    if per_day > 0 {
        let (day, length_us) = day(clock.now_ms());
        out.push(Bucket::new(Subject::Day(caller.key_id.0, day), Rule::Window { limit: per_day, length_us }, 1));
    }
    let unlimited = caller.limits.key.per_second == Some(0);
    if let Some(Kind::Route(kind)) = weight.kind {
        let own = caller.limits.key.routes.get(kind);
        // A credential without a limit has none here either, unless it says so.
        let rule = of_kind(rate, own, kind).filter(|_| !unlimited || own.is_some());
        out.extend(rule.map(|rule| Bucket::new(Subject::Route(kind, caller.key_id.0), rule, 1)));
    }
    if !unlimited && let Some(rule) = resolve(caller.limits.space, rate.space_per_second, rate.space_burst) {
        out.push(Bucket::new(Subject::Space(caller.space.0), rule, cost));
    }
    (out, unlimited)
}

/// One's own rate without a burst has one in proportion to the default.
fn resolve(own: Allowance, per_second: u32, burst: u32) -> Option<Rule> {
    let Some(rate) = own.per_second else { return Rule::rate(per_second, own.burst.unwrap_or(burst)) };
    let in_proportion = || {
        let burst = u64::from(burst) * u64::from(rate) / u64::from(per_second.max(1));
        u32::try_from(burst).unwrap_or(u32::MAX)
    };
    Rule::rate(rate, own.burst.unwrap_or_else(in_proportion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kontor_model::{FixedClock, Id, Limits, Settings, SpaceId};
    use kontor_records::{Policy as Rules, Scopes};

    fn caller(limits: Limits) -> Caller {
        Caller {
            space: SpaceId(3),
            key_id: Id(7),
            via: Default::default(),
            user_id: None,
            policy: std::sync::Arc::new(Rules::admin()),
            standing: std::sync::Arc::default(),
            scopes: Scopes::default(),
            settings: std::sync::Arc::new(Settings::default()),
            limits,
        }
    }

    fn quotas(limits: Limits) -> Vec<(&'static str, u64, u64)> {
        let clock = FixedClock::at(DAY_MS * 20_000 + 1_000);
        let (buckets, _) = of_caller(&Rate::default(), &caller(limits), Weight::ONE, &clock);
        buckets.iter().map(|b| (b.subject.policy(), b.quota.0, b.quota.1)).collect()
    }

    #[test]
    fn ones_own_limits_go_before_the_defaults() {
        let key = |key| Limits { key, ..Limits::default() };
        let default = [("key", 100, 10), ("day", 50_000, 86_400), ("space", 1_000, 5)];
        assert_eq!(quotas(Limits::default()), default);
        let own = Allowance { per_second: Some(2), per_day: Some(9), ..Allowance::default() };
        assert_eq!(quotas(key(own)), [("key", 20, 10), ("day", 9, 86_400), ("space", 1_000, 5)]);
        let burst = Allowance { burst: Some(7), ..Allowance::default() };
        assert_eq!(quotas(key(burst))[0], ("key", 7, 1));
        assert_eq!(quotas(key(Allowance::UNLIMITED)), []);
        let space = Limits { space: Allowance::UNLIMITED, ..Limits::default() };
        assert_eq!(quotas(space), default[..2]);
    }

    #[test]
    fn a_day_ends_at_midnight() {
        let clock = FixedClock::at(DAY_MS * 20_001 - 1_500);
        let (buckets, _) = of_caller(&Rate::default(), &caller(Limits::default()), Weight::ONE, &clock);
        let day = buckets[1];
        assert_eq!(day.subject, Subject::Day(7, 20_000));
        assert_eq!(day.rule, Rule::Window { limit: 50_000, length_us: 1_500_000 });
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }

    #[test]
    fn kinds_of_routes_are_limited_beside_the_credential() {
        let clock = FixedClock::at(0);
        let weight = Weight { cost: 5, kind: Some(Kind::Route(RouteKind::Bulk)) };
        let of = |key: Allowance| {
            let (buckets, _) =
                of_caller(&Rate::default(), &caller(Limits { key, ..Limits::default() }), weight, &clock);
            buckets.iter().map(|b| (b.subject.policy(), b.quota.0, b.cost)).collect::<Vec<_>>()
        };
        assert_eq!(
            of(Allowance::default()),
            [("key", 100, 5), ("day", 50_000, 1), ("bulk", 20, 1), ("space", 1_000, 5)]
        );
        let own = |text: &str| Allowance { routes: text.parse().unwrap(), ..Allowance::default() };
        assert_eq!(of(own("bulk=1:7"))[2], ("bulk", 7, 1));
        assert_eq!(of(own("search=1:7"))[2], ("bulk", 20, 1));
        assert!(of(own("bulk=0:1")).iter().all(|(name, ..)| *name != "bulk"));
        assert_eq!(of(Allowance::UNLIMITED), []);
        assert_eq!(of(Allowance { per_second: Some(0), per_day: Some(0), ..own("bulk=1:7") }), [("bulk", 7, 1)]);
    }

    #[test]
    fn gates_are_limited_by_address() {
        let here = "2001:db8::1".parse().unwrap();
        let of =
            |kind| of_gate(&Rate::default(), here, Weight { cost: 1, kind }).map(|b| (b.subject.policy(), b.quota));
        assert_eq!(of(Some(Kind::Gate(Gate::SignIn))), Some(("sign_in", (100, 20))));
        assert_eq!(of(Some(Kind::Gate(Gate::Token))), Some(("token", (200, 10))));
        assert_eq!((of(Some(Kind::Route(RouteKind::Search))), of(None)), (None, None));
    }
}
