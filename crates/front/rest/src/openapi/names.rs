//! Names of operations and schemas: made from the catalog's names, each given once.

use std::collections::HashSet;

/// `price_book_entry` → `PriceBookEntry`.
pub fn pascal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split('_') {
        let mut letters = part.chars();
        if let Some(first) = letters.next() {
            out.extend(first.to_uppercase());
            out.push_str(letters.as_str());
        }
    }
    out
}

/// Hands out each name once; a second asker gets a number behind it. A space may call an object `problem`.
#[derive(Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// `name`, or the first of `name_2`, `name_3`, … that is free.
    pub fn claim(&mut self, name: &str) -> String {
        let mut given = name.to_owned();
        let mut number = 2;
        while !self.0.insert(given.clone()) {
            given = format!("{name}_{number}");
            number += 1;
        }
        given
    }

    /// Whether `name` was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Takes names that are spoken for.
    pub fn reserve<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.0.extend(names.into_iter().map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_once() {
        assert_eq!(pascal("price_book_entry"), "PriceBookEntry");
        let mut names = Names::default();
        names.reserve(["Problem"]);
        assert_eq!(names.claim("Problem"), "Problem_2");
        assert_eq!(names.claim("Problem"), "Problem_3");
        assert_eq!(names.claim("Contact"), "Contact");
    }
}
