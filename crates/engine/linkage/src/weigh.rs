//! From agreements to a probability.

use crate::compare::{Kind, Level};

/// A level with its probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grade {
    pub level: Level,
    /// That records of the same thing agree so far.
    pub m: f64,
    /// That records of different things do.
    pub u: f64,
}

impl Grade {
    pub const fn new(level: Level, m: f64, u: f64) -> Self {
        Self { level, m, u }
    }

    /// `log2(m / u)`: positive speaks for the same thing.
    pub fn weight(&self) -> f64 {
        (self.m / self.u).log2()
    }
}

/// A side of a record that is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aspect {
    pub kind: Kind,
    pub grades: &'static [Grade],
    /// How many records have a value that is as frequent as `u` of [`Level::Exact`] says: one that fewer have weighs
    /// more. None where frequency says nothing.
    pub typical: Option<f64>,
}

impl Aspect {
    /// The weight of a level. `count` is how many other records have the value that agrees.
    pub fn weight(&self, level: Level, count: Option<u64>) -> f64 {
        let Some(grade) = self.grades.iter().find(|grade| grade.level == level) else { return 0.0 };
        let adjusted = match (level, self.typical, count) {
            (Level::Exact, Some(typical), Some(count)) => {
                // As precise as a double needs to be: counts end at some hundreds.
                #[expect(clippy::cast_precision_loss, reason = "counts are small")]
                let count = count.max(1) as f64;
                (typical / count).log2().clamp(-MOST_ADJUSTED, MOST_ADJUSTED)
            }
            _ => 0.0,
        };
        grade.weight() + adjusted
    }
}

/// How many bits frequency can move a weight by.
const MOST_ADJUSTED: f64 = 7.0;

/// A comparison's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement<F> {
    pub field: F,
    pub level: Level,
    /// In bits.
    pub weight: f64,
}

/// How alike two records are.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness<F> {
    /// That they are the same: 0 to 1.
    pub probability: f64,
    /// Why, the weightiest first.
    pub reasons: Vec<Agreement<F>>,
}

/// Adds up what the comparisons say; `prior` is the weight of any two records being the same (`log2` of the odds).
pub fn likeness<F>(prior: f64, agreements: impl IntoIterator<Item = Agreement<F>>) -> Likeness<F> {
    let mut reasons: Vec<Agreement<F>> = agreements.into_iter().collect();
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let total = reasons.iter().fold(prior, |sum, one| sum + one.weight);
    // Odds to probability, written so that neither end overflows.
    Likeness { probability: 1.0 / (1.0 + (-total).exp2()), reasons }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: Aspect = Aspect {
        kind: Kind::Name,
        grades: &[
            Grade::new(Level::Exact, 0.8, 0.005),
            Grade::new(Level::Close, 0.1, 0.005),
            Grade::new(Level::Differs, 0.1, 0.99),
        ],
        typical: Some(50.0),
    };

    fn agreement(weight: f64) -> Agreement<&'static str> {
        Agreement { field: "name", level: Level::Exact, weight }
    }

    #[test]
    fn weights_are_the_logarithms_of_ratios() {
        assert!((Grade::new(Level::Exact, 0.8, 0.1).weight() - 3.0).abs() < 1e-9);
        assert!(Grade::new(Level::Differs, 0.1, 0.8).weight() < 0.0);
        assert!(NAME.weight(Level::Near, None).abs() < 1e-9, "a level that is not declared says nothing");
    }

    #[test]
    fn rare_values_weigh_more() {
        let (rare, typical, common) = (
            NAME.weight(Level::Exact, Some(1)),
            NAME.weight(Level::Exact, Some(50)),
            NAME.weight(Level::Exact, Some(200)),
        );
        assert!(rare > typical && typical > common);
        assert!((typical - NAME.weight(Level::Exact, None)).abs() < 1e-9);
        assert!((typical - common - 2.0).abs() < 1e-9, "four times as many: two bits less");
        let differs = (NAME.weight(Level::Differs, Some(1)), NAME.weight(Level::Differs, None));
        assert!((differs.0 - differs.1).abs() < 1e-9, "only agreement hangs on frequency");
    }

    #[test]
    fn odds_become_a_probability() {
        let of = |weights: &[f64]| likeness(-10.0, weights.iter().copied().map(agreement)).probability;
        assert!((of(&[10.0]) - 0.5).abs() < 1e-9);
        assert!((of(&[10.0, 2.0]) - 0.8).abs() < 1e-9);
        assert!(of(&[]) < 0.001 && of(&[2_000.0]) <= 1.0 && of(&[-2_000.0]) >= 0.0);
        let reasons = likeness(0.0, [agreement(1.0), agreement(-5.0)]).reasons;
        assert!(reasons[0].weight < 0.0, "the weightiest first, for or against");
    }

    proptest! {
        #[test]
        fn more_agreement_is_never_less_likely(a in -20.0_f64..20.0, b in 0.0_f64..20.0) {
            let one = likeness(-12.0, [agreement(a)]).probability;
            let two = likeness(-12.0, [agreement(a), agreement(b)]).probability;
            prop_assert!((0.0..=1.0).contains(&one) && two >= one);
        }
    }
}
