//! When a loop over spaces looks at all of them, rather than at those that rang.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kontor_model::{Kind, Result, SpaceId, Value};

use crate::system::{self, INSTALLATION};
use crate::{Commits, Expr, Select, Store, pulse};

/// A round may take at most one part in so many of a loop's time: the more spaces there are, the rarer it is.
const SHARE: u32 = 10;
/// But not rarer: one that took long may have waited for a database that was away.
const RARE: Duration = Duration::from_secs(30);
/// Between two rounds where all changes are told: for what commands beside the server change, and for what was missed.
const TOLD: Duration = Duration::from_secs(1);

/// Rounds over all spaces.
pub struct Rounds {
    commits: Arc<Commits>,
    pace: Duration,
    began: Option<Instant>,
    rest: Duration,
}

impl Rounds {
    /// One in `pace`, in a second where all changes are told, or rarer where rounds take long; the first is due at once.
    pub fn every(pace: Duration, commits: &Arc<Commits>) -> Self {
        Self { commits: commits.clone(), pace, began: None, rest: Duration::ZERO }
    }

    /// Completes when a round is due. Asked for again after each turn.
    pub async fn due(&mut self) {
        pulse::at_rest(tokio::time::sleep(self.left())).await;
    }

    /// Whether this turn is a round; from now on it runs.
    pub fn begin(&mut self) -> bool {
        if !self.left().is_zero() {
            return false;
        }
        (self.began, self.rest) = (Some(Instant::now()), Duration::ZERO);
        true
    }

    fn left(&mut self) -> Duration {
        let Some(began) = self.began else { return Duration::ZERO };
        let since = began.elapsed();
        if self.rest.is_zero() {
            let told = if self.commits.is_told() { TOLD } else { Duration::ZERO };
            self.rest = self.pace.max(told).max((since * SHARE).min(RARE));
        }
        self.rest.saturating_sub(since)
    }
}

/// The spaces that work is done for: not those that are being filled, or dropped.
///
/// # Errors
/// The database's.
pub async fn spaces(store: &dyn Store) -> Result<Vec<SpaceId>> {
    let columns = vec![Expr::column("id", Kind::Int), Expr::column("state", Kind::Text)];
    let rows = store.rows(Select::new(INSTALLATION, system::SPACE, columns)).await?;
    let of = |row: &Vec<Value>| match row.as_slice() {
        [Value::Int(id), state] if state.is_null() => Some(SpaceId(*id)),
        _ => None,
    };
    Ok(rows.iter().filter_map(of).collect())
}

/// Whether a failure in a space is worth a word: none is where the space went meanwhile, or is being filled. Asked after a
/// failure, so that what goes well pays nothing for it.
pub async fn is_open(store: &dyn Store, space: SpaceId) -> bool {
    spaces(store).await.map_or(true, |all| all.contains(&space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_takes_long_is_rare() {
        let mut rounds = Rounds::every(Duration::from_millis(1), &Arc::default());
        assert!(rounds.begin(), "the first is due at once");
        std::thread::sleep(Duration::from_millis(40));
        assert!(rounds.left() > Duration::from_millis(100), "{:?}", rounds.left());
        assert!(!rounds.begin());
        rounds.began = rounds.began.and_then(|began| began.checked_sub(Duration::from_secs(60)));
        assert!(rounds.begin());
    }

    #[test]
    fn a_quick_one_keeps_the_pace() {
        let mut rounds = Rounds::every(Duration::from_secs(3_600), &Arc::default());
        assert!(rounds.begin() && !rounds.begin());
        assert!(rounds.left() > Duration::from_secs(3_500));
    }
}
