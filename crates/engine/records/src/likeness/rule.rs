//! How strict a workspace is about duplicates of an object.

use kontor_model::{Op, Result, Value};

use super::DUPLICATE_RULE;
use crate::Sight;

/// Units of a threshold's decimal: four digits behind the point.
const ONE: f64 = 10_000.0;

/// What a workspace has said, or what holds where it has said nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The least probability that refuses a new record.
    pub refuse: f64,
    /// The least probability that is shown.
    pub show: f64,
    /// Whether new records are refused at all.
    pub active: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Self { refuse: 0.97, show: 0.5, active: true }
    }
}

/// A threshold as a probability.
pub fn probability(value: &Value) -> Option<f64> {
    // At most 10,000: exact.
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
    value.as_i64().map(|units| units as f64 / ONE)
}

impl Rule {
    /// The newest of an object's rules.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(sight: &Sight<'_>, object: &str) -> Result<Self> {
        if sight.ctx().whole.object(DUPLICATE_RULE).is_none() {
            return Ok(Self::default());
        }
        let conditions = [("target_object", Op::Eq, Value::text(object))];
        let found = sight.sorted(DUPLICATE_RULE, &conditions, &["-created_at"], 1).await?.pop();
        let usual = Self::default();
        Ok(found.map_or(usual, |rule| Self {
            refuse: probability(rule.value("threshold_refuse")).unwrap_or(usual.refuse),
            show: probability(rule.value("threshold_show")).unwrap_or(usual.show),
            active: rule.flag("active"),
        }))
    }
}
