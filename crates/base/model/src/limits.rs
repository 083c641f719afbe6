//! How much a credential and a space may ask for (api.md 8).

/// A limit that differs from the installation's. What is absent is the installation's own; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a second, for long.
    pub per_second: Option<u32>,
    /// Requests at once.
    pub burst: Option<u32>,
    /// Requests in a day of UTC.
    pub per_day: Option<u64>,
}

impl Allowance {
    /// Of the installation's own commands: no limit at all.
    pub const UNLIMITED: Self = Self { per_second: Some(0), burst: None, per_day: Some(0) };

    /// What is absent here is as in `other`. A rate of one's own does not take the other's burst.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let burst = if self.per_second.is_some() { self.burst } else { self.burst.or(other.burst) };
        Self { per_second: self.per_second.or(other.per_second), burst, per_day: self.per_day.or(other.per_day) }
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
        let space = Allowance { per_second: Some(20), burst: Some(40), per_day: Some(7) };
        assert_eq!(Allowance::default().or(space), space);
        let own = Allowance { per_second: Some(1), ..Allowance::default() };
        assert_eq!(own.or(space), Allowance { per_second: Some(1), burst: None, per_day: Some(7) });
        assert_eq!(Allowance::UNLIMITED.or(space), Allowance::UNLIMITED);
    }
}
