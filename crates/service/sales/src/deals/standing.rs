//! What the stage of a deal makes of it.

use kontor_model::time::DAY_MS;

/// Whether a stage is on the way or one of the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Open,
    Won,
    Lost,
}

impl Kind {
    pub fn of(name: &str) -> Self {
        match name {
            "won" => Kind::Won,
            "lost" => Kind::Lost,
            _ => Kind::Open,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Open => "open",
            Kind::Won => "won",
            Kind::Lost => "lost",
        }
    }

    pub fn is_closed(self) -> bool {
        self != Kind::Open
    }
}

/// What a stage says about the deals in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub kind: Kind,
    /// In per cent.
    pub probability: Option<i64>,
    pub forecast: Option<String>,
    pub rotting_days: Option<i64>,
}

impl Terms {
    /// A closed deal is certain, one way or the other.
    pub fn probability(&self) -> Option<i64> {
        match self.kind {
            Kind::Open => self.probability,
            Kind::Won => Some(100),
            Kind::Lost => Some(0),
        }
    }

    pub fn forecast(&self) -> &str {
        match self.kind {
            Kind::Open => self.forecast.as_deref().unwrap_or("pipeline"),
            Kind::Won => "closed",
            Kind::Lost => "omitted",
        }
    }

    /// When a deal with news at `news` (Unix milliseconds) counts as stale; never, when it is closed.
    pub fn stale_at(&self, news: i64) -> Option<i64> {
        let days = self.rotting_days.filter(|_| !self.kind.is_closed())?;
        news.checked_add(days.checked_mul(DAY_MS)?)
    }
}

/// A value that the stage gives and that a person may set instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Given<'v, T: ?Sized> {
    /// The value before the move, and what the stage before gave.
    pub before: Option<&'v T>,
    pub gave: Option<&'v T>,
    /// The value as it is sent with the move.
    pub sent: Option<&'v T>,
    /// What the new stage gives.
    pub gives: Option<&'v T>,
}

impl<'v, T: PartialEq + ?Sized> Given<'v, T> {
    /// The value after a move. What a person has set, with the move or before it, stays, until the deal is closed.
    pub fn after(self, closed: bool) -> Option<&'v T> {
        if closed {
            return self.gives;
        }
        let with_it = self.sent.is_some() && self.sent != self.before;
        let before_it = self.before.is_some() && self.before != self.gave;
        if with_it || before_it { self.sent } else { self.gives }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(kind: Kind) -> Terms {
        Terms { kind, probability: Some(40), forecast: Some("commit".into()), rotting_days: Some(2) }
    }

    #[test]
    fn closed_deals_are_certain() {
        let all = [Kind::Open, Kind::Won, Kind::Lost].map(terms);
        assert_eq!(all.each_ref().map(Terms::probability), [Some(40), Some(100), Some(0)]);
        assert_eq!(all.each_ref().map(Terms::forecast), ["commit", "closed", "omitted"]);
        assert_eq!(all.each_ref().map(|t| t.stale_at(1)), [Some(1 + 2 * DAY_MS), None, None]);
        let plain = Terms { probability: None, forecast: None, rotting_days: None, ..terms(Kind::Open) };
        assert_eq!((plain.probability(), plain.forecast(), plain.stale_at(1)), (None, "pipeline", None));
    }

    #[test]
    fn what_a_person_set_stays() {
        let move_of = |before, gave, sent| Given { before, gave, sent, gives: Some(&50) };
        let (ten, thirty) = (Some(&10), Some(&30));
        assert_eq!(move_of(ten, ten, ten).after(false), Some(&50), "the stage's own follows the stage");
        assert_eq!(move_of(thirty, ten, thirty).after(false), Some(&30), "set before");
        assert_eq!(move_of(ten, ten, thirty).after(false), Some(&30), "set with the move");
        assert_eq!(move_of(None, None, None).after(false), Some(&50));
        assert_eq!(move_of(thirty, ten, thirty).after(true), Some(&50), "closed is closed");
    }
}
