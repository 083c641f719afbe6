//! How much a credential and a space may ask for (api.md 8).

use std::fmt;
use std::str::FromStr;

/// Kinds of routes that have a limit of their own beside that of the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteKind {
    /// Searches and aggregates.
    Search,
    /// Batches, composites, imports and exports.
    Bulk,
    /// Changes of metadata.
    Metadata,
}

impl RouteKind {
    pub const ALL: [RouteKind; 3] = [RouteKind::Search, RouteKind::Bulk, RouteKind::Metadata];

    pub const fn name(self) -> &'static str {
        match self {
            RouteKind::Search => "search",
            RouteKind::Bulk => "bulk",
            RouteKind::Metadata => "metadata",
        }
    }
}

/// A rate; 0 a second is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub per_second: u32,
    pub burst: u32,
}

/// Limits by kind of route that differ from the installation's, written `search=20:200,bulk=1:5`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RouteLimits([Option<Pace>; RouteKind::ALL.len()]);

impl RouteLimits {
    pub fn get(&self, kind: RouteKind) -> Option<Pace> {
        RouteKind::ALL.iter().zip(self.0).find(|(one, _)| **one == kind).and_then(|(_, pace)| pace)
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    fn or(self, other: Self) -> Self {
        let mut all = self.0;
        all.iter_mut().zip(other.0).for_each(|(own, other)| *own = own.or(other));
        Self(all)
    }
}

impl FromStr for RouteLimits {
    type Err = String;

    /// # Errors
    /// What is to be written instead.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let read = || {
                let (name, pace) = part.split_once('=')?;
                let (rate, burst) = pace.split_once(':')?;
                let at = RouteKind::ALL.iter().position(|kind| kind.name() == name)?;
                Some((at, Pace { per_second: rate.parse().ok()?, burst: burst.parse().ok()? }))
            };
            let (at, pace) =
                read().ok_or("write search, bulk or metadata with requests a second and at once, as search=20:200")?;
            if let Some(place) = all.0.get_mut(at) {
                *place = Some(pace);
            }
        }
        Ok(all)
    }
}

impl fmt::Display for RouteLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (kind, pace) in RouteKind::ALL.iter().zip(self.0) {
            if let Some(pace) = pace {
                write!(f, "{comma}{}={}:{}", kind.name(), pace.per_second, pace.burst)?;
                comma = ",";
            }
        }
        Ok(())
    }
}

/// A limit that differs from the installation's. What is absent is the installation's own; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a second, for long.
    pub per_second: Option<u32>,
    /// Requests at once.
    pub burst: Option<u32>,
    /// Requests in a day of UTC.
    pub per_day: Option<u64>,
    /// By kind of route.
    pub routes: RouteLimits,
}

impl Allowance {
    /// Of the installation's own commands: no limit at all.
    pub const UNLIMITED: Self = Self {
        per_second: Some(0),
        burst: None,
        per_day: Some(0),
        routes: RouteLimits([Some(Pace { per_second: 0, burst: 0 }); RouteKind::ALL.len()]),
    };

    /// What is absent here is as in `other`. A rate of one's own does not take the other's burst.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let burst = if self.per_second.is_some() { self.burst } else { self.burst.or(other.burst) };
        Self {
            per_second: self.per_second.or(other.per_second),
            burst,
            per_day: self.per_day.or(other.per_day),
            routes: self.routes.or(other.routes),
        }
    }
}

/// The limits of a caller that differ from the installation's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of the credential: its own over those that its space gives to each of its keys.
    pub key: Allowance,
    /// Of all credentials of the space together.
    pub space: Allowance,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_goes_before_the_spaces() {
        let space = Allowance { per_second: Some(20), burst: Some(40), per_day: Some(7), ..Allowance::default() };
        assert_eq!(Allowance::default().or(space), space);
        let own = Allowance { per_second: Some(1), ..Allowance::default() };
        assert_eq!(own.or(space), Allowance { burst: None, per_second: Some(1), ..space });
        assert_eq!(Allowance::UNLIMITED.or(space), Allowance::UNLIMITED);
    }

    #[test]
    fn kinds_of_routes_are_written_as_they_are_read() {
        let text = "search=20:200,metadata=0:1";
        let limits: RouteLimits = text.parse().unwrap();
        assert_eq!(limits.get(RouteKind::Search), Some(Pace { per_second: 20, burst: 200 }));
        assert_eq!((limits.get(RouteKind::Bulk), limits.to_string().as_str()), (None, text));
        assert!("".parse::<RouteLimits>().unwrap().is_empty() && !limits.is_empty());
        for wrong in ["search", "search=5", "search=5:", "lists=5:5", "search=-1:5", "bulk=1:2;search=1:2"] {
            assert!(wrong.parse::<RouteLimits>().is_err(), "{wrong}");
        }
    }
}
