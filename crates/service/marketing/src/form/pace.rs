//! How often a form is filled in: from one network, and altogether. Each process counts for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use kontor_model::{Error, ErrorCode, Id, Result};

/// From one network: so many at once, and one more after so many milliseconds.
const OWN: Rate = Rate { burst: 10, each_ms: 6_000 };
/// Of a form altogether.
const ALL: Rate = Rate { burst: 300, each_ms: 100 };
/// Networks and forms that are remembered; beyond it those are forgotten who have waited long enough.
const REMEMBERED: usize = 20_000;

struct Rate {
    burst: i64,
    each_ms: i64,
}

/// When what was taken is given back, by form and network: the generic cell rate algorithm (ITU-T I.371, annex A).
#[derive(Default)]
pub(crate) struct Pace(Mutex<HashMap<(Id, Option<IpAddr>), i64>>);

/// The address, or the network of an address that a subscriber changes at will (RFC 6177).
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

impl Pace {
    /// Takes one filling-in of a form.
    ///
    /// # Errors
    /// 429000 with the time to wait.
    pub fn take(&self, form: Id, ip: Option<IpAddr>, now: i64) -> Result<()> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, free| *free > now);
        }
        let mut both = vec![((form, None), &ALL)];
        both.extend(ip.map(|ip| ((form, Some(network(ip))), &OWN)));
        for (key, rate) in &both {
            let free = known.get(key).copied().unwrap_or(now).max(now);
            let wait = free - now - (rate.burst - 1) * rate.each_ms;
            if wait > 0 {
                let seconds = u32::try_from(wait.div_euclid(1_000) + 1).unwrap_or(60);
                let detail = "the form was filled in too often; wait as long as Retry-After says";
                return Err(Error::new(ErrorCode::RateLimited, detail).with_retry_after(seconds));
            }
        }
        for (key, rate) in both {
            let free = known.get(&key).copied().unwrap_or(now).max(now);
            known.insert(key, free + rate.each_ms);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_has_its_own_pace() {
        let pace = Pace::default();
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        let beside: IpAddr = "2001:db8::2".parse().unwrap();
        let there: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..OWN.burst {
            pace.take(Id(1), Some(here), 1_000).unwrap();
        }
        let refused = pace.take(Id(1), Some(beside), 1_000).unwrap_err();
        assert_eq!((refused.code(), refused.retry_after()), (ErrorCode::RateLimited, Some(7)));
        pace.take(Id(1), Some(there), 1_000).unwrap();
        pace.take(Id(2), Some(here), 1_000).unwrap();
        pace.take(Id(1), Some(here), 1_000 + OWN.each_ms).unwrap();
        assert!(pace.take(Id(1), Some(here), 1_000 + OWN.each_ms).is_err());
    }

    #[test]
    fn a_form_has_a_pace_whoever_fills_it_in() {
        let pace = Pace::default();
        for n in 0..u32::try_from(ALL.burst).unwrap() {
            pace.take(Id(1), Some(IpAddr::V4(n.into())), 0).unwrap();
        }
        assert!(pace.take(Id(1), None, 0).is_err());
        assert!(pace.take(Id(1), None, ALL.each_ms).is_ok());
    }
}
