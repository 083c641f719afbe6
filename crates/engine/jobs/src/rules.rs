//! How often a kind of job is tried, with which pauses, and how many of it run at the same time.

/// The first pause, and the longest, in milliseconds.
const FIRST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 30_000;

/// The rules of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Tries without progress after which a job is a dead letter.
    pub tries: i64,
    /// Jobs of this kind at the same time in one workspace, over all processes.
    pub per_workspace: Option<usize>,
    /// Jobs of this kind at the same time in the installation.
    pub at_once: Option<usize>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { tries: 8, per_workspace: None, at_once: None }
    }
}

/// Milliseconds to wait after so many tries: 1, 2, 4, 8, 16 and then 30 s, each a fifth less or more as `dice` falls, so
/// that what failed together does not come back together.
pub(crate) fn pause(tries: i64, dice: u32) -> i64 {
    let doublings = tries.saturating_sub(1).clamp(0, 5);
    let full = (FIRST_MS << doublings).min(LONGEST_MS);
    full - full / 5 + i64::from(dice) % (full / 5 * 2 + 1)
}

/// Any number.
pub(crate) fn dice() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness the pauses are their shortest.
    getrandom::fill(&mut bytes).ok();
    u32::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let middle: Vec<i64> = (1..=8).map(|tries| pause(tries, u32::try_from(full(tries) / 5).unwrap())).collect();
        assert_eq!(middle, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        for (tries, dice) in [(1, 0), (1, u32::MAX), (3, 77_777), (60, 4_000_000_000)] {
            let (pause, full) = (pause(tries, dice), full(tries));
            assert!(pause >= full - full / 5 && pause <= full + full / 5, "{tries}, {dice}: {pause}");
        }
        assert_ne!(pause(4, 1), pause(4, 2));
    }

    fn full(tries: i64) -> i64 {
        (1_000 << (tries - 1).min(5)).min(30_000)
    }
}
