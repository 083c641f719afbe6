use crate::MAX_COLUMNS;
use crate::error::FormatError;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Makes the names of a header row distinct: a repeated `OrderID` becomes
/// `OrderID_2`, an unnamed third column `column_3`. Names are trimmed.
pub fn distinct<'a>(header: impl Iterator<Item = &'a str>) -> Result<Vec<Arc<str>>, FormatError> {
    let header: Vec<&str> = header.map(str::trim).collect();
    if header.len() > MAX_COLUMNS {
        return Err(FormatError::TooManyColumns { found: header.len() });
    }
    let given: HashSet<&str> = header.iter().copied().collect();
    let mut used: HashSet<Arc<str>> = HashSet::with_capacity(header.len());
    let mut copies: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(header.len());
    for (index, title) in header.iter().enumerate() {
        let base = match *title {
            "" => format!("column_{}", index + 1),
            title => title.to_owned(),
        };
        let mut name: Arc<str> = base.as_str().into();
        while used.contains(&name) || (*name != **title && given.contains(&*name)) {
            let copy = copies.entry(base.clone()).or_insert(1);
            *copy += 1;
            name = format!("{base}_{copy}").into();
        }
        used.insert(name.clone());
        names.push(name);
    }
    Ok(names)
}

/// Names for a table without a header row: `column_1` and so on.
pub fn numbered(count: usize) -> Result<Vec<Arc<str>>, FormatError> {
    distinct(std::iter::repeat_n("", count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(header: &[&str]) -> Vec<String> {
        let names = distinct(header.iter().copied()).unwrap();
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn repeated_and_missing_names_are_told_apart() {
        assert_eq!(named(&["a", "b", "a", "a"]), ["a", "b", "a_2", "a_3"]);
        assert_eq!(named(&["a", "a", "a_2"]), ["a", "a_3", "a_2"]);
        assert_eq!(named(&["", "x", " "]), ["column_1", "x", "column_3"]);
        assert_eq!(named(&["column_2", ""]), ["column_2", "column_2_2"]);
    }

    proptest! {
        #[test]
        fn names_are_always_distinct(header in proptest::collection::vec("[ab]?(_[23])?", 0..12)) {
            let names = distinct(header.iter().map(String::as_str)).unwrap();
            let unique: HashSet<_> = names.iter().collect();
            prop_assert_eq!(unique.len(), header.len());
        }
    }
}
