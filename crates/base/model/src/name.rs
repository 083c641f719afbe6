//! Names of objects and fields, and the nearest right one for a wrong one.

/// Whether `name` can name an object or a field: `[a-z][a-z0-9_]*`, at most 40 characters, no double underscore and
/// none at the end.
pub fn is_valid(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// The nearest of `known` to `given` (Damerau–Levenshtein, at most a third of the letters wrong).
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given: Vec<char> = given.chars().take(64).collect();
    let limit = (given.len() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&given, &candidate.chars().collect::<Vec<_>>()), candidate))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean "x"?)`, or nothing.
pub fn hint<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map_or_else(String::new, |name| format!(" (did you mean \"{name}\"?)"))
}

#[expect(clippy::indexing_slicing, reason = "the table is built to these very bounds")]
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_their_neighbours() {
        assert!(is_valid("vehicle_2"));
        for bad in ["", "Vehicle", "2x", "a__b", "a_", "a-b", "é", &"a".repeat(41)] {
            assert!(!is_valid(bad), "{bad}");
        }
        assert_eq!(nearest("emial", ["email", "phone"]), Some("email"));
        assert_eq!(nearest("zzz", ["email", "phone"]), None);
    }
}
